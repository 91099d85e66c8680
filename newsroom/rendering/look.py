"""How a language looks on the page: its side, its type, its colours."""

from dataclasses import dataclass

from newsroom.localized import direction_of
from newsroom.rendering.colours import Palette, palette

SANS = "Helvetica,Arial,sans-serif"
SERIF = "Georgia,'Times New Roman',serif"
# Arabic letters in a Latin-first stack fall to whatever the machine finds last; these are made for reading.
ARABIC = "'Segoe UI',Tahoma,'Geeza Pro','Noto Sans Arabic',Arial,sans-serif"
ARABIC_SCRIPT = frozenset({"ar", "fa", "ur"})


@dataclass(frozen=True, kw_only=True)
class Look:
    """`start` is the side a line begins on; `spaced`: small capitals with spaced letters suit the script."""

    palette: Palette
    start: str
    end: str
    sans: str
    serif: str
    leading: str
    tight: str
    spaced: bool


def look_of(language: str, accent: str) -> Look:
    arabic = language.partition("-")[0] in ARABIC_SCRIPT
    start, end = sides_of(direction_of(language))
    return Look(
        palette=palette(accent),
        start=start,
        end=end,
        sans=ARABIC if arabic else SANS,
        serif=ARABIC if arabic else SERIF,
        leading="1.8" if arabic else "1.6",
        tight="1.5" if arabic else "1.28",
        spaced=not arabic,
    )


def sides_of(direction: str) -> tuple[str, str]:
    """Where lines start and end."""
    return ("right", "left") if direction == "rtl" else ("left", "right")
