"""One language of an issue as a Word document for its translator: each text beside its place, bold, lists and links kept."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

from newsroom.drafting.rich_reading import DEEPEST
from newsroom.drafting.rich_text import blocks_of
from newsroom.drafting.rich_tree import BREAK, Block, List, Paragraph, Quote, Run
from newsroom.localized import direction_of, native_name

WordPart = Any  # cells, paragraphs, tables: python-docx is typed in parts only

QUIET = RGBColor(0x6B, 0x72, 0x75)
LINK = RGBColor(0x1F, 0x5F, 0x8B)
WIDTHS = (Cm(3.2), Cm(11.2), Cm(11.2))
TO_DO_SHADE = "FFF6DA"
HEAD_SHADE = "EDF1F1"
#: The names that styles have inside the document: by these, setting one is no search.
HEADING_STYLES = {"h3": "Heading3", "h4": "Heading4"}
IN_A_LIST = "ListParagraph"
FIRST_LIST = 9100
NEW_LIST = (
    '<w:num {ns} w:numId="{number}"><w:abstractNumId w:val="{form}"/><w:lvlOverride w:ilvl="{depth}"><w:startOverride w:val="{start}"/>'
    "</w:lvlOverride></w:num>"
)
BULLETS, NUMBERS = 9001, 9002
LEVEL = (
    '<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{sign}"/><w:lvlJc w:val="left"/>'
    '<w:pPr><w:ind w:left="{start}" w:hanging="300"/></w:pPr></w:lvl>'
)


@dataclass(frozen=True, kw_only=True)
class PaperWords:
    """What the paper says beside the texts, in the translator's language; `states` and `kinds` name states and kinds of section."""

    title: str
    how: Sequence[str]
    place: str
    was: str
    shared: str
    states: Mapping[str, str]
    kinds: Mapping[str, str]
    language: str


@dataclass(frozen=True, kw_only=True)
class PaperRow:
    """One text: `reference` is what finds its place again, `was` what the translation was made from, where that has changed."""

    reference: str
    label: str
    form: str
    state: str
    original: str
    text: str
    was: str = ""


@dataclass(frozen=True, kw_only=True)
class PaperSection:
    """The rows of one section under its number, kind and headline."""

    number: int | None
    kind: str
    headline: str
    rows: tuple[PaperRow, ...]


@dataclass(frozen=True, kw_only=True)
class PaperFacts:
    """What a paper is made of; `reference` names the issue and the language."""

    reference: str
    original: str
    language: str
    sections: tuple[PaperSection, ...]


def write(facts: PaperFacts, words: PaperWords) -> bytes:
    """The document: a table of three columns, place, original and translation, a band above each section."""
    document = docx.Document()
    _set_page(document)
    _add_lists(document)
    _say(document, words)
    table = _table(document, facts, words)
    for section in facts.sections:
        _band(table, section, words)
        for row in section.rows:
            _row(table, row, facts, words)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _set_page(document: Document) -> None:
    page = document.sections[0]
    page.orientation = WD_ORIENT.LANDSCAPE
    page.page_width, page.page_height = Cm(29.7), Cm(21.0)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(2)
    document.styles["Normal"].font.size = Pt(11)


def _say(document: Document, words: PaperWords) -> None:
    lines = [(document.add_heading(level=1), words.title), *((document.add_paragraph(), line) for line in words.how)]
    for paragraph, line in lines:
        _add_run(paragraph, Run(text=line), words.language)
        _turn(paragraph, words.language)


def _table(document: Document, facts: PaperFacts, words: PaperWords) -> WordPart:
    table = document.add_table(rows=1, cols=3)
    table.style = "Table Grid"
    table.autofit = False
    heads = table.rows[0].cells
    _plain(heads[0], words.place, words.language, strong=True)
    _quiet(heads[0], facts.reference)
    _plain(heads[1], native_name(facts.original), facts.original, strong=True)
    _plain(heads[2], native_name(facts.language), facts.language, strong=True)
    for cell, width in zip(heads, WIDTHS, strict=True):
        _shade(cell, HEAD_SHADE)
        cell.width = width
    _repeat(table)
    return table


def _band(table: WordPart, section: PaperSection, words: PaperWords) -> None:
    cells = table.add_row().cells
    whole = cells[0].merge(cells[2])
    number = f"{section.number} · " if section.number else ""
    kind = words.kinds.get(section.kind, section.kind)
    _plain(whole, f"{number}{kind}{': ' if section.headline else ''}{section.headline}", words.language, strong=True)
    _shade(whole, HEAD_SHADE)


def _row(table: WordPart, row: PaperRow, facts: PaperFacts, words: PaperWords) -> None:
    place, original, translation = table.add_row().cells
    for cell, width in zip((place, original, translation), WIDTHS, strict=True):
        cell.width = width
    _plain(place, f"{row.label} · {words.states[row.state]}", words.language)
    _quiet(place, row.reference)
    _text(original, row.original, row.form, facts.original)
    _text(translation, row.text, row.form, facts.language)
    if row.was:
        _quiet(place, f"{words.was} {row.was}", facts.original)
    if row.state == "shared":
        _quiet(place, words.shared, words.language)
    if row.state in ("missing", "stale"):
        _shade(translation, TO_DO_SHADE)


def _text(cell: WordPart, text: str, form: str, language: str) -> None:
    if form != "rich" or not text:
        _plain(cell, text, language)
        return
    _xml(cell).remove(_xml(cell.paragraphs[0]))
    _blocks(cell, blocks_of(text), language)
    if not cell.paragraphs:
        cell.add_paragraph()


def _blocks(cell: WordPart, blocks: Sequence[Block], language: str, style: str = "") -> None:
    for block in blocks:
        if isinstance(block, Paragraph):
            _paragraph(cell, block, language, style or HEADING_STYLES.get(block.tag, ""))
        elif isinstance(block, Quote):
            _blocks(cell, block.blocks, language, "Quote")
        else:
            _list(cell, block, language, 0)


def _list(cell: WordPart, block: List, language: str, depth: int) -> None:
    number = _new_list(cell, block, min(depth, DEEPEST - 1))
    for item in block.items:
        for inside in item:
            if isinstance(inside, List):
                _list(cell, inside, language, depth + 1)
            elif isinstance(inside, Paragraph):
                paragraph = _paragraph(cell, inside, language, IN_A_LIST)
                _number(paragraph, number, depth)
            else:
                _blocks(cell, [inside], language)


def _paragraph(cell: WordPart, block: Paragraph, language: str, style: str) -> WordPart:
    paragraph = cell.add_paragraph()
    if style:
        _xml(paragraph).style = style
    for run in block.runs:
        _add_run(paragraph, run, language)
    _turn(paragraph, language)
    return paragraph


def _new_list(cell: WordPart, block: List, depth: int) -> int:
    """A list of its own in the document's numbering, so that each counts from its own beginning."""
    numbering = cell.part.numbering_part.element
    number, form = FIRST_LIST + len(numbering), BULLETS if block.start is None else NUMBERS
    numbering.append(parse_xml(NEW_LIST.format(ns=nsdecls("w"), number=number, form=form, depth=depth, start=block.start or 1)))
    return int(number)


def _number(paragraph: WordPart, number: int, depth: int) -> None:
    properties = _xml(paragraph).get_or_add_pPr().get_or_add_numPr()
    properties.get_or_add_ilvl().val = min(depth, DEEPEST - 1)
    properties.get_or_add_numId().val = number


def _add_lists(document: Document) -> None:
    """The two kinds of list, to any depth a letter has; Word's own styles know each level as a list apart."""
    numbering = document.part.numbering_part.element
    for number, form in ((BULLETS, "bullet"), (NUMBERS, "decimal")):
        levels = "".join(
            LEVEL.format(depth=depth, form=form, sign="•" if form == "bullet" else f"%{depth + 1}.", start=360 * (depth + 1))
            for depth in range(DEEPEST)
        )
        numbering.insert(
            0,
            parse_xml(
                f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{number}"><w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
            ),
        )


def _add_run(paragraph: WordPart, run: Run, language: str) -> Any:
    made = paragraph.add_run()
    if run.text == BREAK:
        made.add_break()
    else:
        made.text = run.text
    made.bold, made.italic = run.strong or None, run.em or None
    if run.href:
        made.font.color.rgb, made.font.underline = LINK, True
        _link(paragraph, made, run.href)
    if direction_of(language) == "rtl":
        made.font.rtl = True
        made.font.cs_bold, made.font.cs_italic = run.strong or None, run.em or None
    return made


def _link(paragraph: WordPart, run: Any, href: str) -> None:
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(href, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    _xml(paragraph).append(link)
    link.append(_xml(run))


def _plain(cell: WordPart, text: str, language: str, *, strong: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    _add_run(paragraph, Run(text=text, strong=strong), language)
    _turn(paragraph, language)


def _quiet(cell: WordPart, text: str, language: str = "en") -> None:
    paragraph = cell.add_paragraph()
    run = _add_run(paragraph, Run(text=text), language)
    run.font.size, run.font.color.rgb = Pt(7), QUIET
    _turn(paragraph, language)


def _turn(paragraph: WordPart, language: str) -> None:
    """Right to left where the language is: alone, an alignment would leave full stops at the wrong end."""
    if direction_of(language) == "rtl":
        _xml(paragraph).get_or_add_pPr().append(OxmlElement("w:bidi"))


def _shade(cell: WordPart, colour: str) -> None:
    shade = OxmlElement("w:shd")
    for name, value in {"val": "clear", "color": "auto", "fill": colour}.items():
        shade.set(qn(f"w:{name}"), value)
    _xml(cell).get_or_add_tcPr().append(shade)


def _repeat(table: WordPart) -> None:
    """The head of the table stands on every page."""
    _xml(table.rows[0]).get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _xml(thing: Any) -> Any:
    """What python-docx has no words for is said in XML."""
    return thing._element  # noqa: SLF001 - it has no other door
