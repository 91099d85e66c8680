"""The words of the public pages in four languages; the sentences stand in words.toml."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup, escape

from newsroom.localized import Localized, best_wording

WORDS: Mapping[str, Mapping[str, str]] = tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))
LANGUAGES = tuple(WORDS)


def say(language: str, key: str, **parts: Markup) -> Markup:
    """A sentence with its places filled; what fills them is markup already, made by the functions below."""
    return escape(WORDS[language][key]).format(**parts)


def isolated(text: Localized, language: str, *, original: str) -> Markup:
    """A title or name in the reader's language, or else in its own, set apart so that it turns nothing around it."""
    wording = best_wording(text, (language,), original=original)
    if wording is None:
        return Markup("")
    own = "" if wording.language == language else Markup(' lang="{}" dir="{}"').format(wording.language, wording.direction)
    return Markup("<bdi{}>{}</bdi>").format(own, wording.text)


def address_markup(address: str) -> Markup:
    """An address reads from left to right in every script."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(address)


def contact_markup(address: str) -> Markup:
    return Markup('<a href="mailto:{}">{}</a>').format(quote(address, safe="@"), address_markup(address))


def choose_language(wishes: Sequence[str], accepted: Sequence[str]) -> str:
    """The first language wished for that the pages speak: said in the address, then the person's own, then the browser's."""
    for wish in (*wishes, *(code.partition("-")[0] for code in accepted)):
        if wish in WORDS:
            return wish
    return LANGUAGES[0]
