"""Lines of an agenda as people type them: 16:05 – 16:10 Welcome, with its speakers below or beside it."""

import re
from collections.abc import Sequence
from typing import Any

TIME = r"(\d{1,2})(?:[:.h](\d{2})|\s?(h)\b)?\s*(am|pm|a\.m\.|p\.m\.)?"
SPAN = re.compile(rf"\s*{TIME}\s*(?:[-–—]|to|à|a|bis)\s*{TIME}\s*[:.]?\s*(.*)", re.IGNORECASE | re.DOTALL)
NUMBERED = re.compile(r"\s*\d{1,2}[.)]\s+(.+)", re.DOTALL)
# "Ms. Emilia Sáiz, Secretary General of UCLG"; a part before a colon says what she does there: "Moderator: Ms. ...".
SPEAKER = re.compile(r"(?:(?P<part>[^\W\d]{4,30}):\s*)?(?P<name>[^,:?!]{4,80}?)(?:,\s*(?P<role>.+))?", re.DOTALL)
NAME = re.compile(
    r"(?:(?:Mr|Ms|Mrs|Dr|Prof|M|Mme|Sr|Sra)\.?\s+)?[^\W\d_a-z][\w.’'-]*(?:\s+(?:(?:van|von|de|del|la|el|al|der|bin|ben)\s+)*[^\W\d_a-z][\w.’'-]*)+"
)
BULLET = re.compile(r"\s*[●•]\s*")
HALF_DAY = 12


def span_of(line: str) -> tuple[str, str, str] | None:
    """Start, end and what follows them: ("16:05", "16:10", "Welcome"); None for another line."""
    found = SPAN.fullmatch(line)
    if found is None or not any(found.group(2, 3, 4, 6, 7, 8)):
        return None
    starts, ends = _clock(found[1], found[2], found[4] or found[8]), _clock(found[5], found[6], found[8])
    return (starts, ends, found[9].strip()) if starts and ends and starts < ends else None


def item_of(starts: str | None, ends: str | None, title: str, lines: Sequence[str]) -> dict[str, Any]:
    """An agenda item as stored; lines that name nobody stay in its title."""
    speakers, others = [], []
    for line in lines:
        found = speaker_of(line)
        if found:
            speakers.append(found)
        elif line.strip():
            others.append(line.strip())
    whole = " ".join([title.strip().rstrip(":"), *others])
    item: dict[str, Any] = {"starts": starts, "ends": ends, "title": whole, "speakers": speakers}
    return {name: value for name, value in item.items() if value}


def speaker_of(line: str) -> dict[str, str] | None:
    """The person a line names, with role; None where it names none."""
    found = SPEAKER.fullmatch(line.strip().rstrip("."))
    if found is None or not NAME.fullmatch(found["name"].strip()) or not (found["role"] or found["part"]):
        return None
    role = ", ".join(part.strip() for part in (found["part"], found["role"]) if part)
    return {"name": found["name"].strip(), "role": role}


def numbered_of(line: str) -> str | None:
    """The words of a numbered line."""
    found = NUMBERED.fullmatch(line)
    return found[1].strip() if found else None


def bullets_of(text: str) -> list[str]:
    """What stands between bullets typed as signs, the words before the first one first."""
    return [piece.strip() for piece in BULLET.split(text)]


def _clock(hour: str, minute: str | None, half: str | None) -> str:
    number = int(hour)
    if half and half[0].lower() == "p" and number < HALF_DAY:
        number += HALF_DAY
    minutes = int(minute or 0)
    return f"{number:02}:{minutes:02}" if number < 24 and minutes < 60 else ""
