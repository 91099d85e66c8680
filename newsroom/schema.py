"""The schema: bring a database to the newest migration, and know whether it is there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from newsroom import search_index
from newsroom.db import Database
from newsroom.errors import ConfigurationError
from newsroom.schema_version import NEWER, applied, is_newer, newest

# Two starts at once must not migrate twice; any fixed number will do.
MIGRATION_LOCK = 5_372_019_447


def upgrade(database: Database, to: str = "head") -> None:
    """Run every migration that is missing, and build the index for searches; safe to repeat and to run twice at once."""
    with database.engine.connect() as connection, _free_to_rebuild(connection), connection.begin():
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        if is_newer(connection):
            raise ConfigurationError(f"{NEWER} Nothing was changed.")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        _refuse_orphans(connection)
    if to == "head":
        search_index.build(database)


@contextmanager
def _free_to_rebuild(connection: Connection) -> Iterator[None]:
    """SQLite changes some columns by making their table anew; while the old one is gone, rows that refer to it must be let be."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    # Within a transaction the pragma would do nothing, so this goes past SQLAlchemy, which would begin one.
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _refuse_orphans(connection: Connection) -> None:
    """Nothing of an upgrade is kept that would leave a row without the one it refers to."""
    if connection.dialect.name == "sqlite" and (orphans := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
        tables = ", ".join(sorted({str(row[0]) for row in orphans}))
        raise ConfigurationError(
            f"The upgrade was undone: rows of {tables} refer to rows that are not there. Restore a backup, or ask for help."
        )


def is_current(database: Database) -> bool:
    with database.engine.connect() as connection:
        return applied(connection) == newest()


def knows(revision: str) -> bool:
    """Whether this version of Newsroom can bring a database of that revision up to date."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "newsroom:migrations")
    return config
