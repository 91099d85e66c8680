"""The other languages, beside the original: typed by hand, from right to left, and by a translator who works in Word."""

import io
import re
from collections.abc import Iterator, Mapping

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.table import _Cell
from playwright.sync_api import Locator, expect

from tests.browser.road.people import Walker
from tests.browser.road.rich_typing import blocks_of, type_rich
from tests.browser.road.sample import Newsletter, said, texts_of
from tests.browser.road.writing import saved


def open_languages(writer: Walker) -> None:
    writer.follow("Languages")
    writer.page.get_by_role("link", name="Translate", exact=True).first.wait_for()


def open_language(writer: Walker, language: str) -> None:
    open_languages(writer)
    writer.page.locator(f".tongue-card h2 a[lang={language}]").click()
    writer.page.wait_for_url(f"**/languages/{language}")


def translate_by_hand(writer: Walker, sample: Newsletter, language: str) -> None:
    """Every text that the sample has in this language, in the order of the page."""
    front = writer.page.locator("#section-front")
    _write(writer, front, "subject", sample.subject[language])
    _write(writer, front, "preview_text", sample.preview_text[language])
    for number, section in enumerate(sample.sections, 1):
        side = side_of(writer, number)
        for path, text in texts_of(section, language):
            _write(writer, side, path, text)
    saved(writer)


def side_of(writer: Walker, number: int) -> Locator:
    """The section of this number, original and translation."""
    return writer.page.locator(".side", has=writer.page.locator("h2 .number", has_text=re.compile(f"^{number}$")))


def _write(writer: Walker, side: Locator, path: str, text: str) -> None:
    field = side.locator(f"[data-field='{path}']")
    rich = field.locator("[data-rich]")
    if rich.count():
        type_rich(writer.page, rich.get_by_role("textbox"), text)
    else:
        field.get_by_role("textbox").fill(text)


def translate_in_word(writer: Walker, sample: Newsletter, language: str) -> None:
    """The paper goes out, comes back with its last column filled in, is looked at, and is taken."""
    page = writer.page
    page.get_by_text("Translate in Word").click()
    writer.take("languages-word-door", whole=False)
    with page.expect_download() as going:
        writer.follow("Download as Word")
    paper = going.value.path().read_bytes()
    given = {
        "name": "autumn, Spanish.docx",
        "mimeType": "application/octet-stream",
        "buffer": filled_in(paper, translations(sample, language)),
    }
    page.get_by_label("The document, translated").set_input_files(given)  # type: ignore[arg-type]
    writer.press("Look at it")
    writer.shows("texts are new or different")
    writer.album.on_phone_too(page, "languages-word-look")
    writer.press("Take these texts")
    writer.shows("texts were taken")


def translations(sample: Newsletter, language: str) -> dict[str, str]:
    """What a translator writes for each English text, as Markdown."""
    pairs = [(sample.subject["en"], sample.subject[language]), (sample.preview_text["en"], sample.preview_text[language])]
    for section in sample.sections:
        english = dict(texts_of(section, "en"))
        pairs += [(english[path], text) for path, text in texts_of(section, language)]
    return {plain(original): text for original, text in pairs}


def filled_in(paper: bytes, wanted: Mapping[str, str]) -> bytes:
    document = docx.Document(io.BytesIO(paper))
    for row in document.tables[0].rows:
        original, translation = row.cells[-2], row.cells[-1]
        if (text := wanted.get(original.text.strip())) and not translation.text.strip():
            _fill(translation, text)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _fill(cell: _Cell, markdown: str) -> None:
    paragraph = cell.paragraphs[0]
    for _, runs in blocks_of(markdown):
        for words in runs:
            run = paragraph.add_run(words.text)
            if words.link:
                link = OxmlElement("w:hyperlink")
                link.set(qn("r:id"), cell.part.relate_to(words.link, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
                run._r.addprevious(link)
                link.append(run._r)


def plain(markdown: str) -> str:
    return " ".join("".join(words.text for words in runs) for _, runs in blocks_of(markdown))


def see_the_state(writer: Walker) -> None:
    """Three cards: how far each language is."""
    open_languages(writer)
    expect(writer.page.locator(".tongue-card")).to_have_count(3)
    writer.album.key_page(writer.page, "languages")


def texts_left(sample: Newsletter, language: str) -> Iterator[str]:
    """What the sample itself lacks in this language, by its English words."""
    for section in sample.sections:
        there = dict(texts_of(section, language))
        yield from (text for path, text in texts_of(section, "en") if path not in there)
    yield from (said(section["title"]) for section in sample.sections if isinstance(section.get("title"), str))
