"""A Word file of whatever make as plain HTML: bounded before it is opened, nothing outside of it is ever looked at."""

import io
import re
import zipfile
from xml.etree import ElementTree as ET
from xml.parsers.expat import ExpatError

import mammoth  # type: ignore[import-untyped]

from newsroom.errors import InvalidInput

LARGEST_WORD_FILE = 20 * 1024 * 1024
#: A zip of a few kilobytes can unfold to gigabytes; honest documents do not.
LARGEST_UNFOLDED = 120 * 1024 * 1024
MOST_PARTS = 5_000
#: Of one part of text; a paper of three hundred sections has one and a half.
LARGEST_TEXT_PART = 6 * 1024 * 1024
OLD_WORD = b"\xd0\xcf\x11\xe0"
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
STYLES = """
u =>
strike =>
comment-reference =>
p[style-name='Title'] => h1:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
"""


def html_of_word(data: bytes) -> ET.Element:
    """The document's body: p, h1-h6, ul, ol, li, blockquote, table, strong, em, a. InvalidInput where it is no Word file, or too large."""
    _check(data)
    try:
        found = mammoth.convert_to_html(
            io.BytesIO(data), style_map=STYLES, convert_image=_no_picture, include_embedded_style_map=False, ignore_empty_paragraphs=True
        )
        return ET.fromstring(f"<body>{UNWRITABLE.sub('', found.value)}</body>")  # noqa: S314 - mammoth's own output, no entities declared
    except (
        KeyError,
        ValueError,
        AttributeError,
        IndexError,
        TypeError,
        RecursionError,
        zipfile.BadZipFile,
        ET.ParseError,
        ExpatError,
    ) as error:
        raise InvalidInput.of(
            "The Word file is damaged: it cannot be read.", hint="Open it in Word, save it anew as .docx, and try again."
        ) from error


def inner_html(element: ET.Element) -> str:
    """What stands inside this element, as HTML."""
    inside = "".join(ET.tostring(child, encoding="unicode", method="html") for child in element)
    return _escaped(element.text) + inside


def text_of(element: ET.Element) -> str:
    """The plain words inside, each run of white space one space."""
    return " ".join("".join(element.itertext()).split())


def _escaped(text: str | None) -> str:
    return (text or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _check(data: bytes) -> None:
    if data.startswith(OLD_WORD):
        raise InvalidInput.of(
            "This is a Word file of the old kind (.doc), or one locked by a password.",
            hint="Save it as .docx without a password, and try again.",
        )
    if len(data) > LARGEST_WORD_FILE:
        raise InvalidInput.of(
            f"The Word file is larger than {LARGEST_WORD_FILE // 1024 // 1024} MB.",
            hint="Take its pictures out; they are not read from it.",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            _check_parts(parts)
    except (zipfile.BadZipFile, OSError, ValueError):
        raise InvalidInput.of("This is not a Word file (.docx).", hint="Save the document as .docx, and try again.") from None


def _check_parts(parts: zipfile.ZipFile) -> None:
    sizes = {part.filename: part.file_size for part in parts.infolist()}
    if "word/document.xml" not in sizes and not any(name.endswith("document.xml") for name in sizes):
        raise zipfile.BadZipFile
    texts = [size for name, size in sizes.items() if name.endswith((".xml", ".rels"))]
    if len(sizes) > MOST_PARTS or sum(sizes.values()) > LARGEST_UNFOLDED or max(texts) > LARGEST_TEXT_PART:
        raise InvalidInput.of("The Word file unfolds to far more than a document needs; it is not opened.")


def _no_picture(_: object) -> list[object]:
    """Pictures are left where they are, and a linked file is never opened."""
    return []
