"""Outcomes that the ledger does not have yet, kept on this machine's disk: what a mail server said is never forgotten by a crash.

Written only while the database cannot be, and for refusals that are held back until they are surely the recipient's. One file per
worker session, locked by it while it lives; whoever finds one without an owner takes it over. A line that was torn by the crash
is left out, since it was never promised to anybody.
"""

import fcntl
import json
import logging
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from typing import IO, Any

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from newsroom.db import Database
from newsroom.files import sync_folder
from newsroom.sendqueue.ledger import settle
from newsroom.sendqueue.recording import Record
from newsroom.sendqueue.transports.base import Accepted, Deferred, Failed, NotSent, Outcome, Reply, Uncertain

log = logging.getLogger(__name__)
FOLDER = "journal"
AT_A_TIME = 500
_OUTCOMES: dict[str, type[Outcome]] = {kind.__name__: kind for kind in (Accepted, Deferred, Failed, Uncertain, NotSent)}


class Journal:
    """The journal of one worker session. Used by one thread at a time."""

    def __init__(self, data_dir: Path, token: str) -> None:
        self._path = data_dir / FOLDER / f"{token}.jsonl"
        self._file: FileIO | None = None

    def keep(self, records: Sequence[Record]) -> None:
        """On disk when it returns. A disk that takes nothing is told and borne: the outcomes are still in memory."""
        if not records:
            return
        try:
            file = self._opened()
            # A full disk may have torn the last line: it must not take the next one with it.
            data = b"\n" + b"".join(_line(record) for record in records)
            while data:
                data = data[os.write(file.fileno(), data) :]
            os.fsync(file.fileno())
        except OSError as error:
            log.error("%d outcomes could not be written to the journal: %s", len(records), error.strerror)  # noqa: TRY400

    def _opened(self) -> FileIO:
        """Locked before it has its name: whoever takes journals over never meets one of a living owner unlocked."""
        if self._file is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = self._path.with_suffix(".new")
            file = draft.open("ab", buffering=0)
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            draft.rename(self._path)
            sync_folder(self._path.parent)
            self._file = file
        return self._file

    def clear(self) -> None:
        """Everything in it has reached the ledger. Where it cannot be taken away it is kept: told again, it changes nothing."""
        if self._file is None:
            return
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.error("the journal could not be taken away: %s", error.strerror)  # noqa: TRY400
            return
        self._file.close()
        self._file = None


def take_over(data_dir: Path, database: Database) -> int:
    """Bring into the ledger what dead sessions of this machine knew; how many outcomes. To be done before their rows are swept."""
    found = 0
    for path in sorted((data_dir / FOLDER).glob("*.jsonl")):
        with path.open("rb") as file:
            if _is_owned(file):
                continue
            records = list(_records(file.read()))
            for start in range(0, len(records), AT_A_TIME):
                _settle(database, path.stem, records[start : start + AT_A_TIME])
            path.unlink(missing_ok=True)
            found += len(records)
    if found:
        log.warning("%d outcomes of an earlier process were found in the journal and are in the ledger now", found)
    return found


def _settle(database: Database, token: str, records: Sequence[Record]) -> None:
    """One outcome that the database refuses must not keep the others out."""
    try:
        with database.engine.begin() as connection:
            settle(connection, token, records=records, claims=())
    except (OperationalError, InterfaceError):
        raise
    except SQLAlchemyError:
        if len(records) == 1:
            log.exception("left out: %s", records[0])
            return
        for record in records:
            _settle(database, token, [record])


def _is_owned(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _line(record: Record) -> bytes:
    facts = {**record._asdict(), "outcome": type(record.outcome).__name__, **asdict(record.outcome)}
    text = json.dumps(facts, separators=(",", ":")).encode()
    return b"%08x %b\n" % (zlib.crc32(text), text)


def _records(data: bytes) -> Iterator[Record]:
    for line in data.splitlines():
        checksum, _, text = line.partition(b" ")
        if checksum == b"%08x" % zlib.crc32(text):
            yield _record(json.loads(text))


def _record(facts: dict[str, Any]) -> Record:
    kind, reply = _OUTCOMES[facts.pop("outcome")], Reply(**facts.pop("reply"))
    more = {name: facts.pop(name) for name in ("fault", "stale") if name in facts}
    return Record(**facts, outcome=kind(reply=reply, **more))
