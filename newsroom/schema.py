"""The schema: bring a database to the newest migration, and know whether it is there."""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from newsroom.db import Database
from newsroom.schema_version import applied, newest

# Two starts at once must not migrate twice; any fixed number will do.
MIGRATION_LOCK = 5_372_019_447


def upgrade(database: Database, to: str = "head") -> None:
    """Run every migration that is missing; safe to repeat and to run twice at once."""
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, to)


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
