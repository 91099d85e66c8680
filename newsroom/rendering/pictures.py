"""Pictures in a letter: their public address and the size they are shown at."""

from dataclasses import dataclass

from newsroom.errors import InvalidInput
from newsroom.rendering.source import LetterSource


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A picture as an <img> says it; width and height in CSS pixels."""

    url: str
    width: int
    height: int


def fit(source: LetterSource, name: str, width: int, height: int = 4000) -> Shown:
    """The picture at its own proportions inside a box, never larger than it is. InvalidInput for one that is not in the library."""
    size = source.media.get(name)
    if size is None:
        raise InvalidInput.of(f"the picture {name!r} is not in the media library.")
    scale = min(width / size.width, height / size.height, 1.0)
    return Shown(url=source.media_url(name), width=max(1, round(size.width * scale)), height=max(1, round(size.height * scale)))
