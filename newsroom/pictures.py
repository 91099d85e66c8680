"""Bytes -> a picture fit for a letter: verified, bounded, without metadata, in a format every mail reader shows."""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from PIL import Image, ImageCms, ImageOps, ImageSequence

from newsroom.errors import InvalidInput

LARGEST_BYTES = 20_000_000
LARGEST_PIXELS = 50_000_000
LONGEST_SIDE = 20_000  # a picture one pixel wide and millions tall takes gigabytes of row pointers
MOST_FRAMES = 500
WIDEST = 1200
TAKEN = ("PNG", "JPEG", "GIF", "WEBP")
TYPES = {"PNG": ("image/png", "png"), "JPEG": ("image/jpeg", "jpg"), "GIF": ("image/gif", "gif")}
#: What Pillow and its codecs raise for bytes that are not the picture they claim to be.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error, OverflowError)
TOO_MANY_PIXELS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
DIRECT_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture as it is kept; `digest` is SHA-256 of its bytes."""

    data: bytes
    content_type: str
    suffix: str
    width: int
    height: int

    @property
    def digest(self) -> str:
        return sha256(self.data).hexdigest()


def read_picture(data: bytes, *, name: str) -> Picture:
    """The picture in these bytes, made fit for a letter. InvalidInput naming the file where there is none."""
    if len(data) > LARGEST_BYTES:
        raise _refused(name, f"is too large: {len(data):,} bytes, at most {LARGEST_BYTES:,} are taken.")
    try:
        _check_size(data, name)
        with Image.open(io.BytesIO(data), formats=TAKEN) as image:
            return _encoded(image)
    except TOO_MANY_PIXELS:
        raise _refused(name, f"is too large: at most {LARGEST_PIXELS:,} pixels are taken.") from None
    except BROKEN:
        raise _refused(name, _what_it_is(data)) from None


def _refused(name: str, message: str) -> InvalidInput:
    return InvalidInput.of(f"{name!r} {message}")


def _what_it_is(data: bytes) -> str:
    start = data[:1000].lstrip().lower()
    if not data:
        return "is empty."
    if b"<svg" in start:
        return "is an SVG drawing; mail readers do not show those: save it as PNG."
    if start.startswith((b"<!doctype html", b"<html")):
        return "is a web page, not a picture."
    return "is not a picture that can be read: PNG, JPEG, GIF and WebP are taken."


def _check_size(data: bytes, name: str) -> None:
    """Before anything is kept in memory; the frames of an animation count together."""
    with Image.open(io.BytesIO(data), formats=TAKEN) as image:
        if max(image.size) > LONGEST_SIDE:
            raise _refused(name, f"is too large: {image.width:,} by {image.height:,} pixels, at most {LONGEST_SIDE:,} a side are taken.")
        affordable = min(MOST_FRAMES, LARGEST_PIXELS // max(1, image.width * image.height))
        if not affordable or _has_frame(image, affordable):
            raise _refused(name, f"is too large: at most {LARGEST_PIXELS:,} pixels and {MOST_FRAMES} frames are taken.")


def _has_frame(image: Image.Image, number: int) -> bool:
    """Looked for step by step: to count all frames of a small file can take minutes."""
    try:
        image.seek(number)
    except EOFError:
        return False
    return True


def _encoded(image: Image.Image) -> Picture:
    if image.format == "GIF" and getattr(image, "is_animated", False):
        return _animation(image)
    still = _fitting(_upright(_in_srgb(image)))
    if image.format in ("JPEG", "MPO") or (image.format == "WEBP" and not still.has_transparency_data):
        return _saved(still.convert("L" if still.mode == "L" else "RGB"), "JPEG", quality=85, optimize=True, progressive=True)
    if image.format == "GIF":
        return _saved(still, "GIF", optimize=True)
    return _saved(still, "PNG", optimize=True)


def _in_srgb(image: Image.Image) -> Image.Image:
    """Colours of another profile as sRGB, since the profile goes with the other metadata."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        try:
            mode = "RGBA" if image.mode == "RGBA" else "RGB"
            converted = ImageCms.profileToProfile(image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode=mode)
            return converted or image
        except ImageCms.PyCMSError:
            pass  # a broken profile means nothing: the numbers are taken as they are
    return image


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera says, since that is metadata too."""
    turned = ImageOps.exif_transpose(image)
    if turned.mode in DIRECT_MODES:
        return turned
    return turned.convert("RGBA" if turned.has_transparency_data else "RGB")


def _fitting(image: Image.Image) -> Image.Image:
    if image.width <= WIDEST:
        return _bare(image)
    colours = image.convert("RGBA" if image.has_transparency_data else "RGB") if image.mode in ("P", "1") else image
    return _bare(colours.resize((WIDEST, max(1, round(image.height * WIDEST / image.width))), Image.Resampling.LANCZOS))


def _bare(image: Image.Image) -> Image.Image:
    """A copy that remembers nothing of where and with what it was taken."""
    image.load()
    bare = image.copy()
    bare.info = {key: value for key, value in image.info.items() if key == "transparency"}
    bare.getexif().clear()
    return bare


def _animation(image: Image.Image) -> Picture:
    durations = [int(frame.info.get("duration", 100)) for frame in ImageSequence.Iterator(image)]
    first, *rest = _frames(image)
    loop = {"loop": image.info["loop"]} if "loop" in image.info else {}
    return _saved(first, "GIF", save_all=True, append_images=rest, duration=durations, disposal=2, **loop)


def _frames(image: Image.Image) -> Iterator[Image.Image]:
    for frame in ImageSequence.Iterator(image):
        yield _fitting(frame.convert("RGBA"))


def _saved(image: Image.Image, encoding: str, **options: Any) -> Picture:
    target = io.BytesIO()
    image.save(target, encoding, **options)
    content_type, suffix = TYPES[encoding]
    return Picture(data=target.getvalue(), content_type=content_type, suffix=suffix, width=image.width, height=image.height)
