"""Rich text as a small tree in one normal form, and its HTML: the same words and marks always make the same bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

BREAK = "\n"


@dataclass(frozen=True, kw_only=True)
class Run:
    """Neighbouring characters with the same marks; a line break is a run of its own, the text BREAK."""

    text: str
    strong: bool = False
    em: bool = False
    href: str = ""

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks from the outside in, where nothing else decides: link, strong, em."""
        return tuple(mark for mark in ("href", "strong", "em") if getattr(self, mark))


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A line of running text; `tag` is p, h3 or h4."""

    tag: str = "p"
    runs: tuple[Run, ...]


@dataclass(frozen=True, kw_only=True)
class Quote:
    blocks: tuple["Block", ...]


@dataclass(frozen=True, kw_only=True)
class List:
    """`start` is the first number of an ordered list, None for bullets."""

    start: int | None
    items: tuple[tuple["Block", ...], ...]

    @property
    def is_tight(self) -> bool:
        """Each item is one line of text and lists below it: written without <p>."""
        return all(_is_tight_item(item) for item in self.items)


Block = Paragraph | Quote | List


def _is_tight_item(item: Sequence[Block]) -> bool:
    rest = item[1:] if isinstance(item[0], Paragraph) and item[0].tag == "p" else item
    return all(isinstance(block, List) for block in rest)


@dataclass(frozen=True, kw_only=True)
class Span:
    """Runs inside one mark, and the marks within."""

    mark: str
    value: str
    inside: tuple["Run | Span", ...]


def nested(runs: Sequence[Run], *, within: frozenset[str] = frozenset()) -> Iterator[Run | Span]:
    """The runs grouped by their marks: the mark that reaches farthest is outermost, no span crosses another, no link is cut."""
    at = 0
    while at < len(runs):
        reaches = {mark: _reach(runs, at, mark) for mark in runs[at].marks if mark not in within}
        if not reaches:
            yield runs[at]
            at += 1
            continue
        mark = max(reaches, key=lambda name: reaches[name])
        inside = tuple(nested(runs[at : reaches[mark]], within=within | {mark}))
        yield Span(mark=mark, value=str(getattr(runs[at], mark)), inside=inside)
        at = reaches[mark]


def _reach(runs: Sequence[Run], start: int, mark: str) -> int:
    end = start
    while end < len(runs) and getattr(runs[end], mark) == getattr(runs[start], mark):
        end += 1
    return end if mark == "href" else _before_cut_link(runs, start, end)


def _before_cut_link(runs: Sequence[Run], start: int, end: int) -> int:
    """The end itself, or the beginning of the link that it would cut in two."""
    link = end
    while 0 < link < len(runs) and link > start and runs[link].href and runs[link - 1].href == runs[end].href:
        link -= 1
    return link if link > start else end


def to_html(blocks: Sequence[Block]) -> str:
    return "".join(_block_html(block) for block in blocks)


def _block_html(block: Block) -> str:
    if isinstance(block, Paragraph):
        return f"<{block.tag}>{_inline_html(nested(block.runs))}</{block.tag}>"
    if isinstance(block, Quote):
        return f"<blockquote>{to_html(block.blocks)}</blockquote>"
    items = "".join(f"<li>{_item_html(item, tight=block.is_tight)}</li>" for item in block.items)
    if block.start is None:
        return f"<ul>{items}</ul>"
    return f"<ol>{items}</ol>" if block.start == 1 else f'<ol start="{block.start}">{items}</ol>'


def _item_html(item: Sequence[Block], *, tight: bool) -> str:
    if tight and isinstance(item[0], Paragraph):
        return _inline_html(nested(item[0].runs)) + to_html(item[1:])
    return to_html(item)


def _inline_html(pieces: Iterator[Run | Span] | Sequence[Run | Span]) -> str:
    return "".join(_piece_html(piece) for piece in pieces)


def _piece_html(piece: Run | Span) -> str:
    if isinstance(piece, Run):
        return "<br>" if piece.text == BREAK else escape(piece.text, quote=False)
    inside = _inline_html(piece.inside)
    if piece.mark == "href":
        return f'<a href="{escape(piece.value)}">{inside}</a>'
    return f"<{piece.mark}>{inside}</{piece.mark}>"


def texts(blocks: Sequence[Block]) -> Iterator[str]:
    """Every text that a reader sees in one piece: what a merge field may stand in."""
    for block in blocks:
        if isinstance(block, Paragraph):
            yield from (run.text for run in block.runs)
        elif isinstance(block, Quote):
            yield from texts(block.blocks)
        else:
            for item in block.items:
                yield from texts(item)
