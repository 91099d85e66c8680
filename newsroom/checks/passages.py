"""Every text of an issue, language by language, as blocks that are easy to search and quote as they were written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from newsroom.checks.base import Block, LinkRun, Passage
from newsroom.errors import InvalidInput
from newsroom.merge_fields import MergeField, split
from newsroom.rendering.rich import Close, Open, events
from newsroom.rendering.source import LetterSource, NumberedSection
from newsroom.sections.walking import Leaf, by_language, leaves

LONGEST = 100_000
INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
MARKS = re.compile("[\u0640\u064b-\u0652\u0670]")
ADDRESSES = re.compile(r"(?:https?://|www\.)[^\s<>«»“”]+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
BLOCKS = frozenset({"p", "h3", "h4", "blockquote", "li"})
#: Letters and digits that are one to the reader and several to a machine; each stands for exactly one character.
SAME = str.maketrans(
    {
        **{chr(0x0660 + digit): str(digit) for digit in range(10)},
        **{chr(0x06F0 + digit): str(digit) for digit in range(10)},
        **dict.fromkeys("\u00a0\u202f\u2007\u2009\u200a\t", " "),
        "\u2011": "-", "\u2010": "-", "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "٫": ".", "٬": ",",
    }
)  # fmt: skip


def passages_of(source: LetterSource) -> Iterator[Passage]:
    """Subject, preview text, then the sections in order; a plain text is one of the first language."""
    for name in ("subject", "preview_text"):
        leaf = Leaf(form="prose", path=(name,), value=getattr(source, name))
        yield from _of_leaf(leaf, None, source)
    for numbered in source.sections:
        for leaf in leaves(numbered.section):
            yield from _of_leaf(leaf, numbered, source)


def _of_leaf(leaf: Leaf, numbered: NumberedSection | None, source: LetterSource) -> Iterator[Passage]:
    for written, text in by_language(leaf.value):
        language = written or (source.original if leaf.form in ("prose", "rich") else "")
        if leaf.form != "file" and text.strip() and (not language or language in source.languages):
            yield Passage(
                number=numbered.number if numbered else None, uid=numbered.uid if numbered else "",
                kind=numbered.section.kind if numbered else "", path=leaf.path, form=leaf.form, language=language,
                blocks=tuple(_rich_blocks(text) if leaf.form == "rich" else _lines("p", filled(text), ())),
            )  # fmt: skip


def searchable(shown: str) -> str:
    """As long as what is shown, addresses blotted out."""
    return ADDRESSES.sub(lambda match: "\ufffc" * len(match[0]), shown.translate(SAME))


def _lines(tag: str, shown: str, links: tuple[LinkRun, ...]) -> Iterator[Block]:
    """One block per line; what stands in a line of its own is read on its own."""
    at = 0
    for line in shown.split("\n"):
        own = tuple(
            LinkRun(start=max(link.start - at, 0), end=min(link.end - at, len(line)), text=link.text, url=link.url)
            for link in links
            if link.start < at + len(line) and link.end > at
        )
        if line.strip():
            yield Block(tag=tag, text=searchable(line), shown=line, links=own)
        at += len(line) + 1


def filled(text: str) -> str:
    """The text with the words that stand for a reader without a name, and without what nobody sees."""
    try:
        pieces = split(text[:LONGEST])
    except InvalidInput:
        pieces = [text[:LONGEST]]
    whole = "".join(piece.fallback if isinstance(piece, MergeField) else piece for piece in pieces)
    return MARKS.sub("", INVISIBLE.sub("", whole))


@dataclass
class _Reader:
    """Collects the blocks of a rich text; a link's words are gathered until it closes."""

    blocks: list[Block] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    text: str = ""
    links: list[LinkRun] = field(default_factory=list)
    open_link: tuple[str, int] | None = None

    def end(self) -> None:
        self.close_link()
        tag = next((tag for tag in reversed(self.tags) if tag in ("li", "h3", "h4", "blockquote")), "p")
        self.blocks += _lines(tag, self.text, tuple(self.links))
        self.text, self.links = "", []

    def close_link(self) -> None:
        if self.open_link:
            url, start = self.open_link
            words = self.text[start:].strip()
            if words:
                self.links.append(LinkRun(start=start, end=len(self.text), text=words, url=url))
            self.open_link = None


def _rich_blocks(rich: str) -> tuple[Block, ...]:
    reader = _Reader()
    try:
        for event in events(rich[: 8 * LONGEST]):
            _read(reader, event)
    except InvalidInput:
        return tuple(reader.blocks)
    reader.end()
    return tuple(reader.blocks)


def _read(reader: _Reader, event: Open | Close | str) -> None:
    match event:
        case str():
            reader.text += filled(event)
        case Open(tag="a"):
            reader.open_link = (event.href.strip(), len(reader.text))
        case Close(tag="a"):
            reader.close_link()
        case Open(tag="br"):
            reader.text += "\n"
        case Open(tag=tag) if tag in BLOCKS or tag in ("ul", "ol"):
            reader.end()
            reader.tags.append(tag)
        case Close(tag=tag) if tag in BLOCKS or tag in ("ul", "ol"):
            reader.end()
            if tag in reader.tags:
                reader.tags.remove(tag)
