"""Domains that ask us to come more slowly: who waits, for how long, and how they come back.

Broken on purpose: without the condition on `until` in _WAIT test_connections_that_hear_the_same_at_once_are_one_wait fails;
without the room taken in `took` test_after_the_wait_a_domain_is_tried_with_a_few_letters_first fails.
"""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from newsroom.house import House
from newsroom.sendqueue import domain_waits
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.domain_waits import ENOUGH_STRIKES, OPEN_AGAIN_AT, PROBES, DomainWait
from newsroom.sendqueue.transports.base import Deferred, Outcome, Reply


@dataclass(frozen=True, kw_only=True)
class PutOff:
    domain: str
    outcome: Outcome


def said(code: int | None, status: str = "", text: str = "") -> Reply:
    return Reply(code=code, enhanced_status=status, text=text)


def put_off(domain: str, reply: Reply, times: int = 1) -> list[PutOff]:
    return [PutOff(domain=domain, outcome=Deferred(reply=reply))] * times


RATE = said(421, "4.7.28", "Our system has detected an unusual rate of mail")
BUSY = said(451, "4.3.0", "try later")


def room(connection: Connection) -> dict[str, int]:
    return {domain: held.room for domain, held in domain_waits.held_back(connection).items()}


def seconds_left(connection: Connection) -> float:
    """Until the one domain that is held back may be tried: for the first time, or anew when its few letters told nothing."""
    until, probed_at = connection.execute(select(DomainWait.until, DomainWait.probed_at)).one()
    now = read_clock(connection)
    return float(((until if until > now else probed_at + domain_waits.PROBE_AGAIN) - now).total_seconds())


def let_the_wait_end(connection: Connection) -> None:
    connection.execute(update(DomainWait).values(until=read_clock(connection) - timedelta(seconds=1)))


@pytest.mark.parametrize(
    ("reply", "strikes"),
    [
        (RATE, ENOUGH_STRIKES),
        (said(451, "4.7.650", "temporarily rate limited due to IP reputation"), ENOUGH_STRIKES),
        (said(450, "", "too many messages from your address"), ENOUGH_STRIKES),
        (said(421, "4.3.2", "Service shutting down"), 3),
        (said(421), 3),
        (BUSY, 1),
        (said(451), 1),
        (said(450, "4.1.2", "Domain not found"), 1),
        (said(450, "4.4.1", "no answer from host"), 1),
        (said(450, "4.7.1", "Greylisted, try again in 300 seconds"), 0),
        (said(451, "4.7.1", "Please try again later"), 0),
        (said(421, "4.7.0", "Greylisting in action"), 0),
        (said(452, "4.2.2", "mailbox full, too many messages"), 0),
        (said(450, "4.2.1", "The user receives mail at too fast a rate"), 0),
        (said(450, "", "mailbox busy"), 0),
        (said(452, "4.5.3", "too many recipients"), 0),
        (said(None, "", "the line was lost"), 0),
    ],
)
def test_a_reply_counts_against_the_domain_only_when_it_speaks_of_the_domain(reply: Reply, strikes: int) -> None:
    assert domain_waits.strikes_of(reply) == strikes


def test_a_rate_limit_makes_its_domain_wait_at_once_and_no_other(house: House) -> None:
    with house.database.engine.begin() as connection:
        domain_waits.defer(connection, [*put_off("slow.example", RATE), *put_off("fast.example", said(450, "4.2.1"))])
        assert room(connection) == {"slow.example": 0}
        assert 50 < (seconds_left(connection)) < 80
    with house.database.reading() as session:
        shown = session.scalars(select(DomainWait).where(DomainWait.until.is_not(None))).one()
        assert (shown.domain, shown.tries) == ("slow.example", 1)
        assert (shown.reply_code, shown.enhanced_status) == (421, "4.7.28")
        assert shown.reply.startswith("Our system")


def test_a_single_trouble_of_the_system_is_no_reason_to_wait_and_a_success_between_forgets_it(house: House) -> None:
    with house.database.engine.begin() as connection:
        domain_waits.defer(connection, put_off("city.example", BUSY, ENOUGH_STRIKES - 1))
        assert domain_waits.known(connection) == {"city.example"}
        domain_waits.cleared(connection, ["city.example"])
        domain_waits.defer(connection, put_off("city.example", BUSY, ENOUGH_STRIKES - 1))
        assert room(connection) == {}
        domain_waits.defer(connection, put_off("city.example", BUSY))
        assert room(connection) == {"city.example": 0}


def test_connections_that_hear_the_same_at_once_are_one_wait(house: House) -> None:
    with house.database.engine.begin() as connection:
        for _ in range(16):
            domain_waits.defer(connection, put_off("slow.example", RATE))
    with house.database.reading() as session:
        assert session.scalars(select(DomainWait.tries)).all() == [1]


def test_every_further_wait_is_longer(house: House) -> None:
    waits = []
    with house.database.engine.begin() as connection:
        for _ in range(3):
            domain_waits.defer(connection, put_off("slow.example", RATE))
            waits.append(seconds_left(connection))
            let_the_wait_end(connection)
    assert [59 <= waits[0] <= 79, 299 <= waits[1] <= 391, 899 <= waits[2] <= 1171] == [True, True, True], waits


def test_after_the_wait_a_domain_is_tried_with_a_few_letters_first(house: House) -> None:
    with house.database.engine.begin() as connection:
        domain_waits.defer(connection, put_off("slow.example", RATE))
        let_the_wait_end(connection)
        assert room(connection) == {"slow.example": PROBES}
        domain_waits.took(connection, {"slow.example": PROBES})
        assert room(connection) == {"slow.example": 0}
        assert 50 < (seconds_left(connection)) <= 60


def test_letters_that_were_to_try_and_came_to_nothing_are_replaced_after_a_minute(house: House) -> None:
    with house.database.engine.begin() as connection:
        domain_waits.defer(connection, put_off("slow.example", RATE))
        let_the_wait_end(connection)
        domain_waits.took(connection, {"slow.example": PROBES})
        connection.execute(update(DomainWait).values(probed_at=read_clock(connection) - timedelta(seconds=61)))
        assert room(connection) == {"slow.example": PROBES}


def test_successes_widen_the_way_until_the_domain_is_as_any_other(house: House) -> None:
    with house.database.engine.begin() as connection:
        domain_waits.defer(connection, put_off("slow.example", RATE))
        let_the_wait_end(connection)
        rooms = []
        while held := room(connection):
            rooms.append(held["slow.example"])
            domain_waits.took(connection, held)
            domain_waits.cleared(connection, ["slow.example"] * held["slow.example"])
        assert rooms == [PROBES * 2**doubling for doubling in range(len(rooms))]
        assert rooms[-1] < OPEN_AGAIN_AT
        assert domain_waits.known(connection) == frozenset()


def test_a_domain_that_refused_for_two_days_holds_nobody_back_any_longer(house: House) -> None:
    with house.database.engine.begin() as connection:
        domain_waits.defer(connection, put_off("dead.example", RATE))
        connection.execute(update(DomainWait).values(since=read_clock(connection) - timedelta(hours=48, seconds=1)))
        assert room(connection) == {}
