"""One valid section of every kind, with every field, as an issue file writes it; and pictures to go with them."""

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from newsroom.drafting.reading import read_document

FOLDER = Path(__file__).parent / "samples"


def sample_path(kind: str) -> Path:
    return FOLDER / f"{kind}.yaml"


def sample(kind: str) -> dict[str, Any]:
    """The fields of the sample, every scalar a text."""
    content: dict[str, Any] = read_document(sample_path(kind).read_text()).value
    return content


@cache
def a_picture(encoding: str = "PNG", *, size: tuple[int, int] = (60, 40), colour: str = "teal", **options: Any) -> bytes:
    target = BytesIO()
    Image.new("RGB", size, colour).save(target, encoding, **options)
    return target.getvalue()


def write_pictures(folder: Path) -> Path:
    """The pictures that the samples name."""
    (folder / "media").mkdir(parents=True, exist_ok=True)
    for name, colour in {"harbour": "navy", "square": "olive"}.items():
        (folder / "media" / f"{name}.png").write_bytes(a_picture(colour=colour))
    return folder
