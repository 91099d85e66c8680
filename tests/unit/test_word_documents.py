"""A document becomes the sections that a person would make of it; what fits no fact stays as words, and nothing is left out."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from newsroom.drafting.agenda_lines import item_of, span_of, speaker_of
from newsroom.drafting.word_documents import Piece, Proposed, _of_text, read_word
from newsroom.errors import InvalidInput
from newsroom.sections.tidying import tidy


def read(data: bytes, name: str = "paper.docx", language: str = "en") -> tuple[Proposed, ...]:
    return read_word(data, name=name, language=language, original="en")


def saved(document: Document) -> bytes:
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def outline(found: tuple[Proposed, ...]) -> list[tuple[str, str]]:
    return [(each.kind, each.content.get("title", "")) for each in found]


INTERVIEW = (
    "Mayors Mechanism will become part of the #GFMD this year – Thouez: “bolsters position of GFMD in supporting "
    "implementation of Global Compact #ForMigration “"
)
SAMPLES: dict[str, list[tuple[str, str]]] = {
    "concept-note-networking-meeting": [
        ("workshop", "Enabling local solutions for inclusive COVID-19 response and recovery"), ("text", "Session description"),
        ("text", "Expected outcomes of this session"), ("text", "Structure of the session"), ("text", "Participants"),
    ],
    "side-event-imrf": [
        ("workshop", "Localizing the Global Compacts with a Call to Local Action for Migrants and Refugees"), ("text", "Background"),
        ("text", "Objectives"), ("text", "Logistical details"), ("text", "Communications"),
    ],
    "briefing-imrf": [
        ("workshop", "Briefing on the road to the International Migration Review Forum (IMRF)"), ("text", "Background"),
        ("text", "Objectives"),
    ],
    "interview-mayors-mechanism": [
        ("interview", INTERVIEW),
    ],
}  # fmt: skip


def as_word(pieces: list[Piece]) -> bytes:
    """The document as a person would have it in Word: headings as such, tables as tables, lists as lists, links as links."""
    document = docx.Document()
    for piece in pieces:
        if piece.is_heading:
            document.add_heading(piece.text, level=2)
        elif len(piece.lines) > 1 and span_of(piece.lines[0]):
            cells = document.add_table(rows=1, cols=len(piece.lines)).rows[0].cells
            for cell, line in zip(cells, piece.lines, strict=True):
                cell.text = line
        elif "<li>" in piece.html:
            for line in piece.lines:
                document.add_paragraph(line, style="List Bullet")
        else:
            for line in piece.lines:
                _paragraph(document, line, "#" if 'href="#"' in piece.html else "")
    return saved(document)


def _paragraph(document: Document, line: str, link: str) -> None:
    paragraph = document.add_paragraph()
    run = paragraph.add_run(line)
    if link:
        holder = OxmlElement("w:hyperlink")
        holder.set(qn("r:id"), paragraph.part.relate_to(link, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        paragraph._p.append(holder)
        holder.append(run._element)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("form", ["txt", "docx"])
def test_the_users_documents_become_the_sections_a_person_would_make(samples: Path, name: str, form: str) -> None:
    text = (samples / f"{name}.txt").read_bytes()
    found = read(text if form == "txt" else as_word(_of_text(text)), f"{name}.{form}")
    assert outline(found) == SAMPLES[name]
    assert all(tidy(each.kind, each.content) for each in found)


def words(value: Any) -> set[str]:
    if isinstance(value, str):
        return set(re.findall(r"\w{3,}", re.sub(r'<[^>]*href="[^"]*"[^>]*>|<[^>]*>', " ", value).replace("&amp;", "&")))
    return {word for each in (value.values() if isinstance(value, dict) else value) for word in words(each)}


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_of_the_users_documents_is_left_out(samples: Path, name: str) -> None:
    text = (samples / f"{name}.txt").read_text("utf-8")
    kept = {word for each in read(text.encode(), f"{name}.txt") for word in words(each.content)}
    heads = {"Agenda", "Preliminary", "agenda", "all", "times", "CET", "Guiding", "questions", "Question", "Stefan", "Rother"}
    written = words(re.sub(r"\]\([^)]*\)", "]", re.sub("<[^>]*>", " ", text)))
    assert {word for word in written - kept - heads if not re.fullmatch(r"\d+(am|pm)", word)} == set()


def test_the_agenda_of_the_side_event_has_its_hours_and_its_people(samples: Path) -> None:
    agenda = read((samples / "side-event-imrf.txt").read_bytes(), "side.txt")[0].content["agenda"]
    assert [(item["starts"], item["ends"], len(item["speakers"])) for item in agenda] == [
        ("13:30", "13:40", 3), ("13:40", "14:20", 5), ("14:20", "14:30", 2),
    ]  # fmt: skip
    assert agenda[1]["speakers"][0] == {
        "name": "Ms. Fabiana Goyenche",
        "role": "Moderator, Director of International Affairs, City of Montevideo, Uruguay",
    }


def test_links_that_lead_nowhere_yet_are_kept_for_the_checks_to_find(samples: Path) -> None:
    head = read((samples / "briefing-imrf.txt").read_bytes(), "briefing.txt")[0]
    assert '<a href="#">here</a>' in head.content["text"]
    assert len(head.content["guiding_questions"]) == 4


def test_a_word_document_keeps_bold_lists_links_and_quotes() -> None:
    document = docx.Document()
    document.add_heading("News", level=1)
    paragraph = document.add_paragraph("We ")
    paragraph.add_run("met").bold = True
    document.add_paragraph("one", style="List Bullet")
    document.add_paragraph("two", style="List Bullet")
    document.add_paragraph("Go on.", style="Quote")
    (found,) = read(saved(document))
    assert found.content == {
        "title": "News",
        "text": "<p>We <strong>met</strong></p><ul><li>one</li><li>two</li></ul><blockquote><p>Go on.</p></blockquote>",
    }


def test_a_line_in_bold_is_a_heading_where_nobody_uses_styles() -> None:
    document = docx.Document()
    for title in ("Spring", "Autumn"):
        document.add_paragraph().add_run(title).bold = True
        document.add_paragraph("The river rose.")
    assert outline(read(saved(document))) == [("text", "Spring"), ("text", "Autumn")]


def test_a_document_of_another_language_says_so() -> None:
    (found,) = read("العنوان\n\nنص الفقرة هنا.".encode(), "ar.txt", "ar")
    assert found.content == {"title": {"ar": "العنوان"}, "text": {"ar": "<p>نص الفقرة هنا.</p>"}}


DOCUMENT = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'
LAUGHS = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
HOSTILE = {
    "entities": f'<!DOCTYPE l [<!ENTITY a "lol">{LAUGHS}]>' + DOCUMENT.format("<w:p><w:r><w:t>&j;</w:t></w:r></w:p>"),
    "depth": DOCUMENT.format("<w:tbl><w:tr><w:tc>" * 5_000 + "</w:tc></w:tr></w:tbl>" * 5_000),
    "size": DOCUMENT.format("<w:p/>" * 1_200_000),
}


@pytest.mark.parametrize("harm", HOSTILE)
def test_a_document_made_to_do_harm_is_refused_with_a_sentence(harm: str) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(docx.Document()))) as honest, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as hostile:
        for part in honest.namelist():
            hostile.writestr(part, HOSTILE[harm] if part == "word/document.xml" else honest.read(part))
    with pytest.raises(InvalidInput, match=r"damaged|unfolds"):
        read(made.getvalue())


@pytest.mark.parametrize("data", [b"", b"  \n\n ", saved(docx.Document())])
def test_a_document_without_words_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="no words"):
        read(data, "empty.docx" if data.startswith(b"PK") else "empty.txt")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("16:00 – 16:05 Welcome", ("16:00", "16:05", "Welcome")), ("16:45– 17:20 Round 2: How?", ("16:45", "17:20", "Round 2: How?")),
        ("1.30 - 1.40pm", ("13:30", "13:40", "")), ("9h30 à 10h Accueil", ("09:30", "10:00", "Accueil")),
        ("15h to 16h (CEST)", ("15:00", "16:00", "(CEST)")), ("10 - 12 people", None), ("2020 – 2021", None), ("25:00 – 26:00 x", None),
        ("17:00 – 16:00 back to front", None),
    ],
)  # fmt: skip
def test_times_are_read_as_they_are_typed(line: str, expected: object) -> None:
    assert span_of(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Ms. Emilia Sáiz, Secretary General of UCLG", {"name": "Ms. Emilia Sáiz", "role": "Secretary General of UCLG"}),
        ("Sophie van Haasen, Coordinator", {"name": "Sophie van Haasen", "role": "Coordinator"}),
        ("Moderator: Ms. Cecile Riallant, Head of Unit", {"name": "Ms. Cecile Riallant", "role": "Moderator, Head of Unit"}),
        ("How can cities act, and when?", None), ("Lunch", None), ("Coffee, tea and cakes", None),
    ],
)  # fmt: skip
def test_people_are_told_from_other_lines(line: str, expected: object) -> None:
    assert speaker_of(line) == expected


def test_a_line_that_names_nobody_stays_in_the_title() -> None:
    assert item_of("09:00", "10:00", "Opening:", ["in the great hall"]) == {
        "starts": "09:00",
        "ends": "10:00",
        "title": "Opening in the great hall",
    }
