"""HTML -> the normal tree: whatever an editor, Word or Markdown produced becomes the few shapes a letter has."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import groupby
from typing import Any

from newsroom.drafting.rich_tree import BREAK, Block, List, Paragraph, Quote, Run, Span, nested
from newsroom.errors import InvalidInput
from newsroom.sections.values import check_link

HEADINGS = {"h1": "h3", "h2": "h3", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}
MARKS = {"strong": "strong", "b": "strong", "em": "em", "i": "em"}
PARAGRAPHS = frozenset({"p", "div", "pre", "tr", "td", "th", "section", "article", "dt", "dd", "hr"})
CONTAINERS = frozenset({"ul", "ol", "li", "blockquote"})
# A reader loses the thread long before this; and Markdown's own parser drops what stands deeper than twenty levels.
DEEPEST = 8
LARGEST_START = 99_999
WHITESPACE = re.compile("[ \t\n\r\f]+")
#: Words, and each space or line break by itself.
PIECES = re.compile(r"\S+|\s")
URL_NEEDS_CODING = re.compile(r"""[\s<>"\\^`{|}]""")


@dataclass
class _Open:
    """An element that holds blocks and is still open."""

    tag: str
    start: int = 1
    blocks: list[Block] = field(default_factory=list)
    items: list[tuple[Block, ...]] = field(default_factory=list)


class TreeReader(HTMLParser):
    """Reads HTML that nh3 has cleaned (well formed, known tags only) into blocks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open = [_Open("body")]
        self._runs: list[Run] = []
        self._heading = "p"
        self._marks = {"strong": 0, "em": 0}
        self._href = ""

    def read(self, html: str) -> tuple[Block, ...]:
        self.feed(html)
        self.close()
        self._end_paragraph()
        return tuple(self._open[0].blocks)

    def handle_data(self, data: str) -> None:
        self._add(WHITESPACE.sub(" ", data))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in CONTAINERS:
            self._open_container(tag, dict(attrs))
        elif tag in PARAGRAPHS or tag in HEADINGS:
            self._end_paragraph()
            self._heading = HEADINGS.get(tag, "p")
        elif tag in MARKS:
            self._marks[MARKS[tag]] += 1
        elif tag == "a":
            self._href = safe_link(dict(attrs).get("href") or "")
        elif tag == "br":
            self._add(BREAK)

    def handle_endtag(self, tag: str) -> None:
        if tag in CONTAINERS:
            self._close_container()
        elif tag in PARAGRAPHS or tag in HEADINGS:
            self._end_paragraph()
        elif tag in MARKS:
            self._marks[MARKS[tag]] -= 1
        elif tag == "a":
            self._href = ""

    def _add(self, text: str) -> None:
        self._runs.append(Run(text=text, strong=self._marks["strong"] > 0, em=self._marks["em"] > 0, href=self._href))

    def _end_paragraph(self) -> None:
        runs = normal_runs(self._runs, breaks=self._heading == "p")
        if runs:
            self._place(Paragraph(tag=self._heading, runs=runs))
        self._runs, self._heading = [], "p"

    def _place(self, block: Block) -> None:
        """Into the element that is open; what stands in a list outside its items becomes an item."""
        holder = self._open[-1]
        if holder.tag in ("ul", "ol"):
            holder.items.append((block,))
        else:
            holder.blocks.append(block)

    def _open_container(self, tag: str, attributes: dict[str, str | None]) -> None:
        self._end_paragraph()
        if sum(opened.tag != "li" for opened in self._open) > DEEPEST and tag != "li":
            raise InvalidInput.of(f"is nested too deeply: at most {DEEPEST} lists and quotes may stand inside each other.")
        self._open.append(_Open(tag, start=_start(attributes.get("start"))))

    def _close_container(self) -> None:
        self._end_paragraph()
        closed = self._open.pop()
        if closed.tag == "blockquote" and closed.blocks:
            self._place(Quote(blocks=tuple(closed.blocks)))
        elif closed.tag in ("ul", "ol") and closed.items:
            self._place(List(start=closed.start if closed.tag == "ol" else None, items=tuple(closed.items)))
        elif closed.tag == "li":
            self._place_item(closed.blocks)

    def _place_item(self, blocks: list[Block]) -> None:
        if self._open[-1].tag in ("ul", "ol"):
            self._open[-1].items += [tuple(blocks)] if blocks else []
        else:
            self._open[-1].blocks += blocks


def _start(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and int(value[:9]) <= LARGEST_START else 1


def safe_link(href: str) -> str:
    """The address as it may stand in a letter; "" where it may not."""
    link = URL_NEEDS_CODING.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), href.strip())
    try:
        check_link(link)
    except ValueError:
        return ""
    return link


def normal_runs(runs: Sequence[Run], *, breaks: bool) -> tuple[Run, ...]:
    """Single spaces, no marks on outer spaces, no space around line breaks, equal neighbours joined, nothing empty."""
    if not breaks:
        runs = [replace(run, text=run.text.replace(BREAK, " ")) for run in runs]
    return _without_marked_edges(_joined(_single_spaced(_pieces(runs))))


def _pieces(runs: Iterable[Run]) -> list[Run]:
    return [
        run if piece == run.text else Run(text=piece, strong=run.strong, em=run.em, href=run.href)
        for run in runs
        for piece in PIECES.findall(run.text)
    ]


def _outside_spaces(pieces: Sequence[Run]) -> tuple[int, int]:
    """Where the words begin and end."""
    words = [index for index, piece in enumerate(pieces) if not piece.text.isspace()]
    return (words[0], words[-1] + 1) if words else (0, 0)


def _single_spaced(pieces: Sequence[Run]) -> list[Run]:
    first, last = _outside_spaces(pieces)
    kept: list[Run] = []
    for piece in pieces[first:last]:
        if piece.text == BREAK:
            _drop_last_spaces(kept)
        elif kept and piece.text.isspace() and (kept[-1].text == BREAK or piece.text == " " == kept[-1].text):
            continue
        kept.append(piece)
    return kept


def _drop_last_spaces(pieces: list[Run]) -> None:
    while pieces and pieces[-1].text.isspace() and pieces[-1].text != BREAK:
        pieces.pop()


def _alike(piece: Run) -> tuple[bool, bool, str, bool]:
    """What neighbours that become one run have in common."""
    return piece.strong, piece.em, piece.href, piece.text == BREAK


def _joined(pieces: Iterable[Run]) -> tuple[Run, ...]:
    joined: list[Run] = []
    for (strong, em, href, is_break), group in groupby(pieces, key=_alike):
        span = list(group)
        joined += span if is_break else [Run(text="".join(one.text for one in span), strong=strong, em=em, href=href)]
    return tuple(joined)


def _without_marked_edges(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Bold or linked spaces at the ends of a span are plain spaces; unmarking one may bare the next."""
    while (trimmed := _joined(run for piece in nested(runs) for run in _trimmed(piece))) != runs:
        runs = trimmed
    return runs


def _trimmed(piece: Run | Span) -> list[Run]:
    if isinstance(piece, Run):
        return [piece]
    pieces = _pieces(run for part in piece.inside for run in _trimmed(part))
    first, last = _outside_spaces(pieces)
    unmarked: dict[str, Any] = {piece.mark: type(getattr(pieces[0], piece.mark))()}
    return [one if first <= index < last else replace(one, **unmarked) for index, one in enumerate(pieces)]
