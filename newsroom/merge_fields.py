"""Merge fields: `[[ name | colleague ]]` in a text, from a closed list, read by us and by no template engine."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from newsroom.errors import InvalidInput, Problem
from newsroom.nearest import did_you_mean, one_of

FIELDS = ("name", "email")

OPENING, CLOSING = "[[", "]]"
# Marks that writers of Arabic and Hebrew (or their editors) leave around Latin words; they are no part of a field's name.
DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LONGEST_QUOTE = 40


@dataclass(frozen=True, kw_only=True)
class MergeField:
    """What stands here for each reader, and the words for those of whom we do not know it ("" for none)."""

    field: str
    fallback: str = ""

    def __str__(self) -> str:
        inside = f"{self.field} | {self.fallback}" if self.fallback else self.field
        return f"{OPENING} {inside} {CLOSING}"


Piece = str | MergeField


def split(text: str, *, place: str = "") -> list[Piece]:
    """The text as plain pieces (never empty, never two in a row) and merge fields. InvalidInput with every fault."""
    pieces, faults = _scan(text)
    if faults:
        raise InvalidInput([Problem(place=place, message=message, hint=hint) for message, hint in faults])
    return pieces


def has_fields(text: str) -> bool:
    return OPENING in text


def join(pieces: Iterable[Piece]) -> str:
    """The text that split() would take apart into these pieces."""
    return "".join(str(piece) for piece in pieces)


Fault = tuple[str, str]


def _scan(text: str) -> tuple[list[Piece], list[Fault]]:
    pieces: list[Piece] = []
    faults: list[Fault] = []
    plain, at = "", 0
    while (start := text.find(OPENING, at)) >= 0:
        plain += text[at:start]
        inside, at = _inside(text, start)
        read = _read(inside, _quoted(text[start:at]))
        if isinstance(read, MergeField):
            pieces += [plain, read] if plain else [read]
            plain = ""
        else:
            faults.append(read)
    plain += text[at:]
    return ([*pieces, plain] if plain else pieces), faults


def _inside(text: str, start: int) -> tuple[str | None, int]:
    """What stands between the brackets opened at `start`, and where the text goes on; None where they are never closed."""
    end = text.find(CLOSING, start + len(OPENING))
    if end < 0:
        return None, len(text)
    return text[start + len(OPENING) : end], end + len(CLOSING)


def _read(inside: str | None, quoted: str) -> MergeField | Fault:
    if inside is None:
        return f"{quoted} opens a merge field that is never closed.", "Write for example [[ name | colleague ]]."
    if OPENING in inside:
        return f"{quoted} holds one merge field inside another.", "Close the first with ]] before the next begins."
    word, _, fallback = inside.partition("|")
    name = DIRECTION_MARKS.sub("", word).strip().casefold()
    if name not in FIELDS:
        return f"{quoted} is not a merge field.", did_you_mean(name, FIELDS) or one_of(FIELDS)
    return MergeField(field=name, fallback=" ".join(fallback.split()))


def _quoted(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"
