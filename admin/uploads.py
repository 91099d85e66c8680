"""Files on their way in: kept between the look at what they would do and the word to do it, for a day at most."""

import re
import secrets
import time
from pathlib import Path

from werkzeug.datastructures import FileStorage

from admin.speaking import tp
from newsroom.errors import InvalidInput

KEPT_FOR = 24 * 3600
TICKET = re.compile("[0-9a-f]{32}")


def keep(folder: Path, upload: FileStorage | None, *, user_id: int | str) -> str:
    """Store the upload for this person (or guest, by a name of their own); the ticket under which it is found again."""
    if upload is None or not upload.filename:
        raise InvalidInput.of(tp("subscribers.no_file"), place="file")
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    ticket = secrets.token_hex(16)
    upload.save(folder / f"{user_id}-{ticket}")
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
        if path.stat().st_mtime < time.time() - KEPT_FOR:
            drop(path)
