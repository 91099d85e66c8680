"""Throttles on both databases: who waits, who does not, and that any number of workers together never take more than the limit.

Every `now` in here is months away from the database's clock: whatever the clock of a worker says has no effect.

Broken on purpose: without FOR UPDATE in hold_buckets both tests of workers claiming at once fail on PostgreSQL; without
give_back in release and in the sweep the two tests of what flows back do.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from newsroom.deliveries import Delivery
from newsroom.errors import InvalidInput
from newsroom.house import House, open_house
from newsroom.issues import OPERATOR
from newsroom.public_links import PublicLinks
from newsroom.sendqueue import domain_waits, throttle
from newsroom.sendqueue.claiming import Claimer
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.ledger import Claim, release
from newsroom.sendqueue.letters import LetterMaker
from newsroom.sendqueue.room import Room
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.throttle_buckets import ThrottleBucket
from newsroom.sendqueue.transports.memory import MemoryTransport
from newsroom.settings import Settings
from tests.conftest import NOON
from tests.integration.test_domain_waits import RATE, let_the_wait_end, put_off
from tests.integration.test_ledger import Bench
from tests.sending import eventually, started_issue, states_of

DOMAIN = "city1.example"


def rule(house: House, scope: str, key: object, **limits: float) -> None:
    with house.database.transaction() as session:
        throttle.set_throttle(session, scope, str(key), by=OPERATOR, now=NOON, **limits)  # type: ignore[arg-type]


class Work:
    """One worker's rounds of claims."""

    def __init__(self, bench: Bench, house: House | None = None) -> None:
        self.house = house or bench.house
        letters = LetterMaker(PublicLinks(bench.house.keys, bench.house.settings.public_url))
        self.claimer = Claimer(self.house.database, bench.session(), letters)

    def claims(self, bulk: int = 500, relay: str = "main") -> list[Claim]:
        """All that can be had, in as many rounds as it takes."""
        found = self.claimer.claim_round(Room(express=9, rehearsal=9, bulk={relay: bulk}), [])
        while self.claimer.wake_in <= 0.1 and len(found) < bulk:
            more = self.claimer.claim_round(Room(express=9, rehearsal=9, bulk={relay: bulk}), [])
            found += more
            if not more:
                break
        return found


def pass_time(house: House, seconds: float) -> None:
    """As if so much time had gone by for the buckets and for those who wait."""
    span = timedelta(seconds=seconds)
    with house.database.engine.begin() as connection:
        for row in connection.execute(select(ThrottleBucket.scope, ThrottleBucket.key, ThrottleBucket.filled_at, ThrottleBucket.day)).all():
            filled = row.filled_at - span
            day = min(row.day, filled.date().isoformat())
            this = (ThrottleBucket.scope == row.scope, ThrottleBucket.key == row.key)
            connection.execute(update(ThrottleBucket).where(*this).values(filled_at=filled, day=day, next_slot=filled))
        for waiting in connection.execute(select(Delivery.id, Delivery.due_at).where(Delivery.state == "queued", Delivery.walked)).all():
            connection.execute(update(Delivery).where(Delivery.id == waiting.id).values(due_at=waiting.due_at - span))


def test_a_throttled_domain_waits_and_the_issue_drains_its_others(house: House) -> None:
    bench = Bench(house, people=28)
    rule(house, "domain", DOMAIN, rate=1, per=3600, burst=1)
    claims = Work(bench).claims()
    assert len(claims) == 25
    assert sum(one.domain == DOMAIN for one in claims) == 1
    with house.database.reading() as session:
        waiting = session.scalars(select(Delivery).where(Delivery.state == "queued")).all()
        assert {row.domain for row in waiting} == {DOMAIN}
        assert {row.reason for row in waiting} == {"held back: at most 1 letters per hour for city1.example"}
        due = sorted((row.due_at - read_clock(session)).total_seconds() for row in waiting)
    assert [round(seconds / 3600) for seconds in due] == [1, 2, 3]


def test_those_who_waited_go_when_their_time_has_come_and_nobody_is_passed_over(house: House) -> None:
    bench = Bench(house, people=28)
    rule(house, "domain", DOMAIN, rate=1, per=3600, burst=1)
    work = Work(bench)
    numbers = [len(work.claims())]
    for _ in range(3):
        pass_time(house, 3601)
        numbers.append(len(work.claims()))
    assert numbers == [25, 1, 1, 1]
    assert bench.states() == {"claimed": 28}


def test_every_domain_by_itself_has_its_own_bucket(house: House) -> None:
    bench = Bench(house, people=21)
    rule(house, "domain", "*", daily=2)
    rule(house, "domain", DOMAIN, daily=1)
    claims = Work(bench).claims()
    by_domain = {f"city{number}.example": sum(one.domain == f"city{number}.example" for one in claims) for number in range(7)}
    assert by_domain == {DOMAIN: 1} | {f"city{number}.example": 2 for number in (0, 2, 3, 4, 5, 6)}


def test_a_quota_that_is_used_up_opens_at_midnight_and_the_state_says_so(house: House) -> None:
    bench = Bench(house, people=6)
    rule(house, "relay", "main", daily=4)
    work = Work(bench)
    assert len(work.claims()) == 4
    assert work.claims() == []
    assert 0 < work.claimer.wake_in <= 86_400
    with house.database.reading() as session:
        (state,) = throttle.throttle_state(session)
        assert (state.scope, state.key, state.used_today, state.room) == ("relay", "main", 4, 0)
        assert (state.opens_at.hour, state.opens_at.minute) == (0, 0)
        assert state.is_used_up
        assert throttle.holding_back(session, bench.issue_id) == [state]
    pass_time(house, 86_400)
    assert len(work.claims()) == 2


def test_an_issue_and_the_default_of_its_list_are_throttled_by_themselves(house: House) -> None:
    first, second = Bench(house, people=5), Bench(house, people=5, slug="summer")
    rule(house, "list", first.list_id, daily=3)
    rule(house, "issue", second.issue_id, daily=1)
    claims = Work(first).claims()
    assert sorted(one.issue_id or 0 for one in claims) == [first.issue_id] * 3 + [second.issue_id]


def test_one_relay_throttled_leaves_the_letters_to_the_other(house: House) -> None:
    bench = Bench(house, people=9)
    rule(house, "relay", "slow", daily=2)
    claims = Work(bench).claimer.claim_round(Room(express=9, rehearsal=9, bulk={"slow": 50, "quick": 6}), [])
    assert sorted(one.relay for one in claims) == ["quick"] * 6 + ["slow"] * 2


def test_the_worker_knows_when_the_next_letter_may_go(house: House) -> None:
    bench = Bench(house, people=14)
    rule(house, "domain", DOMAIN, rate=1, per=10, burst=1)
    work = Work(bench)
    work.claims()
    assert 0 < work.claimer.wake_in <= 10
    rule(house, "issue", bench.issue_id, rate=1, per=5, burst=1)
    unthrottled = Bench(house, people=3, slug="summer")
    assert {one.issue_id for one in Work(unthrottled).claims()} == {unthrottled.issue_id}


def test_what_is_released_unmarked_flows_back(house: House) -> None:
    bench = Bench(house, people=6)
    rule(house, "relay", "main", daily=4)
    rule(house, "domain", "*", daily=1)
    work = Work(bench)
    claims = work.claims()
    with house.database.engine.begin() as connection:
        assert release(connection, work.claimer.token, [claims[0].delivery_id, claims[1].delivery_id]) == 2
        # Said twice, it flows back once.
        assert release(connection, work.claimer.token, [claims[0].delivery_id]) == 0
    with house.database.reading() as session:
        used = {(state.scope, state.key): state.used_today for state in throttle.throttle_state(session)}
    assert used["relay", "main"] == 2
    assert used["domain", claims[0].domain] == 0
    assert {one.delivery_id for one in work.claims()} >= {claims[0].delivery_id, claims[1].delivery_id}


def test_what_a_dead_worker_had_claimed_flows_back_and_what_it_had_marked_does_not(house: House) -> None:
    bench = Bench(house, people=6)
    rule(house, "relay", "main", daily=4)
    work = Work(bench)
    claims = work.claims()
    assert bench.settle(work.claimer.token, claims[:1]).granted
    bench.silence(work.claimer.token)
    assert bench.sweep() == (3, 1)
    with house.database.reading() as session:
        assert [state.used_today for state in throttle.throttle_state(session)] == [1]
    assert len(Work(bench).claims()) == 3


def test_claims_of_before_the_rule_give_nothing_back_to_it(house: House) -> None:
    bench = Bench(house, people=6)
    work = Work(bench)
    before = work.claims(bulk=3)
    rule(house, "relay", "main", daily=2)
    assert len(work.claims()) == 2
    with house.database.engine.begin() as connection:
        release(connection, work.claimer.token, [one.delivery_id for one in before])
    assert work.claims() == []


def test_a_rule_taken_away_sends_off_those_who_waited(house: House) -> None:
    bench = Bench(house, people=14)
    rule(house, "domain", DOMAIN, daily=1)
    work = Work(bench)
    assert len(work.claims()) == 13
    with house.database.transaction() as session:
        assert throttle.remove_throttle(session, "domain", DOMAIN, by=OPERATOR, now=NOON)
        assert throttle.list_throttles(session) == []
    assert [one.domain for one in work.claims()] == [DOMAIN]


def test_test_letters_and_confirmations_do_not_wait_for_newsletters_quotas(house: House) -> None:
    bench = Bench(house, people=2)
    rule(house, "domain", "example.org", daily=1)
    rule(house, "relay", "main", daily=1)
    with house.database.transaction() as session:
        for kind in ("test", "confirmation", "notice"):
            session.add(
                Delivery(
                    kind=kind, list_id=bench.list_id, address="a@example.org", domain="example.org", language="en", state="queued",
                    due_at=NOON, created_at=NOON,
                )
            )  # fmt: skip
    assert sorted(one.kind for one in Work(bench).claims()) == ["confirmation", "issue", "notice", "test"]


def test_a_domain_that_asked_for_patience_is_tried_with_few_and_the_issue_drains_its_others(house: House) -> None:
    bench = Bench(house, people=70)
    with house.database.engine.begin() as connection:
        domain_waits.defer(connection, put_off(DOMAIN, RATE))
    work = Work(bench)
    assert len(work.claims()) == 60
    assert work.claimer.wake_in > 0
    with house.database.engine.begin() as connection:
        let_the_wait_end(connection)
    pass_time(house, 200)
    tried = work.claims()
    assert [one.domain for one in tried] == [DOMAIN] * domain_waits.PROBES
    with house.database.engine.begin() as connection:
        domain_waits.cleared(connection, [one.domain for one in tried])
    pass_time(house, 200)
    assert len(work.claims()) == 2 * domain_waits.PROBES


@pytest.mark.parametrize(
    ("scope", "key", "limits"),
    [
        ("relay", "main", {}),
        ("relay", "main", {"rate": 0}),
        ("relay", "main", {"daily": -1}),
        ("relay", "", {"daily": 1}),
        ("domain", "not a domain", {"daily": 1}),
        ("issue", "spring", {"daily": 1}),
        ("planet", "earth", {"daily": 1}),
    ],
)
def test_a_throttle_that_makes_no_sense_is_refused_with_its_place(
    sqlite_house: House, scope: str, key: str, limits: dict[str, float]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        rule(sqlite_house, scope, key, **limits)
    assert refused.value.problems[0].place in ("scope", "key", "rate", "daily")


def _crowd(settings: Settings, bench: Bench, rounds: int, bulk: int) -> int:
    """Six workers in two groups, each with connections of its own, claiming at once; how many letters they got together."""
    houses = [open_house(settings) for _ in range(2)]
    workers = [Work(bench, houses[number % 2]) for number in range(6)]

    def work(one: Work) -> int:
        return sum(len(one.claimer.claim_round(Room(express=9, rehearsal=9, bulk={"main": bulk}), [])) for _ in range(rounds))

    with ThreadPoolExecutor(max_workers=6) as pool:
        total = sum(pool.map(work, workers))
    for house in houses:
        house.database.close()
    return total


@pytest.mark.parametrize(("scope", "key"), [("relay", "main"), ("domain", DOMAIN), ("issue", None)])
def test_workers_claiming_at_once_take_the_quota_exactly(house: House, scope: str, key: str | None) -> None:
    bench = Bench(house, people=210)
    rule(house, scope, key or bench.issue_id, daily=17)
    total = _crowd(house.settings, bench, rounds=8, bulk=9)
    assert total == (17 + 180 if scope == "domain" else 17)
    with house.database.reading() as session:
        assert [state.used_today for state in throttle.throttle_state(session)] == [17]


def test_workers_claiming_at_once_take_what_the_rate_allows(house: House) -> None:
    bench = Bench(house, people=200)
    rule(house, "relay", "main", rate=20, per=1, burst=5)
    with house.database.engine.begin() as connection:
        began = read_clock(connection)
    total = _crowd(house.settings, bench, rounds=6, bulk=9)
    with house.database.engine.begin() as connection:
        took = (read_clock(connection) - began).total_seconds()
    assert 5 <= total <= 5 + 20 * took


@pytest.mark.postgresql
def test_issues_in_the_same_round_do_not_wait_for_each_others_buckets(postgresql_settings: Settings) -> None:
    house = open_house(postgresql_settings)
    benches = [Bench(house, people=30, slug=slug) for slug in ("spring", "summer", "autumn")]
    rule(house, "domain", "*", rate=1000, per=1, burst=1000)
    rule(house, "list", benches[0].list_id, rate=1000, per=1, burst=1000)
    assert _crowd(postgresql_settings, benches[0], rounds=5, bulk=9) == 90
    house.database.close()


def test_a_sender_sleeps_until_the_next_token_comes_and_then_sends(house: House) -> None:
    """With its polls every 15 seconds alone it would need minutes."""
    issue_id = started_issue(house, people=12)
    rule(house, "issue", issue_id, rate=6, per=1, burst=1)
    transport = MemoryTransport()
    sender = Sender(house, transport=transport)
    began = time.monotonic()
    sender.start()
    try:
        eventually(lambda: states_of(house, issue_id) == {"accepted": 12}, seconds=60)
    finally:
        sender.stop()
    assert time.monotonic() - began >= 11 / 6
    assert len(transport.kept) == 12
