"""The ledger on both databases: who may claim and mark, what each outcome does, and what comes too late.

Broken on purpose while this was written, and what noticed: a mark without the token check
(test_a_mark_is_refused_to_whoever_does_not_hold_the_claim), without the session check
(test_a_session_that_has_been_silent_marks_nothing), without the version check
(test_a_person_who_changed_something_after_the_claim_is_claimed_anew), without the state of the issue
(test_a_paused_issue_gets_no_mark), outcomes without the attempt (test_a_late_refusal_of_an_earlier_try_changes_nothing).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from newsroom.deliveries import Delivery, DeliveryEvent
from newsroom.house import House
from newsroom.issues import OPERATOR, Issue, cancel, get_issue, pause
from newsroom.public_links import PublicLinks
from newsroom.sendqueue import sweeping
from newsroom.sendqueue.backoff import DELAYS, GIVEN_UP_AFTER, JITTER, MOST_TRIES, delay_after
from newsroom.sendqueue.claiming import Claimer
from newsroom.sendqueue.claims import claim
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.fanout import start_issue
from newsroom.sendqueue.ledger import CONTENT_TRIES, Claim, Marks, release, set_back, settle
from newsroom.sendqueue.letters import LetterMaker
from newsroom.sendqueue.recording import Record
from newsroom.sendqueue.room import Room
from newsroom.sendqueue.sessions import WorkerSession, end_session, renew
from newsroom.sendqueue.transports.base import Accepted, Deferred, Failed, NotSent, Outcome, Reply, Uncertain
from subscribers.models import Subscriber, Subscription
from tests.conftest import NOON
from tests.sending import make_sendable_issue, states, worker_token

OK = Accepted(reply=Reply(code=250, enhanced_status="2.0.0", text="queued as 17"))
LATER = Deferred(reply=Reply(code=450, enhanced_status="4.2.0", text="greylisted"))
NEVER = Failed(reply=Reply(code=550, enhanced_status="5.1.1", text="no such user"))
SILENCE = Uncertain(reply=Reply(text="connection lost, after the final dot"))
OURS = NotSent(reply=Reply(code=535, enhanced_status="5.7.8", text="wrong password"), fault=True)


class Bench:
    """An issue being sent, and short words for what a worker does with it."""

    def __init__(self, house: House, people: int = 5, **facts: object) -> None:
        self.house = house
        with house.database.transaction() as session:
            issue = make_sendable_issue(session, house, people=people, now=NOON, **facts)  # type: ignore[arg-type]
            start_issue(session, issue, now=NOON)
            self.issue_id, self.list_id = issue.id, issue.list_id

    @property
    def first_person(self) -> int:
        with self.house.database.reading() as session:
            found = session.scalar(select(Delivery.subscriber_id).where(Delivery.issue_id == self.issue_id).order_by(Delivery.id))
            assert found is not None
            return found

    def session(self) -> str:
        with self.house.database.engine.begin() as connection:
            return worker_token(connection)

    def claim(self, token: str, limit: int = 100) -> list[Claim]:
        with self.house.database.engine.begin() as connection:
            return claim(connection, token, kinds=("issue",), issue_id=self.issue_id, limit=limit)

    def settle(self, token: str, claims: Sequence[Claim] = (), records: Sequence[Record] = ()) -> Marks:
        with self.house.database.engine.begin() as connection:
            return settle(connection, token, claims=claims, records=records)

    def outcome(self, claim: Claim, outcome: Outcome, *, attempt: int | None = None) -> None:
        number = claim.attempt + 1 if attempt is None else attempt
        self.settle(
            claim.token,
            records=[Record(token=claim.token, delivery_id=claim.delivery_id, attempt=number, outcome=outcome, relay="relay.example:25")],
        )

    def handed_over(self, token: str) -> Claim:
        (taken,) = self.claim(token, limit=1)
        assert self.settle(token, [taken]).granted == {taken.delivery_id}
        return taken

    def row(self, claim: Claim) -> Delivery:
        with self.house.database.reading() as session:
            row = session.get(Delivery, claim.delivery_id)
            assert row is not None
            session.expunge(row)
            return row

    def events(self, claim: Claim) -> list[str]:
        with self.house.database.reading() as session:
            return list(session.scalars(select(DeliveryEvent.action).where(DeliveryEvent.delivery_id == claim.delivery_id)))

    def states(self) -> dict[str, int]:
        with self.house.database.reading() as session:
            return states(session, self.issue_id)

    def silence(self, token: str) -> None:
        """As if the worker had not renewed its session for a while."""
        with self.house.database.engine.begin() as connection:
            connection.execute(update(WorkerSession).where(WorkerSession.token == token).values(alive_until=NOON - timedelta(days=365)))

    def sweep(self) -> tuple[int, int]:
        with self.house.database.engine.begin() as connection:
            sweeping.end_silent_sessions(connection)
            return sweeping.sweep_ended_sessions(connection)


@pytest.fixture
def bench(house: House) -> Bench:
    return Bench(house)


def test_a_row_is_claimed_by_one_worker_only(bench: Bench) -> None:
    first, second = bench.session(), bench.session()
    mine, yours = bench.claim(first, limit=3), bench.claim(second, limit=3)
    assert len(mine) == 3
    assert len(yours) == 2
    assert not {taken.delivery_id for taken in mine} & {taken.delivery_id for taken in yours}
    assert bench.claim(first) == []


def test_claims_come_oldest_first_and_carry_on_from_where_the_last_ended(bench: Bench) -> None:
    token = bench.session()
    first = bench.claim(token, limit=2)
    with bench.house.database.engine.begin() as connection:
        second = claim(connection, token, kinds=("issue",), issue_id=bench.issue_id, limit=9, after=first[-1].subscriber_id or 0)
    numbers = [taken.delivery_id for taken in [*first, *second]]
    assert numbers == sorted(numbers)
    assert len(numbers) == 5


def test_what_is_not_due_is_not_claimed(bench: Bench) -> None:
    with bench.house.database.engine.begin() as connection:
        connection.execute(update(Delivery).values(due_at=datetime(2999, 1, 1, tzinfo=NOON.tzinfo)))
    assert bench.claim(bench.session()) == []


def test_a_session_that_has_been_silent_claims_nothing(bench: Bench) -> None:
    token = bench.session()
    bench.silence(token)
    assert bench.claim(token) == []


def test_a_session_that_has_been_silent_marks_nothing(bench: Bench) -> None:
    token = bench.session()
    claims = bench.claim(token)
    bench.silence(token)
    assert bench.settle(token, claims).granted == frozenset()


def test_a_silent_session_that_was_not_swept_yet_may_come_back(bench: Bench) -> None:
    token = bench.session()
    claims = bench.claim(token)
    bench.silence(token)
    with bench.house.database.engine.begin() as connection:
        assert renew(connection, token)
    assert len(bench.settle(token, claims).granted) == 5


def test_a_swept_session_never_comes_back(bench: Bench) -> None:
    token = bench.session()
    bench.silence(token)
    bench.sweep()
    with bench.house.database.engine.begin() as connection:
        assert not renew(connection, token)


def test_a_mark_is_refused_to_whoever_does_not_hold_the_claim(bench: Bench) -> None:
    mine, other = bench.session(), bench.session()
    claims = bench.claim(mine)
    marks = bench.settle(other, claims)
    assert marks.granted == frozenset()
    assert bench.states() == {"claimed": 5}


def test_a_letter_is_marked_once(bench: Bench) -> None:
    token = bench.session()
    (taken,) = bench.claim(token, limit=1)
    assert bench.settle(token, [taken]).granted
    assert not bench.settle(token, [taken]).granted
    assert bench.row(taken).attempt == 1


def test_a_paused_issue_gets_no_mark(bench: Bench) -> None:
    token = bench.session()
    claims = bench.claim(token)
    with bench.house.database.transaction() as session:
        pause(session, get_issue(session, bench.issue_id), by=OPERATOR, now=NOON)
    marks = bench.settle(token, claims)
    assert not marks.granted
    assert marks.stopped_issues == {bench.issue_id}
    assert bench.states() == {"queued": 5}


def test_a_cancelled_issue_gets_no_mark_and_its_people_are_spared(bench: Bench) -> None:
    token = bench.session()
    claims = bench.claim(token, limit=2)
    with bench.house.database.transaction() as session:
        assert cancel(session, get_issue(session, bench.issue_id), by=OPERATOR, now=NOON) == 5
    assert not bench.settle(token, claims).granted
    assert bench.states() == {"cancelled": 5}


def test_a_letter_that_was_past_the_mark_at_the_cancel_and_comes_back_is_cancelled_by_the_sweep(bench: Bench) -> None:
    taken = bench.handed_over(bench.session())
    with bench.house.database.transaction() as session:
        cancel(session, get_issue(session, bench.issue_id), by=OPERATOR, now=NOON)
    bench.outcome(taken, LATER)
    with bench.house.database.transaction() as session:
        assert sweeping.repeat_cancels(session, now=NOON) == 1
    assert bench.states() == {"cancelled": 5}


def test_a_person_who_changed_something_after_the_claim_is_claimed_anew(bench: Bench) -> None:
    token = bench.session()
    claims = bench.claim(token)
    with bench.house.database.transaction() as session:
        session.execute(update(Subscriber).where(Subscriber.id == claims[0].subscriber_id).values(version=Subscriber.version + 1))
    marks = bench.settle(token, claims)
    assert set(marks.withheld) == {claims[0].delivery_id}
    assert len(marks.granted) == 4
    assert bench.row(claims[0]).state == "queued"


def test_an_erased_person_gets_no_mark(bench: Bench) -> None:
    token = bench.session()
    claims = bench.claim(token)
    with bench.house.database.transaction() as session:
        person = session.get(Subscriber, claims[0].subscriber_id)
        session.delete(person)
    assert claims[0].delivery_id not in bench.settle(token, claims).granted


@pytest.mark.parametrize(
    ("outcome", "state"), [(OK, "accepted"), (NEVER, "failed"), (LATER, "deferred"), (SILENCE, "uncertain"), (OURS, "queued")]
)
def test_each_outcome_leads_where_the_lifecycle_says(bench: Bench, outcome: Outcome, state: str) -> None:
    taken = bench.handed_over(bench.session())
    bench.outcome(taken, outcome)
    assert bench.row(taken).state == state


def test_the_whole_reply_is_kept(bench: Bench) -> None:
    taken = bench.handed_over(bench.session())
    bench.outcome(taken, NEVER)
    row = bench.row(taken)
    assert (row.reply_code, row.enhanced_status, row.reply, row.relay) == (550, "5.1.1", "no such user", "relay.example:25")
    assert row.closed_at is not None
    assert row.reason


def test_a_deferred_letter_waits_for_its_time_and_is_queued_again(bench: Bench) -> None:
    taken = bench.handed_over(bench.session())
    bench.outcome(taken, LATER)
    with bench.house.database.engine.begin() as connection:
        wait = bench.row(taken).due_at - read_clock(connection)
        assert sweeping.requeue_deferred(connection) == 0
        connection.execute(update(Delivery).where(Delivery.id == taken.delivery_id).values(due_at=NOON - timedelta(days=365)))
        assert sweeping.requeue_deferred(connection) == 1
    assert DELAYS[0] - timedelta(seconds=30) < wait <= DELAYS[0] * (1 + JITTER)
    assert bench.row(taken).state == "queued"
    assert bench.events(taken) == ["defer"]


def test_after_the_last_try_a_letter_is_given_up(bench: Bench) -> None:
    taken = bench.handed_over(bench.session())
    with bench.house.database.engine.begin() as connection:
        connection.execute(update(Delivery).where(Delivery.id == taken.delivery_id).values(attempt=MOST_TRIES + 1))
    bench.outcome(taken, LATER, attempt=MOST_TRIES + 1)
    row = bench.row(taken)
    assert row.state == "failed"
    assert row.reason == "given up after the last try"
    assert row.reply == "greylisted"


def test_waits_grow_and_stretch_by_chance_so_that_letters_do_not_come_back_together() -> None:
    assert [delay_after(attempt, chance=0) for attempt in range(1, 7)] == [*DELAYS, DELAYS[-1]]
    assert delay_after(1, chance=1) == timedelta(minutes=6, seconds=30)
    assert len({delay_after(1) for _ in range(20)}) > 1
    assert delay_after(MOST_TRIES + 1) is None
    assert timedelta(hours=48) == GIVEN_UP_AFTER


def test_a_release_for_our_own_fault_is_free_and_says_why(bench: Bench) -> None:
    taken = bench.handed_over(bench.session())
    bench.outcome(taken, OURS)
    row = bench.row(taken)
    assert row.worker_token is None
    assert "wrong password" in row.reason


def test_a_letter_whose_mark_was_never_committed_is_released_too(bench: Bench) -> None:
    (taken,) = bench.claim(bench.session(), limit=1)
    bench.outcome(taken, OURS)
    assert bench.row(taken).state == "queued"


def test_a_worker_cannot_release_what_another_has_claimed_since(bench: Bench) -> None:
    first = bench.session()
    (taken,) = bench.claim(first, limit=1)
    bench.silence(first)
    bench.sweep()
    second = bench.session()
    bench.claim(second)
    bench.outcome(taken, OURS)
    assert bench.states() == {"claimed": 5}
    with bench.house.database.engine.begin() as connection:
        assert release(connection, first, [taken.delivery_id]) == 0


def test_the_rows_of_a_dead_session_go_back_or_become_uncertain(bench: Bench) -> None:
    token = bench.session()
    taken = bench.handed_over(token)
    bench.claim(token, limit=2)
    bench.silence(token)
    assert bench.sweep() == (2, 1)
    assert bench.states() == {"queued": 4, "uncertain": 1}
    assert bench.events(taken) == ["lose_track"]
    assert bench.sweep() == (0, 0)


def test_a_living_session_is_not_swept(bench: Bench) -> None:
    bench.handed_over(bench.session())
    assert bench.sweep() == (0, 0)
    assert bench.states() == {"queued": 4, "handed_over": 1}


def test_the_late_reply_of_a_swept_letter_is_welcome(bench: Bench) -> None:
    token = bench.session()
    taken = bench.handed_over(token)
    bench.silence(token)
    bench.sweep()
    bench.outcome(taken, OK)
    assert bench.row(taken).state == "accepted"


def test_a_late_reply_to_a_letter_that_was_queued_again_by_an_operator_is_welcome_before_its_next_mark(bench: Bench) -> None:
    taken = bench.handed_over(bench.session())
    bench.outcome(taken, SILENCE)
    with bench.house.database.engine.begin() as connection:
        connection.execute(update(Delivery).where(Delivery.id == taken.delivery_id).values(state="queued", worker_token=None))
    bench.outcome(taken, OK)
    assert bench.row(taken).state == "accepted"


@pytest.mark.parametrize(("late", "evidence"), [(NEVER, "late_fail"), (OK, "late_accept")])
def test_a_late_reply_to_an_earlier_try_closes_no_later_one_and_is_kept(bench: Bench, late: Outcome, evidence: str) -> None:
    token = bench.session()
    first = bench.handed_over(token)
    bench.outcome(first, OURS)
    second = next(taken for taken in bench.claim(token) if taken.delivery_id == first.delivery_id)
    assert bench.settle(token, [second]).granted
    bench.outcome(first, late)
    row = bench.row(second)
    assert (row.state, row.attempt) == ("handed_over", 2)
    assert bench.events(second) == [evidence]


def test_recording_the_same_outcome_twice_changes_nothing(bench: Bench) -> None:
    taken = bench.handed_over(bench.session())
    bench.outcome(taken, OK)
    before = bench.row(taken)
    bench.outcome(taken, OK)
    assert bench.row(taken).closed_at == before.closed_at
    assert bench.events(taken) == []


def test_an_outcome_that_names_no_row_hurts_nobody_in_its_group(bench: Bench) -> None:
    token = bench.session()
    taken = bench.handed_over(token)
    records = [Record(token=token, delivery_id=number, attempt=1, outcome=OK) for number in (taken.delivery_id, 999_999)]
    bench.settle(token, records=records)
    assert bench.states() == {"queued": 4, "accepted": 1}


def test_a_group_that_cannot_be_committed_leaves_no_trace(bench: Bench) -> None:
    token = bench.session()
    first = bench.handed_over(token)
    claims = bench.claim(token)
    records = [Record(token=token, delivery_id=first.delivery_id, attempt=1, outcome=OK)]

    def group() -> None:
        with bench.house.database.engine.begin() as connection:
            settle(connection, token, claims=claims, records=records)
            connection.execute(text("SELECT nonsense FROM nowhere"))

    with pytest.raises(SQLAlchemyError):
        group()
    assert bench.states() == {"handed_over": 1, "claimed": 4}


def test_a_letter_that_cannot_be_made_is_set_aside_the_third_time_and_the_others_go_on(bench: Bench) -> None:
    token = bench.session()
    for _ in range(CONTENT_TRIES):
        with bench.house.database.engine.begin() as connection:
            connection.execute(update(Delivery).values(due_at=NOON - timedelta(days=365)))
        claims = bench.claim(token)
        assert len(claims) == 5
        with bench.house.database.engine.begin() as connection:
            set_back(connection, claims[0], "the name cannot be written")
            release(connection, token, [taken.delivery_id for taken in claims[1:]])
    assert bench.states() == {"failed": 1, "queued": 4}
    assert bench.row(claims[0]).reason == "the name cannot be written"


def test_an_ended_session_gives_its_rows_back_at_once(bench: Bench) -> None:
    token = bench.session()
    bench.claim(token)
    with bench.house.database.engine.begin() as connection:
        end_session(connection, token)
    assert bench.sweep() == (5, 0)


# ---- claims as people are now ------------------------------------------------------------------------------------------


class Round:
    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        house = bench.house
        letters = LetterMaker(PublicLinks(house.keys, house.settings.public_url))
        self.claimer = Claimer(house.database, bench.session(), letters)

    def claims(self, bulk: int = 100) -> list[Claim]:
        return self.claimer.claim_round(Room(express=9, rehearsal=9, bulk={"main": bulk}), [])


def _change(connection: Connection, subscriber_id: int | None, **facts: object) -> None:
    connection.execute(update(Subscriber).where(Subscriber.id == subscriber_id).values(**facts))


def test_a_claim_takes_the_person_as_they_are_now(bench: Bench) -> None:
    person = bench.first_person
    with bench.house.database.engine.begin() as connection:
        _change(connection, person, name="Nadia", address="nadia@new.example", domain="new.example", version=7)
    (mine,) = [taken for taken in Round(bench).claims() if taken.subscriber_id == person]
    assert (mine.name, mine.address, mine.domain, mine.subscriber_version) == ("Nadia", "nadia@new.example", "new.example", 7)
    assert bench.row(mine).address == "nadia@new.example"
    assert bench.row(mine).subscriber_version == 7


def test_a_person_who_changed_their_language_gets_that_version(house: House) -> None:
    bench = Bench(house, languages=("en", "fr"))
    person = bench.first_person
    with house.database.engine.begin() as connection:
        _change(connection, person, language="fr", version=2)
    (mine,) = [taken for taken in Round(bench).claims() if taken.subscriber_id == person]
    with house.database.reading() as session:
        renditions = get_issue(session, bench.issue_id).renditions
    assert (mine.language, mine.rendition_id) == ("fr", renditions["fr"])
    assert bench.row(mine).language == "fr"


def test_a_person_whose_language_the_issue_lacks_gets_the_original(house: House) -> None:
    bench = Bench(house, languages=("en", "fr"))
    person = bench.first_person
    with house.database.engine.begin() as connection:
        _change(connection, person, language="ar", version=2)
    assert {taken.language for taken in Round(bench).claims() if taken.subscriber_id == person} == {"en"}


def test_a_withdrawn_subscriber_is_not_claimed_even_when_no_delivery_was_told(bench: Bench) -> None:
    person = bench.first_person
    with bench.house.database.engine.begin() as connection:
        connection.execute(update(Subscription).where(Subscription.subscriber_id == person).values(consent="withdrawn"))
    assert person not in {taken.subscriber_id for taken in Round(bench).claims()}
    assert bench.states() == {"claimed": 4, "suppressed": 1}


def test_a_person_who_chose_none_of_the_topics_gets_no_letter_and_the_reason_is_kept(house: House) -> None:
    bench = Bench(house, topics=("climate",))
    person = bench.first_person
    with house.database.engine.begin() as connection:
        connection.execute(update(Subscription).where(Subscription.subscriber_id == person).values(topics=("finance",)))
    claims = Round(bench).claims()
    assert person not in {taken.subscriber_id for taken in claims}
    with house.database.reading() as session:
        row = session.scalar(select(Delivery).where(Delivery.subscriber_id == person))
        assert row is not None
        assert (row.state, row.cut) == ("suppressed", ("finance",))
        assert "topics" in row.reason


def test_an_issue_that_is_paused_is_not_claimed(bench: Bench) -> None:
    with bench.house.database.transaction() as session:
        pause(session, get_issue(session, bench.issue_id), by=OPERATOR, now=NOON)
    assert Round(bench).claims() == []


def test_two_issues_share_the_room(house: House) -> None:
    first, second = Bench(house), Bench(house, slug="summer")
    claims = Round(first).claims(bulk=6)
    assert sorted(taken.issue_id or 0 for taken in claims) == sorted([first.issue_id] * 3 + [second.issue_id] * 3)


def test_rows_given_back_behind_the_last_claim_are_found_again(bench: Bench) -> None:
    work = Round(bench)
    first = work.claims(bulk=2)
    with bench.house.database.engine.begin() as connection:
        release(connection, work.claimer.token, [first[0].delivery_id])
    rest = work.claims(bulk=100)
    assert first[0].delivery_id in {taken.delivery_id for taken in rest}
    assert len(rest) == 4


def test_claims_of_a_round_whose_commit_was_lost_are_given_back(bench: Bench) -> None:
    work = Round(bench)
    lost = work.claims(bulk=3)
    work.claimer._in_doubt = True
    found = work.claims(bulk=100)
    assert {taken.delivery_id for taken in lost} <= {taken.delivery_id for taken in found}


def test_the_issue_row_is_not_written_by_sending(bench: Bench) -> None:
    with bench.house.database.reading() as session:
        before = session.get_one(Issue, bench.issue_id).updated_at
    bench.outcome(bench.handed_over(bench.session()), OK)
    with bench.house.database.reading() as session:
        assert session.get_one(Issue, bench.issue_id).updated_at == before
