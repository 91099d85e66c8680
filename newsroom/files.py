"""Files that are whole and on the disk, or not there at all."""

import os
import secrets
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Put these bytes under this name, in a folder that exists: at once, and durable when this returns."""
    draft = draft_beside(path)
    try:
        write_durably(draft, data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def draft_beside(path: Path) -> Path:
    """A hidden name of its own in the same folder, to be renamed once it is whole."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}")


def write_durably(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """A new file whose bytes survive a power cut; its name does after sync_folder."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """The names in this folder survive a power cut too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
