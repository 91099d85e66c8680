"""Two that change many letters at the same moment never wait for each other in a circle (PostgreSQL).

A third connection holds one letter until both have come as far as they can; then it lets go. The table is turned round first, so
that its rows lie in another order than their ids: whoever takes them as they lie meets whoever takes them by their ids.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.orm import Session

from newsroom.deliveries import Delivery, suppress_open_of
from newsroom.house import open_house
from newsroom.issues import OPERATOR, cancel, get_issue
from newsroom.sendqueue import sweeping
from newsroom.sendqueue.claim_rounds import ClaimRound
from newsroom.sendqueue.ledger import release, release_everything
from newsroom.sendqueue.recording import Record, record
from newsroom.sendqueue.sessions import end_session
from newsroom.sendqueue.throttle import set_throttle
from newsroom.sendqueue.transports.base import NotSent, Reply
from newsroom.settings import Settings
from tests.conftest import NOON
from tests.integration.test_ledger import Bench

pytestmark = pytest.mark.postgresql
PEOPLE = 300
OURS = NotSent(reply=Reply(code=535, text="wrong password"), fault=True)
Other = Callable[[Bench, Connection, list[int]], object]


@pytest.fixture
def bench(postgresql_settings: Settings) -> Iterator[Bench]:
    house = open_house(postgresql_settings)
    yield Bench(house, people=PEOPLE)
    house.database.close()


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=4) as pool:
        yield pool


def turned_round(bench: Bench) -> None:
    """The rows now lie in the table with the highest id first."""
    with bench.house.database.engine.begin() as connection:
        for step in ("CREATE INDEX turned ON deliveries ((-id))", "CLUSTER deliveries USING turned", "DROP INDEX turned"):
            connection.execute(text(step))


def waits(future: "Future[int] | Future[object]") -> bool:
    try:
        future.result(0.4)
    except TimeoutError:
        return True
    return False


def cancelled(bench: Bench) -> int:
    with bench.house.database.transaction() as session:
        return cancel(session, get_issue(session, bench.issue_id), by=OPERATOR, now=NOON)


def swept(bench: Bench, connection: Connection, numbers: list[int]) -> object:
    return sweeping.sweep_ended_sessions(connection)


def requeued(bench: Bench, connection: Connection, numbers: list[int]) -> object:
    return sweeping.requeue_deferred(connection)


def given_back(bench: Bench, connection: Connection, numbers: list[int]) -> object:
    return release(connection, holder(connection), numbers)


def ended(bench: Bench, connection: Connection, numbers: list[int]) -> object:
    return release_everything(connection, holder(connection))


def not_sent(bench: Bench, connection: Connection, numbers: list[int]) -> None:
    token = holder(connection)
    record(connection, [Record(token=token, delivery_id=number, attempt=1, outcome=OURS) for number in numbers[::-1]])


def taken_off_the_list(bench: Bench, connection: Connection, numbers: list[int]) -> object:
    """Many people at once, as an import does it."""
    people = connection.scalars(select(Delivery.subscriber_id).where(Delivery.subscriber_id.is_not(None))).all()
    with Session(connection) as session:
        return suppress_open_of(session, [person for person in people if person], reason="the person left the list", now=NOON)


def asked_again(bench: Bench, connection: Connection, numbers: list[int]) -> None:
    with Session(connection) as session:
        set_throttle(session, "domain", "*", rate=1, by=OPERATOR, now=NOON)
        session.flush()


def holder(connection: Connection) -> str:
    return connection.scalars(select(Delivery.worker_token).where(Delivery.worker_token.is_not(None)).limit(1)).one() or ""


def claimed(connection: Connection) -> None:
    """As the claims left them."""


def of_the_dead(connection: Connection) -> None:
    end_session(connection, holder(connection))


def deferred(connection: Connection) -> None:
    connection.execute(update(Delivery).values(state="deferred", due_at=NOON - timedelta(days=1), worker_token=None))


def lined_up(connection: Connection) -> None:
    connection.execute(update(Delivery).values(state="queued", walked=True, due_at=func.now() + timedelta(hours=1), worker_token=None))


@pytest.mark.parametrize(
    ("prepare", "other"),
    [
        (of_the_dead, swept),
        (deferred, requeued),
        (claimed, given_back),
        (claimed, ended),
        (claimed, not_sent),
        (claimed, taken_off_the_list),
        (lined_up, asked_again),
    ],
)
def test_a_cancel_is_not_broken_off_by_whoever_moves_the_same_letters(
    bench: Bench, elsewhere: ThreadPoolExecutor, prepare: Callable[[Connection], None], other: Other
) -> None:
    numbers = [taken.delivery_id for taken in bench.claim(bench.session(), limit=PEOPLE)]
    with bench.house.database.engine.begin() as connection:
        prepare(connection)
    turned_round(bench)

    def move() -> object:
        with bench.house.database.engine.begin() as connection:
            return other(bench, connection, numbers)

    with bench.house.database.engine.begin() as third:
        third.execute(select(Delivery.id).where(Delivery.id == numbers[0]).with_for_update())
        cancel_under_way = elsewhere.submit(cancelled, bench)
        assert waits(cancel_under_way)
        move_under_way = elsewhere.submit(move)
        waits(move_under_way)
    assert cancel_under_way.result(60) + bench.states().get("suppressed", 0) >= PEOPLE
    move_under_way.result(60)
    assert set(bench.states()) <= {"cancelled", "suppressed"}


def test_letters_of_the_dead_that_somebody_holds_are_not_left_behind(bench: Bench) -> None:
    """The sweep waits for nobody, and comes back."""
    numbers = [taken.delivery_id for taken in bench.claim(bench.session(), limit=PEOPLE)]
    with bench.house.database.engine.begin() as connection:
        of_the_dead(connection)
    with bench.house.database.engine.begin() as third:
        third.execute(select(Delivery.id).where(Delivery.id.in_(numbers[10:17])).with_for_update())
        assert bench.sweep() == (PEOPLE - 7, 0)
    assert bench.sweep() == (7, 0)
    assert bench.sweep() == (0, 0)
    with bench.house.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ClaimRound)) == 0
    assert bench.states() == {"queued": PEOPLE}


def test_a_deferred_letter_that_somebody_holds_is_requeued_later(bench: Bench) -> None:
    numbers = [taken.delivery_id for taken in bench.claim(bench.session(), limit=PEOPLE)]
    with bench.house.database.engine.begin() as connection:
        deferred(connection)
    with bench.house.database.engine.begin() as third, bench.house.database.engine.begin() as clock:
        third.execute(select(Delivery.id).where(Delivery.id == numbers[5]).with_for_update())
        assert sweeping.requeue_deferred(clock) == PEOPLE - 1
    with bench.house.database.engine.begin() as clock:
        assert sweeping.requeue_deferred(clock) == 1


def test_a_letter_of_a_cancelled_issue_that_somebody_holds_is_cancelled_later(bench: Bench) -> None:
    numbers = [taken.delivery_id for taken in bench.claim(bench.session(), limit=PEOPLE)]
    cancelled(bench)
    with bench.house.database.engine.begin() as connection:
        deferred(connection)
    with bench.house.database.engine.begin() as third, bench.house.database.transaction() as clock:
        third.execute(select(Delivery.id).where(Delivery.id == numbers[5]).with_for_update())
        assert sweeping.repeat_cancels(clock, now=NOON) == PEOPLE - 1
    with bench.house.database.transaction() as clock:
        assert sweeping.repeat_cancels(clock, now=NOON) == 1
