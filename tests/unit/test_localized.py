"""Texts in several languages: which wording a reader gets."""

import pytest

from newsroom.errors import InvalidInput
from newsroom.localized import NATIVE_NAMES, RIGHT_TO_LEFT, Wording, best_wording, checked_language, direction_of, in_language

TITLE = {"en": "News", "ar": "أخبار", "fr": ""}


@pytest.mark.parametrize(("value", "language", "text"), [
    ("Plain", "en", "Plain"), ("Plain", "fr", None), (TITLE, "ar", "أخبار"), (TITLE, "fr", None), (TITLE, "es", None),
    ("", "en", None), (None, "en", None),
])  # fmt: skip
def test_a_plain_text_is_in_the_original_language_alone(value: object, language: str, text: str | None) -> None:
    assert in_language(value, language, original="en") == text


@pytest.mark.parametrize(("value", "chain", "text", "language"), [
    (TITLE, ("fr", "ar"), "أخبار", "ar"), (TITLE, ("fr",), "News", "en"), ({"ar": "أخبار"}, ("fr",), "أخبار", "ar"),
    ("Plain", ("fr",), "Plain", "en"),
])  # fmt: skip
def test_the_first_language_of_the_chain_that_has_words_wins(value: object, chain: tuple[str, ...], text: str, language: str) -> None:
    assert best_wording(value, chain, original="en") == Wording(text=text, language=language)


@pytest.mark.parametrize("value", ["", None, {}, {"en": ""}])
def test_where_nothing_is_written_there_is_no_wording(value: object) -> None:
    assert best_wording(value, ("en", "fr"), original="en") is None


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("ar-MA", "rtl"), ("he", "rtl"), ("en", "ltr"), ("fr", "ltr")])
def test_a_wording_knows_its_direction(language: str, direction: str) -> None:
    assert direction_of(language) == Wording(text="x", language=language).direction == direction


def test_every_right_to_left_language_is_one_we_write() -> None:
    assert set(NATIVE_NAMES) >= RIGHT_TO_LEFT


def test_an_unknown_language_is_quoted_with_the_known_ones() -> None:
    assert checked_language("fr") == "fr"
    with pytest.raises(InvalidInput, match=r"^languages: 'fR' is not a language Newsroom writes\. Known are en, fr"):
        checked_language("fR", place="languages")
