"""Everything is killed with SIGKILL in mid-send, three times; after each restart the rest goes out by itself.

The mail server is a process of its own that is never killed; its log is the independent count. Broken on purpose: with a
sweep that puts handed-over rows back into the queue instead of calling them uncertain, both tests here count doubled mail.
"""

import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from sqlalchemy import select

from newsroom import schema
from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.house import House, open_house
from newsroom.sendqueue.progress import progress_of
from newsroom.settings import Settings, load_settings
from tests.processes import ROOT, Role, environment_of
from tests.sending import eventually, make_sendable_issue
from tests.services import free_port, running_redis

PEOPLE = 2_000
KILLS = 3
CONNECTIONS = 6
BEFORE_EACH_KILL = 350


@dataclass(frozen=True)
class Sink:
    port: int
    log: Path

    def stored(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_bytes().splitlines()] if self.log.exists() else []

    def count(self) -> int:
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    port, log = free_port(), tmp_path / "accepted.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.smtp_server", "--port", str(port), "--log", str(log), "--delay", "0.004"],
        cwd=ROOT, env=environment_of({}),
    )  # fmt: skip
    eventually(lambda: _listens(port))
    yield Sink(port, log)
    process.kill()
    process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _facts(tmp_path: Path, sink: Sink, **more: str) -> dict[str, str]:
    return {
        "data_dir": str(tmp_path / "data"), "public_url": "https://news.example.org",
        "transport_url": f"smtp://127.0.0.1:{sink.port}?connections={CONNECTIONS}", **more,
    }  # fmt: skip


def _scheduled(house: House) -> int:
    schema.upgrade(house.database)
    with house.database.transaction() as session:
        return make_sendable_issue(session, house, people=PEOPLE, now=utc_now()).id


def _kill_and_finish(
    *,
    house: House,
    facts: Mapping[str, str],
    commands: list[list[str]],
    sink: Sink,
    issue_id: int,
    tmp_path: Path,
    also_at_kill: Callable[[int], None] = lambda number: None,
) -> None:
    for number in range(KILLS):
        roles = _start(facts, commands, tmp_path, number)
        wanted = (number + 1) * BEFORE_EACH_KILL
        roles[0].wait_for(lambda wanted=wanted: True if sink.count() >= wanted else None, seconds=60)
        for role in roles:
            role.process.kill()
            role.process.wait()
        also_at_kill(number)
        assert sink.count() < PEOPLE
    roles = _start(facts, commands, tmp_path, KILLS)
    try:
        roles[0].wait_for(lambda: True if _state(house, issue_id) == "sent" else None, seconds=90)
    finally:
        for role in roles:
            role.stop()


def _start(facts: Mapping[str, str], commands: list[list[str]], tmp_path: Path, number: int) -> list[Role]:
    return [Role(*command, settings=facts, log=tmp_path / f"{command[0]}-{place}-{number}.log") for place, command in enumerate(commands)]


def _state(house: House, issue_id: int) -> str:
    with house.database.reading() as session:
        return progress_of(session, issue_id).state


def _account(house: House, issue_id: int, sink: Sink, connections: int) -> None:
    """The ledger against what the mail server wrote down."""
    with house.database.reading() as session:
        rows = session.execute(select(Delivery.address, Delivery.state).where(Delivery.issue_id == issue_id)).all()
    by_state = Counter(row.state for row in rows)
    accepted = {row.address for row in rows if row.state == "accepted"}
    uncertain = {row.address for row in rows if row.state == "uncertain"}
    stored = Counter(str(line["recipient"]) for line in sink.stored())
    print(f"\naccepted {len(accepted)}, uncertain {len(uncertain)}, of these stored {len(uncertain & stored.keys())}")  # noqa: T201
    assert len(rows) == PEOPLE
    assert set(by_state) <= {"accepted", "uncertain"}
    assert {address: number for address, number in stored.items() if number > 1} == {}, "doubled"
    assert accepted - stored.keys() == set(), "lost: counted as accepted and never stored"
    assert stored.keys() - accepted - uncertain == set(), "sent without the ledger's knowledge"
    assert len(uncertain) <= KILLS * connections


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_killed_three_times_on_sqlite_nobody_is_lost_and_nobody_gets_it_twice(tmp_path: Path, sink: Sink) -> None:
    facts = _facts(tmp_path, sink)
    house = open_house(load_settings({}, **facts))
    issue_id = _scheduled(house)
    _kill_and_finish(
        house=house, facts=facts, commands=[["up", "--port", str(free_port())]], sink=sink, issue_id=issue_id, tmp_path=tmp_path
    )
    _account(house, issue_id, sink, CONNECTIONS)
    house.database.close()


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.timeout(240)
def test_killed_three_times_on_postgresql_and_redis_nobody_is_lost_and_nobody_gets_it_twice(
    tmp_path: Path, sink: Sink, postgresql_settings: Settings
) -> None:
    def burn_the_queue(number: int) -> None:
        """Redis is emptied at each kill, and the last time it never comes back."""
        with redis.Redis.from_url(redis_url) as client:
            client.flushall() if number < KILLS - 1 else client.shutdown(nosave=True)

    with running_redis(tmp_path) as redis_url:
        facts = _facts(tmp_path, sink, database_url=postgresql_settings.database, redis_url=redis_url)
        house = open_house(load_settings({}, **facts))
        issue_id = _scheduled(house)
        _kill_and_finish(
            house=house,
            facts=facts,
            commands=[["worker"], ["worker"], ["tick"]],
            sink=sink,
            issue_id=issue_id,
            tmp_path=tmp_path,
            also_at_kill=burn_the_queue,
        )
        _account(house, issue_id, sink, 2 * CONNECTIONS)
        house.database.close()
