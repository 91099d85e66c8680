"""The field types that sections are made of.

`Prose` and `RichText` are words: a plain value is written in the issue's first language. `Name` and `Link` are the same
in every language unless they say otherwise. Each is one value, or a mapping of language to value.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from newsroom.local_times import is_zone, zone_names
from newsroom.localized import NATIVE_NAMES
from newsroom.nearest import did_you_mean, one_of
from newsroom.slugs import is_slug

#: The tags that rich text may hold, in the database and in letters.
RICH_TAGS = frozenset({"p", "br", "strong", "em", "a", "ul", "ol", "li", "h3", "h4", "blockquote"})
LINK_SCHEMES = ("http", "https", "mailto", "tel")
LONGEST_LINE = 2_000
# What a Word paste brings along: line breaks of its own making, and characters that XML, and so MJML, does not allow.
ODD_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_PLANE_ENDS = "".join(chr(plane * 0x10000 + end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
UNPRINTABLE = re.compile(f"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_PLANE_ENDS}]")
COUNTRY = re.compile("[A-Z]{2}")
SPACES = re.compile("[ \t\n]+")


@dataclass(frozen=True)
class Words:
    """The marker of a field: the form 'prose', 'rich', 'name' or 'link' of a localized one; 'file' of a picture."""

    form: str


def printable(text: str) -> str:
    """The text without what no letter can carry; a line break of Word's is a line break."""
    return UNPRINTABLE.sub("", ODD_BREAKS.sub("\n", text))


def _texts(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if not isinstance(value, Mapping) or not value:
        given = "an empty mapping" if isinstance(value, Mapping) else "nothing" if value is None else "a list"
        raise ValueError(f"must be a text, or one text per language, not {given}")
    told = {_language(language): text for language, text in value.items()}
    return {language: _text_of(language, text) for language, text in told.items() if text is not None} or ""


def _text_of(language: str, text: Any) -> str:
    if not isinstance(text, str):
        raise ValueError(f"must be a text in {NATIVE_NAMES[language]} ({language})")  # noqa: TRY004 - pydantic turns ValueError into its own
    return printable(text)


def _one_line(value: Any) -> Any:
    """A text without line breaks, each run of spaces one; longer texts are rich ones."""
    texts = _texts(value)
    for text in [texts] if isinstance(texts, str) else texts.values():
        if len(text) > LONGEST_LINE:
            raise ValueError(f"is too long: {len(text)} characters, at most {LONGEST_LINE} stand in one line")
    return _spaced(texts) if isinstance(texts, str) else {language: _spaced(text) for language, text in texts.items()}


def _spaced(text: str) -> str:
    return SPACES.sub(" ", text).strip()


def _links(value: str | dict[str, str]) -> str | dict[str, str]:
    for link in [value] if isinstance(value, str) else value.values():
        check_link(link)
    return value


def check_link(link: str) -> None:
    """ValueError unless this may stand in a letter. A bare '#' may: a link still missing is a warning, not a fault."""
    if link.strip() in ("", "#"):
        return
    try:
        parts = urlsplit(link)
    except ValueError:
        raise ValueError(f"{link!r} is not a link that can be read") from None
    if parts.scheme.lower() not in LINK_SCHEMES:
        raise ValueError(f"{link!r} is not a link; it must begin with https://, http://, mailto: or tel:")
    if parts.scheme.lower() in ("http", "https") and not parts.hostname:
        raise ValueError(f"{link!r} is a link without a host name")


def _slug(value: str) -> str:
    if not is_slug(value):
        raise ValueError(f"{value!r} is not a short name; use small letters, digits and single hyphens")
    return value


def _zone(value: str) -> str:
    if not is_zone(value):
        raise ValueError(f"{value!r} is not a time zone. {did_you_mean(value, zone_names()) or 'Write for example Europe/Madrid.'}")
    return value


def _language(value: Any) -> str:
    if value not in NATIVE_NAMES:
        hint = did_you_mean(str(value), NATIVE_NAMES) or one_of(NATIVE_NAMES)
        raise ValueError(f"{value!r} is not a language Newsroom writes. {hint}")
    return str(value)


def _country(value: str) -> str:
    if not COUNTRY.fullmatch(value):
        raise ValueError(f"{value!r} is not a country code of two capital letters, such as KE")
    return value


_Localized = str | dict[str, str]

Prose = Annotated[_Localized, BeforeValidator(_one_line), Words("prose")]
RichText = Annotated[_Localized, BeforeValidator(_texts), Words("rich")]
Name = Annotated[_Localized, BeforeValidator(_one_line), Words("name")]
Link = Annotated[_Localized, BeforeValidator(_one_line), AfterValidator(_links), Words("link")]
Line = Annotated[str, AfterValidator(printable), StringConstraints(max_length=LONGEST_LINE)]
Slug = Annotated[str, AfterValidator(_slug)]
Zone = Annotated[str, AfterValidator(_zone)]
Language = Annotated[str, AfterValidator(_language)]
Country = Annotated[str, AfterValidator(_country)]
FileName = Annotated[str, StringConstraints(min_length=1, max_length=200), Words("file")]
