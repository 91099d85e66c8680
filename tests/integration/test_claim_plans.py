"""What a round of claims and a sweep make PostgreSQL do: rows are found by their keys, whatever the statistics say.

Broken on purpose: with the conditions of may_receive beside the join of the subscriptions, the first test fails.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from newsroom.house import House, open_house
from newsroom.public_links import PublicLinks
from newsroom.sendqueue import sweeping
from newsroom.sendqueue.claiming import Claimer
from newsroom.sendqueue.letters import LetterMaker
from newsroom.sendqueue.room import Room
from newsroom.sendqueue.sessions import end_session
from newsroom.settings import Settings
from tests.integration.test_ledger import Bench

pytestmark = pytest.mark.postgresql
PEOPLE = 3_000


@pytest.fixture
def bench(postgresql_settings: Settings) -> Iterator[Bench]:
    house = open_house(postgresql_settings)
    yield Bench(house, people=PEOPLE)
    house.database.close()


@contextmanager
def explained(house: House) -> Iterator[list[str]]:
    """The plans of every statement about deliveries, as made at the moment it ran."""
    plans: list[str] = []
    busy = False

    def explain(connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        nonlocal busy
        if "deliveries" in statement and not busy:
            busy = True
            plans.append("\n".join(row[0] for row in connection.connection.cursor().execute(f"EXPLAIN {statement}", values).fetchall()))
            busy = False

    event.listen(house.database.engine, "before_cursor_execute", explain)
    yield plans
    event.remove(house.database.engine, "before_cursor_execute", explain)


def claimer(bench: Bench) -> Claimer:
    letters = LetterMaker(PublicLinks(bench.house.keys, bench.house.settings.public_url))
    return Claimer(bench.house.database, bench.session(), letters)


@pytest.mark.parametrize("analysed", [False, True])
def test_a_round_of_claims_finds_rows_and_people_by_their_keys(bench: Bench, analysed: bool) -> None:
    if analysed:
        with bench.house.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
    work = claimer(bench)
    with explained(bench.house) as plans:
        assert len(work.claim_round(Room(express=9, rehearsal=9, bulk={"main": 500}), [])) == 500
    everything = "\n".join(plans)
    assert "ix_subscriptions_audience" not in everything
    assert "Seq Scan" not in everything
    assert "Index Scan using uq_subscriptions_subscriber_id_list_id" in everything


def test_the_rows_of_the_dead_are_found_by_their_keys(bench: Bench) -> None:
    work = claimer(bench)
    work.claim_round(Room(express=9, rehearsal=9, bulk={"main": 500}), [])
    with bench.house.database.engine.begin() as connection:
        end_session(connection, work.token)
        with explained(bench.house) as plans:
            assert sweeping.sweep_ended_sessions(connection) == (500, 0)
            # Once more: there is nothing left to look through.
            assert sweeping.sweep_ended_sessions(connection) == (0, 0)
    assert "Seq Scan on deliveries" not in "\n".join(plans)
    assert "pk_deliveries" in "\n".join(plans)


def test_no_index_of_the_deliveries_names_a_column_that_claim_mark_and_acceptance_change(bench: Bench) -> None:
    """Three updates of each row then stay in its page and write to no index."""
    with bench.house.database.engine.connect() as connection:
        indexes = connection.execute(text("SELECT indexdef FROM pg_indexes WHERE tablename = 'deliveries'")).scalars().all()
        options = connection.execute(text("SELECT reloptions FROM pg_class WHERE relname = 'deliveries'")).scalar_one()
    words = {word for index in indexes for word in re.findall(r"\w+", index.partition("USING")[2])}
    assert not words & TOUCHED
    assert options == ["fillfactor=50"]


TOUCHED = {
    "state", "worker_token", "claimed_at", "first_tried_at", "marked_at", "closed_at", "attempt", "reply", "reply_code", "relay", "walked",
    "reason", "due_at", "setbacks",
}  # fmt: skip
