"""A Word file of whatever make as plain HTML: bounded before it is opened, nothing outside of it is ever looked at."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET
from xml.parsers import expat

import mammoth  # type: ignore[import-untyped]

from newsroom.errors import InvalidInput

LARGEST_WORD_FILE = 20 * 1024 * 1024
#: A zip of a few kilobytes can unfold to gigabytes; honest documents do not.
LARGEST_UNFOLDED = 120 * 1024 * 1024
MOST_PARTS = 5_000
#: Of one part of text; a paper of three hundred sections has one and a half.
LARGEST_TEXT_PART = 6 * 1024 * 1024
#: Elements and attributes of all its text; each takes its time and a kilobyte. That paper has a hundred and fifty thousand.
MOST_PIECES = 400_000
TEXT_PARTS = (".xml", ".rels")
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
    texts = _texts_of(data)
    try:
        found = mammoth.convert_to_html(
            texts, style_map=STYLES, convert_image=_no_picture, include_embedded_style_map=False, ignore_empty_paragraphs=True
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
        expat.ExpatError,
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


def _texts_of(data: bytes) -> io.BytesIO:
    """The file with nothing in it but its text: whatever else it points to is not there, whatever it is called."""
    _check(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            _check_parts(parts)
            texts = dict(_bounded(parts))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError):
        raise InvalidInput.of("This is not a Word file (.docx).", hint="Save the document as .docx, and try again.") from None
    return _zipped(texts)


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


def _check_parts(parts: zipfile.ZipFile) -> None:
    sizes = {part.filename: part.file_size for part in parts.infolist()}
    is_of_word = all(part.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts.infolist())
    if not is_of_word or not any(name.endswith("document.xml") for name in sizes):
        raise zipfile.BadZipFile
    texts = [size for name, size in sizes.items() if name.endswith(TEXT_PARTS)]
    if len(sizes) > MOST_PARTS or sum(sizes.values()) > LARGEST_UNFOLDED or max(texts) > LARGEST_TEXT_PART:
        raise _unfolds()


def _bounded(parts: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """Its parts of text by name, those that are no XML left out."""
    left = MOST_PIECES
    for name in dict.fromkeys(parts.namelist()):
        if name.endswith(TEXT_PARTS):
            text = parts.read(name)
            left -= _pieces_of(text, left)
            if left < 0:
                raise _unfolds()
            yield name, text


def _pieces_of(text: bytes, most: int) -> int:
    """How many elements and attributes it holds, counted up to one too many; more than that where it declares entities of its own."""
    counted = _Counted(most)
    reader = expat.ParserCreate()
    reader.StartElementHandler = counted.element
    reader.StartDoctypeDeclHandler = counted.too_many
    try:
        reader.Parse(text, True)
    except expat.ExpatError:
        return counted.pieces
    except OverflowError:
        return most + 1
    return counted.pieces


class _Counted:
    """Pieces of one text, as they come."""

    def __init__(self, most: int) -> None:
        self.pieces, self._most = 0, most

    def element(self, _: str, attributes: Mapping[str, str]) -> None:
        self.pieces += 1 + len(attributes)
        if self.pieces > self._most:
            raise OverflowError

    def too_many(self, *_: object) -> None:
        raise OverflowError


def _zipped(texts: Mapping[str, bytes]) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as parts:
        for name, text in texts.items():
            parts.writestr(name, text)
    made.seek(0)
    return made


def _unfolds() -> InvalidInput:
    return InvalidInput.of("The Word file unfolds to far more than a document needs; it is not opened.")


def _no_picture(_: object) -> list[object]:
    """Pictures are left where they are, and a linked file is never opened."""
    return []
