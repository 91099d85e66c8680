"""Slugs: the short names in addresses and files, such as 'summer-2023'."""

import re

from newsroom.errors import InvalidInput

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST = 80
LONGEST_SECTION_NAME = 40
#: What the page of writing calls the issue's own words: a section of that name would open those instead.
RESERVED = frozenset({"front"})


def is_slug(text: str) -> bool:
    return len(text) <= LONGEST and SLUG.fullmatch(text) is not None


def checked_section_name(text: str) -> str:
    if text in RESERVED:
        raise InvalidInput.of(f"{text!r} is what pages call the issue's own words: give the section another name.")
    if not (is_slug(text) and len(text) <= LONGEST_SECTION_NAME):
        raise InvalidInput.of(
            f"{text[:60]!r} is not a section's name: small letters, digits and single hyphens, at most {LONGEST_SECTION_NAME}."
        )
    return text


def checked_slug(text: str, *, place: str = "") -> str:
    if not is_slug(text):
        raise InvalidInput.of(
            f"{text!r} is not a short name.", place=place, hint="Use small letters, digits and single hyphens, as in summer-2023."
        )
    return text
