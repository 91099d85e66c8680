"""What the admin says, in the language of who reads it: sentences with their places filled, counted things, numbers."""

import warnings
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.numbers import format_decimal
from flask import Flask, g, has_request_context, request
from markupsafe import Markup, escape

from admin.context import visitor
from admin.words.catalogue import CATALOGUE, FIRST, INTERFACE
from newsroom.localized import direction_of

LANGUAGE_COOKIE = "newsroom_language"
LOCALES = {"en": "en_GB", "fr": "fr", "es": "es", "ar": "ar"}
#: First strong isolate and its end: what bdi is to markup, for attributes and titles.
ISOLATED = "\u2068{}\u2069"


def install(app: Flask) -> None:
    app.jinja_env.globals.update(t=t, tn=tn, tp=tp, page_language=page_language, page_direction=page_direction)
    app.context_processor(lambda: {"language": page_language(), "direction": page_direction()})


def t(key: str, /, **parts: object) -> Markup:
    """The sentence in the language of this page."""
    return say(page_language(), key, **parts)


def tn(key: str, number: float, /, **parts: object) -> Markup:
    """The same of a number of things: `key.one`, `key.other`, with the number at {n}."""
    return count(page_language(), key, number, **parts)


def tp(key: str, /, **parts: object) -> str:
    """The same as bare text, for attributes, titles and what is stored."""
    return plain(page_language(), key, **parts)


def say(language: str, key: str, /, **parts: object) -> Markup:
    """What fills the places is escaped and set apart, so that a name in another script turns nothing around it; markup stays as it is."""
    if all(type(part) is str for part in parts.values()):
        return _ready(language, key, tuple(parts.items()))
    return _filled(language, key, parts)


def _filled(language: str, key: str, parts: Mapping[str, object]) -> Markup:
    return escape(_sentence(language, key)).format(**{name: _as_markup(part, language) for name, part in parts.items()})


@lru_cache(maxsize=8192)
def _ready(language: str, key: str, parts: tuple[tuple[str, object], ...]) -> Markup:
    """Remembered: a page of 300 sections says the same few sentences some thousand times."""
    return _filled(language, key, dict(parts))


def count(language: str, key: str, number: float, /, **parts: object) -> Markup:
    return say(language, _counted(language, key, number), n=number, **parts)


def plain(language: str, key: str, /, **parts: object) -> str:
    if all(type(part) is str for part in parts.values()):
        return _ready_plain(language, key, tuple(parts.items()))
    return _filled_plain(language, key, parts)


def _filled_plain(language: str, key: str, parts: Mapping[str, object]) -> str:
    return _sentence(language, key).format(**{name: _as_text(part, language) for name, part in parts.items()})


@lru_cache(maxsize=8192)
def _ready_plain(language: str, key: str, parts: tuple[tuple[str, object], ...]) -> str:
    return _filled_plain(language, key, dict(parts))


def page_language() -> str:
    """Of a person their choice, of a guest the one of their link, else what the browser asks for."""
    if not has_request_context():
        return FIRST
    if "language" not in g:
        g.language = _chosen()
    return str(g.language)


def page_direction() -> str:
    asked = has_request_context() and request.args.get("dir") == "rtl"
    return "rtl" if asked else direction_of(page_language())


def speak(language: str) -> None:
    """This page is in this language: the one that a guest's link was made for."""
    g.language = language if language in CATALOGUE else FIRST


def locale() -> str:
    """How numbers and dates of this page are written."""
    return LOCALES[page_language()]


def _chosen() -> str:
    signed_in = visitor()
    wishes = [signed_in.language if signed_in else "", request.cookies.get(LANGUAGE_COOKIE, "")]
    accepted = [code.partition("-")[0] for code in request.accept_languages.values()]
    return next((wish for wish in (*wishes, *accepted) if wish in INTERFACE), FIRST)


def _sentence(language: str, key: str) -> str:
    sentence = CATALOGUE.get(language, CATALOGUE[FIRST]).get(key) or CATALOGUE[FIRST].get(key)
    if sentence is None:
        # Under the tests a warning is an error; in front of a reader the key is better than a broken page.
        warnings.warn(f"there are no words for {key!r}", stacklevel=2)
        return key.replace("{", "{{").replace("}", "}}")
    return sentence


def _counted(language: str, key: str, number: float) -> str:
    form = Locale.parse(LOCALES.get(language, LOCALES[FIRST])).plural_form(number)
    exact = f"{key}.{form}"
    return exact if exact in CATALOGUE.get(language, CATALOGUE[FIRST]) else f"{key}.other"


def _as_markup(part: Any, language: str) -> Markup:
    if hasattr(part, "__html__"):
        return Markup(part)  # noqa: S704 - it says of itself that it is markup
    return escape(_digits(part, language)) if isinstance(part, int | float) else Markup("<bdi>{}</bdi>").format(part)


def _as_text(part: Any, language: str) -> str:
    if isinstance(part, int | float):
        return _digits(part, language)
    text = Markup(part).striptags() if hasattr(part, "__html__") else str(part)  # noqa: S704
    return ISOLATED.format(text) if direction_of(language) == "rtl" else text


def _digits(number: float, language: str) -> str:
    return format_decimal(number, locale=LOCALES.get(language, LOCALES[FIRST]))
