"""The words of the public pages."""

import re

import pytest
from markupsafe import Markup

from subscribers.words import LANGUAGES, WORDS, address_markup, choose_language, isolated, say


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_with_the_same_places_to_fill(language: str) -> None:
    places = {key: sorted(re.findall(r"\{(\w+)\}", sentence)) for key, sentence in WORDS[language].items()}
    assert places == {key: sorted(re.findall(r"\{(\w+)\}", sentence)) for key, sentence in WORDS["en"].items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_typeset_and_not_typed(language: str) -> None:
    for key, sentence in WORDS[language].items():
        assert not re.search(r"['\"]|\.\.\.|  | $", sentence), (language, key)
        if language == "fr":
            assert not re.search(r"[^\u202f][?!;]|[^\u00a0]:", sentence), key
        if language == "ar":
            assert not re.search(r"[?,;]", sentence), key


def test_what_fills_a_sentence_is_escaped_and_isolated() -> None:
    title = isolated("<script>", "ar", original="en")
    assert title == Markup('<bdi lang="en" dir="ltr">&lt;script&gt;</bdi>')
    sentence = say("ar", "away_text", list=title)
    assert "<script>" not in sentence
    assert address_markup('"><b>@example.org') == '<bdi dir="ltr">&#34;&gt;&lt;b&gt;@example.org</bdi>'


@pytest.mark.parametrize(
    ("wishes", "accepted", "chosen"),
    [(["es", "fr"], ["ar"], "es"), (["xx", "fr"], ["ar"], "fr"), (["", "de"], ["pt-BR", "ar-EG"], "ar"), ([], [], "en")],
)
def test_the_language_of_a_page_is_the_first_wish_it_can_grant(wishes: list[str], accepted: list[str], chosen: str) -> None:
    assert choose_language(wishes, accepted) == chosen
