"""Whether the database keeps what it has confirmed. One that does not would forget marks after a power cut, and send letters twice."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from newsroom.sendqueue.server_settings import read_setting

#: PostgreSQL's own settings, and the value of each that loses confirmed commits.
FORGETFUL = {
    "fsync": "a power cut loses or corrupts what was confirmed",
    "full_page_writes": "a power cut in mid-write corrupts pages that nothing can mend",
    "synchronous_commit": "commits are confirmed before they are on disk",
}


@dataclass(frozen=True, kw_only=True)
class Forgetful:
    """One setting that breaks the promise."""

    setting: str
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"


def forgetful(connection: Connection) -> list[Forgetful]:
    """Everything that makes this database forget; empty when it keeps its word."""
    return list(_of_sqlite(connection) if connection.dialect.name == "sqlite" else _of_postgresql(connection))


def _of_postgresql(connection: Connection) -> Iterator[Forgetful]:
    for setting, harm in FORGETFUL.items():
        found = read_setting(connection, setting)
        if found.value == "off":
            message = f"PostgreSQL runs with {setting} = off: {harm}, and letters would be sent twice or lost."
            yield Forgetful(setting=setting, message=message, hint=found.how_to_set("on"))


def _of_sqlite(connection: Connection) -> Iterator[Forgetful]:
    """Each connection of ours sets both; a file that cannot take them says so here."""
    if int(connection.exec_driver_sql("PRAGMA synchronous").scalar() or 0) < 2:
        hint = "Use a local disk for it."
        yield Forgetful(
            setting="synchronous", message="SQLite does not wait for the disk: a power cut would lose what was confirmed.", hint=hint
        )
