"""Every kind of section has a template, and both parts of a letter say the same."""

import socket
from pathlib import Path

import pytest

from newsroom.localized import NATIVE_NAMES
from newsroom.rendering.checking import HTML_TAGS, KNOWN_TAGS, TAG, check_markup
from newsroom.rendering.compiling import compile_letter
from newsroom.rendering.letter import Letter
from newsroom.rendering.marks import Marks
from newsroom.rendering.templates import FOLDER, html_environment, section_template, text_environment
from newsroom.rendering.words import catalogue
from newsroom.sections.registry import Section
from tests.letters import NONCE, every_kind, html_words, sample_source, text_words, visible_slots

LANGUAGES = ("en", "fr", "ar")


@pytest.fixture(autouse=True)
def _no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a socket was opened while a letter was written")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.mark.parametrize("kind", sorted(Section.kinds))
def test_every_kind_has_a_template_with_both_blocks(kind: str) -> None:
    for environment in (html_environment(), text_environment()):
        assert {"mjml", "text"} <= set(environment.get_template(section_template(kind)).blocks)


def test_every_section_template_belongs_to_a_kind() -> None:
    assert {path.name.partition(".")[0] for path in (FOLDER / "sections").iterdir()} == set(Section.kinds)


def test_the_issue_of_every_kind_holds_every_kind() -> None:
    assert {numbered.section.kind for numbered in every_kind().sections} == set(Section.kinds)


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_parts_say_the_same_words(language: str) -> None:
    letter = compile_letter(every_kind(), language, nonce=NONCE)
    in_html = html_words(letter.html)
    assert in_html - visible_slots(in_html) == text_words(letter.text)


@pytest.mark.parametrize(("name", "language"), [("summer-2023", "en"), *(("autumn-2023", code) for code in ("en", "fr", "es", "ar"))])
def test_both_parts_of_the_users_samples_say_the_same_words(samples: Path, name: str, language: str) -> None:
    letter = compile_letter(sample_source(samples, name), language, nonce=NONCE)
    in_html = html_words(letter.html)
    assert in_html - visible_slots(in_html) == text_words(letter.text)


def test_the_words_of_a_sample_are_really_there(samples: Path) -> None:
    letter = compile_letter(sample_source(samples, "autumn-2023"), "fr", nonce=NONCE)
    for word in ("Apprentissage", "Bruxelles", "Kampala", "mercredi", "Interprétation", "Préférences"):
        assert word.casefold() in letter.text.casefold()
        assert word.casefold() in letter.html.casefold()


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_known_tags_reach_the_engine(language: str) -> None:
    letter = Letter(source=every_kind(), language=language, marks=Marks(NONCE))
    mjml = letter.mjml()
    check_markup(mjml)
    assert {tag for _, tag, _ in TAG.findall(mjml)} <= KNOWN_TAGS


def test_an_unknown_tag_in_a_template_is_refused() -> None:
    with pytest.raises(Exception, match="mj-secton"):
        check_markup("<mj-secton></mj-secton>")
    with pytest.raises(Exception, match="never closed"):
        check_markup("<mj-text><p></mj-text>")
    assert "script" not in HTML_TAGS


def test_the_catalogue_has_every_word_in_every_language_of_the_first_user() -> None:
    words = catalogue()
    assert set(words) <= set(NATIVE_NAMES)
    for language in ("fr", "es", "ar"):
        assert set(words[language]) == set(words["en"])


def test_french_words_keep_their_colons_and_quotes_unbroken() -> None:
    for word in catalogue()["fr"].values():
        assert " :" not in word
        assert "« " not in word
        assert " »" not in word


def test_summer_is_well_under_what_mail_readers_clip(samples: Path) -> None:
    letter = compile_letter(sample_source(samples, "summer-2023"), "en", nonce=NONCE)
    assert len(letter.html.encode()) < 60_000
