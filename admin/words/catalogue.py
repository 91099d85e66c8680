"""The words of the interface: every file of words beside this module, as one catalogue of sentences per language."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
#: What staff may choose to read the admin in.
INTERFACE = ("en", "fr", "es")
#: Arabic as well for what Arabic readers, guests and translators meet.
LANGUAGES = (*INTERFACE, "ar")
FIRST = "en"

Sentences = Mapping[str, str]


def read_area(path: Path) -> Mapping[str, Sentences]:
    """One file: language -> key -> sentence. Tables within a language are keys with dots."""
    return {language: dict(_flat(words)) for language, words in tomllib.loads(path.read_text("utf-8")).items()}


def areas() -> Mapping[str, Mapping[str, Sentences]]:
    """Every file by its name: common, states, ..."""
    return {path.stem: read_area(path) for path in sorted(FOLDER.glob("*.toml"))}


def _flat(words: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in words.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _together() -> Mapping[str, Sentences]:
    return {language: {key: text for area in areas().values() for key, text in area.get(language, {}).items()} for language in LANGUAGES}


CATALOGUE = _together()
