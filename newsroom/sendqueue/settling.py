"""The committer's own line to the ledger: a group goes in, is committed, and its marks come back; or one of three errors does.

On PostgreSQL a usual group is one statement, which commits itself: one round trip. On SQLite, which has no wire, it is an
ordinary transaction.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from newsroom.db import Database, said_by
from newsroom.sendqueue import domain_waits
from newsroom.sendqueue.ledger import Group, Marks, came_late, conclude, marks_of, settle
from newsroom.sendqueue.ledger_text import Done, Wanted, in_one, read
from newsroom.sendqueue.recording import record
from newsroom.sendqueue.transports.base import Deferred

log = logging.getLogger(__name__)
LOOK_EVERY = 5.0
Result = TypeVar("Result")


class NotSettled(Exception):
    """Surely not committed; worth another try."""


class Spoilt(Exception):
    """Surely not committed: the database refuses something in this group, and would again."""


class CommitUnknown(Exception):
    """It was sent, commit and all, and the answer lost."""


@dataclass
class Watched:
    """The domains that are under watch for having put letters off: their successes are told, nobody else's cost anything."""

    names: frozenset[str] = frozenset()
    read_at: float = float("-inf")

    def look(self, connection: Connection, group: Group) -> None:
        """Read them anew now and then, and when a letter was put off just now."""
        if time.monotonic() - self.read_at > LOOK_EVERY or any(isinstance(entry.outcome, Deferred) for entry in group.unusual):
            self.names, self.read_at = domain_waits.known(connection), time.monotonic()

    def freed(self, group: Group) -> list[str]:
        return [entry.domain for entry in group.accepted if entry.domain in self.names] if self.names else []


class Line(Protocol):
    """One connection to the ledger, opened when it is first needed and after each `drop`."""

    def settle(self, group: Group) -> Marks:
        """Durable when it returns; NotSettled, Spoilt or CommitUnknown otherwise."""

    def drop(self) -> None: ...


def open_line(database: Database, stranger: Callable[[], object] = lambda: None) -> Line:
    return PlainLine(database) if database.is_sqlite else WiredLine(database, stranger)


class PlainLine:
    """SQLite: one transaction after another. synchronous=FULL is set for every connection."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._watched = Watched()

    def settle(self, group: Group) -> Marks:
        try:
            self._connection = self._connection or self._database.engine.connect()
            transaction = self._connection.begin()
            marks = settle(self._connection, group.token, records=group.records, claims=group.claims)
            self._watched.look(self._connection, group)
            domain_waits.cleared(self._connection, self._watched.freed(group))
        except SQLAlchemyError as error:
            self.drop()
            raise _known(error) from error
        try:
            transaction.commit()
        except DBAPIError as error:
            raise CommitUnknown from error
        return marks

    def drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


class WiredLine:
    """PostgreSQL. Outcomes that are rare are committed before the group's marks, in a transaction of their own."""

    def __init__(self, database: Database, stranger: Callable[[], object]) -> None:
        """`stranger`: why the database behind a new connection may be another one than before (a replica took over, say)."""
        self._database = database
        self._stranger = stranger
        self._connection: Connection | None = None
        self._watched = Watched()

    def settle(self, group: Group) -> Marks:
        connection = self._connected()
        if unusual := group.unusual:
            self._in_transaction(connection, lambda: record(connection, unusual))
        self._watch(connection, group)
        if not (group.claims or group.accepted):
            return Marks(granted=frozenset(), withheld={})
        done = self._carried_out(connection.connection.driver_connection, group.wanted)
        is_usual = len(done.marked) == len(group.claims) and not came_late(group, done)
        return marks_of(group, done) if is_usual else self._concluded(connection, group, done)

    def _watch(self, connection: Connection, group: Group) -> None:
        try:
            self._watched.look(connection, group)
            if freed := self._watched.freed(group):
                self._in_transaction(connection, lambda: domain_waits.cleared(connection, freed))
        except SQLAlchemyError as error:
            self.drop()
            raise _known(error) from error

    def _concluded(self, connection: Connection, group: Group, done: Done) -> Marks:
        """What was granted is durable already, and is told in any case."""
        try:
            return self._in_transaction(connection, lambda: conclude(connection, group, done))
        except (NotSettled, Spoilt, CommitUnknown) as error:
            log.warning("letters that got no mark could not be given back yet: %s", error)
            return replace(marks_of(group, done), unreleased=frozenset(claim.delivery_id for claim in group.claims) - done.marked)

    def _connected(self) -> Connection:
        if self._connection is None:
            try:
                opened = open_ledger(self._database)
                doubt = self._stranger()
            except SQLAlchemyError as error:
                raise _known(error) from error
            if doubt is not None:
                opened.close()
                raise NotSettled(str(doubt))
            self._connection = opened
        return self._connection

    def _in_transaction(self, connection: Connection, work: Callable[[], Result]) -> Result:
        try:
            connection.exec_driver_sql("BEGIN")
            result = work()
        except SQLAlchemyError as error:
            self.drop()
            raise _known(error) from error
        except BaseException:
            # Left open, it would swallow the next group: granted, and not durable.
            self.drop()
            raise
        try:
            connection.exec_driver_sql("COMMIT")
        except DBAPIError as error:
            self.drop()
            raise CommitUnknown from error
        return result

    def _carried_out(self, driver: Any, wanted: Wanted) -> Done:
        """Durable when it returns: the answer is complete only behind the commit. Where the connection broke nobody knows how far
        it came; an error that the server told undid everything."""
        if driver.pgconn.transaction_status != TransactionStatus.IDLE:
            self.drop()
            raise NotSettled("the ledger's connection stands in a transaction that nobody ended")
        text, values = in_one(wanted)
        try:
            return read(driver.execute(text, values, prepare=True, binary=True).fetchone())
        except psycopg.Error as error:
            # A server that ends the session (FATAL) may do so behind the commit, and its words come before the line is seen to break.
            ended = error.diag.severity_nonlocalized in ("FATAL", "PANIC")
            broken = driver.broken or driver.info.transaction_status == TransactionStatus.UNKNOWN
            self.drop()
            if broken or ended or error.sqlstate is None:
                raise CommitUnknown from error
            raise (NotSettled if isinstance(error, psycopg.OperationalError) else Spoilt)(str(error)) from error

    def drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def open_ledger(database: Database) -> Connection:
    """A connection to PostgreSQL whose commits are on disk when they return, and whose transactions are ours to begin and end."""
    connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    for limit in _LIMITS:
        connection.execute(text(f"SET SESSION {limit}"))
    return connection


_LIMITS = (
    "synchronous_commit = on",
    "lock_timeout = '10s'",
    # A sender frozen between its statements would keep everybody from pausing the issue and from unsubscribing.
    "idle_in_transaction_session_timeout = '15s'",
    # A plan made while the tables were small would be kept when they are not: rows are always looked up by their keys.
    "enable_seqscan = off",
    "enable_hashjoin = off",
    "enable_mergejoin = off",
    "jit = off",
    "plan_cache_mode = force_generic_plan",
)


def _known(error: SQLAlchemyError) -> Exception:
    """Before COMMIT: nothing was kept."""
    away = isinstance(error, OperationalError | InterfaceError)
    return NotSettled(said_by(error)) if away else Spoilt(said_by(error))
