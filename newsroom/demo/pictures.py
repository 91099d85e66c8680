"""The demo's pictures: a river, a bridge, a face, a cover and logos, drawn when they are needed; nothing but shapes and colours."""

import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from newsroom.rendering.colours import Rgb, mix

INK: Rgb = (23, 58, 74)
RIVER: Rgb = (31, 122, 140)
FOAM: Rgb = (191, 219, 218)
SAND: Rgb = (246, 232, 208)
SUN: Rgb = (240, 142, 90)
NIGHT: Rgb = (20, 33, 61)
LAMP: Rgb = (255, 209, 102)
WHITE: Rgb = (255, 255, 255)
FINER = 2  # drawn at twice the size and scaled down: smooth edges


def draw_pictures(folder: Path) -> None:
    """Write every picture the demo's issues name into folder/pictures."""
    place = folder / "pictures"
    place.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        draw().save(place / f"{name}.png", optimize=True)


def _canvas(width: int, height: int, top: Rgb, bottom: Rgb) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A picture with a sky from top to bottom."""
    size = (width * FINER, height * FINER)
    sky = Image.linear_gradient("L").resize(size)
    image = Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), sky)
    return image, ImageDraw.Draw(image)


def _finished(image: Image.Image) -> Image.Image:
    return image.resize((image.width // FINER, image.height // FINER), Image.Resampling.LANCZOS).quantize(128)


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: Rgb) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _hills(draw: ImageDraw.ImageDraw, size: tuple[int, int], level: float, waves: Sequence[float], colour: Rgb) -> None:
    width, height = size
    line = [
        (x, height * level + sum(math.sin(x / width * wave * 6.28 + wave) * height * 0.03 for wave in waves))
        for x in range(0, width + 1, 4)
    ]
    draw.polygon([*line, (width, height), (0, height)], fill=colour)


def _houses(draw: ImageDraw.ImageDraw, width: int, ground: float, seed: int, colours: Sequence[Rgb]) -> None:
    """A row of roofs; the same town every time."""
    dice = random.Random(seed)  # noqa: S311 - a town, not a secret
    x = -20
    while x < width:
        wide, high = dice.randint(50, 110), dice.randint(60, 190)
        colour = dice.choice(colours)
        draw.rectangle((x, ground - high, x + wide, ground), fill=colour)
        draw.polygon(
            [(x - 6, ground - high), (x + wide / 2, ground - high - wide * 0.45), (x + wide + 6, ground - high)],
            fill=mix(colour, INK, 0.35),
        )
        _windows(draw, x=x, top=ground - high, wide=wide, high=high, dice=dice)
        x += wide + dice.randint(-4, 14)


def _windows(draw: ImageDraw.ImageDraw, *, x: int, top: float, wide: int, high: int, dice: random.Random) -> None:
    for row in range(int(top) + 14, int(top) + high - 22, 32):
        for column in range(x + 12, x + wide - 14, 26):
            if dice.random() < 0.7:
                draw.rectangle((column, row, column + 10, row + 16), fill=LAMP if dice.random() < 0.4 else INK)


def _river() -> Image.Image:
    image, draw = _canvas(1200, 560, (255, 214, 170), (252, 238, 220))
    width, height = image.size
    _disc(draw, width * 0.72, height * 0.36, 150, SUN)
    _hills(draw, image.size, 0.44, (1.1, 2.3), (176, 196, 177))
    _hills(draw, image.size, 0.52, (0.7, 1.9), (120, 160, 150))
    _houses(draw, width, height * 0.66, 7, [SAND, (226, 180, 140), (214, 140, 110), (235, 205, 165)])
    draw.rectangle((0, height * 0.66, width, height), fill=RIVER)
    for row in range(14):
        y = height * 0.68 + row * row * 1.9 + row * 6
        line = [(x, y + math.sin(x / 90 + row) * 6) for x in range(0, width + 1, 8)]
        draw.line(line, fill=mix(RIVER, FOAM, 0.2 + row * 0.03), width=3 + row // 3)
    return _finished(image)


def _bridge() -> Image.Image:
    image, draw = _canvas(1200, 520, NIGHT, (58, 80, 120))
    width, height = image.size
    _houses(draw, width, height * 0.62, 11, [(35, 52, 86), (44, 63, 99), (29, 44, 76)])
    draw.rectangle((0, height * 0.62, width, height), fill=(24, 52, 84))
    arch = [(x, height * 0.6 - math.sin(x / width * math.pi) * 150) for x in range(0, width + 1, 6)]
    draw.line(arch, fill=(120, 92, 70), width=26)
    glow = Image.new("RGB", image.size, (0, 0, 0))
    lights = ImageDraw.Draw(glow)
    for x, y in arch[12::33]:
        draw.line((x, y, x, y - 90), fill=(90, 70, 60), width=6)
        _disc(draw, x, y - 100, 18, LAMP)
        _disc(lights, x, y - 100, 70, (120, 90, 30))
        lights.ellipse((x - 26, height * 0.72, x + 26, height * 0.95), fill=(90, 70, 30))
    soft = glow.filter(ImageFilter.GaussianBlur(38))
    return _finished(Image.blend(image, _added(image, soft), 0.9))


def _added(image: Image.Image, light: Image.Image) -> Image.Image:
    """The light of one picture on another."""
    lit = Image.new("RGB", image.size)
    lit.paste(Image.composite(Image.new("RGB", image.size, LAMP), image, light.convert("L")))
    return lit


def _portrait() -> Image.Image:
    image, draw = _canvas(360, 360, FOAM, (150, 196, 196))
    middle = image.width / 2
    draw.ellipse((middle - 250, 470, middle + 250, 1000), fill=RIVER)
    draw.ellipse((middle - 165, 130, middle + 165, 520), fill=(52, 36, 34))
    draw.rounded_rectangle((middle - 50, 400, middle + 50, 520), 40, fill=(190, 130, 100))
    draw.ellipse((middle - 115, 190, middle + 115, 460), fill=(205, 146, 114))
    draw.pieslice((middle - 135, 130, middle + 135, 400), 180, 360, fill=(52, 36, 34))
    for side in (-1, 1):
        _disc(draw, middle + side * 45, 325, 10, (45, 30, 30))
    draw.arc((middle - 45, 340, middle + 45, 410), 25, 155, fill=(120, 60, 55), width=8)
    return _finished(image)


def _cover() -> Image.Image:
    image, draw = _canvas(420, 560, RIVER, INK)
    for ring in range(9):
        radius = 330 - ring * 36
        _disc(draw, image.width * 0.62, image.height * 0.62, radius, mix(RIVER, FOAM, ring / 9))
    draw.text((60, 70), "A pocket atlas\nof cool places", font=ImageFont.load_default(84), fill=WHITE, spacing=18)
    draw.line((64, 300, 240, 300), fill=LAMP, width=10)
    return _finished(image)


def _logo() -> Image.Image:
    """Two streams that become one, and the network's name."""
    image = Image.new("RGB", (500 * FINER, 120 * FINER), WHITE)
    draw = ImageDraw.Draw(image)
    for sign, colour in ((-1, RIVER), (1, SUN)):
        stream = [(20 + step * 2, 120 + sign * 70 * math.cos(min(step, 70) / 70 * 1.57)) for step in range(96)]
        draw.line(stream, fill=colour, width=26, joint="curve")
        _disc(draw, *stream[0], 13, colour)
    draw.line(((160, 120), (230, 120)), fill=INK, width=30)
    _disc(draw, 230, 120, 15, INK)
    draw.text((290, 120), "Confluence", font=ImageFont.load_default(128), fill=INK, anchor="lm")
    return _finished(image)


def _partner(words: str, colour: Rgb) -> Callable[[], Image.Image]:
    def draw_it() -> Image.Image:
        image = Image.new("RGB", (360 * FINER, 120 * FINER), WHITE)
        draw = ImageDraw.Draw(image)
        draw.rounded_rectangle((10, 60, 130, 180), 36, fill=colour)
        draw.arc((40, 90, 100, 150), 200, 20, fill=WHITE, width=14)
        draw.multiline_text((160, 120), words, font=ImageFont.load_default(58), fill=INK, anchor="lm", spacing=8)
        return _finished(image)

    return draw_it


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "logo": _logo,
    "river": _river,
    "bridge": _bridge,
    "portrait": _portrait,
    "cover": _cover,
    "partner-gardens": _partner("School of\nGardens", (92, 148, 98)),
    "partner-ferry": _partner("The Ferry\nFund", RIVER),
    "partner-lamp": _partner("Lamplighters’\nGuild", (214, 140, 60)),
}
