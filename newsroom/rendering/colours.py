"""The colours of a letter, worked out from one accent so that every text on them can be read (WCAG AA, 4.5 to 1)."""

import colorsys
import re
from dataclasses import dataclass

DEFAULT_ACCENT = "#1d4f7c"
READABLE = 4.5
Rgb = tuple[int, int, int]
WHITE: Rgb = (255, 255, 255)
NIGHT: Rgb = (27, 31, 38)
INK: Rgb = (23, 33, 46)


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Hex colours. `accent` carries white text and `on_accent`, and is read on white; `bright` is its reading on the dark page."""

    accent: str
    tint: str
    line: str
    deep: str
    glow: str
    bright: str
    on_deep: str
    on_accent: str
    night_tint: str


def palette(accent: str) -> Palette:
    """The colours of this accent ("" or nonsense: the house blue), darkened until white on it can be read."""
    base = _readable_on_white(parse_hex(accent) or parse_hex(DEFAULT_ACCENT) or INK)
    deep = mix(base, INK, 0.55)
    return Palette(
        accent=to_hex(base),
        tint=to_hex(tint_of(base)),
        line=to_hex(mix(base, (222, 226, 231), 0.88)),
        deep=to_hex(deep),
        glow=to_hex(mix(base, WHITE, 0.45)),
        bright=to_hex(_readable_on(base, NIGHT)),
        on_deep=to_hex(mix(base, WHITE, 0.78)),
        on_accent=to_hex(_readable_on_accent(base)),
        night_tint=to_hex(mix(base, NIGHT, 0.84)),
    )


def parse_hex(colour: str) -> Rgb | None:
    match = re.fullmatch(r"#?([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", colour.strip())
    return (int(match[1], 16), int(match[2], 16), int(match[3], 16)) if match else None


def to_hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def mix(colour: Rgb, other: Rgb, share: float) -> Rgb:
    """`share` of the other colour."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def contrast(one: Rgb, other: Rgb) -> float:
    """The WCAG contrast ratio, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _readable_on_white(colour: Rgb) -> Rgb:
    # Accent words also stand on the tint, which is a little darker than white.
    while contrast(colour, tint_of(colour)) < READABLE:
        colour = mix(colour, (0, 0, 0), 0.06)
    return colour


def _readable_on_accent(accent: Rgb) -> Rgb:
    """A little softer than white, as far as the accent lets it be read."""
    share = 0.78
    while share < 1 and contrast(mix(accent, WHITE, share), accent) < READABLE:
        share += 0.02
    return mix(accent, WHITE, min(share, 1.0))


def _readable_on(colour: Rgb, ground: Rgb) -> Rgb:
    hue, lightness, saturation = _hls(colour)
    while contrast(colour, ground) < READABLE + 2.5 and lightness < 0.98:
        lightness += 0.02
        colour = _rgb(hue, lightness, max(saturation, 0.5) if saturation > 0.1 else saturation)
    return colour


def tint_of(colour: Rgb) -> Rgb:
    """The palest ground of the same hue."""
    hue, _, saturation = _hls(colour)
    return _rgb(hue, 0.955, min(saturation, 0.6))


def _hls(colour: Rgb) -> tuple[float, float, float]:
    return colorsys.rgb_to_hls(*(value / 255 for value in colour))


def _rgb(hue: float, lightness: float, saturation: float) -> Rgb:
    red, green, blue = (round(value * 255) for value in colorsys.hls_to_rgb(hue, lightness, saturation))
    return red, green, blue
