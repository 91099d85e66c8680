"""Two directions in one line: what is written the other way is isolated, so that it does not reorder its neighbours."""

import re

from markupsafe import Markup, escape

from newsroom.localized import direction_of

LEFT_TO_RIGHT_ISOLATE, FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2066", "\u2068", "\u2069"
_LATIN = "A-Za-z\u00c0-\u024f"
LATIN_RUN = re.compile(rf"[@#]?[{_LATIN}](?:[{_LATIN}0-9@#&/+.'’:_ \u00a0-]*[{_LATIN}0-9+])?")
RIGHT_TO_LEFT_LETTER = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def runs_against(text: str, language: str) -> bool:
    """Whether the text holds letters of the other direction."""
    if direction_of(language) == "rtl":
        return LATIN_RUN.search(text) is not None
    return RIGHT_TO_LEFT_LETTER.search(text) is not None


def isolated_text(text: str) -> str:
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"


def number_text(text: str, language: str) -> str:
    """Numbers that keep their order inside right-to-left text: times, offsets, addresses."""
    return f"{LEFT_TO_RIGHT_ISOLATE}{text}{POP_ISOLATE}" if direction_of(language) == "rtl" else text


def prose_html(text: str, language: str) -> Markup:
    """Escaped; in right-to-left prose every Latin run stands in an isolate of its own."""
    if direction_of(language) == "ltr" or LATIN_RUN.search(text) is None:
        return escape(text)
    pieces, at = [], 0
    for run in LATIN_RUN.finditer(text):
        pieces += [escape(text[at : run.start()]), Markup("<bdi>"), escape(run[0]), Markup("</bdi>")]
        at = run.end()
    return Markup("").join([*pieces, escape(text[at:])])
