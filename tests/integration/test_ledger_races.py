"""A mark and a stop at the same moment, in both orders, on PostgreSQL: each waits for the other, or one wins.

Broken on purpose: without FOR SHARE on the issue test_a_pause_waits_for_a_mark_under_way fails; without FOR SHARE on the
subscriber test_any_change_of_a_person_waits_for_a_mark_under_way fails. Claims without any row lock stay right (the update
looks at the state again), they only get in each other's way.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session

from newsroom.house import House, open_house
from newsroom.issues import OPERATOR, cancel, get_issue, pause
from newsroom.sendqueue import sweeping
from newsroom.sendqueue.claims import claim
from newsroom.sendqueue.ledger import Claim, Group, Marks, settle
from newsroom.sendqueue.recording import Record
from newsroom.sendqueue.settling import open_line
from newsroom.sendqueue.transports.base import Failed, Reply
from newsroom.settings import Settings
from subscribers.locking import bump
from subscribers.models import Subscriber
from subscribers.preferences import withdraw
from tests.conftest import NOON
from tests.integration.test_ledger import Bench

pytestmark = pytest.mark.postgresql
BLOCKED_FOR = 0.4


@pytest.fixture
def bench(postgresql_settings: Settings) -> Iterator[Bench]:
    house = open_house(postgresql_settings)
    yield Bench(house)
    house.database.close()


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=4) as pool:
        yield pool


def waits(future: "Future[object]") -> bool:
    """It has not come through although it had time to."""
    try:
        future.result(BLOCKED_FOR)
    except TimeoutError:
        return True
    return False


def _pause(session: Session, bench: Bench) -> None:
    pause(session, get_issue(session, bench.issue_id), by=OPERATOR, now=NOON)


def _cancel(session: Session, bench: Bench) -> None:
    cancel(session, get_issue(session, bench.issue_id), by=OPERATOR, now=NOON)


def _unsubscribe(session: Session, bench: Bench) -> None:
    person = session.get_one(Subscriber, bench.first_person)
    withdraw(session, person, bench.list_id, source="unsubscribe_page", now=NOON)


def _change(session: Session, bench: Bench) -> None:
    """A change that touches no delivery."""
    bump(session, session.get_one(Subscriber, bench.first_person), now=NOON)


def in_transaction(house: House, stop: Callable[[Session, Bench], None], bench: Bench) -> None:
    with house.database.transaction() as session:
        stop(session, bench)


def _in_a_transaction(bench: Bench, token: str, claims: Sequence[Claim]) -> Marks:
    return bench.settle(token, claims)


def _by_itself(bench: Bench, token: str, claims: Sequence[Claim]) -> Marks:
    """As the committer does it: prepared, with its own connection's settings, and committed by itself."""
    line = open_line(bench.house.database)
    try:
        return line.settle(Group(token, claims, ()))
    finally:
        line.drop()


@pytest.mark.parametrize("mark", [_in_a_transaction, _by_itself])
@pytest.mark.parametrize("stop", [_pause, _cancel, _unsubscribe, _change])
def test_a_mark_waits_for_a_stop_under_way_and_is_withheld(
    bench: Bench,
    elsewhere: ThreadPoolExecutor,
    stop: Callable[[Session, Bench], None],
    mark: Callable[[Bench, str, Sequence[Claim]], Marks],
) -> None:
    token = bench.session()
    claims = [taken for taken in bench.claim(token) if taken.subscriber_id == bench.first_person]
    with bench.house.database.transaction() as session:
        stop(session, bench)
        marks = elsewhere.submit(mark, bench, token, claims)
        assert waits(marks)  # type: ignore[arg-type]
    assert marks.result(60).granted == frozenset()
    assert bench.row(claims[0]).state in ("queued", "cancelled", "suppressed")
    assert bench.row(claims[0]).attempt == 0


class Unspeakable(Reply):
    """A reply that cannot even be read: an error of our own, wherever it is written down."""

    def __getattribute__(self, name: str) -> object:
        if name == "enhanced_status":
            raise RuntimeError("this reply breaks whoever reads it")
        return super().__getattribute__(name)


def test_marks_behind_an_error_of_our_own_are_durable_when_they_are_granted(bench: Bench) -> None:
    """Granted within a transaction that the error left open, they would be gone with the line, after their dots."""
    token = bench.session()
    claims = bench.claim(token)
    line = open_line(bench.house.database)
    refused = Record(token=token, delivery_id=claims[0].delivery_id, attempt=1, outcome=Failed(reply=Unspeakable(code=550)))
    for _ in range(2):
        with pytest.raises(RuntimeError):
            line.settle(Group(token, (), (refused,)))
    assert len(line.settle(Group(token, claims, ())).granted) == 5
    assert bench.states() == {"handed_over": 5}
    line.drop()


def _stop_waits_for_mark(bench: Bench, elsewhere: ThreadPoolExecutor, stop: Callable[[Session, Bench], None]) -> None:
    token = bench.session()
    claims = [taken for taken in bench.claim(token) if taken.subscriber_id == bench.first_person]
    with bench.house.database.engine.begin() as connection:
        assert settle(connection, token, claims=claims, records=[]).granted
        stopped = elsewhere.submit(in_transaction, bench.house, stop, bench)
        assert waits(stopped)  # type: ignore[arg-type]
    stopped.result(60)
    assert bench.row(claims[0]).state == "handed_over"


def test_a_pause_waits_for_a_mark_under_way(bench: Bench, elsewhere: ThreadPoolExecutor) -> None:
    _stop_waits_for_mark(bench, elsewhere, _pause)


def test_a_cancel_waits_for_a_mark_under_way(bench: Bench, elsewhere: ThreadPoolExecutor) -> None:
    _stop_waits_for_mark(bench, elsewhere, _cancel)


def test_an_unsubscribe_waits_for_a_mark_under_way(bench: Bench, elsewhere: ThreadPoolExecutor) -> None:
    _stop_waits_for_mark(bench, elsewhere, _unsubscribe)


def test_any_change_of_a_person_waits_for_a_mark_under_way(bench: Bench, elsewhere: ThreadPoolExecutor) -> None:
    _stop_waits_for_mark(bench, elsewhere, _change)


def test_two_workers_claiming_at_once_never_take_the_same_row(postgresql_settings: Settings, elsewhere: ThreadPoolExecutor) -> None:
    house = open_house(postgresql_settings)
    bench = Bench(house, people=600)
    together = threading.Barrier(4)

    def work() -> list[int]:
        token, mine = bench.session(), []
        together.wait(60)
        while True:
            with house.database.engine.begin() as connection:
                taken = claim(connection, token, kinds=("issue",), issue_id=bench.issue_id, limit=7)
            if not taken:
                return mine
            mine += [found.delivery_id for found in taken]

    workers = [elsewhere.submit(work) for _ in range(4)]
    taken = [number for worker in workers for number in worker.result(60)]
    assert len(taken) == len(set(taken)) == 600
    house.database.close()


def test_a_mark_and_the_sweep_of_its_session_never_both_win(bench: Bench) -> None:
    token = bench.session()
    claims = bench.claim(token)
    with bench.house.database.engine.begin() as connection:
        assert len(settle(connection, token, claims=claims, records=[]).granted) == 5
        bench.silence(token)
        # It waits for no letter, and takes none that is just being marked.
        assert bench.sweep() == (0, 0)
    assert bench.sweep() == (0, 5)
    assert bench.states() == {"uncertain": 5}


def test_a_mark_of_a_swept_session_is_withheld(bench: Bench, elsewhere: ThreadPoolExecutor) -> None:
    token = bench.session()
    claims = bench.claim(token)
    with bench.house.database.engine.begin() as connection:
        bench.silence(token)
        sweeping.end_silent_sessions(connection)
        assert sweeping.sweep_ended_sessions(connection) == (5, 0)
        marks = elsewhere.submit(bench.settle, token, claims)
        waits(marks)  # type: ignore[arg-type]
    assert marks.result(60).granted == frozenset()
    assert bench.states() == {"queued": 5}
