"""What a data folder remembers, and how it knows its own place."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsroom.data_folder import FILE, Place, file_system_of, recall, remember

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MOUNTS = """\
21 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 21 0:26 / /data rw,relatime - nfs4 files:/newsroom rw
31 30 0:27 / /data/with\\040space rw,relatime shared:1 - fuse.sshfs far: rw
"""


def remembered(folder: Path, beat: int = 5) -> None:
    remember(folder, identity="one", beat=beat, at=NOON)


def test_what_is_remembered_comes_back(tmp_path: Path) -> None:
    remembered(tmp_path / "data")
    found = recall(tmp_path / "data")
    assert found is not None
    assert (found.identity, found.beat, found.at, found.moved) == ("one", 5, NOON, False)


def test_a_process_that_is_behind_takes_nothing_back(tmp_path: Path) -> None:
    remembered(tmp_path, beat=5)
    remember(tmp_path, identity="one", beat=4, at=NOON - timedelta(seconds=10))
    found = recall(tmp_path)
    assert found is not None
    assert found.beat == 5


def test_another_identity_replaces_the_former_one(tmp_path: Path) -> None:
    remembered(tmp_path, beat=5)
    remember(tmp_path, identity="two", beat=1, at=NOON)
    found = recall(tmp_path)
    assert found is not None
    assert (found.identity, found.beat) == ("two", 1)


def test_a_copy_knows_that_it_is_one_and_no_longer_once_it_is_remembered_anew(tmp_path: Path) -> None:
    remembered(tmp_path / "data")
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    copy = recall(tmp_path / "copy")
    assert copy is not None
    assert copy.moved
    remembered(tmp_path / "copy")
    again = recall(tmp_path / "copy")
    assert again is not None
    assert not again.moved


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"identity": "one"}', '{"identity": "one", "beat": "x", "at": "", "inode": 1, "machine": ""}']
)
def test_a_file_that_cannot_be_read_is_no_memory(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    assert recall(tmp_path) is None


def test_a_folder_that_is_not_there_remembers_nothing(tmp_path: Path) -> None:
    assert recall(tmp_path / "nowhere") is None


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/newsroom", "ext4"),
        ("/data", "nfs4"),
        ("/data/media", "nfs4"),
        ("/data/with space/x", "fuse.sshfs"),
        ("/database", "ext4"),
    ],
)
def test_the_file_system_is_the_one_of_the_nearest_mount(folder: str, kind: str) -> None:
    assert file_system_of(Path(folder), MOUNTS) == kind


def test_without_a_list_of_mounts_nothing_is_known_of_the_place() -> None:
    assert file_system_of(Path("/data"), "") == ""


@pytest.mark.parametrize(
    ("noted", "found", "differs"),
    [
        (Place(inode=1, machine="a"), Place(inode=1, machine="a"), False),
        (Place(inode=1, machine="a"), Place(inode=2, machine="a"), True),
        (Place(inode=1, machine="a"), Place(inode=1, machine="b"), True),
        (Place(inode=1, machine="a"), Place(inode=1), False),  # moved into a container
        (Place(), Place(inode=7, machine="b"), False),
    ],
)
def test_a_place_differs_only_in_what_both_know(noted: Place, found: Place, *, differs: bool) -> None:
    assert noted.differs(found) is differs
