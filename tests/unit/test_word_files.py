"""A Word file is opened only as far as its text goes: what is made to hold a server up is refused in a moment."""

import io
import time
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest

from newsroom.drafting.word_files import html_of_word, text_of
from newsroom.errors import InvalidInput

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
HELLO = "<w:p><w:r><w:t>Hello</w:t></w:r></w:p>"
SECONDS = 10


def a_body(inside: str, before: str = "") -> str:
    return f'{before}<w:document xmlns:w="{WORD}"><w:body>{inside}</w:body></w:document>'


def a_file(parts: Mapping[str, str | bytes], document: str = "word/document.xml") -> bytes:
    """A Word file of these parts, which says that its document is that one."""
    made = io.BytesIO()
    leads = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="{document}"/></Relationships>'
    )
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in {"[Content_Types].xml": TYPES, "_rels/.rels": leads, **parts}.items():
            file.writestr(name, text)
    return made.getvalue()


BOMBS: dict[str, Callable[[], bytes]] = {
    "a million empty paragraphs": lambda: a_file({"word/document.xml": a_body("<w:p/>" * 900_000)}),
    "a million attributes": lambda: a_file({"word/document.xml": a_body("<w:p " + " ".join(f'a{n:x}=""' for n in range(500_000)) + "/>")}),
    "many parts": lambda: a_file({"word/document.xml": a_body(HELLO), **{f"word/{n}.xml": a_body("<w:p/>" * 90_000) for n in range(5)}}),
    "entities": lambda: a_file({"word/document.xml": a_body("<w:p><w:r><w:t>&a;</w:t></w:r></w:p>", '<!DOCTYPE d [<!ENTITY a "b">]>')}),
    "entities in another alphabet": lambda: a_file(
        {"word/document.xml": a_body("&a;", '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE d [<!ENTITY a "b">]>').encode("utf-16")}
    ),
    "a part that unfolds": lambda: a_file({"word/document.xml": a_body(" " * (6 * 1024 * 1024))}),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_small_file_that_unfolds_to_far_too_much_is_refused_in_a_moment(bomb: str) -> None:
    data = BOMBS[bomb]()
    began = time.monotonic()
    with pytest.raises(InvalidInput, match="unfolds to far more"):
        html_of_word(data)
    assert time.monotonic() - began < SECONDS


def test_a_document_under_another_name_than_text_has_is_not_looked_into() -> None:
    """Its size would be that of a picture: far more than any text."""
    data = a_file({"word/document.xml": a_body(""), "word/picture.png": a_body("<w:p/>" * 1_000_000)}, document="word/picture.png")
    began = time.monotonic()
    with suppress(InvalidInput):
        assert text_of(html_of_word(data)) == ""
    assert time.monotonic() - began < SECONDS


def test_a_part_that_is_no_xml_does_no_harm_where_nobody_reads_it() -> None:
    data = a_file({"word/document.xml": a_body(HELLO), "customXml/item1.xml": "<torn", "word/sound.bin": b"\0"})
    assert text_of(html_of_word(data)) == "Hello"


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_torn_file_packed_in_a_way_that_word_never_packs_is_refused_with_a_sentence(method: int) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as file:
        file.writestr("word/document.xml", a_body(HELLO))
    torn = bytearray(made.getvalue())
    torn[60:70] = b"\xff" * 10
    with pytest.raises(InvalidInput):
        html_of_word(bytes(torn))
