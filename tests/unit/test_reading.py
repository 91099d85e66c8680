"""Tables as people save them."""

import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom.errors import InvalidInput
from subscribers.columns import column_of, language_of
from subscribers.formulas import quieted, restored
from subscribers.reading import LONGEST_LINE, encoding_of, open_table

TEXT = "email,name\r\nzoe@example.org,Zoë\r\nselma@example.org,سلمى\r\n"
ROWS = [["zoe@example.org", "Zoë"], ["selma@example.org", "سلمى"]]


def rows_of(data: bytes) -> list[list[str] | None]:
    return [record.cells for record in open_table(io.BytesIO(data)).records]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_unicode_encoding_is_recognised_with_and_without_its_mark(encoding: str) -> None:
    assert rows_of(TEXT.encode(encoding)) == ROWS


def test_big_endian_utf_16_with_a_mark_is_recognised() -> None:
    assert rows_of(b"\xfe\xff" + TEXT.encode("utf-16-be")) == ROWS


def test_windows_letters_are_recognised() -> None:
    assert rows_of("email;name\r\nzoe@example.org;Zoë “Ö” €\r\n".encode("cp1252")) == [["zoe@example.org", "Zoë “Ö” €"]]


def test_one_line_in_windows_letters_does_not_spoil_a_utf_8_file() -> None:
    data = TEXT.encode() + "rene@example.org,René\r\n".encode("cp1252")
    assert rows_of(data) == [*ROWS, ["rene@example.org", "René"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_delimiter_and_line_end_is_recognised(delimiter: str, ending: str) -> None:
    text = ending.join([f"email{delimiter}name", f"a@example.org{delimiter}A", f"b@example.org{delimiter}B", ""])
    assert rows_of(text.encode()) == [["a@example.org", "A"], ["b@example.org", "B"]]


def test_the_delimiter_line_that_excel_writes_is_followed_and_not_taken_for_the_header() -> None:
    table = open_table(io.BytesIO(b"sep=;\r\nemail;name\r\na@example.org;A, B\r\n"))
    assert [(record.line, record.cells) for record in table.records] == [(3, ["a@example.org", "A, B"])]


def test_a_cell_may_hold_delimiters_quotes_and_line_breaks_and_lines_are_counted_as_an_editor_does() -> None:
    data = b'email,name\na@example.org,"A, ""the first""\nof two"\nb@example.org,B\n'
    table = open_table(io.BytesIO(data))
    assert [(record.line, record.cells) for record in table.records] == [
        (2, ["a@example.org", 'A, "the first"\nof two']),
        (4, ["b@example.org", "B"]),
    ]


@pytest.mark.parametrize("following", [3, 200])
def test_a_quotation_mark_never_closed_costs_only_its_own_line(following: int) -> None:
    good = [f"p{number}@example.org,P" for number in range(following)]
    table = open_table(io.BytesIO("\n".join(["email,name", 'a@example.org,"A', *good]).encode()))
    records = list(table.records)
    assert (records[0].line, records[0].cells) == (2, None)
    assert [record.cells and record.cells[0] for record in records[1:]] == [line.split(",")[0] for line in good]
    assert records[-1].line == following + 2


def test_a_line_without_end_is_not_read_into_memory_at_once() -> None:
    records = list(open_table(io.BytesIO(b"email\n" + b"x" * (3 * LONGEST_LINE))).records)
    assert max(len(cell) for record in records for cell in record.cells or [""]) <= LONGEST_LINE
    assert {record.line for record in records} == {2}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty"),
        (b"\xef\xbb\xbf\r\n \r\n", "The file is empty"),
        (b"PK\x03\x04\x14\x00", "The file is a spreadsheet .* or a zip archive, not a CSV table. Open it and save it as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel"),
        (b"%PDF-1.7", "a PDF"),
        (b"<html><body>", "web page"),
        (b'email,"name\na@example.org,A\n', "line 1: A quotation mark is opened in the first line and never closed."),
        (b"first name,city\nA,B\n", "No column holds e-mail addresses. The columns found are: 'first name', 'city'"),
        (b"a@example.org\nb@example.org\n", "The columns found are: 'a@example.org'. Name the column"),
        (b"email,e-mail\na@example.org,b@example.org\n", "Two columns are the email: 'email' and 'e-mail'"),
    ],
)
def test_a_file_that_is_no_table_of_people_is_refused_in_one_plain_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence) as refusal:
        open_table(io.BytesIO(data))
    assert len(refusal.value.problems) == 1


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("E-Mail", "email"), ("EMAIL_ADDRESS", "email"), ("Courriel", "email"), ("correo electronico", "email"), ("Correo", "email"),
        ("البريد الإلكتروني", "email"), ("البريد الالكتروني", "email"), ("\ufeffemail ", "email"),
        ("Nom", "name"), ("NOMBRE", "name"), ("الاسم", "name"), ("Full name", "name"),
        ("Langue", "language"), ("Idioma", "language"), ("اللغة", "language"),
        ("Thèmes", "topics"), ("temas", "topics"), ("city", None), ("", None),
    ],
)  # fmt: skip
def test_columns_are_known_by_their_names_in_four_languages(header: str, column: str | None) -> None:
    assert column_of(header) == column


@pytest.mark.parametrize(
    ("text", "code"),
    [("fr", "fr"), ("FR", "fr"), ("fr-CA", "fr"), ("es_MX", "es"), ("Français", "fr"), ("francais", "fr"), ("Árabe", "ar"),
     ("العربية", "ar"), ("Spanish", "es"), ("Deutsch", "de"), ("klingon", None), ("xx", None)],
)  # fmt: skip
def test_a_language_may_be_written_as_a_code_or_a_name(text: str, code: str | None) -> None:
    assert language_of(text) == code


@given(st.text(alphabet="'=+-@\t\ra \uff1d\uff0b\uff0d\uff20", max_size=6))
def test_a_neutralised_cell_is_no_formula_and_comes_back_as_it_was(cell: str) -> None:
    out = quieted(cell)
    assert not out.startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    assert restored(out) == cell


@given(st.binary(max_size=400))
def test_no_bytes_whatever_make_reading_fail(data: bytes) -> None:
    with suppress(InvalidInput):
        list(open_table(io.BytesIO(data)).records)
    lines = [record.line for record in open_table(io.BytesIO(b"email,name\n" + data)).records]
    assert lines == sorted(lines)


def test_zero_bytes_in_a_utf_8_file_do_not_make_it_utf_16() -> None:
    assert encoding_of(b"email,name\na\x00@example.org,A\n") == "utf-8"
