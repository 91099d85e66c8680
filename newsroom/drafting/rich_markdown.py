"""The normal tree -> Markdown that a person would write, and that reads back as exactly the same tree."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace

from newsroom.drafting.rich_tree import BREAK, Block, List, Paragraph, Quote, Run, Span, nested

HEADING_MARKS = {"h3": "### ", "h4": "#### "}
# A merge field is written as it was typed; everything else that Markdown would take for its own is escaped.
TEXT = re.compile(r"(?P<field>\[\[ [^\[\]\\*_`<&]+ \]\])|(?P<special>[\\*`\[\]<]|&(?=[#\w]+;)|(?<![^\W_])_|_(?![^\W_]))", re.UNICODE)
LINE_START = re.compile(r"#{1,6}(?=\s|$)|>|[-+](?=\s|$)|=+\s*$|--+\s*$|~~~|\d{1,9}(?=[.)](?:\s|$))")
LAST_HASHES = re.compile(r"#(?=#*$)")


def to_markdown(blocks: Sequence[Block]) -> str:
    return "\n".join(_lines(blocks))


def _lines(blocks: Sequence[Block], *, tight: bool = False) -> list[str]:
    lines: list[str] = []
    previous: Block | None = None
    marker = ""
    for block in blocks:
        marker = _marker(block, previous, marker)
        if previous and not (tight and _may_follow_directly(block)):
            lines.append("")
        lines += _block_lines(block, marker)
        previous = block
    return lines


def _may_follow_directly(block: Block) -> bool:
    return isinstance(block, List) and block.start in (None, 1)


def _marker(block: Block, previous: Block | None, last: str) -> str:
    """Two lists in a row stay two lists because their marks differ."""
    if not isinstance(block, List):
        return ""
    first, other = ("-", "*") if block.start is None else (".", ")")
    return other if isinstance(previous, List) and last == first else first


def _block_lines(block: Block, marker: str) -> list[str]:
    if isinstance(block, Paragraph):
        return _paragraph_lines(block)
    if isinstance(block, Quote):
        return [f"> {line}".rstrip() for line in _lines(block.blocks)]
    lines: list[str] = []
    for index, item in enumerate(block.items):
        lead = f"{marker} " if block.start is None else f"{block.start + index}{marker} "
        lines += [""] if index and not block.is_tight else []
        lines += _item_lines(item, lead, tight=block.is_tight)
    return lines


def _item_lines(item: Sequence[Block], lead: str, *, tight: bool) -> list[str]:
    first, *rest = _lines(item, tight=tight)
    return [lead + first, *(f"{' ' * len(lead)}{line}".rstrip() for line in rest)]


def _paragraph_lines(paragraph: Paragraph) -> list[str]:
    atoms = [atom for piece in nested(paragraph.runs) for atom in _atoms(piece)]
    text = "".join(_with_readable_marks(atoms))
    if paragraph.tag != "p":
        return [HEADING_MARKS[paragraph.tag] + LAST_HASHES.sub(r"\\#", text)]
    return [_escaped_start(line) for line in text.split(BREAK)]


def _escaped_start(line: str) -> str:
    """A line that happens to begin like a heading, a list or a quote is text."""
    match = LINE_START.match(line)
    if match is None:
        return line
    return f"{match[0]}\\{line[match.end() :]}" if match[0].isdigit() else f"\\{line}"


@dataclass
class _Atom:
    """A piece of Markdown: text that may still be written as an entity, or a mark that opens or closes."""

    text: str
    opens: bool = False
    closes: bool = False


def _atoms(piece: Run | Span) -> Iterable[_Atom]:
    if isinstance(piece, Run):
        yield from _text_atoms(piece.text)
        return
    inside = [atom for part in piece.inside for atom in _atoms(part)]
    if piece.mark == "href":
        yield from (_Atom("["), *inside, _Atom(f"]({_destination(piece.value)})"))
        return
    mark = "**" if piece.mark == "strong" else "*"
    yield from (_Atom(mark, opens=True), *inside, _Atom(mark, closes=True))


def _text_atoms(text: str) -> Iterable[_Atom]:
    if text == BREAK:
        yield _Atom("\\\n")
        return
    at = 0
    for match in TEXT.finditer(text):
        yield from map(_Atom, text[at : match.start()])
        yield _Atom(match["field"] or f"\\{match['special']}")
        at = match.end()
    yield from map(_Atom, text[at:])


def _destination(link: str) -> str:
    escaped = re.sub(r"([\\()*_`&])", r"\\\1", link) if set(link) & set("\\()") else re.sub(r"&(?=[#\w]+;)", r"\\&", link)
    return escaped or "<>"


def _with_readable_marks(atoms: list[_Atom]) -> list[str]:
    """Marks that Markdown would not see where they stand get a neighbour written as an entity (&#97;), until all are seen."""
    pairs = list(pairwise([*atoms, _Atom("")]))
    # Beside ** a single * would run together with it; _ does not.
    emphasis = "_" if any({one.text, other.text} == {"*", "**"} for one, other in pairs) else "*"
    for atom, following in pairs:
        if atom.text == "*":
            atom.text = emphasis
        elif atom.text == "!" and following.text == "[":
            atom.text = "\\!"
    marks = [index for index, atom in enumerate(atoms) if atom.opens or atom.closes]
    while [index for index in marks if _make_readable(atoms, index)]:
        continue
    return [atom.text for atom in atoms]


def _make_readable(atoms: list[_Atom], index: int) -> bool:
    outer, inner = (index - 1, index + 1) if atoms[index].opens else (index + 1, index - 1)
    if not 0 <= outer < len(atoms) or not _is_word(atoms[outer].text):
        return False
    edge = atoms[inner].text[0 if atoms[index].opens else -1]
    if atoms[index].text != "_" and _is_word(edge):
        return False
    atoms[outer].text = f"&#{ord(atoms[outer].text)};"
    return True


def _is_word(text: str) -> bool:
    """One character that is neither space nor punctuation, as Markdown counts them."""
    return len(text) == 1 and not (isWhiteSpace(ord(text)) or isPunctChar(text) or isMdAsciiPunct(ord(text)))
