"""A Word document, or plain text, as sections a person would make of it: by its headings, its agenda, its questions and answers.

Nothing is invented and nothing left out: what fits no fact stays as words, and each section waits to be accepted.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import zip_longest
from typing import Any
from xml.etree.ElementTree import Element

from newsroom.drafting.agenda_lines import bullets_of, item_of, numbered_of, span_of, speaker_of
from newsroom.drafting.rich_text import clean_html, from_markdown
from newsroom.drafting.word_files import html_of_word, inner_html, text_of
from newsroom.errors import InvalidInput
from newsroom.localized import Localized

LONGEST_TEXT_FILE = 1_000_000
LONGEST_HEADING = 110
LONGEST_EXCERPT = 400
AGENDA = re.compile(
    r"(?:preliminary |draft |provisional )?(?:agenda|programme|program|programa|ordre du jour|orden del día|جدول الأعمال|البرنامج)\b.*",
    re.IGNORECASE,
)
QUESTIONS = re.compile(
    r"(?:guiding|leading|key) questions:?|questions (?:directrices|clés)\s*:?|preguntas (?:orientadoras|guía):?|أسئلة توجيهية:?",
    re.IGNORECASE,
)
ASKED = re.compile(r"(?:question|pregunta|سؤال|q)\s*:\s*(.+)", re.IGNORECASE | re.DOTALL)
DATED = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[.:h]\d\d\b|\b\d{1,2}\s*(?:[ap]m|h)\b", re.IGNORECASE)
LIST_MARK = re.compile(r"\s*(?:[-*●•]|\d{1,2}[.)])\s")
NO_HEADING_ENDS = (".", ":", ";", ",", "?", "!", "”", "؟", "،")
FEW_QUESTIONS = 2
SPEAKER_TURN = re.compile(r"[^\W\d][^:.?!]{2,40}:\s+(?=\S)")


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """A section that may be made of this piece of the document; `excerpt` is what stood there."""

    kind: str
    content: dict[str, Any]
    excerpt: str


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A heading, paragraph, list or row of a table: `lines` are its plain lines, one per entry of a list."""

    is_heading: bool = False
    html: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.lines)


@dataclass(kw_only=True)
class Chapter:
    """What stands under one heading."""

    title: str
    pieces: list[Piece] = field(default_factory=list)


def read_word(data: bytes, *, name: str, language: str, original: str) -> tuple[Proposed, ...]:
    """The sections this document may become, in its order. InvalidInput where it cannot be read or holds no words."""
    pieces = _of_text(data) if name.lower().endswith((".txt", ".md")) else list(_of_word(html_of_word(data)))
    pieces = [piece for piece in pieces if piece.text]
    if not pieces:
        raise InvalidInput.of("The document holds no words.", hint="Pictures of text cannot be read.")
    found = _interview(pieces) or _by_headings(pieces)
    return tuple(_in(each, language, original) for each in found)


def _of_word(body: Element) -> Iterator[Piece]:
    for element in body:
        if element.tag == "table":
            for row in element.iter("tr"):
                cells = [cell for cell in row if cell.tag in ("td", "th")]
                yield _row([" ● ".join(_lines(cell)) or text_of(cell) for cell in cells])
        else:
            yield _piece(element)


def _piece(element: Element) -> Piece:
    text = text_of(element)
    is_heading = element.tag in ("h1", "h2", "h3", "h4", "h5", "h6") or _is_bold_line(element, text)
    return Piece(is_heading=is_heading and bool(text), html=_html(element), lines=tuple(_lines(element)))


def _is_bold_line(element: Element, text: str) -> bool:
    """A paragraph set in bold from end to end serves as a heading where nobody uses styles."""
    strong = "".join("".join(each.itertext()) for each in element.findall("strong"))
    return element.tag == "p" and _looks_like_heading(text) and " ".join(strong.split()) == text


def _html(element: Element) -> str:
    return clean_html(f"<{element.tag}>{inner_html(element)}</{element.tag}>")


def _lines(element: Element) -> list[str]:
    """Its lines: entries of lists, and what a line break parts."""
    parts = list(element.iter("li")) or list(element.iter("p")) or [element]
    broken = ("".join(_with_breaks(part)) for part in parts)
    return [line for text in broken for line in (" ".join(each.split()) for each in text.split("\n")) if line]


def _with_breaks(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag == "br":
            yield "\n"
        elif child.tag not in ("ul", "ol"):
            yield from _with_breaks(child)
        yield child.tail or ""


def _row(cells: Sequence[str]) -> Piece:
    lines = tuple(cell for cell in cells if cell)
    said = "".join(f"{cell} " if cell.endswith(":") else f"{cell} | " for cell in lines).removesuffix(" | ").strip()
    return Piece(html=f"<p>{escape(said, quote=False)}</p>", lines=lines)


def _of_text(data: bytes) -> list[Piece]:
    if len(data) > LONGEST_TEXT_FILE:
        raise InvalidInput.of("The text is longer than an issue can hold.")
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    return [piece for block in re.split(r"\n\s*\n", text) if block.strip() for piece in _of_block(block.strip("\n"))]


def _of_block(block: str) -> Iterator[Piece]:
    lines = [" ".join(line.split()) for line in block.split("\n") if line.strip()]
    if "\t" in block:
        for line in block.split("\n"):
            yield _row([_untagged(cell) for cell in line.split("\t") if cell.strip()])
    elif len(lines) == 1 and (lines[0].startswith("#") or _looks_like_heading(lines[0])):
        title = lines[0].lstrip("# ").strip("*_ ")
        yield Piece(is_heading=True, html=f"<p>{escape(title, quote=False)}</p>", lines=(title,))
    else:
        # A line break of the writer's is kept: Markdown alone would run dates and rooms together.
        yield Piece(html=from_markdown(re.sub(r"(?<!\n)\n(?![-*●\s]|\d{1,2}[.)])", "  \n", block)), lines=tuple(map(_unmarked, lines)))


def _untagged(text: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", text).split())


def _unmarked(line: str) -> str:
    """A line without list marks, emphasis and the brackets of links."""
    bare = re.sub(r"^\s*[-*●•]\s+", "", line)
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", bare).replace("**", "").strip("*_ ")


def _looks_like_heading(line: str) -> bool:
    words = line.strip("*_# ")
    return (
        0 < len(words) <= LONGEST_HEADING
        and not words.endswith(NO_HEADING_ENDS)
        and words[0].isalpha()
        and not words[0].islower()
        and "](" not in line
        and not LIST_MARK.match(line)
        and not DATED.search(words)
    )


def _interview(pieces: Sequence[Piece]) -> list[Proposed]:
    """The whole as an interview where several questions are asked in it; nothing else."""
    starts = [place for place, piece in enumerate(pieces) if _question_of(piece)]
    if len(starts) < FEW_QUESTIONS or not any(ASKED.fullmatch(pieces[place].text) for place in starts):
        return []
    head = list(pieces[: starts[0]])
    ends = [*starts[1:], len(pieces)]
    exchanges = [
        {"question": _question_of(pieces[start]), "answer": _joined(pieces[start + 1 : end])}
        for start, end in zip(starts, ends, strict=True)
    ]
    content = {"title": head[0].text if head else exchanges[0]["question"], "summary": _joined(head[1:]), "exchanges": exchanges}
    return [Proposed(kind="interview", content=_filled(content), excerpt=_excerpt(pieces))]


def _question_of(piece: Piece) -> str:
    """The question in this piece; of one who asks by name, without the name."""
    asked = ASKED.fullmatch(piece.text)
    if asked:
        return asked[1].strip()
    is_short = len(piece.text) <= 2 * LONGEST_HEADING and piece.text.endswith(("?", "؟"))
    return SPEAKER_TURN.sub("", piece.text, count=1) if is_short else ""


def _by_headings(pieces: Sequence[Piece]) -> list[Proposed]:
    head, chapters = _chapters(pieces)
    agenda = next((chapter for chapter in chapters if AGENDA.fullmatch(chapter.title)), None)
    found = []
    if agenda:
        found.append(_workshop(head, agenda))
    elif head.pieces or not chapters:
        found.append(_text(head))
    return [*found, *(_text(chapter) for chapter in chapters if chapter is not agenda)]


def _chapters(pieces: Sequence[Piece]) -> tuple[Chapter, list[Chapter]]:
    """The title with what stands around it, and the chapters; a heading without words of its own is a line of what goes before it."""
    first = next((place for place, piece in enumerate(pieces) if piece.is_heading), None)
    if first is None:
        return Chapter(title="", pieces=list(pieces)), []
    head, chapters = Chapter(title=pieces[first].text, pieces=list(pieces[:first])), list[Chapter]()
    for piece, following in zip_longest(pieces[first + 1 :], pieces[first + 2 :]):
        if piece.is_heading and not _is_subtitle(following, chapters):
            chapters.append(Chapter(title=piece.text))
        else:
            (chapters[-1] if chapters else head).pieces.append(piece)
    return head, _with_words(chapters, head)


def _is_subtitle(following: Piece | None, chapters: Sequence[Chapter]) -> bool:
    """Above the first chapter, a line with the day and the hour below it belongs to the title."""
    if chapters or following is None or following.is_heading:
        return False
    return len(following.text) <= 2 * LONGEST_HEADING and bool(DATED.search(following.text))


def _with_words(chapters: Sequence[Chapter], head: Chapter) -> list[Chapter]:
    kept: list[Chapter] = []
    for chapter in chapters:
        if chapter.pieces:
            kept.append(chapter)
        else:
            _demote(chapter, kept[-1] if kept else head)
    return kept


def _demote(empty: Chapter, before: Chapter) -> None:
    before.pieces.append(Piece(html=f"<p>{escape(empty.title, quote=False)}</p>", lines=(empty.title,)))


def _text(chapter: Chapter) -> Proposed:
    content = {"title": chapter.title, "text": _joined(chapter.pieces)}
    return Proposed(kind="text", content=_filled(content), excerpt=_excerpt(chapter.pieces) or chapter.title)


def _workshop(head: Chapter, agenda: Chapter) -> Proposed:
    """The event that the document is about: its title, its agenda, the questions; days and rooms stay as words to be set by hand."""
    items, questions, rest = _agenda(agenda.pieces)
    content = {
        "title": head.title or agenda.title, "text": _joined([*head.pieces, *rest]), "agenda": items, "guiding_questions": questions,
    }  # fmt: skip
    return Proposed(kind="workshop", content=_filled(content), excerpt=_excerpt([*head.pieces, *agenda.pieces]))


def _agenda(pieces: Sequence[Piece]) -> tuple[list[dict[str, Any]], list[str], list[Piece]]:
    items: list[dict[str, Any]] = []
    questions: list[str] = []
    rest: list[Piece] = []
    for piece in pieces:
        if QUESTIONS.fullmatch(piece.text) or (piece.lines and all(line.endswith(("?", "؟")) for line in piece.lines)):
            questions.extend(line for line in piece.lines if not QUESTIONS.fullmatch(line))
        elif not (_timed(piece, items) or _numbered(piece, items) or _speakers(piece, items)):
            rest.append(piece)
    return items, questions, rest


def _timed(piece: Piece, items: list[dict[str, Any]]) -> bool:
    """Lines that begin with a time each open an item; the lines below belong to it."""
    lines = [part for line in piece.lines for part in bullets_of(line) if part]
    if not lines or not span_of(lines[0]):
        return False
    groups: list[tuple[tuple[str, str, str], list[str]]] = []
    for line in lines:
        if span := span_of(line):
            groups.append((span, []))
        else:
            groups[-1][1].append(line)
    for (starts, ends, title), below in groups:
        items.append(item_of(starts, ends, title or (below[0] if below else ""), below if title else below[1:]))
    return True


def _numbered(piece: Piece, items: list[dict[str, Any]]) -> bool:
    titles = [numbered_of(line) for line in piece.lines]
    if "<ol" in piece.html and not any(titles):
        titles = list(piece.lines)
    if not all(titles):
        return False
    items.extend(item_of(None, None, str(title), ()) for title in titles)
    return True


def _speakers(piece: Piece, items: list[dict[str, Any]]) -> bool:
    """People listed below an item speak in it."""
    people = [speaker_of(line) for line in piece.lines]
    if not items or not all(people):
        return False
    items[-1]["speakers"] = [*items[-1].get("speakers", ()), *people]
    return True


def _joined(pieces: Sequence[Piece]) -> str:
    return clean_html("".join(piece.html if not piece.is_heading else f"<h3>{escape(piece.text, quote=False)}</h3>" for piece in pieces))


def _excerpt(pieces: Sequence[Piece]) -> str:
    text = "\n".join(line for piece in pieces for line in piece.lines)
    return text if len(text) <= LONGEST_EXCERPT else f"{text[:LONGEST_EXCERPT].rsplit(' ', 1)[0]} …"


def _filled(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value}


def _in(found: Proposed, language: str, original: str) -> Proposed:
    """Texts of another language than the issue's first say so."""
    if language == original:
        return found
    return Proposed(kind=found.kind, excerpt=found.excerpt, content=_said(found.content, language))


def _said(content: dict[str, Any], language: str) -> dict[str, Any]:
    def said(name: str, value: Any) -> Any:
        if isinstance(value, list):
            return [said(name, each) for each in value]
        if isinstance(value, dict):
            return {key: said(key, each) for key, each in value.items()}
        is_word = name in ("title", "text", "summary", "question", "answer", "role", "guiding_questions")
        return _one(language, value) if is_word else value

    return {name: said(name, value) for name, value in content.items()}


def _one(language: str, text: str) -> Localized:
    return {language: text}
