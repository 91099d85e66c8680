"""Which migration a database has, and which is the newest, without the machinery that migrates: workers and clocks ask too."""

import re
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

NEWER = "The database was upgraded by a newer version of Newsroom; install that version."
VERSIONS = Path(__file__).parent / "migrations" / "versions"
_NAME = re.compile(r"(\d{4})_\w+\.py")


@lru_cache(maxsize=1)
def newest() -> str:
    """The migration that this version of Newsroom wants."""
    return max(found[1] for path in VERSIONS.iterdir() if (found := _NAME.fullmatch(path.name)))


def applied(connection: Connection) -> str:
    """The one the database has; empty where it has none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def is_newer(connection: Connection) -> bool:
    """Whether the database has been brought past what this version knows."""
    return applied(connection) > newest()
