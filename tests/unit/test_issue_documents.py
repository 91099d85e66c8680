"""YAML as it is written: every scalar a text, every bound kept, every fault with its line and column."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom.drafting.reading import decoded, read_document
from newsroom.errors import InvalidInput


def test_the_surprises_of_yaml_1_1_do_not_happen() -> None:
    text = "{time: 15:05, country: NO, answer: yes, year: 2023, day: 2023-10-25, octal: 010, dot: 1.0, nothing: , tilde: ~, empty: ''}"
    assert read_document(text).value == {
        "time": "15:05", "country": "NO", "answer": "yes", "year": "2023", "day": "2023-10-25", "octal": "010", "dot": "1.0",
        "nothing": None, "tilde": None, "empty": "",
    }  # fmt: skip


def test_every_value_remembers_its_line() -> None:
    document = read_document("a: 1\nb:\n  - c: 2\n    d: |\n      long\n  - e\n")
    assert [document.line(path) for path in [(), ("a",), ("b", 0, "d"), ("b", 1), ("b", 0, "missing"), ("b", 9)]] == [1, 1, 4, 6, 3, 2]


def test_an_alias_stands_for_what_it_names() -> None:
    assert read_document("a: &x [1, {b: 2}]\nc: *x\nd: &n ~\ne: *n").value == {
        "a": ["1", {"b": "2"}], "c": ["1", {"b": "2"}], "d": None, "e": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: b: c", "Line 1, column 5: is not YAML: a second colon on one line. Put the text in quotes."),
        ("a: 1\nb:\n\t- c", "Line 3, column 1: is not YAML: a tab. Indent with spaces."),
        ('a: "b', "Line 1, column 6: is not YAML: the file ends inside a quoted text."),
        ("a: 1\nb: [1, 2", "Line 2, column 9: is not YAML: the indentation or a bracket, quote or colon goes wrong here or just before."),
        ("a: 1\nb: 2\na: 3", "Line 3, column 1: names 'a' a second time."),
        ("a: 1\n---\nb: 2", "Line 2, column 1: begins a second document; one file holds one issue."),
        ("a: &x [*x]", "Line 1, column 8: uses the alias *x, but nothing before it is named &x."),
        ("? [a]\n: b", "Line 1, column 3: is a list or mapping where the name of a field is expected."),
        ("a: ok\nb: \x07", "Line 2, column 4: holds the control character U+0007, which no letter can carry."),
        ("a: one\x0btwo", "Line 1, column 7: holds the control character U+000B"),
        ("a: !!python/object/apply:os.system [x]", "Line 1, column 4: uses the YAML tag"),
        ("[" * 20_000, "Line 1, column 41: is nested too deeply: more than 40 lists"),
        ("{a: " * 20_000, "is nested too deeply"),
        ("x" * 1_000_001, "The file is too large: 1,000,001 characters"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_document(text)
    assert sentence in str(refused.value)


def test_a_bomb_of_aliases_ends_in_a_sentence_and_not_in_memory() -> None:
    lines = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]" for before, name in zip("abcdefgh", "bcdefghi", strict=True)]
    begin = time.process_time()
    with pytest.raises(InvalidInput, match="more than 100,000 values, aliases counted with what they stand for"):
        read_document("\n".join(lines))
    assert time.process_time() - begin < 5


@given(st.text(st.sampled_from("ab:-[]{}#&*!|>'\"%@`,? \n\t\x07é")))
def test_any_text_is_a_document_or_a_sentence_with_its_line(text: str) -> None:
    try:
        read_document(text)
        told = "Line 1"
    except InvalidInput as error:
        told = str(error)
    assert told.startswith("Line ")


def test_a_file_is_read_in_the_encodings_that_say_what_they_are() -> None:
    text = "título: عنوان"
    assert decoded(text.encode()) == decoded(text.encode("utf-8-sig")) == decoded(text.encode("utf-16")) == text


def test_a_file_of_another_encoding_is_refused_with_the_line() -> None:
    with pytest.raises(InvalidInput, match=r"^Line 2: the file is not UTF-8 text\. Save it as UTF-8\.$"):
        decoded("a: 1\nb: é".encode("cp1252"))
