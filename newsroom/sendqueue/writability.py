"""Whether the database takes what is written: one that only answers looks sound, and nothing in it moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from newsroom.db import Database, said_by
from newsroom.sendqueue.server_settings import read_setting

PATIENCE_MS = 1_000
READ_ONLY, NO_RIGHT, LOCKED = "25006", "42501", "55P03"
SETTING = "default_transaction_read_only"
#: A session that is read-only itself could not alter a role or a database.
ALLOWED = f"SET {SETTING} = off; "
#: Every right is asked for and no row is touched, so that neither a lock nor a dead row is left to those who work.
TRIALS = (
    "UPDATE installation SET beat = beat WHERE id < 0",
    "UPDATE worker_sessions SET ended_at = ended_at WHERE id < 0",
    "INSERT INTO worker_sessions SELECT * FROM worker_sessions WHERE id < 0",
    "DELETE FROM worker_sessions WHERE id < 0",
)


@dataclass(frozen=True, kw_only=True)
class CannotBeWritten:
    """Why nothing is written, and the next step."""

    message: str
    hint: str


def why_unwritable(database: Database) -> CannotBeWritten | None:
    """None: it takes what is written, or somebody writes at this moment."""
    try:
        with _brief(database) as connection:
            for trial in TRIALS:
                connection.execute(text(trial))
    except DBAPIError as error:
        if _state_of(error) in (LOCKED, "SQLITE_BUSY"):
            return None
        return CannotBeWritten(message=f"The database cannot be written: {said_by(error)}.", hint=_next_step(database, error))
    return None


@contextmanager
def _brief(database: Database) -> Iterator[Connection]:
    """A transaction that waits for nobody long, and of which nothing is kept."""
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE_MS}ms'"))
            yield connection
            return
        driver: Any = connection.connection.driver_connection
        usual = driver.execute("PRAGMA busy_timeout").fetchone()[0]
        # Before SQLAlchemy begins its transaction, and so before anything is waited for.
        driver.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
        try:
            yield connection
        finally:
            driver.execute(f"PRAGMA busy_timeout={usual}")


def _state_of(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None) or "")


def _next_step(database: Database, error: DBAPIError) -> str:
    state = _state_of(error)
    if state == READ_ONLY:
        return _of_read_only(database)
    if state == NO_RIGHT:
        return "Give the role of NEWSROOM_DATABASE_URL the rights on all tables (its owner has them)."
    if state.startswith("SQLITE_READONLY"):
        return "Let the user that runs Newsroom write the database file and its folder."
    return "Look at the log of the database, and at the room on its disk."


def _of_read_only(database: Database) -> str:
    with database.reading() as session:
        if session.scalar(text("SELECT pg_is_in_recovery()")):
            return "It is a standby: name the primary in NEWSROOM_DATABASE_URL."
        found = read_setting(session.connection(), SETTING)
        return found.how_to_set("off", first=ALLOWED)
