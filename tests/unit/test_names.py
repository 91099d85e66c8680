"""What a person's name may hold."""

import pytest

from newsroom.errors import InvalidInput
from subscribers.names import checked_name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Ada   Byron ", "Ada Byron"),
        ("Ada\r\nByron", "Ada Byron"),
        ("Zoe\u0308", "Zoë"),
        ("\u2067سلمى\u2069", "سلمى"),
        ("سلمى\u200f", "سلمى\u200f"),
        ("👩‍💻 Ada", "👩‍💻 Ada"),
        ("", ""),
        ("x" * 200, "x" * 200),
    ],
)
def test_a_name_is_kept_with_single_spaces_and_without_what_copying_left_behind(given: str, kept: str) -> None:
    assert checked_name(given) == kept


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("A\x00da", r"line 7: The name holds a control character \(U\+0000\)\."),
        ("A\x1bda", r"U\+001B"),
        ("A\x9fda", r"U\+009F"),
        ("\u202eadA", r"U\+202E"),
        ("Ada \ufffd", "could not be read. Save the file as UTF-8"),
        ("x" * 201, "has 201 characters; 200 is the most"),
        ("\ud800", r"U\+D800"),
    ],
)
def test_a_name_that_could_break_or_turn_a_header_is_refused(given: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        checked_name(given, place="line 7")
