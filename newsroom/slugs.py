"""Slugs: the short names in addresses and files, such as 'summer-2023'."""

import re

from newsroom.errors import InvalidInput

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST = 80


def is_slug(text: str) -> bool:
    return len(text) <= LONGEST and SLUG.fullmatch(text) is not None


def checked_slug(text: str, *, place: str = "") -> str:
    if not is_slug(text):
        raise InvalidInput.of(
            f"{text!r} is not a short name.", place=place, hint="Use small letters, digits and single hyphens, as in summer-2023."
        )
    return text
