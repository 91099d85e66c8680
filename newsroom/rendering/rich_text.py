"""Rich text events as plain text: paragraphs, lists with their marks, addresses in brackets after the words that carry them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from newsroom.rendering.links import usable
from newsroom.rendering.rich import Close, Event, Open

BLOCKS = frozenset({"p", "h3", "h4", "blockquote", "li"})
LISTS = frozenset({"ul", "ol"})


@dataclass(kw_only=True)
class _Block:
    """A paragraph or a list entry; `mark` stands before its first line, the others are indented as deep."""

    mark: str = ""
    depth: int = 0
    text: str = ""

    def written(self) -> str:
        indent = "  " * (self.depth - 1) if self.depth else ""
        lines = [line.strip() for line in self.text.strip().split("\n")]
        hanging = indent + " " * len(self.mark)
        return "\n".join([f"{indent}{self.mark}{lines[0]}", *(f"{hanging}{line}" for line in lines[1:])]).rstrip()


@dataclass(kw_only=True)
class _Writer:
    run: Callable[[str], str]
    blocks: list[_Block] = field(default_factory=lambda: [_Block()])
    lists: list[int | None] = field(default_factory=list)
    links: list[tuple[str, int]] = field(default_factory=list)

    def write(self, event: Event) -> None:
        match event:
            case str():
                self.blocks[-1].text += self.run(event)
            case Open(tag="a"):
                self.links.append((usable(event.href), len(self.blocks[-1].text)))
            case Close(tag="a"):
                self._close_link(*self.links.pop())
            case Open(tag="br"):
                self.blocks[-1].text += "\n"
            case Open(tag=tag) if tag in LISTS:
                self.lists.append(event.start if tag == "ol" else None)
            case Close(tag=tag) if tag in LISTS:
                self.lists.pop()
                self.blocks.append(_Block())
            case Open(tag=tag) if tag in BLOCKS:
                self._open_block(tag)
            case Close(tag=tag) if tag in BLOCKS:
                self.blocks.append(_Block(depth=len(self.lists)))

    def _open_block(self, tag: str) -> None:
        last = self.blocks[-1]
        if tag == "p" and last.mark and not last.text:
            return
        mark = self._list_mark() if tag == "li" else "> " if tag == "blockquote" else ""
        self.blocks.append(_Block(mark=mark, depth=len(self.lists)))

    def _list_mark(self) -> str:
        if not self.lists or self.lists[-1] is None:
            return "- "
        number = self.lists[-1]
        self.lists[-1] = number + 1
        return f"{number}. "

    def _close_link(self, url: str, start: int) -> None:
        words = self.blocks[-1].text[start:].strip()
        if url and words != url:
            self.blocks[-1].text += f" ({url})"


def write_text(events: Iterable[Event], run: Callable[[str], str]) -> str:
    """Unwrapped paragraphs with an empty line between; the entries of a list stand close together."""
    writer = _Writer(run=run)
    for event in events:
        writer.write(event)
    blocks = [block for block in writer.blocks if block.text.strip()]
    pieces: list[str] = []
    for before, block in zip([None, *blocks], blocks, strict=False):
        close = before is not None and before.depth and block.depth
        pieces += ["" if before is None else "\n" if close else "\n\n", block.written()]
    return "".join(pieces)
