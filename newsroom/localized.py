"""Texts in several languages: one value, or one value per language; and what a language looks like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsroom.errors import InvalidInput

NATIVE_NAMES: Mapping[str, str] = {
    "en": "English", "fr": "Français", "es": "Español", "ar": "العربية",
    "pt": "Português", "de": "Deutsch", "it": "Italiano", "nl": "Nederlands", "ca": "Català", "tr": "Türkçe",
    "ru": "Русский", "uk": "Українська", "zh": "中文", "he": "עברית", "fa": "فارسی", "ur": "اردو", "sw": "Kiswahili",
}  # fmt: skip
RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur"})

Localized = str | Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Wording:
    """A text as one reader gets it, and the language it is really in."""

    text: str
    language: str

    @property
    def direction(self) -> str:
        return direction_of(self.language)


def native_name(language: str) -> str:
    """What its speakers call it; the code itself where we do not know."""
    return NATIVE_NAMES.get(language, language)


def direction_of(language: str) -> str:
    return "rtl" if language.partition("-")[0] in RIGHT_TO_LEFT else "ltr"


def checked_language(code: str, *, place: str = "") -> str:
    if code not in NATIVE_NAMES:
        known = ", ".join(NATIVE_NAMES)
        raise InvalidInput.of(f"{code!r} is not a language Newsroom writes.", place=place, hint=f"Known are {known}.")
    return code


def in_language(value: Any, language: str, *, original: str) -> str | None:
    """The text in exactly this language; a plain value is in the original language."""
    if not value:
        return None
    if isinstance(value, str):
        return value if language == original else None
    return value.get(language) or None


def best_wording(value: Any, chain: Sequence[str], *, original: str) -> Wording | None:
    """The text in the first language of the chain that has it, else in any; None where nothing is written."""
    for language in (*chain, original):
        if (text := in_language(value, language, original=original)) is not None:
            return Wording(text=text, language=language)
    if isinstance(value, Mapping):
        for language, text in value.items():
            if text:
                return Wording(text=text, language=language)
    return None
