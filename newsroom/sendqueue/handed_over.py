"""Who was handed which issue, noted in the data folder at each mark: the evidence that survives a database which lost commits.

One file per worker session, twenty bytes per letter, written to the system before the dot and to the disk when it gets to it:
a killed process loses nothing of it, a power cut the last seconds.
"""

import contextlib
import logging
import os
import struct
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from newsroom.data_folder import recall
from newsroom.sendqueue.ledger import Claim

log = logging.getLogger(__name__)
FOLDER = "handed-over"
KEPT_FOR = 35 * 24 * 3600.0
_RECORD = struct.Struct(">QQI")

#: issue -> person -> the highest attempt that was marked
Evidence = dict[int, dict[int, int]]


class HandedOver:
    """The file of one worker session. Never stops a letter: what cannot be noted is told, and the letter goes out."""

    def __init__(self, data_dir: Path, token: str) -> None:
        self._data_dir, self._token = data_dir, token
        self._file = -1

    def note(self, marked: Iterable[Claim]) -> None:
        facts = b"".join(
            _RECORD.pack(claim.issue_id, claim.subscriber_id, claim.attempt + 1)
            for claim in marked
            if claim.kind == "issue" and claim.issue_id is not None and claim.subscriber_id is not None
        )
        if not facts:
            return
        try:
            file = self._opened()
            if os.write(file, facts) < len(facts):
                # A full disk took a part of it: what is noted next must begin where a record begins.
                size = os.fstat(file).st_size
                os.ftruncate(file, size - size % _RECORD.size)
                log.warning("what is handed over cannot be noted whole in %s: the disk is full", self._data_dir / FOLDER)
        except OSError as error:
            log.warning("what is handed over cannot be noted in %s: %s", self._data_dir / FOLDER, error.strerror)

    def _opened(self) -> int:
        if self._file < 0:
            memory, folder = recall(self._data_dir), self._data_dir / FOLDER
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            forget_old(folder)
            path = folder / f"{memory.identity if memory else 'unknown'}-{self._token}"
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return self._file

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def forget_old(folder: Path) -> None:
    """Longer than backups are kept, nothing of it is of use."""
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another worker of this folder forgets as well
            if path.stat().st_mtime < time.time() - KEPT_FOR:
                path.unlink()


def evidence_in(data_dirs: Iterable[Path], identity: str) -> Evidence:
    """What these data folders noted for this identity; a torn last record is left out."""
    found: Evidence = {}
    for path in (path for data_dir in data_dirs for path in sorted((data_dir / FOLDER).glob(f"{identity}-*"))):
        for issue_id, subscriber_id, attempt in _records(path.read_bytes()):
            people = found.setdefault(issue_id, {})
            people[subscriber_id] = max(attempt, people.get(subscriber_id, 0))
    return found


def _records(data: bytes) -> Iterator[tuple[int, int, int]]:
    whole = len(data) - len(data) % _RECORD.size
    return _RECORD.iter_unpack(data[:whole])
