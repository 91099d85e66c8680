"""Taking over: what an operator is told before, and what becomes of issues, letters and numbers."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, update

from newsroom.clock import utc_now
from newsroom.data_folder import recall, remember
from newsroom.deliveries import Delivery
from newsroom.errors import Refused
from newsroom.house import House
from newsroom.installation import Installation, InstallationEvent
from newsroom.issues import OPERATOR, get_issue, resume, schedule
from newsroom.sendqueue import fanout
from newsroom.sendqueue.adopting import GAP, Survey, adopt, leave_gaps, survey
from newsroom.sendqueue.belonging import doubt_about
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.handed_over import HandedOver
from newsroom.sendqueue.sessions import end_session
from newsroom.sendqueue.tick import tick_once
from subscribers.models import Subscriber
from tests.sending import make_sendable_issue, states, worker_token


@pytest.fixture
def house(house: House) -> House:
    """In use for a while."""
    for _ in range(3):
        with house.database.transaction() as session:
            if (row := session.get(Installation, 1)) is not None:
                row.beat_at -= timedelta(seconds=11)
        assert doubt_about(house) is None
    return house


def started(house: House, people: int = 5) -> int:
    with house.database.transaction() as session:
        issue = make_sendable_issue(session, house, people=people, now=utc_now())
        fanout.start_issue(session, issue, now=utc_now())
        return issue.id


def set_back(house: House, *, to: timedelta = timedelta()) -> None:
    """To the state of so long ago."""
    with house.database.transaction() as session:
        row = session.get_one(Installation, 1)
        row.beat, row.beat_at = row.beat - 1, read_clock(session) - to
    assert doubt_about(house) is not None


def surveyed(house: House, *evidence: Path) -> Survey:
    with house.database.reading() as session:
        folders = (house.settings.data_dir, *evidence)
        return survey(session, recall(house.settings.data_dir), folders, house.keys, now=read_clock(session))


def take_over(house: House, *evidence: Path) -> None:
    folders = (house.settings.data_dir, *evidence)
    with house.database.transaction() as session:
        now = read_clock(session)
        found = survey(session, recall(house.settings.data_dir), folders, house.keys, now=now)
        row = adopt(session, found, folders, house.keys, by=OPERATOR, now=now)
    remember(house.settings.data_dir, identity=row.identity, beat=row.beat, at=row.beat_at)
    assert doubt_about(house) is None


def handed(house: House, issue_id: int, people: list[int], attempt: int = 0, *, data_dir: Path | None = None) -> None:
    """What a sender notes at the mark of these people's letters."""
    note = HandedOver(data_dir or house.settings.data_dir, "session")
    note.note(SimpleNamespace(kind="issue", issue_id=issue_id, subscriber_id=person, attempt=attempt) for person in people)  # type: ignore[misc]
    note.close()


def people_of(house: House) -> list[int]:
    with house.database.reading() as session:
        return list(session.scalars(select(Subscriber.id).order_by(Subscriber.id)))


def test_who_was_handed_it_after_the_snapshot_is_uncertain_and_not_open(house: House) -> None:
    issue_id = started(house)
    first, second, third, *_ = people_of(house)
    with house.database.transaction() as session:
        of = update(Delivery).where(Delivery.issue_id == issue_id)
        session.execute(of.where(Delivery.subscriber_id == second).values(state="deferred", attempt=1))
        session.execute(of.where(Delivery.subscriber_id == third).values(state="accepted", attempt=1))
    handed(house, issue_id, [first, third])
    handed(house, issue_id, [second], attempt=1)
    set_back(house)
    (concerned,) = surveyed(house).issues
    assert (concerned.open, concerned.handed) == (4, 2)
    take_over(house)
    with house.database.reading() as session:
        found = {row.subscriber_id: row for row in session.scalars(select(Delivery).where(Delivery.issue_id == issue_id))}
        assert states(session, issue_id) == {"uncertain": 2, "accepted": 1, "queued": 2}
        assert "2 people were handed this letter after that" in get_issue(session, issue_id).notice
    assert [(found[person].state, found[person].attempt) for person in (first, second, third)] == [
        ("uncertain", 1), ("uncertain", 2), ("accepted", 1),
    ]  # fmt: skip
    assert "set back" in found[first].reason


def test_an_issue_started_after_the_snapshot_spares_those_who_have_it(house: House) -> None:
    with house.database.transaction() as session:
        issue_id = make_sendable_issue(session, house, people=5, now=utc_now() - timedelta(hours=1), state="approved").id
    *others, lucky = people_of(house)
    handed(house, issue_id, [lucky, 4_711])
    set_back(house)
    take_over(house)
    with house.database.transaction() as session:
        issue = get_issue(session, issue_id)
        schedule(session, issue, at=utc_now(), by=OPERATOR, now=utc_now())
        assert fanout.start_issue(session, issue, now=utc_now()) == 5
        assert states(session, issue_id) == {"uncertain": 1, "queued": 4}
        queued = session.scalars(select(Delivery.subscriber_id).where(Delivery.state == "queued"))
        assert sorted(number for number in queued if number) == others


def test_a_start_in_chunks_passes_over_them_and_loses_nobody(house: House) -> None:
    with house.database.transaction() as session:
        issue_id = make_sendable_issue(session, house, people=5, now=utc_now() - timedelta(hours=1), state="approved").id
    handed(house, issue_id, people_of(house)[3:4])
    set_back(house)
    take_over(house)
    with house.database.transaction() as session:
        issue = get_issue(session, issue_id)
        schedule(session, issue, at=utc_now(), by=OPERATOR, now=utc_now())
        fanout.begin(session, issue, now=utc_now())
        assert [fanout.add_people(session, issue, now=utc_now(), limit=2) for _ in range(3)] == [2, 2, 0]
        assert fanout.complete(session, issue, now=utc_now()) == 5
        assert states(session, issue_id) == {"uncertain": 1, "queued": 4}


def test_people_and_issues_younger_than_the_snapshot_are_nobody_that_was_written_to(house: House) -> None:
    """Their numbers were somebody else's before: what was noted of those says nothing about them."""
    issue_id = started(house)
    handed(house, issue_id, people_of(house))
    set_back(house, to=timedelta(hours=1))
    assert surveyed(house).unknown == 1
    take_over(house)
    with house.database.reading() as session:
        assert states(session, issue_id) == {"queued": 5}


def test_the_folder_of_another_worker_tells_too(house: House, tmp_path: Path) -> None:
    issue_id = started(house)
    other = tmp_path / "other"
    memory = recall(house.settings.data_dir)
    assert memory is not None
    remember(other, identity=memory.identity, beat=1, at=memory.at)
    handed(house, issue_id, people_of(house)[:3], data_dir=other)
    set_back(house)
    assert [concerned.handed for concerned in surveyed(house).issues] == [0]
    take_over(house, other)
    with house.database.reading() as session:
        assert states(session, issue_id) == {"uncertain": 3, "queued": 2}


def test_letters_of_workers_that_are_gone_are_free_or_uncertain(house: House) -> None:
    issue_id = started(house)
    with house.database.engine.begin() as connection:
        token = worker_token(connection)
        for state, ids in (("claimed", people_of(house)[:2]), ("handed_over", people_of(house)[2:3])):
            mine = update(Delivery).where(Delivery.issue_id == issue_id, Delivery.subscriber_id.in_(ids))
            connection.execute(mine.values(state=state, worker_token=token))
        end_session(connection, token)
    set_back(house)
    told = surveyed(house)
    assert (told.claimed, told.handed_over) == (2, 1)
    take_over(house)
    with house.database.reading() as session:
        assert states(session, issue_id) == {"queued": 4, "uncertain": 1}


def test_what_came_due_in_between_is_scheduled_anew_and_what_is_still_to_come_stays(house: House) -> None:
    with house.database.transaction() as session:
        past = make_sendable_issue(session, house, people=1, now=utc_now()).id
        later = make_sendable_issue(session, house, people=1, now=utc_now(), slug="later")
        later.scheduled_at = utc_now() + timedelta(days=1)
    set_back(house)
    take_over(house)
    assert tick_once(house, utc_now()).started == ()
    with house.database.reading() as session:
        assert get_issue(session, past).state == "approved"
        assert "may have been sent already" in get_issue(session, past).notice
        assert get_issue(session, later.id).state == "scheduled"


def test_a_start_that_was_under_way_is_completed_and_paused(house: House) -> None:
    with house.database.transaction() as session:
        issue = make_sendable_issue(session, house, people=5, now=utc_now())
        fanout.begin(session, issue, now=utc_now())
        fanout.add_people(session, issue, now=utc_now(), limit=2)
    set_back(house)
    take_over(house)
    with house.database.transaction() as session:
        found = get_issue(session, issue.id)
        assert (found.state, found.audience) == ("paused", 5)
        resume(session, found, by=OPERATOR, now=utc_now())


def test_numbers_that_stand_in_letters_sent_since_are_given_to_nobody(house: House) -> None:
    started(house)
    set_back(house)
    take_over(house)
    with house.database.transaction() as session:
        letter = Delivery(kind="notice", address="b@example.org", domain="example.org", language="en", state="queued", due_at=utc_now(),
                          created_at=utc_now())  # fmt: skip
        session.add(letter)
        session.flush()
        assert letter.id > GAP


def test_adopting_leaves_a_line_in_the_book(house: House) -> None:
    set_back(house)
    take_over(house)
    with house.database.reading() as session:
        assert [(event.action, event.actor) for event in session.scalars(select(InstallationEvent).order_by(InstallationEvent.id))] == [
            ("doubt", "Newsroom"),
            ("adopt", "operator"),
        ]


def test_an_installation_at_work_and_in_no_doubt_is_not_adopted(house: House) -> None:
    with house.database.engine.begin() as connection:
        worker_token(connection)
    with pytest.raises(Refused, match="stop every worker and clock first"):
        take_over(house)


def test_numbers_in_letters_already_sent_are_not_given_to_somebody_else(house: House) -> None:
    with house.database.transaction() as session:
        issue = make_sendable_issue(session, house, people=3, now=utc_now())
        last, number = session.scalars(select(func.max(Subscriber.id))).one(), issue.id
    with house.database.transaction() as session:
        leave_gaps(session)
    with house.database.transaction() as session:
        later = make_sendable_issue(session, house, people=1, now=utc_now(), slug="later")
        newest = session.scalars(select(func.max(Subscriber.id))).one()
    assert newest > last + GAP
    assert later.id > number + GAP
    assert later.list_id > GAP
