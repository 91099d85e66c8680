"""The words Newsroom itself writes in a letter: one catalogue, and the names CLDR has for languages, countries and lists."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

from babel import Locale
from babel.lists import format_list

from newsroom.rendering.dates import LOCALES

CATALOGUE = Path(__file__).parent.parent / "templates" / "words.toml"


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))


@lru_cache(maxsize=32)
def words_of(language: str) -> SimpleNamespace:
    """The catalogue's words in this language, by attribute; English where it has none."""
    return SimpleNamespace(**{**catalogue()["en"], **catalogue().get(language, {})})


def language_of_words(language: str) -> str:
    """The language the words really are in."""
    return language if language in catalogue() else "en"


@lru_cache(maxsize=512)
def language_name(code: str, language: str) -> str:
    return str(_locale(language).languages.get(code, code))


@lru_cache(maxsize=512)
def country_name(code: str, language: str) -> str:
    return str(_locale(language).territories.get(code, code))


@lru_cache(maxsize=512)
def label_in(shown: str, language: str) -> str:
    """'In English', said in the reader's language."""
    return str(words_of(language).in_language).format(language=language_name(shown, language_of_words(language)))


@lru_cache(maxsize=512)
def list_pattern(count: int, language: str) -> str:
    """A format string that joins `count` things as the language joins them: {0}, {1} and {2}."""
    return format_list([f"{{{index}}}" for index in range(count)], locale=_locale(language))


def _locale(language: str) -> Locale:
    return Locale.parse(LOCALES.get(language, language))
