"""T18: a newer version comes in mid-send: its schema under running workers, its workers beside the old ones, one after the other."""

from dataclasses import dataclass

from alembic import command
from sqlalchemy import text

from newsroom import schema
from tests.chaos.lab import Lab
from tests.chaos.trials.road import Figures, sound
from tests.processes import newsroom

#: What later versions will do to the table that is being worked on: only what workers that do not know of it can live with.
ADDITIONS = (
    "ALTER TABLE deliveries ADD COLUMN of_a_later_version VARCHAR(20) DEFAULT 'none' NOT NULL",
    "ALTER TABLE issues ADD COLUMN of_a_later_version INTEGER",
    "CREATE INDEX ix_deliveries_of_a_later_version ON deliveries (of_a_later_version)",
    "CREATE TABLE of_a_later_version (id INTEGER PRIMARY KEY)",
)


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
    assert ended == [0] * len(ended)
    lab.house.database.close()
    _downgrade(lab, "0001")
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


def _downgrade(lab: Lab, revision: str) -> None:
    with lab.house.database.engine.begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
