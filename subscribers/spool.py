"""Unsubscribes taken while the database is away: on disk before they are answered, done as soon as it is back.

One file per person and list, written whole or not at all: any number of web processes may keep and carry out at once, and a
link that is called a million times fills no disk. To withdraw twice is to withdraw once.
"""

import contextlib
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from newsroom.db import said_by
from newsroom.files import write_whole
from newsroom.house import House
from newsroom.public_links import PersonOnList
from subscribers.models import Subscriber
from subscribers.preferences import withdraw

log = logging.getLogger(__name__)
FOLDER = "unsubscribes"
LOOK_EVERY = 5.0  # seconds; the promise is a minute

#: What a database says that is away, locked or full. Anything else is a fault of ours and must not pass for success.
AWAY: tuple[type[Exception], ...] = (OperationalError, InterfaceError, PoolTimeout)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One request to leave a list, as it was made."""

    subscriber_id: int
    list_id: int
    source: str
    agent: str
    at: datetime


class Spool:
    """The requests kept by this installation on this machine."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._folder = house.settings.data_dir / FOLDER
        self._lock = threading.Lock()
        self._watcher: threading.Thread | None = None

    def keep(self, person: PersonOnList, *, source: str, agent: str, at: datetime) -> None:
        """On disk when this returns; OSError when even that cannot be had. The first of several requests is the one kept."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{person.subscriber_id}-{person.list_id}.json"
        if not path.exists() and not person.is_test:
            facts = {
                "subscriber_id": person.subscriber_id,
                "list_id": person.list_id,
                "source": source,
                "agent": agent,
                "at": at.isoformat(),
            }
            write_whole(path, json.dumps(facts).encode())
        self.watch()

    def carry_out(self) -> int:
        """Withdraw everybody kept, each in a transaction of its own; how many. Stops at the first sign that the database is away."""
        done = 0
        for path, kept in self._waiting():
            with self._house.database.transaction() as session:
                subscriber = session.get(Subscriber, kept.subscriber_id)
                if subscriber is not None:
                    evidence = {"agent": kept.agent, "asked_at": kept.at.isoformat()}
                    withdraw(session, subscriber, kept.list_id, source=kept.source, now=kept.at, evidence=evidence)
            path.unlink(missing_ok=True)
            done += 1
        return done

    def watch(self) -> None:
        """Carry out in the background for as long as something waits; harmless at any time."""
        with self._lock:
            if (self._watcher is None or not self._watcher.is_alive()) and self._is_waiting():
                self._watcher = threading.Thread(target=self._until_done, name="unsubscribes", daemon=True)
                self._watcher.start()

    def _until_done(self) -> None:
        pause = threading.Event()
        while self._is_waiting():
            try:
                log.info("%d unsubscribes that waited for the database are done", self.carry_out())
            except DBAPIError as error:
                log.warning("unsubscribes wait for the database: %s", said_by(error))
                pause.wait(LOOK_EVERY)
            except PoolTimeout:
                pause.wait(LOOK_EVERY)

    def _is_waiting(self) -> bool:
        return any(self._folder.glob("*.json"))

    def _waiting(self) -> Iterator[tuple[Path, Kept]]:
        for path in sorted(self._folder.glob("*.json")):
            try:
                facts = json.loads(path.read_text())
                yield path, Kept(**{**facts, "at": datetime.fromisoformat(facts["at"])})
            except FileNotFoundError:
                continue  # another process was quicker
            except (ValueError, TypeError, KeyError) as error:
                _put_aside(path, error)


def _put_aside(path: Path, error: Exception) -> None:
    with contextlib.suppress(FileNotFoundError):  # another process was quicker
        path.rename(path.with_suffix(".unreadable"))
        log.error("%s is no unsubscribe (%s); it is put aside as .unreadable", path, error)
