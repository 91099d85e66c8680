"""Restoring a backup into an empty place: all of it is checked before anything is touched, and nothing is sent from it by itself."""

import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from newsroom import schema
from newsroom.backups import tables
from newsroom.backups.archive import Manifest, check, opened_archive, torn
from newsroom.backups.facts import KINDS, SQLITE
from newsroom.backups.making import DATA, KEYS, NOT_COPIED, counts_of
from newsroom.data_folder import FILE as IDENTITY
from newsroom.db import Database, said_by
from newsroom.errors import Refused
from newsroom.files import sync_folder
from newsroom.installation import distrust
from newsroom.keys import open_key_ring
from newsroom.schema_version import newest
from newsroom.settings import Settings

STAGE = ".restoring"
#: What a first start leaves in a data folder of which nothing depends yet.
OF_A_FIRST_START = frozenset({KEYS, IDENTITY, "sender.lock", "lost+found", STAGE})


@dataclass(frozen=True, kw_only=True)
class Restored:
    made_at: datetime
    counts: dict[str, int]


def restore(settings: Settings, source: Path, *, now: datetime) -> Restored:
    """Refused, with the reason, unless the backup is whole and the place empty; then everything is back, and in doubt."""
    database = Database(settings.database)
    try:
        with opened_archive(source) as archive:
            manifest = check(archive)
            _refuse_what_does_not_fit(manifest, database)
            _refuse_a_used_place(settings, database)
            with _staged(settings.data_dir, archive) as stage:
                _refuse_other_keys(settings, manifest, stage)
                _put_back(settings, database, archive, manifest, stage, now=now)
    finally:
        database.close()
    return Restored(made_at=made_at(manifest), counts=manifest.facts["counts"])


def made_at(manifest: Manifest) -> datetime:
    return datetime.fromisoformat(manifest.facts["made_at"])


def _refuse_what_does_not_fit(manifest: Manifest, database: Database) -> None:
    theirs, ours = manifest.facts["database"], database.engine.dialect.name
    if theirs != ours:
        raise Refused(f"This backup is of a {KINDS[theirs]} database, and NEWSROOM_DATABASE_URL names {KINDS[ours]}; name one of its kind.")
    if not schema.knows(manifest.facts["revision"]):
        raise Refused(
            f"This backup has the database schema {manifest.facts['revision']} (of Newsroom {manifest.facts['newsroom']}), which is newer "
            f"than {newest()}, the newest that this Newsroom knows; install the version that made it, then restore."
        )


def _refuse_a_used_place(settings: Settings, database: Database) -> None:
    folder = settings.data_dir
    own = Path(database.engine.url.database or "").name if database.is_sqlite else None
    present = sorted(path.name for path in folder.iterdir() if not _is_hollow(path)) if folder.exists() else []
    used = [name for name in present if name not in OF_A_FIRST_START and not (own and name.startswith(own))]
    if used:
        raise Refused(f"The data folder {folder} holds {', '.join(used[:5])} already: restore into an empty one, or move that away first.")
    if filled := _filled(database):
        raise Refused(f"The database holds {', '.join(filled[:5])} already: restore into an empty one.")


def _is_hollow(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _filled(database: Database) -> list[str]:
    if database.is_sqlite and not Path(database.engine.url.database or "").exists():
        return []
    with database.engine.connect() as connection:
        return list(tables.filled_tables(connection))


@contextmanager
def _staged(folder: Path, archive: zipfile.ZipFile) -> Iterator[Path]:
    """The files of the backup, unpacked beside their place."""
    stage = folder / STAGE
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(mode=0o700)
    try:
        _refuse_odd_names(archive)
        for name in archive.namelist():
            if name == SQLITE or name.startswith(DATA):
                _unpack(archive, name, stage / name)
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _refuse_odd_names(archive: zipfile.ZipFile) -> None:
    """Each must stay in the data folder, and be none of what a backup leaves out because it is of one machine alone."""
    for name in archive.namelist():
        parts = name.split("/")
        if "\\" in name or {"", ".", ".."} & set(parts):
            raise Refused(f"{archive.filename} holds the name {name!r}, which leads out of the data folder; it is no backup of Newsroom's.")
        if name.startswith(DATA) and parts[1] in {*NOT_COPIED, STAGE}:
            raise Refused(f"{archive.filename} holds the name {name!r}, which no backup of Newsroom's has.")


def _unpack(archive: zipfile.ZipFile, name: str, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with archive.open(name) as source, target.open("xb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
    if target.name == KEYS:
        target.chmod(0o600)


def _refuse_other_keys(settings: Settings, manifest: Manifest, stage: Path) -> None:
    """The ring in use from now on must read every link that the ring of the backup made."""
    configured = settings.secret_key.get_secret_value()
    kept = stage / DATA / KEYS
    if configured or kept.exists():
        marks = open_key_ring(stage / DATA, configured).marks
        if set(manifest.facts["keys"]) <= set(marks):
            return
    raise Refused(
        "The links in letters already sent need the key ring of this backup: "
        + ("set NEWSROOM_SECRET_KEY to what it was then." if not manifest.facts["keys_in_file"] else "leave NEWSROOM_SECRET_KEY unset.")
    )


def _put_back(settings: Settings, database: Database, archive: zipfile.ZipFile, manifest: Manifest, stage: Path, *, now: datetime) -> None:
    """A SQLite file comes into its place last: until then there is nothing that could be started."""
    cause = f"This installation was restored from a backup of {made_at(manifest):%Y-%m-%d %H:%M:%S} UTC."
    if database.is_sqlite:
        _make_ready(archive, manifest, stage / SQLITE, cause, now)
        _move_in(settings.data_dir, stage)
        _replace_database(stage / SQLITE, Path(database.engine.url.database or ""))
    else:
        with _emptied_on_a_fault(database):
            _fill(database, archive, manifest)
            _finish(database, cause, now)
            _refuse_other_counts(database, archive, manifest)
        _move_in(settings.data_dir, stage)


@contextmanager
def _emptied_on_a_fault(database: Database) -> Iterator[None]:
    try:
        yield
    except Exception:
        with database.engine.begin() as connection:
            tables.drop_tables(connection)
        raise


def _refuse_other_counts(database: Database, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    with database.engine.connect() as connection:
        found = counts_of(connection)
    for name, number in manifest.facts["counts"].items():
        if found.get(name, number) != number:
            raise torn(archive, f"it says it holds {number} {name}, and there are {found[name]}")


def _make_ready(archive: zipfile.ZipFile, manifest: Manifest, path: Path, cause: str, now: datetime) -> None:
    staged = Database(f"sqlite:///{path}")
    try:
        _finish(staged, cause, now)
        _refuse_other_counts(staged, archive, manifest)
    except DatabaseError as error:
        raise torn(archive, f"its database says: {said_by(error)}") from None
    finally:
        staged.close()
    # The last connection took the write-ahead log in.
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _finish(database: Database, cause: str, now: datetime) -> None:
    schema.upgrade(database)
    with Session(database.engine) as session, session.begin():
        distrust(session, cause, now=now)


def _replace_database(staged: Path, target: Path) -> None:
    for tail in ("", "-wal", "-shm"):
        target.with_name(target.name + tail).unlink(missing_ok=True)
    shutil.move(staged, target)
    sync_folder(target.parent)


def _fill(database: Database, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """The schema as it was, then all rows in one transaction: on any fault the database is left empty."""
    facts = manifest.facts
    with database.engine.begin() as connection:
        tables.drop_tables(connection)
    schema.upgrade(database, facts["revision"])
    with database.engine.begin() as connection:
        tables.refuse_strangers(connection, facts["tables"], facts["columns"])
        _clear(connection, facts["tables"])
        tables.copy_in(connection, archive, facts["tables"], facts["columns"])
        tables.set_sequences(connection, facts["sequences"])


def _clear(connection: Connection, names: list[str]) -> None:
    """A migration may have put rows of its own in."""
    for name in reversed(names):
        connection.exec_driver_sql(f'DELETE FROM "{name}"')  # noqa: S608 - names of our own tables


def _move_in(folder: Path, stage: Path) -> None:
    """What a first start made gives way to what it replaces."""
    (folder / IDENTITY).unlink(missing_ok=True)
    data = stage / DATA
    for path in sorted(data.iterdir()) if data.exists() else []:
        target = folder / path.name
        if target.is_dir():
            target.rmdir()
        path.replace(target)
    sync_folder(folder)
