"""The index by which people are found by any part of their address or name: PostgreSQL's trigrams, where this database may have them.

Without it everything works; a search among a million people takes about a second. It is built beside the work: nobody waits for it.
"""

import logging

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from newsroom.db import Database

log = logging.getLogger(__name__)

NAME = "ix_subscribers_words"
#: What is searched: one text of both, as subscribers.searching writes it into its condition.
WORDS = "(address_key || ' ' || lower(name))"
LACKING = (
    "The database has no trigram index (extension pg_trgm): with very many subscribers a search for one takes a second. "
    "Install PostgreSQL's contrib package, let a superuser run `CREATE EXTENSION pg_trgm` in this database, then `newsroom db upgrade`."
)
#: Any fixed number: two upgrades at once must not both build.
LOCK = 5_372_019_448


def build(database: Database) -> bool:
    """Make it where it is lacking; False where this database may not have it, which is told in the log and by the doctor."""
    if database.is_sqlite:
        return True
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if is_there(connection):
            return True
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
            return True  # somebody else is at it
        try:
            return _built(connection)
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})


def is_there(connection: Connection) -> bool:
    """Whole and in use; on SQLite there is none to have."""
    if connection.dialect.name == "sqlite":
        return True
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"
    return bool(connection.scalar(text(valid), {"name": NAME}))


def _built(connection: Connection) -> bool:
    try:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
        # What an interrupted building left behind is in nobody's use and in everybody's way.
        connection.execute(text(f"DROP INDEX IF EXISTS {NAME}"))
        connection.execute(text(f"CREATE INDEX CONCURRENTLY {NAME} ON subscribers USING gin ({WORDS} gin_trgm_ops)"))
    except DBAPIError as error:
        log.warning("%s (%s)", LACKING, str(error.orig).splitlines()[0])
        return False
    return True
