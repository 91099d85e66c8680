"""Uploads between the look and the word: found by their owner alone, and no owner fills the disk with them."""

import os
from io import BytesIO
from pathlib import Path

from werkzeug.datastructures import FileStorage

from admin import uploads


def kept(folder: Path, owner: int | str, number: int) -> str:
    ticket = uploads.keep(folder, FileStorage(BytesIO(str(number).encode()), filename="a.docx"), user_id=owner)
    path = uploads.find(folder, ticket, user_id=owner)
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 60 + number))
    return ticket


def test_an_owner_who_sends_file_after_file_does_not_fill_the_disk(tmp_path: Path) -> None:
    others = kept(tmp_path, "guest1", 0)
    tickets = [kept(tmp_path, "guest12", number) for number in range(10)]
    assert len(list(tmp_path.iterdir())) == uploads.MOST_KEPT + 1
    assert uploads.find(tmp_path, tickets[-1], user_id="guest12").read_bytes() == b"9"
    assert uploads.find(tmp_path, others, user_id="guest1"), "of another owner, whose name begins alike, nothing goes"
