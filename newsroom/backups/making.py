"""Making a backup: database, pictures and keys of one moment in one file, while everything goes on."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, func, select, text

from newsroom.backups import tables
from newsroom.backups.archive import ArchiveWriter, check, opened_archive
from newsroom.backups.facts import SQLITE
from newsroom.data_folder import FILE as IDENTITY
from newsroom.db import Database
from newsroom.deliveries import OPEN_STATES, Delivery
from newsroom.errors import InvalidInput, Refused
from newsroom.files import draft_beside, sync_folder
from newsroom.house import House
from newsroom.installation import Installation
from newsroom.issues import Issue
from newsroom.media import Media
from newsroom.schema_version import applied

DATA = "data/"
KEYS = "keys.json"
#: In the data folder, and of this machine or of captured mail alone.
NOT_COPIED = frozenset({IDENTITY, "sender.lock", "outbox", "handed-over", "journal"})
FILE_OF_NOBODY = "."
PACKED_ALREADY = frozenset({".png", ".jpg", ".gif"})


@dataclass(frozen=True, kw_only=True)
class Made:
    """What went into the file."""

    size: int
    counts: dict[str, int]
    has_keys: bool


def back_up(house: House, target: Path, *, now: datetime) -> Made:
    """Whole, read back and on the disk when this returns, or not there at all. Refuses to write over anything."""
    if target.exists():
        raise Refused(f"{target} is there already, and a backup is never written over; choose another name.")
    if not target.parent.is_dir():
        raise InvalidInput.of(f"The folder {target.parent} is not there.", hint="Make it first.")
    draft = draft_beside(target)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            facts = write_backup(house, file, beside=target.parent, now=now)
            file.flush()
            os.fsync(file.fileno())
        with opened_archive(draft) as archive:
            check(archive)
        size = draft.stat().st_size
        _give_name(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(target.parent)
    return Made(size=size, counts=facts["counts"], has_keys=facts["keys_in_file"])


def write_backup(house: House, target: IO[bytes], *, beside: Path, now: datetime) -> dict[str, Any]:
    """Front to back, also into a pipe; `beside` is a folder with room for a copy of a SQLite database."""
    database = house.database
    with ArchiveWriter(target) as archive:
        facts = _write_sqlite(database, archive, beside) if database.is_sqlite else _write_postgresql(database, archive)
        # After the database: a picture is on the disk before its row is, and never changes.
        for path in _data_files(house):
            _add_file(archive, path, DATA + path.relative_to(house.settings.data_dir).as_posix())
        keys_in_file = not house.settings.secret_key.get_secret_value()
        facts |= {
            "made_at": now.isoformat(), "newsroom": version("newsroom"), "keys": house.keys.marks, "keys_in_file": keys_in_file,
        }  # fmt: skip
        archive.finish(facts)
    return facts


def _write_sqlite(database: Database, archive: ArchiveWriter, beside: Path) -> dict[str, Any]:
    with _sqlite_copy(database, beside) as copy:
        copied = Database(f"sqlite:///{copy}")
        try:
            with copied.engine.connect() as connection:
                facts = {"database": "sqlite", **_facts(connection)}
        finally:
            copied.close()
        _add_file(archive, copy, SQLITE)
    return facts


@contextmanager
def _sqlite_copy(database: Database, beside: Path) -> Iterator[Path]:
    """A whole copy of one moment, by SQLite's own backup, in one step: nobody waits for it, and no commit makes it begin anew."""
    copy = draft_beside(beside / "newsroom.db")
    try:
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _fill(copy, database)
        yield copy
    finally:
        for tail in ("", "-wal", "-shm", "-journal"):
            copy.with_name(copy.name + tail).unlink(missing_ok=True)


def _fill(copy: Path, database: Database) -> None:
    try:
        with closing(sqlite3.connect(copy)) as target, database.engine.connect() as connection:
            source: Any = connection.connection.driver_connection
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        raise Refused(
            f"The copy of the database could not be written in {copy.parent}: {error}; it needs as much room as the database. "
            "Make room, or name a file on another disk."
        ) from error


def _write_postgresql(database: Database, archive: ArchiveWriter) -> dict[str, Any]:
    one_snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with database.engine.connect().execution_options(**one_snapshot) as connection:
        facts = {"database": "postgresql", **_facts(connection)}
        names = tables.table_names(connection)
        facts |= {"tables": names, "columns": tables.columns_of(connection, names)}
        tables.copy_out(connection, archive, names)
        return facts | {"sequences": tables.sequences(connection)}


def _facts(connection: Connection) -> dict[str, Any]:
    identity = connection.scalar(select(Installation.identity))
    return {"revision": applied(connection), "counts": counts_of(connection), "identity": identity}


def counts_of(connection: Connection) -> dict[str, int]:
    """By which operators, and a restore, see that everything is there."""
    still_open = select(func.count()).where(Delivery.kind == "issue", Delivery.state.in_(OPEN_STATES))
    found = {
        "people": connection.scalar(text("SELECT count(*) FROM subscribers")),
        "issues": connection.scalar(select(func.count()).select_from(Issue)),
        "pictures": connection.scalar(select(func.count()).select_from(Media)),
        "open letters": connection.scalar(still_open),
    }
    return {name: number or 0 for name, number in found.items()}


def _data_files(house: House) -> Iterator[Path]:
    """What is to be had again: the key ring, pictures, unsubscribes that wait; drafts of files begin with a dot."""
    folder = house.settings.data_dir
    database = Path(house.database.engine.url.database or "").name if house.database.is_sqlite else FILE_OF_NOBODY
    for path in sorted(folder.rglob("*")):
        first = path.relative_to(folder).parts[0]
        if first not in NOT_COPIED and not first.startswith(database) and not path.name.startswith(".") and path.is_file():
            yield path


def _add_file(archive: ArchiveWriter, path: Path, name: str) -> None:
    try:
        source = path.open("rb")
    except FileNotFoundError:
        return  # an unsubscribe that was carried out meanwhile
    with source:
        archive.add(name, source, packed=path.suffix not in PACKED_ALREADY)


def _give_name(draft: Path, target: Path) -> None:
    """Never over another file, not even over one that has just come."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise Refused(f"{target} is there already, and a backup is never written over; choose another name.") from None
    except OSError:  # a file system without hard links
        draft.rename(target)
