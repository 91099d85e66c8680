"""The clock: one start however many clocks, late and hopeless schedules refused, finished when the sums are right."""

import dataclasses
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, func, select, update

from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.errors import Refused
from newsroom.house import House, open_house
from newsroom.issues import OPERATOR, Issue, IssueEvent, cancel, get_issue
from newsroom.public_links import PublicLinks
from newsroom.sendqueue import fanout, relay_troubles
from newsroom.sendqueue.claiming import Claimer
from newsroom.sendqueue.claims import claim
from newsroom.sendqueue.delivery_rows import delivery_rows
from newsroom.sendqueue.letters import LetterMaker
from newsroom.sendqueue.progress import progress_of, status_json
from newsroom.sendqueue.room import Room
from newsroom.sendqueue.sessions import WorkerSession, end_session
from newsroom.sendqueue.tick import tick_once
from newsroom.settings import Settings
from subscribers.models import Subscription
from tests.sending import make_sendable_issue, states, worker_token


@pytest.fixture
def house(house: House) -> House:
    """A house whose mail would go to a server."""
    settings = house.settings.model_copy(update={"transport_url": SecretStr("smtp://127.0.0.1:9")})
    return dataclasses.replace(house, settings=settings)


def scheduled(house: House, people: int = 5, **facts: object) -> int:
    with house.database.transaction() as session:
        return make_sendable_issue(session, house, people=people, now=utc_now(), **facts).id  # type: ignore[arg-type]


def issue_of(house: House, issue_id: int) -> Issue:
    with house.database.reading() as session:
        return get_issue(session, issue_id)


def test_a_due_issue_is_started_with_a_row_for_everybody(house: House) -> None:
    issue_id = scheduled(house, languages=("en", "fr"))
    assert tick_once(house, utc_now()).started == (issue_id,)
    issue = issue_of(house, issue_id)
    assert (issue.state, issue.audience) == ("sending", 5)
    with house.database.reading() as session:
        rows = list(session.scalars(select(Delivery)))
        assert states(session, issue_id) == {"queued": 5}
    assert {row.rendition_id for row in rows} == {issue.renditions["en"]}
    assert all(row.address.endswith(row.domain) and row.subscriber_version == 1 for row in rows)


def test_what_is_not_due_is_left_alone(house: House) -> None:
    issue_id = scheduled(house)
    assert tick_once(house, utc_now() - timedelta(minutes=1)).started == ()
    assert issue_of(house, issue_id).state == "scheduled"


def test_only_those_who_may_receive_are_in_the_audience(house: House) -> None:
    issue_id = scheduled(house)
    with house.database.transaction() as session:
        session.execute(update(Subscription).where(Subscription.subscriber_id <= 2).values(consent="withdrawn"))
    tick_once(house, utc_now())
    assert issue_of(house, issue_id).audience == 3


def test_clocks_running_at_once_start_each_issue_once(house: House) -> None:
    ids = [scheduled(house, people=20, slug=f"issue-{number}") for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda _: tick_once(house, utc_now()), range(4)))
    started = Counter(issue_id for report in reports for issue_id in report.started)
    assert started == dict.fromkeys(ids, 1)
    with house.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 80
        events = select(IssueEvent.action).where(IssueEvent.issue_id == ids[0]).order_by(IssueEvent.id)
        assert list(session.scalars(events)) == ["start", "fanned_out"]


def test_a_schedule_more_than_three_hours_late_is_refused_and_staff_are_told(house: House) -> None:
    issue_id = scheduled(house)
    assert tick_once(house, utc_now() + timedelta(hours=3, minutes=1)).refused == (issue_id,)
    issue = issue_of(house, issue_id)
    assert issue.state == "approved"
    assert "due at" in issue.notice


def test_an_issue_with_nowhere_to_go_is_refused_and_rehearsing_is_named(house: House) -> None:
    issue_id = scheduled(house)
    captured = house.settings.model_copy(update={"transport_url": SecretStr("outbox:")})
    assert tick_once(dataclasses.replace(house, settings=captured), utc_now()).refused == (issue_id,)
    assert "Rehearse" in issue_of(house, issue_id).notice


def test_a_start_interrupted_between_its_chunks_is_carried_on(house: House) -> None:
    issue_id = scheduled(house, people=25)
    with house.database.transaction() as session:
        issue = get_issue(session, issue_id)
        fanout.begin(session, issue, now=utc_now())
        fanout.add_people(session, issue, now=utc_now(), limit=10)
    tick_once(house, utc_now())
    issue = issue_of(house, issue_id)
    assert (issue.state, issue.audience) == ("sending", 25)


def test_a_start_that_was_cancelled_between_its_chunks_stays_cancelled(house: House) -> None:
    issue_id = scheduled(house, people=25)
    with house.database.transaction() as session:
        fanout.begin(session, get_issue(session, issue_id), now=utc_now())
        fanout.add_people(session, get_issue(session, issue_id), now=utc_now(), limit=10)
        cancel(session, get_issue(session, issue_id), by=OPERATOR, now=utc_now())
    tick_once(house, utc_now())
    with house.database.reading() as session:
        assert states(session, issue_id) == {"cancelled": 10}


def test_starting_twice_is_refused(house: House) -> None:
    issue_id = scheduled(house)
    with house.database.transaction() as session:
        fanout.start_issue(session, get_issue(session, issue_id), now=utc_now())
    with pytest.raises(Refused), house.database.transaction() as session:
        fanout.start_issue(session, get_issue(session, issue_id), now=utc_now())


def test_an_issue_whose_sums_are_wrong_is_not_called_sent(house: House) -> None:
    issue_id = scheduled(house)
    tick_once(house, utc_now())
    with house.database.transaction() as session:
        session.execute(update(Delivery).values(state="accepted"))
        session.execute(delete(Delivery).where(Delivery.id == session.scalar(select(func.min(Delivery.id)))))
    assert tick_once(house, utc_now()).finished == ()
    assert "cannot be finished" in issue_of(house, issue_id).notice


def test_an_issue_is_sent_when_nobody_is_left_open_and_uncertain_counts_as_closed(house: House) -> None:
    issue_id = scheduled(house)
    tick_once(house, utc_now())
    with house.database.transaction() as session:
        session.execute(update(Delivery).values(state="accepted"))
        session.execute(update(Delivery).where(Delivery.id == session.scalar(select(func.min(Delivery.id)))).values(state="uncertain"))
    assert tick_once(house, utc_now()).finished == (issue_id,)
    assert issue_of(house, issue_id).finished_at is not None


def test_an_issue_for_nobody_is_sent_at_once(house: House) -> None:
    issue_id = scheduled(house, people=0)
    report = tick_once(house, utc_now())
    assert report.started == report.finished == (issue_id,)


def test_progress_adds_up_and_the_rows_say_who_and_why(house: House) -> None:
    issue_id = scheduled(house)
    tick_once(house, utc_now())
    with house.database.transaction() as session:
        first = session.scalar(select(func.min(Delivery.id)))
        refused = {"state": "failed", "reply_code": 550, "enhanced_status": "5.1.1", "reply": "no such user", "reason": "refused"}
        session.execute(update(Delivery).where(Delivery.id == first).values(**refused))
    with house.database.reading() as session:
        progress = progress_of(session, issue_id)
        rows = list(delivery_rows(session, issue_id, state="failed"))
        status = status_json(session, issue_id)
    assert (progress.audience, progress.open, progress.done) == (5, 4, 1)
    assert sum(progress.counts.values()) == progress.audience
    assert [(row.email, row.reply_code, row.enhanced_status, row.reply) for row in rows] == [
        ("person1@city1.example", 550, "5.1.1", "no such user")
    ]
    assert status["deliveries"] == {"queued": 4, "failed": 1}
    assert (status["state"], status["audience"]) == ("sending", 5)


@pytest.mark.postgresql
def test_two_clocks_and_eight_workers_at_once_start_every_issue_once_and_claim_everybody_once(postgresql_settings: Settings) -> None:
    given = postgresql_settings.model_copy(update={"transport_url": SecretStr("smtp://127.0.0.1:9")})
    house = open_house(given)
    ids = [scheduled(house, people=10, slug=f"issue-{number}") for number in range(25)]
    claims: list[int] = []

    def clock(_: int) -> list[int]:
        return [issue_id for _ in range(3) for issue_id in tick_once(house, utc_now()).started]

    def work(_: int) -> list[int]:
        with house.database.engine.begin() as connection:
            token = worker_token(connection)
        claimer = Claimer(house.database, token, LetterMaker(PublicLinks(house.keys, house.settings.public_url)))
        found: list[int] = []
        until = time.monotonic() + 60
        while len(claims) < 250 and time.monotonic() < until:
            more = [one.delivery_id for one in claimer.claim_round(Room(express=1, rehearsal=1, bulk={"main": 40}), found)]
            found += more
            claims.extend(more)
            # As the bell or the poll would make it look again from the beginning.
            claimer._walks.clear()
        return found

    with ThreadPoolExecutor(10) as pool:
        clocks, workers = pool.map(clock, range(2)), pool.map(work, range(8))
        started = Counter(issue_id for found in clocks for issue_id in found)
        taken = Counter(number for found in workers for number in found)
    assert started == dict.fromkeys(ids, 1)
    assert len(taken) == 250
    assert set(taken.values()) == {1}
    house.database.close()


@pytest.mark.postgresql
def test_a_locked_row_keeps_the_clock_from_nothing_else(postgresql_settings: Settings) -> None:
    """Somebody is changing one issue, and holds a letter that the sweep wants; the other issue starts in the same tick."""
    house = open_house(postgresql_settings.model_copy(update={"transport_url": SecretStr("smtp://127.0.0.1:9")}))
    under_way = scheduled(house)
    tick_once(house, utc_now())
    held, free = scheduled(house, slug="held"), scheduled(house, slug="free")
    with house.database.engine.begin() as connection:
        token = worker_token(connection)
        assert claim(connection, token, kinds=("issue",), issue_id=under_way, limit=9)
        connection.execute(update(WorkerSession).values(ended_at=utc_now()))
    with house.database.engine.begin() as elsewhere:
        elsewhere.execute(select(Issue.id).where(Issue.id == held).with_for_update())
        elsewhere.execute(select(Delivery.id).where(Delivery.worker_token == token).with_for_update())
        assert tick_once(house, utc_now()).started == (free,)
    assert tick_once(house, utc_now()).started == (held,)
    assert issue_of(house, under_way).state == "sending"
    with house.database.reading() as session:
        assert states(session, under_way) == {"queued": 5}
    house.database.close()


def test_what_a_dead_worker_met_with_a_mail_server_is_forgotten_and_what_a_living_one_meets_is_not(house: House) -> None:
    with house.database.engine.begin() as connection:
        dead, living = worker_token(connection), worker_token(connection)
        for token in (dead, living):
            relay_troubles.note(connection, token, "main", tries=3, words="535 wrong password")
        end_session(connection, dead)
    tick_once(house, utc_now())
    with house.database.reading() as session:
        assert session.scalars(select(relay_troubles.RelayTrouble.worker_token)).all() == [living]
