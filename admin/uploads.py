"""Files on their way in: kept between the look at what they would do and the word to do it, for a day at most."""

import re
import secrets
import time
from pathlib import Path

from werkzeug.datastructures import FileStorage

from admin.speaking import tp
from newsroom.errors import InvalidInput

KEPT_FOR = 24 * 3600
#: Of one person or guest: whoever sends another one has done with the first.
MOST_KEPT = 3
TICKET = re.compile("[0-9a-f]{32}")


def keep(folder: Path, upload: FileStorage | None, *, user_id: int | str) -> str:
    """Store the upload for this person (or guest, by a name of their own); the ticket under which it is found again."""
    if upload is None or not upload.filename:
        raise InvalidInput.of(tp("subscribers.no_file"), place="file")
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    ticket = secrets.token_hex(16)
    upload.save(folder / f"{user_id}-{ticket}")
    for path in sorted(folder.glob(f"{user_id}-*"), key=_age)[MOST_KEPT:]:
        drop(path)
    return ticket


def find(folder: Path, ticket: str, *, user_id: int | str) -> Path:
    """The file of this ticket, if it is this person's."""
    path = folder / f"{user_id}-{ticket}"
    if not TICKET.fullmatch(ticket) or not path.is_file():
        raise InvalidInput.of(tp("subscribers.file_gone"), place="file")
    return path


def drop(path: Path) -> None:
    path.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    for path in folder.iterdir():
        if _age(path) > KEPT_FOR:
            drop(path)


def _age(path: Path) -> float:
    """In seconds; what somebody else has just swept away is as old as can be."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
