"""The picture library: one picture once, under a name nobody guesses, whole or absent."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from newsroom.errors import InvalidInput, NotFound
from newsroom.house import House
from newsroom.media import Media, MediaStore, find_media, store_picture
from tests.conftest import NOON
from tests.section_samples import a_picture


@pytest.fixture
def store(house: House) -> MediaStore:
    return MediaStore(house.media_dir)


def test_a_picture_is_kept_with_its_facts_under_a_name_nobody_guesses(house: House, store: MediaStore) -> None:
    with house.database.transaction() as session:
        media = store_picture(session, store, a_picture("JPEG"), original_name="C/Our Harbour.JPG", now=NOON)
        assert (media.original_name, media.content_type, media.width, media.height) == ("Our Harbour.JPG", "image/jpeg", 60, 40)
        assert media.size == len(store.read(media.name))
        assert len(media.name.partition(".")[0]) * 4 >= 128
        assert find_media(session, [media.name, "nothing"]) == {media.name: media}
        assert find_media(session, []) == {}


@pytest.mark.parametrize("encoding", ["PNG", "JPEG", "GIF", "WEBP"])
def test_one_picture_is_kept_once_and_knows_itself_again(house: House, store: MediaStore, encoding: str) -> None:
    with house.database.transaction() as session:
        first = store_picture(session, store, a_picture(encoding), original_name="a", now=NOON)
        assert store_picture(session, store, a_picture(encoding), original_name="b", now=NOON) is first
        assert store_picture(session, store, store.read(first.name), original_name="c", now=NOON) is first
        assert session.scalar(select(func.count()).select_from(Media)) == 1


def test_a_file_that_was_lost_comes_back_with_the_picture(house: House, store: MediaStore) -> None:
    with house.database.transaction() as session:
        first = store_picture(session, store, a_picture(), original_name="a", now=NOON)
        store.path(first.name).unlink()
        assert store_picture(session, store, a_picture(), original_name="a", now=NOON) is first
    assert store.path(first.name).is_file()


def test_what_is_no_picture_leaves_nothing_behind(house: House, store: MediaStore) -> None:
    with house.database.transaction() as session:
        with pytest.raises(InvalidInput, match=r"^'notes\.png' is not a picture"):
            store_picture(session, store, b"only words", original_name="notes.png", now=NOON)
        assert session.scalar(select(func.count()).select_from(Media)) == 0
    assert not store.folder.exists()


def test_a_picture_is_never_half_written(tmp_path: Path) -> None:
    store, name = MediaStore(tmp_path), "0123456789abcdef0123456789abcdef.png"
    store.write(name, b"old")
    with pytest.raises(TypeError):
        store.write(name, "not bytes")  # type: ignore[arg-type]
    assert store.read(name) == b"old"
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    "name", ["../newsroom.db", "a.png", "", "0123456789abcdef0123456789abcdef.svg", "0123456789abcdef0123456789abcdef.png/x"]
)
def test_no_name_leads_out_of_the_library(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        MediaStore(tmp_path).path(name)


def test_a_name_without_a_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no picture"):
        MediaStore(tmp_path).read("0123456789abcdef0123456789abcdef.png")
