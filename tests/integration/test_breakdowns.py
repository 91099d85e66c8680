"""Faults of our own, where they would hurt most: behind the dot, in the committer, at the end with the database away.

Broken on purpose, that is, found so: a breakdown behind the dot gave its letter back, and it went out twice
(test_a_breakdown_behind_the_dot_leaves_the_person_uncertain_and_is_not_repeated).
"""

import asyncio
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from newsroom.db import Database
from newsroom.house import House
from newsroom.sendqueue.committer import Answer, Committer, Granted, Withheld
from newsroom.sendqueue.handed_over import HandedOver, evidence_in
from newsroom.sendqueue.journal import FOLDER, Journal, _line, _records
from newsroom.sendqueue.ledger import Claim
from newsroom.sendqueue.recording import Record
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.transports.base import OFFERED, Connection, Envelope, NotSent, Offered, Outcome, Refusal, Reply, Uncertain
from newsroom.sendqueue.transports.memory import MemoryTransport
from tests.integration.test_ledger import OK, Bench
from tests.sending import eventually, started_issue, states_of

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"


@dataclass
class ClosingBadly:
    """A line that loses the reply to its first letter, and cannot even be closed after it."""

    home: MemoryTransport
    usable: bool = True
    _offered: Envelope | None = None

    async def offer(self, envelope: Envelope) -> Offered | Refusal:
        self._offered = envelope
        return OFFERED

    async def finish(self, following: Envelope | None = None) -> Outcome:
        if self._offered is not None:
            self.home.kept.append(self._offered)
        self.usable = False
        return Uncertain(reply=Reply(text="connection lost, after the final dot"))

    def close(self) -> None:
        raise RuntimeError("this line cannot be closed")

    async def leave(self) -> None:
        self.close()


class OnceBadly(MemoryTransport):
    """The first connection closes badly, the others serve."""

    async def connect(self) -> Connection | NotSent:
        if self.opened:
            return await super().connect()
        self.opened += 1
        return ClosingBadly(self)


@pytest.fixture
def bench(house: House) -> Bench:
    return Bench(house)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    running = asyncio.new_event_loop()
    thread = threading.Thread(target=running.run_forever)
    thread.start()
    yield running
    running.call_soon_threadsafe(running.stop)
    thread.join()
    running.close()


def _asked(loop: asyncio.AbstractEventLoop, committer: Committer, claim: Claim) -> Answer:
    async def ask() -> Answer:
        return await committer.mark(claim)

    return asyncio.run_coroutine_threadsafe(ask(), loop).result(60)


def test_a_breakdown_behind_the_dot_leaves_the_person_uncertain_and_is_not_repeated(house: House) -> None:
    transport = OnceBadly(connections=1)
    issue_id = started_issue(house, people=5)
    sender = Sender(house, transport=transport, stop_grace=5)
    sender.start()
    try:
        eventually(lambda: states_of(house, issue_id) == {"accepted": 4, "uncertain": 1})
    finally:
        sender.stop()
    assert len({kept.recipient for kept in transport.kept}) == len(transport.kept) == 5


def test_a_breakdown_while_a_group_is_settled_withholds_its_marks_and_the_next_ones_are_answered(
    bench: Bench, tmp_path: Path, loop: asyncio.AbstractEventLoop
) -> None:
    token = bench.session()
    committer = Committer(bench.house.database, token, Journal(tmp_path, token))
    faults = [RuntimeError("once")]

    def note(_: object) -> None:
        if faults:
            raise faults.pop()

    committer.on_marked = note
    committer.start()
    first, second = bench.claim(token, limit=2)
    assert isinstance(_asked(loop, committer, first), Withheld)
    eventually(lambda: bench.row(first).state == "queued")
    assert isinstance(_asked(loop, committer, second), Granted)
    assert committer.stop(5)


def test_at_the_end_with_the_database_away_every_known_outcome_is_in_the_journal(tmp_path: Path) -> None:
    known = [Record(token="t", delivery_id=number, attempt=1, outcome=OK) for number in range(1, 4)]
    committer = Committer(Database(NOWHERE), "t", Journal(tmp_path, "t"))
    committer.start()
    for record in known:
        committer.record(record)
    committer.stop(0)
    eventually(lambda: list(_records((tmp_path / FOLDER / "t.jsonl").read_bytes())) == known)


def test_a_line_torn_by_a_full_disk_does_not_take_the_next_one_with_it(tmp_path: Path) -> None:
    first, second = (Record(token="t", delivery_id=number, attempt=1, outcome=OK) for number in (1, 2))
    journal = Journal(tmp_path, "t")
    journal.keep([first])
    with (tmp_path / FOLDER / "t.jsonl").open("ab") as file:
        file.write(_line(second)[:20])
    journal.keep([second])
    assert list(_records((tmp_path / FOLDER / "t.jsonl").read_bytes())) == [first, second]


def test_a_record_torn_by_a_full_disk_does_not_shift_the_next_ones(bench: Bench, tmp_path: Path) -> None:
    first, second, third = bench.claim(bench.session())[:3]
    note = HandedOver(tmp_path, "t")
    note.note([first])
    with files_of_at_most(33):
        note.note([second])
    note.note([third])
    note.close()
    assert evidence_in([tmp_path], "unknown") == {bench.issue_id: {first.subscriber_id: 1, third.subscriber_id: 1}}


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """What a write beyond it meets is what it meets on a disk that is full there: a part of it is taken."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
