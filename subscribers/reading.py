"""Tables as people really save them: UTF-8, UTF-16 or Windows letters; commas, semicolons or tabs; cells with line breaks.

Streamed: never more than a few lines in memory. A record is known by the number of its first line in the file.
"""

import codecs
import csv
import hashlib
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from newsroom.errors import InvalidInput
from subscribers.columns import column_of

DELIMITERS = (",", ";", "\t", "|")
LONGEST_LINE = 100_000
MOST_LINES = 40  # of one record: more means that a quotation mark was never closed
_HEAD = 65_536

_NOT_TABLES = (
    (b"PK\x03\x04", "a spreadsheet (.xlsx, .ods) or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"{\\rtf", "a word processor's file"),
    (b"<", "a web page or an XML file"),
)
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)

Line = tuple[int, str]


def _windows_letters(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no UTF-8 are read as Windows letters (cp1252), so that one stray é does not spoil a whole file."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("newsroom.windows-letters", _windows_letters)


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One row: the number of its first line, and its cells (None: a quotation mark is opened and never closed)."""

    line: int
    cells: list[str] | None


@dataclass(frozen=True, kw_only=True)
class Table:
    """An opened file: its header, where our columns stand in it, its SHA-256, and the rows still to be read."""

    header: list[str]
    columns: dict[str, int]
    digest: str
    records: Iterator[Record]


def open_table(file: BinaryIO) -> Table:
    """Recognise a seekable file. InvalidInput, in one sentence, when it holds no table of people."""
    head = file.read(_HEAD)
    _refuse_other_files(head)
    digest, encoding = _survey(file, encoding_of(head))
    errors = "newsroom.windows-letters" if encoding.startswith("utf-8") else "replace"
    lines = _lines(io.TextIOWrapper(file, encoding=encoding, errors=errors, newline=""))
    first, delimiter = _first_line(lines)
    records = read_records(chain([first], lines), delimiter)
    header = next(records).cells
    if header is None:
        raise InvalidInput.of("A quotation mark is opened in the first line and never closed.", place=f"line {first[0]}")
    return Table(header=header, columns=_columns(header), digest=digest, records=records)


def encoding_of(head: bytes) -> str:
    """By its byte order mark, else by where zero bytes stand from its first letter on; whatever is left is read as UTF-8."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    for parity, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[parity : parity + 1] == b"\0" and head[parity::2].count(0) > len(head) // 8:
            return encoding
    return "utf-8"


def read_records(lines: Iterator[Line], delimiter: str) -> Iterator[Record]:
    """The rows of numbered lines; after a quotation mark that is never closed, reading goes on with the next line."""
    feed = _Feed(lines)
    reader = csv.reader(feed, delimiter=delimiter)
    while True:
        feed.taken.clear()
        try:
            cells: list[str] | None = next(reader)
        except StopIteration:
            return
        except (_Unclosed, csv.Error):
            cells = None
        if feed.ended:  # the last cell asked for more than there is
            cells = None
        yield Record(line=feed.taken[0][0], cells=cells)
        if cells is None:
            feed.give_back()
            reader = csv.reader(feed, delimiter=delimiter)


class _Unclosed(Exception):
    """One record has taken too many lines."""


class _Feed:
    """Hands lines to the csv module and remembers those of the record it is reading."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self.lines = lines
        self.taken: list[Line] = []
        self.waiting: deque[Line] = deque()
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_LINES:
            raise _Unclosed
        line = self.waiting.popleft() if self.waiting else next(self.lines, None)
        if line is None:
            self.ended = bool(self.taken)
            raise StopIteration
        self.taken.append(line)
        return line[1]

    def give_back(self) -> None:
        """All lines but the first of the record that failed are read again."""
        self.waiting.extendleft(reversed(self.taken[1:]))
        self.ended = False


def _lines(text: io.TextIOWrapper) -> Iterator[Line]:
    number = 1
    while line := text.readline(LONGEST_LINE):
        yield number, line
        number += line.endswith(("\n", "\r"))


def _refuse_other_files(head: bytes) -> None:
    for magic, what in _NOT_TABLES:
        if head.lstrip(b" \t\r\n").startswith(magic):
            raise InvalidInput.of(f"The file is {what}, not a CSV table.", hint="Open it and save it as CSV (UTF-8).")


def _survey(file: BinaryIO, encoding: str) -> tuple[str, str]:
    """The file's SHA-256, and its encoding now that all of it was seen: mostly broken UTF-8 is Windows letters."""
    file.seek(0)
    digest, letters, broken = hashlib.sha256(), 0, 0
    while block := file.read(1 << 20):
        digest.update(block)
        if encoding == "utf-8" and not block.isascii():
            readable = block.decode("utf-8", "ignore")
            letters += sum(not char.isascii() for char in readable)
            broken += len(block) - len(readable.encode())
    file.seek(0)
    return digest.hexdigest(), "cp1252" if broken > letters else encoding


def _first_line(lines: Iterator[Line]) -> tuple[Line, str]:
    """The line that names the columns, and the delimiter it uses."""
    told = None
    for number, text in lines:
        if told is None and (found := _SEPARATOR_LINE.fullmatch(text)):
            told = found[1]  # Excel's own first line: sep=;
        elif text.strip('\ufeff \t\r\n,;|"'):
            return (number, text), told or max(DELIMITERS, key=lambda delimiter: _promise(text, delimiter))
    raise InvalidInput.of("The file is empty: not even the names of the columns are in it.")


def _promise(header: str, delimiter: str) -> tuple[int, int]:
    """How many of our columns, and how many columns at all, this delimiter makes of the header."""
    cells = next(csv.reader([header], delimiter=delimiter), [])
    return len({column_of(cell) for cell in cells} - {None}), len(cells)


def _columns(header: list[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for place, cell in enumerate(header):
        column = column_of(cell)
        if column in columns:
            raise InvalidInput.of(f"Two columns are the {column}: {header[columns[column]]!r} and {cell!r}.", hint="Keep one.")
        if column is not None:
            columns[column] = place
    if "email" not in columns:
        raise InvalidInput.of(_no_email(header), hint="Name the column of addresses 'email' in the first line.")
    return columns


def _no_email(header: list[str]) -> str:
    shown = ", ".join(repr(cell.strip()[:40]) for cell in header[:12]) + (", ..." if len(header) > 12 else "")
    return f"No column holds e-mail addresses. The columns found are: {shown}."
