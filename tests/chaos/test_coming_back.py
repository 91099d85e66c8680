"""T17: a backup taken in mid-send is restored after the sending had gone on.

It comes up paused, with the difference listed; adopted and resumed, nobody gets a letter twice whom the data folder that was in
use could tell of, and without that folder only those do whose commits the database lost. The mail server's log is the account.
Broken on purpose: without the catching up of the ledger the first test counts everybody doubled who was written to after the backup.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select

from newsroom import schema
from newsroom.backups.making import back_up
from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.house import House, open_house
from newsroom.issues import get_issue
from newsroom.settings import Settings, load_settings
from tests.chaos.crew import SinkProcess
from tests.processes import newsroom, running
from tests.sending import eventually, make_sendable_issue, states
from tests.services import PostgreSQL, free_port

# `make chaos` asks for more.
PEOPLE = int(os.environ.get("CHAOS_PEOPLE", "300"))
BEFORE, AFTER = PEOPLE * 3 // 10, PEOPLE * 19 // 30
CONNECTIONS = 4
SLOWLY = 18.0


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[SinkProcess]:
    """Slow enough that there is a middle."""
    process = SinkProcess(tmp_path / "sink", port=free_port(), seed=1, delay=SLOWLY / PEOPLE)
    eventually(lambda: any(process.witness.events()))
    yield process
    process.end()


def facts_of(folder: Path, sink: SinkProcess, **more: str) -> dict[str, str]:
    return {
        "data_dir": str(folder), "public_url": "https://news.example.org",
        "transport_url": f"smtp://127.0.0.1:{sink.port}?connections={CONNECTIONS}", **more,
    }  # fmt: skip


def commands(house: House) -> list[list[str]]:
    return [["up", "--port", str(free_port())]] if house.database.is_sqlite else [["worker"], ["tick"]]


def at_work(house: House, facts: Mapping[str, str], tmp_path: Path, until: Callable[[], bool]) -> None:
    """The roles run until it holds; the one that sends is stopped first."""
    sender, *others = commands(house)
    with ExitStack() as roles:
        for command in others:
            roles.enter_context(running(*command, settings=facts, log=tmp_path / f"{command[0]}.log"))
        role = roles.enter_context(running(*sender, settings=facts, log=tmp_path / f"{sender[0]}.log"))
        role.wait_for(lambda: until() or None, seconds=90)


def sent_and_saved(house: House, facts: Mapping[str, str], sink: SinkProcess, tmp_path: Path) -> int:
    """An issue half sent, a backup of that moment, and then more of it sent; the issue."""
    schema.upgrade(house.database)
    with house.database.transaction() as session:
        issue_id = make_sendable_issue(session, house, people=PEOPLE, now=utc_now()).id

    def saved_and_further() -> bool:
        if sink.witness.kept() >= BEFORE and not (tmp_path / "mid.backup").exists():
            back_up(house, tmp_path / "mid.backup", now=utc_now())
        return sink.witness.kept() >= AFTER

    at_work(house, facts, tmp_path, saved_and_further)
    assert sink.witness.kept() < PEOPLE
    return issue_id


def restored(facts: Mapping[str, str], tmp_path: Path, *evidence: str) -> str:
    done = newsroom("restore", str(tmp_path / "mid.backup"), *evidence, settings=facts)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def nothing_goes_out(house: House, facts: Mapping[str, str], sink: SinkProcess, tmp_path: Path, issue_id: int) -> None:
    before = sink.witness.kept()
    looked = utc_now()
    at_work(house, facts, tmp_path, lambda: (utc_now() - looked).total_seconds() > 4)
    assert sink.witness.kept() == before
    assert state_of(house, issue_id) == "paused"


def state_of(house: House, issue_id: int) -> str:
    with house.database.reading() as session:
        return get_issue(session, issue_id).state


def adopted_and_resumed(facts: Mapping[str, str], issue_id: int, *evidence: str) -> None:
    for verb in (["adopt", "--yes", *evidence], ["issue", "resume", str(issue_id)]):
        done = newsroom(*verb, settings=facts)
        assert done.returncode == 0, done.stderr


def doubled(sink: SinkProcess) -> set[str]:
    return {address for address, number in Counter(str(line["recipient"]) for line in sink.witness.letters()).items() if number > 1}


def open_at(house: House, issue_id: int) -> set[str]:
    """Who had not got it when the backup was taken, as far as the backup knows."""
    with house.database.reading() as session:
        rows = session.scalars(
            select(Delivery.address).where(Delivery.issue_id == issue_id, Delivery.state.in_(("queued", "claimed", "deferred")))
        )
        return set(rows)


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_with_the_former_data_folder_at_hand_nobody_gets_it_twice(tmp_path: Path, sink: SinkProcess) -> None:
    old, new = facts_of(tmp_path / "old", sink), facts_of(tmp_path / "new", sink)
    house = open_house(load_settings({}, **old))
    issue_id = sent_and_saved(house, old, sink, tmp_path)
    house.database.close()
    told = restored(new, tmp_path, "--evidence", old["data_dir"])
    back = open_house(load_settings({}, **new))
    nothing_goes_out(back, new, sink, tmp_path, issue_id)
    assert "people were handed it after that, and become uncertain" in told
    adopted_and_resumed(new, issue_id, "--evidence", old["data_dir"])
    at_work(back, new, tmp_path, lambda: state_of(back, issue_id) == "sent")
    account(back, issue_id, sink)
    assert doubled(sink) == set()
    back.database.close()


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.timeout(200)
def test_without_it_only_those_get_it_twice_whose_commits_were_lost(
    tmp_path: Path, sink: SinkProcess, postgresql: PostgreSQL, postgresql_settings: Settings
) -> None:
    old = facts_of(tmp_path / "old", sink, database_url=postgresql_settings.database)
    house = open_house(load_settings({}, **old))
    issue_id = sent_and_saved(house, old, sink, tmp_path)
    house.database.close()
    new = facts_of(tmp_path / "new", sink, database_url=postgresql.create("coming_back"))
    told = restored(new, tmp_path)
    back = open_house(load_settings({}, **new))
    assert "how many of them were handed it after that is not known here" in told
    unknown = open_at(back, issue_id)
    nothing_goes_out(back, new, sink, tmp_path, issue_id)
    adopted_and_resumed(new, issue_id)
    at_work(back, new, tmp_path, lambda: state_of(back, issue_id) == "sent")
    account(back, issue_id, sink)
    assert doubled(sink) <= unknown
    back.database.close()
    postgresql.drop("coming_back")


def account(house: House, issue_id: int, sink: SinkProcess) -> None:
    """Everybody once in the ledger, and nobody lost: who is neither at the mail server nor uncertain would be."""
    with house.database.reading() as session:
        counts = states(session, issue_id)
        rows = session.execute(select(Delivery.address, Delivery.state).where(Delivery.issue_id == issue_id)).all()
    assert sum(counts.values()) == PEOPLE
    assert set(counts) <= {"accepted", "uncertain"}
    stored = {str(line["recipient"]) for line in sink.witness.letters()}
    assert {row.address for row in rows if row.state == "accepted"} - stored == set()
    assert len({row.address for row in rows} - stored) <= CONNECTIONS
