"""A drill: a scratch installation is backed up, restored into an empty place, and compared row for row; with the times it took.

PYTHONPATH=. .venv/bin/python scripts/backup_drill.py --people 100000
"""

import argparse
import hashlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import literal_column, table

from newsroom import schema
from newsroom.backups.making import back_up
from newsroom.backups.restoring import restore
from newsroom.clock import utc_now
from newsroom.db import Database
from newsroom.house import open_house
from newsroom.sendqueue import fanout
from newsroom.settings import Settings, load_settings
from tests.sending import make_sendable_issue
from tests.services import running_postgresql

Result = TypeVar("Result")
CHANGED_BY_A_RESTORE = ("installation", "issue", "alarms", "alert_messages", "sqlite_")


def timed(what: str, work: Callable[[], Result]) -> Result:
    before = time.monotonic()
    result = work()
    print(f"  {what:<9}{time.monotonic() - before:7.1f} s")
    return result


def fingerprint(database: Database) -> dict[str, tuple[int, str]]:
    """Of every table: how many rows, and a sum of their hashes, in whatever order they come."""
    found = {}
    with database.engine.connect().execution_options(yield_per=10_000) as connection:
        for name in connection.dialect.get_table_names(connection):
            if not name.startswith(CHANGED_BY_A_RESTORE):
                hashes = [
                    hashlib.sha256(repr(tuple(row)).encode()).digest()
                    for row in connection.execute(table(name, literal_column("*")).select())
                ]
                found[name] = len(hashes), hashlib.sha256(b"".join(sorted(hashes))).hexdigest()
    return found


def drill(settings: Settings, other: Settings, people: int, folder: Path) -> None:
    house = open_house(settings)
    schema.upgrade(house.database)
    with house.database.transaction() as session:
        issue = make_sendable_issue(session, house, people=people, now=utc_now())
        fanout.start_issue(session, issue, now=utc_now())
    made = timed("backup", lambda: back_up(house, folder / "drill.backup", now=utc_now()))
    print(f"  {made.size / 1e6:.1f} MB: {made.counts}")
    timed("restore", lambda: restore(other, folder / "drill.backup", now=utc_now()))
    back = open_house(other)
    same = timed("verify", lambda: fingerprint(back.database) == fingerprint(house.database))
    print("  every row is back." if same else "  ROWS DIFFER.")
    for each in (house, back):
        each.database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    people = parser.parse_args().people
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in ("sqlite", "postgresql"):
            (folder / kind).mkdir()
        print(f"SQLite, {people} people")
        first = load_settings({}, data_dir=folder / "sqlite" / "first")
        drill(first, load_settings({}, data_dir=folder / "sqlite" / "second"), people, folder / "sqlite")
        print(f"PostgreSQL, {people} people")
        with running_postgresql() as server:
            first = load_settings({}, data_dir=folder / "postgresql" / "first", database_url=server.create("first"))
            second = load_settings({}, data_dir=folder / "postgresql" / "second", database_url=server.create("second"))
            drill(first, second, people, folder / "postgresql")


if __name__ == "__main__":
    main()
