"""Every text of a compiled letter with its colour and the ground it stands on, as a reader by daylight sees it."""

import html as entities
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from newsroom.rendering.colours import READABLE, WHITE, Rgb, contrast, parse_hex, to_hex

#: Large letters are read at less (WCAG 2.2, 1.4.3): from 24 px, or 18.66 px in bold.
READABLE_LARGE, LARGE, LARGE_BOLD = 3.0, 24.0, 18.66
COMMENT = re.compile(r"<!--.*?-->|<(style|script|title|head)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
PIECE = re.compile(r"""<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^>"']|"[^"]*"|'[^']*')*)>|([^<]+)""")
STYLE = re.compile(r"""\bstyle\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
ATTRIBUTE = r"""\b%s\s*=\s*["']?([^"'\s>]+)"""
BGCOLOR, COLOR = (re.compile(ATTRIBUTE % name, re.IGNORECASE) for name in ("bgcolor", "color"))
FUNCTION = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*(?:[,/]\s*([\d.]+%?)\s*)?\)", re.IGNORECASE)
NAMES = {
    "white": "#ffffff", "black": "#000000", "red": "#ff0000", "green": "#008000", "blue": "#0000ff", "yellow": "#ffff00",
    "gray": "#808080", "grey": "#808080", "silver": "#c0c0c0", "navy": "#000080", "orange": "#ffa500",
}  # fmt: skip
VOID = frozenset({"br", "img", "hr", "meta", "link", "input", "col", "wbr", "area", "base", "source"})
BOLD_TAGS = frozenset({"b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"})
#: What programs give a link that has no colour of its own.
LINK_BLUE: Rgb = (0, 0, 238)
MOST_NESTED = 1_000


@dataclass(frozen=True, kw_only=True)
class Pale:
    """A pair of colours that cannot be told apart well enough, and the first words that are written in it."""

    colour: str
    ground: str
    ratio: float
    needed: float
    words: str


@dataclass(frozen=True, kw_only=True)
class _Look:
    """What holds at a place; a colour that is None cannot be judged."""

    colour: Rgb | None = (0, 0, 0)
    ground: Rgb | None = WHITE
    size: float = 16.0
    bold: bool = False
    hidden: bool = False

    @property
    def needed(self) -> float:
        return READABLE_LARGE if self.size >= LARGE or (self.bold and self.size >= LARGE_BOLD) else READABLE


def pale_texts(html: str) -> Iterator[Pale]:
    """Each pair of colours once."""
    seen: set[tuple[Rgb, Rgb, float]] = set()
    for look, text in _texts(html):
        if look.hidden or not look.size or look.colour is None or look.ground is None or (look.colour, look.ground, look.needed) in seen:
            continue
        words = " ".join(entities.unescape(text).split())
        if not any(letter.isalnum() for letter in words):
            continue
        seen.add((look.colour, look.ground, look.needed))
        if (ratio := contrast(look.colour, look.ground)) < look.needed:
            yield Pale(colour=to_hex(look.colour), ground=to_hex(look.ground), ratio=ratio, needed=look.needed, words=words)


def _texts(html: str) -> Iterator[tuple[_Look, str]]:
    open_tags: list[tuple[str, _Look]] = [("", _Look())]
    for piece in PIECE.finditer(COMMENT.sub("", html)):
        end, name, attributes, text = piece.groups()
        if text is not None:
            if not text.isspace():
                yield open_tags[-1][1], text
        elif end:
            _close(open_tags, name.lower())
        elif name.lower() not in VOID and not attributes.endswith("/") and len(open_tags) < MOST_NESTED:
            open_tags.append((name.lower(), _inside(open_tags[-1][1], name.lower(), attributes)))


def _close(open_tags: list[tuple[str, _Look]], name: str) -> None:
    for place in range(len(open_tags) - 1, 0, -1):
        if open_tags[place][0] == name:
            del open_tags[place:]
            return


@lru_cache(maxsize=4096)
def _inside(look: _Look, name: str, attributes: str) -> _Look:
    """What holds in this element: its own, else what is around it."""
    style = _declarations(attributes)
    if name == "a":
        look = replace(look, colour=LINK_BLUE)
    if found := BGCOLOR.search(attributes):
        look = replace(look, ground=_colour(found[1]))
    if name == "font" and (found := COLOR.search(attributes)):
        look = replace(look, colour=_colour(found[1]))
    return _styled(look, style, bold=name in BOLD_TAGS)


def _styled(look: _Look, style: dict[str, str], *, bold: bool) -> _Look:
    colour = style.get("color", "")
    weight = style.get("font-weight", "")
    return _Look(
        colour=look.colour if colour in ("", "inherit", "currentcolor") else _colour(colour),
        ground=_ground(look.ground, style),
        size=_size(style.get("font-size", ""), look.size),
        bold=(bold or look.bold) if not weight else weight in ("bold", "bolder") or (weight.isdigit() and int(weight) >= 700),
        hidden=look.hidden or _is_hidden(style),
    )


def _declarations(attributes: str) -> dict[str, str]:
    found = STYLE.search(attributes)
    pairs = (one.partition(":") for one in entities.unescape(found[1] or found[2] or "").split(";")) if found else ()
    return {name.strip().lower(): value.replace("!important", "").strip().lower() for name, _, value in pairs}


def _ground(ground: Rgb | None, style: dict[str, str]) -> Rgb | None:
    """A picture or a gradient behind words is not judged."""
    for said in (style.get("background", ""), style.get("background-color", ""), style.get("background-image", "")):
        if "url(" in said or "gradient" in said:
            ground = None
        elif said and said not in ("none", "transparent", "inherit", "initial"):
            ground = next((colour for word in re.split(r"\s+(?![^(]*\))", said) if (colour := _colour(word))), ground)
    return ground


def _colour(said: str) -> Rgb | None:
    said = NAMES.get(said.strip().lower(), said.strip())
    if re.fullmatch(r"#[0-9a-fA-F]{3}", said):
        said = "#" + "".join(2 * digit for digit in said[1:])
    if (found := FUNCTION.fullmatch(said)) and found[4] in (None, "1", "1.0", "100%"):
        red, green, blue = (min(255, int(part)) for part in found.groups()[:3])
        return red, green, blue
    return parse_hex(said) if said.startswith("#") else None


def _size(said: str, around: float) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(px|pt|em|rem|%)?", said)
    if not found:
        return around
    share = {"px": 1.0, "pt": 4 / 3, "em": around, "rem": 16.0, "%": around / 100}
    return float(found[1]) * share[found[2] or "px"]


def _is_hidden(style: dict[str, str]) -> bool:
    return (
        style.get("display") == "none"
        or style.get("visibility") == "hidden"
        or style.get("mso-hide") == "all"
        or style.get("opacity") in ("0", "0.0")
        or style.get("max-height") in ("0", "0px")
    )
