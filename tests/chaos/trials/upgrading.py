"""T18: a newer version comes in mid-send: its schema under running workers, its workers beside the old ones, one after the other."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from sqlalchemy import MetaData, text

from newsroom import schema
from newsroom.db import Database
from tests.chaos.lab import Lab
from tests.chaos.trials.road import Figures, sound
from tests.processes import newsroom

#: What later versions will do to the tables that are being worked on: only what workers that do not know of it can live with.
#: In the order in which marks lock: the other way round either side may be chosen as the victim of a deadlock.
ADDITIONS = (
    "ALTER TABLE issues ADD COLUMN of_a_later_version INTEGER",
    "ALTER TABLE deliveries ADD COLUMN of_a_later_version VARCHAR(20) DEFAULT 'none' NOT NULL",
    "CREATE INDEX ix_deliveries_of_a_later_version ON deliveries (of_a_later_version)",
    "CREATE TABLE of_a_later_version (id INTEGER PRIMARY KEY)",
)


FIRST = "0001"
KEY_FILE = "keys.json"


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """How many people and workers."""

    people: int
    workers: int = 3
    limit: float = 120


def rolling(lab: Lab, size: Upgrade) -> Figures:
    """T18a: tables grow under the workers, who are then replaced one by one."""
    lab.issue(size.people)
    lab.crew.start("tick")
    lab.crew.workers(size.workers)
    lab.wait_for_letters(size.people // 4, size.limit)
    with lab.house.database.engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": schema.MIGRATION_LOCK})
        for statement in ADDITIONS:
            connection.execute(text(statement))
    for role in list(lab.crew.roles):
        assert role.stop() == 0
        lab.crew.roles.remove(role)
        lab.crew.start(*role.command)
    lab.wait_until("sent", size.limit)
    account = sound(lab, uncertain_at_most=0)
    assert account.states == {"accepted": size.people}
    return account.figures | {"replaced": size.workers + 1}


def from_the_first_schema(lab: Lab, size: Upgrade) -> Figures:
    """T18b: half sent when the old version was stopped; the new one starts before its schema is there, and waits for it."""
    lab.issue(size.people)
    lab.crew.start("tick")
    lab.crew.workers(size.workers)
    for role in lab.crew.roles:
        role.wait_for_words("is running.")
    lab.wait_for_letters(size.people // 2, size.limit)
    ended = lab.crew.stop()
    assert ended == [0] * len(ended), ended
    _go_back_to_the_first_schema(lab)
    before = lab.witness.kept()
    lab.crew.start("tick")
    early = lab.crew.workers(size.workers)
    early[0].wait_for_words("newsroom db upgrade")
    assert lab.witness.kept() == before, "something was sent over a schema of another version"
    done = newsroom("db", "upgrade", settings=lab.facts)
    assert done.returncode == 0, done.stderr
    lab.wait_until("sent", size.limit)
    account = sound(lab, uncertain_at_most=0)
    assert account.states == {"accepted": size.people}
    return account.figures | {"sent_before": before}


def _go_back_to_the_first_schema(lab: Lab) -> None:
    """The same rows in a database of the first version, as far as it had columns for them; of the data folder only the keys."""
    assert lab.cluster is not None
    with lab.house.database.engine.connect() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
    url = lab.cluster.create(f"{name}_first")
    first = Database(url)
    with first.engine.begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, FIRST)
    _copy_rows(lab.house.database, first)
    first.close()
    folder = lab.folder / "first"
    folder.mkdir()
    shutil.copy(Path(lab.facts["data_dir"]) / KEY_FILE, folder)
    lab.move_to(database_url=url, data_dir=folder)


def _copy_rows(source: Database, target: Database) -> None:
    known = MetaData()
    known.reflect(target.engine)
    with source.engine.connect() as reading, target.engine.begin() as writing:
        for table in known.sorted_tables:
            if table.name == "alembic_version":
                continue
            columns = ", ".join(column.name for column in table.columns)
            rows = [dict(row._mapping) for row in reading.execute(text(f"SELECT {columns} FROM {table.name}"))]  # noqa: S608 - our own names
            if rows:
                writing.execute(table.insert(), rows)
            if "id" in table.columns and rows:
                last = max(row["id"] for row in rows)
                writing.execute(text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)"), {"table": table.name, "last": last})
