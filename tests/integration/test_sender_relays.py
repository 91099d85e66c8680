"""A sender with several relays: sharing, one that fails, one that comes back, one that is taken away."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select, update

from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.house import House
from newsroom.issues import OPERATOR, get_issue, resume
from newsroom.relay_urls import read_smtp_url
from newsroom.relays import add_relay, disable_relay, get_relay
from newsroom.sendqueue.pace import Pace
from newsroom.sendqueue.relay_book import FixedWays, Way
from newsroom.sendqueue.relay_troubles import Trouble, troubles
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.transports.base import Deferred, NotSent, Reply, Uncertain
from newsroom.sendqueue.transports.memory import MemoryTransport
from tests.sending import Starter, eventually, senders, started_issue, states_of
from tests.smtp_server import SmtpServer, Wait

BRISK = Pace(stop_grace=5, look_every=0.1, relays_every=0.1, quiet=0.3, rest_factor=0.05)
WRONG_PASSWORD = NotSent(reply=Reply(code=535, enhanced_status="5.7.8", text="wrong password"), fault=True)
AWAY = NotSent(reply=Reply(text="nothing answers"))
LATER = Deferred(reply=Reply(code=450, text="greylisted"))


@dataclass
class Book:
    """Relays that a test may change while they are used."""

    now: Sequence[Way] = field(default_factory=tuple)

    def ways(self) -> Sequence[Way]:
        return self.now


@pytest.fixture
def north() -> MemoryTransport:
    return MemoryTransport(name="north", label="north.example:25")


@pytest.fixture
def south() -> MemoryTransport:
    return MemoryTransport(name="south", label="south.example:25")


@pytest.fixture
def start(house: House, north: MemoryTransport, south: MemoryTransport) -> Iterator[Starter]:
    """Start a sender with both relays; ended with the test."""
    with senders(house, BRISK, book=FixedWays(north, south)) as starter:
        yield starter


def notice(house: House, issue_id: int) -> str:
    with house.database.reading() as session:
        issue = get_issue(session, issue_id)
        return issue.notice if issue.state == "paused" else ""


def relays_used(house: House, issue_id: int) -> dict[str, int]:
    with house.database.reading() as session:
        used = list(session.scalars(select(Delivery.relay).where(Delivery.issue_id == issue_id)))
    return {name: used.count(name) for name in set(used)}


def test_two_relays_share_an_issue_and_each_letter_says_which_took_it(
    house: House, north: MemoryTransport, south: MemoryTransport, start: Starter
) -> None:
    issue_id = started_issue(house, people=400)
    start()
    eventually(lambda: states_of(house, issue_id) == {"accepted": 400})
    assert relays_used(house, issue_id) == {"north": len(north.kept), "south": len(south.kept)}
    assert min(len(north.kept), len(south.kept)) > 0
    assert len({kept.recipient for kept in (*north.kept, *south.kept)}) == 400


def test_letters_are_shared_by_weight(house: House, north: MemoryTransport, south: MemoryTransport, start: Starter) -> None:
    issue_id = started_issue(house, people=400)
    start(book=FixedWays(north, south, weights=(3, 1)))
    eventually(lambda: states_of(house, issue_id) == {"accepted": 400})
    assert 2 < len(north.kept) / len(south.kept) < 4.5


def test_a_relay_that_refuses_us_is_taken_out_and_the_other_sends_everything(
    house: House, north: MemoryTransport, south: MemoryTransport, start: Starter
) -> None:
    north.connecting.extend([WRONG_PASSWORD] * 1000)
    issue_id = started_issue(house, people=100)
    start()
    eventually(lambda: states_of(house, issue_id) == {"accepted": 100})
    assert len(south.kept) == 100
    assert notice(house, issue_id) == ""
    eventually(lambda: [trouble.relay for trouble in current_troubles(house)] == ["north"])
    assert "wrong password" in current_troubles(house)[0].words


def current_troubles(house: House) -> list[Trouble]:
    with house.database.reading() as session:
        return list(troubles(session))


def test_when_no_relay_is_fit_the_issue_halts_and_names_each_with_its_reason(
    house: House, north: MemoryTransport, south: MemoryTransport, start: Starter
) -> None:
    north.connecting.extend([WRONG_PASSWORD] * 1000)
    south.finishing.extend([Uncertain(reply=Reply(text="silence"))] * 1000)
    issue_id = started_issue(house, people=200)
    start()
    eventually(lambda: notice(house, issue_id))
    said = notice(house, issue_id)
    first, *servers, last = said.splitlines()
    assert (first, last, len(servers)) == ("None of the mail servers can be used.", "Nobody's address was marked.", 2)
    assert "north (north.example:25) refuses Newsroom itself: 535 5.7.8 wrong password" in said
    assert "south (south.example:25) takes whole letters and does not answer" in said
    eventually(lambda: set(states_of(house, issue_id)) == {"queued", "uncertain"})
    assert states_of(house, issue_id)["uncertain"] <= 3 * south.connections


def test_a_relay_that_was_away_comes_back_by_itself_and_takes_its_share(
    house: House, north: MemoryTransport, south: MemoryTransport, start: Starter
) -> None:
    north.connecting.extend([AWAY] * 12)
    first = started_issue(house, people=50)
    sender = start()
    eventually(lambda: states_of(house, first) == {"accepted": 50})
    eventually(lambda: north.opened)
    before = len(north.kept)
    # More than the other one can hold at a time: the one on trial gets its letter then.
    second = started_issue(house, people=1_500, slug="summer")
    sender.ring(second)
    eventually(lambda: states_of(house, second) == {"accepted": 1_500}, seconds=60)
    assert len(north.kept) > before
    eventually(lambda: current_troubles(house) == [])


def test_a_retry_goes_by_the_relay_that_put_it_off_and_another_way_once_that_is_out(
    house: House, north: MemoryTransport, south: MemoryTransport, start: Starter
) -> None:
    north.offering.append(LATER)
    south.offering.append(LATER)
    issue_id = started_issue(house, people=100)
    sender = start()
    eventually(lambda: states_of(house, issue_id) == {"accepted": 98, "deferred": 2})
    waiting = dict(deferred(house))
    assert set(waiting) == {"north", "south"}
    try_again_now(house)
    sender.ring(issue_id)
    eventually(lambda: states_of(house, issue_id) == {"accepted": 100})
    assert north.kept[-1].recipient == waiting["north"]
    assert south.kept[-1].recipient == waiting["south"]


def test_a_retry_does_not_wait_for_a_relay_that_is_out(
    house: House, north: MemoryTransport, south: MemoryTransport, start: Starter
) -> None:
    north.offering.extend([LATER] * 3)
    issue_id = started_issue(house, people=100)
    sender = start()
    eventually(lambda: states_of(house, issue_id) == {"accepted": 97, "deferred": 3})
    north.offering.extend([WRONG_PASSWORD] * 3)
    north.connecting.extend([WRONG_PASSWORD] * 1000)
    try_again_now(house)
    sender.ring(issue_id)
    eventually(lambda: states_of(house, issue_id) == {"accepted": 100})
    assert {relay for relay, address in relays_of(house)} == {"north", "south"}


def deferred(house: House) -> list[tuple[str, str]]:
    with house.database.reading() as session:
        return [(row.relay, row.address) for row in session.scalars(select(Delivery).where(Delivery.state == "deferred"))]


def relays_of(house: House) -> list[tuple[str, str]]:
    with house.database.reading() as session:
        return [(row.relay, row.address) for row in session.scalars(select(Delivery))]


def try_again_now(house: House) -> None:
    """The back-off is over: queued again, due now."""
    with house.database.transaction() as session:
        session.execute(update(Delivery).where(Delivery.state == "deferred").values(state="queued", due_at=utc_now(), walked=True))


def test_a_relay_taken_away_in_mid_issue_loses_nobody_and_one_added_joins_in(
    house: House, north: MemoryTransport, south: MemoryTransport, start: Starter
) -> None:
    both, book = FixedWays(north, south).ways(), Book()
    book.now = both[:1]
    issue_id = started_issue(house, people=600)

    def swap_at_a_hundred(_: object) -> None:
        if len(north.kept) == 100:
            book.now = both[1:]

    north.before_finish = swap_at_a_hundred
    start(book=book)
    eventually(lambda: states_of(house, issue_id) == {"accepted": 600})
    assert len({kept.recipient for kept in (*north.kept, *south.kept)}) == len(north.kept) + len(south.kept) == 600


def test_with_no_relay_left_that_reaches_people_the_issue_halts_and_nothing_is_captured(house: House, start: Starter) -> None:
    issue_id = started_issue(house)
    start(book=None)
    eventually(lambda: "no mail server that letters could go to" in notice(house, issue_id))
    assert states_of(house, issue_id) == {"queued": 10}


def test_relays_added_and_put_out_of_use_in_the_admin_are_noticed_while_sending(house: House) -> None:
    with SmtpServer() as first, SmtpServer() as second:
        first.each = lambda phase, _: Wait(0.02) if phase == "dot" else None
        number = added(house, "first", first)
        issue_id = started_issue(house, people=300)
        sender = Sender(house, pace=BRISK)
        sender.start()
        try:
            eventually(lambda: len(first.stored) > 20)
            added(house, "second", second)
            eventually(lambda: len(second.stored) > 20)
            with house.database.transaction() as session:
                disable_relay(session, get_relay(session, number), by=OPERATOR, now=utc_now())
            eventually(lambda: states_of(house, issue_id) == {"accepted": 300})
        finally:
            sender.stop()
        assert len(set(first.recipients + second.recipients)) == len(first.stored) + len(second.stored) == 300


def added(house: House, name: str, server: SmtpServer) -> int:
    with house.database.transaction() as session:
        address = read_smtp_url(f"{server.url}?connections=2")
        return add_relay(session, name=name, address=address, keys=house.keys, by=OPERATOR, now=utc_now()).id


def test_once_resumed_a_relay_that_was_refused_is_tried_again_at_once(
    house: House, north: MemoryTransport, south: MemoryTransport, start: Starter
) -> None:
    for relay in (north, south):
        relay.connecting.extend([WRONG_PASSWORD] * 1000)
    issue_id = started_issue(house)
    sender = start(Pace(stop_grace=5, look_every=0.1))
    eventually(lambda: notice(house, issue_id))
    for relay in (north, south):
        relay.connecting.clear()
    with house.database.transaction() as session:
        resume(session, get_issue(session, issue_id), by=OPERATOR, now=utc_now())
    sender.ring(issue_id)
    eventually(lambda: states_of(house, issue_id) == {"accepted": 10})
