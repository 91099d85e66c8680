"""Pictures: what is taken, what is refused in which words, and what is left of them."""

import io
import random
import time

import pytest
from PIL import Image, PngImagePlugin

from newsroom.errors import InvalidInput
from newsroom.pictures import WIDEST, read_picture
from tests.section_samples import a_picture


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(("encoding", "kept_as"), [("PNG", "PNG"), ("JPEG", "JPEG"), ("GIF", "GIF"), ("WEBP", "JPEG")])
def test_the_formats_of_the_web_are_taken_and_kept_as_every_mail_reader_shows_them(encoding: str, kept_as: str) -> None:
    picture = read_picture(a_picture(encoding), name="a")
    assert opened(picture.data).format == kept_as
    assert (picture.width, picture.height) == (60, 40)
    assert picture.content_type == f"image/{kept_as.lower()}"


@pytest.mark.parametrize("encoding", ["PNG", "WEBP", "GIF"])
def test_what_is_transparent_stays_transparent(encoding: str) -> None:
    target = io.BytesIO()
    image = Image.new("RGBA", (1500, 20), (0, 0, 0, 0))
    image.paste((200, 30, 30, 255), (0, 0, 750, 20))
    image.save(target, encoding)
    kept = opened(read_picture(target.getvalue(), name="a").data).convert("RGBA")
    assert kept.width == WIDEST
    assert kept.getpixel((WIDEST - 5, 10))[3] == 0
    assert kept.getpixel((5, 10)) == pytest.approx((200, 30, 30, 255), abs=3)


def test_where_and_with_what_it_was_taken_is_forgotten() -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x8825] = "SecretCamera", {1: "N", 2: (41.0, 23.0, 0.0)}
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "SecretAuthor")
    for data in (
        a_picture("JPEG", exif=exif.tobytes(), comment=b"SecretComment"),
        a_picture("PNG", pnginfo=words, exif=exif.tobytes()),
        a_picture("WEBP", exif=exif.tobytes()),
        a_picture("GIF", comment=b"SecretComment"),
    ):
        kept = read_picture(data, name="a").data
        assert b"Secret" in data
        assert b"Secret" not in kept
        assert not opened(kept).getexif()


def test_a_picture_from_a_phone_held_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = read_picture(a_picture("JPEG", exif=exif.tobytes()), name="a")
    assert (picture.width, picture.height) == (40, 60)


def test_a_wide_picture_is_made_as_wide_as_a_letter_needs() -> None:
    picture = read_picture(a_picture(size=(2400, 1000)), name="a")
    assert (picture.width, picture.height) == (1200, 500)
    assert read_picture(a_picture(size=(1200, 3000)), name="a").height == 3000


def test_colours_for_print_become_colours_for_screens() -> None:
    target = io.BytesIO()
    Image.new("CMYK", (20, 20), (0, 255, 255, 0)).save(target, "JPEG")
    assert opened(read_picture(target.getvalue(), name="a").data).mode == "RGB"


def test_an_animation_keeps_its_frames_and_their_time() -> None:
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "green", "blue")]
    target = io.BytesIO()
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:], duration=[50, 60, 70], loop=0)
    kept = opened(read_picture(target.getvalue(), name="a").data)
    assert kept.n_frames == 3  # type: ignore[attr-defined]
    assert kept.info["loop"] == 0


def test_a_picture_kept_once_is_the_same_when_it_is_read_again() -> None:
    for encoding in ("PNG", "GIF"):
        first = read_picture(a_picture(encoding), name="a")
        assert read_picture(first.data, name="b").digest == first.digest


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "'media/a.png' is empty."),
        (b"Just words", "'media/a.png' is not a picture that can be read: PNG, JPEG, GIF and WebP are taken."),
        (b"<?xml version='1.0'?><svg onload='x()'/>", "'media/a.png' is an SVG drawing; mail readers do not show those: save it as PNG."),
        (b"\n<!DOCTYPE html><html>", "'media/a.png' is a web page, not a picture."),
        (b"%PDF-1.7", "'media/a.png' is not a picture that can be read"),
        (a_picture("BMP"), "'media/a.png' is not a picture that can be read"),
        (a_picture("TIFF"), "'media/a.png' is not a picture that can be read"),
        (a_picture("PNG")[:60], "'media/a.png' is not a picture that can be read"),
        (a_picture("JPEG")[:300], "'media/a.png' is not a picture that can be read"),
        (b"x" * 20_000_001, "'media/a.png' is too large: 20,000,001 bytes"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_picture(data, name="media/a.png")
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize("size", [(9_000, 9_000), (12_000, 12_000), (14_000, 14_000)])
def test_a_small_file_that_unpacks_to_gigabytes_is_refused_before_it_does(size: tuple[int, int]) -> None:
    target = io.BytesIO()
    Image.new("1", size).save(target, "PNG")
    with pytest.raises(InvalidInput, match=r"is too large: .*at most 50,000,000"):
        read_picture(target.getvalue(), name="bomb.png")


@pytest.mark.parametrize("encoding", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_damaged_picture_is_read_or_refused_and_never_anything_else(encoding: str) -> None:
    dice = random.Random(encoding)
    whole = a_picture(encoding, size=(30, 20))
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            told = read_picture(bytes(data[: dice.randint(1, len(data))]), name="a").content_type
        except InvalidInput as error:
            told = str(error)
        assert told.startswith(("'a' ", "image/"))


def test_an_animation_of_a_million_tiny_frames_does_not_hold_up_the_web_server() -> None:
    frame = b"\x2c" + bytes(4) + b"\x01\x00\x01\x00\x00" + b"\x02\x02\x44\x01\x00"
    data = b"GIF89a\x01\x00\x01\x00\x80\x00\x00" + bytes(3) + b"\xff\xff\xff" + frame * 1_000_000 + b"\x3b"
    begun = time.process_time()
    with pytest.raises(InvalidInput, match=r"at most 50,000,000 pixels and 500 frames"):
        read_picture(data, name="a.gif")
    assert time.process_time() - begun < 5


def test_a_small_picture_that_is_endlessly_tall_does_not_take_all_memory() -> None:
    target = io.BytesIO()
    Image.new("1", (1, 1_000_000)).save(target, "PNG")
    with pytest.raises(InvalidInput, match=r"1 by 1,000,000 pixels, at most 20,000 a side"):
        read_picture(target.getvalue(), name="a.png")
