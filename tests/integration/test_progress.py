"""How far an issue has got: exact when it is finished, cheap while it is great, and at what pace it goes."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from newsroom.clock import utc_now
from newsroom.house import House
from newsroom.issues import Issue
from newsroom.sendqueue import progress as counting
from newsroom.sendqueue import refreshing, relay_troubles
from newsroom.sendqueue.delivery_table import delivery_table
from newsroom.sendqueue.progress import Progress, progress_of, refusals_of, status_json
from newsroom.sendqueue.sessions import end_session
from newsroom.snapshots import SendingSnapshot, thaw
from tests.integration.test_repeating import Sent
from tests.sending import worker_token


@pytest.fixture
def great(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six people are many."""
    monkeypatch.setattr(counting, "LIVE_UP_TO", 3)
    monkeypatch.setattr(refreshing, "LIVE_UP_TO", 3)


@pytest.fixture
def sending(house: House) -> Sent:
    return Sent(house, state="sending")


def refresh(sent: Sent, after: float = 0) -> int:
    return refreshing.refresh(sent.house.database, sent.now + timedelta(seconds=after))


def look(sent: Sent) -> Progress:
    with sent.house.database.reading() as session:
        return progress_of(session, sent.issue_id)


def snapshot(sent: Sent) -> SendingSnapshot:
    with sent.house.database.reading() as session:
        return session.scalars(select(SendingSnapshot)).one()


def statements(sent: Sent) -> list[str]:
    """What a look costs."""
    seen: list[str] = []

    def note(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(sent.house.database.engine, "before_cursor_execute", note)
    look(sent)
    event.remove(sent.house.database.engine, "before_cursor_execute", note)
    return seen


def test_a_small_issue_is_counted_when_somebody_looks(sending: Sent) -> None:
    refresh(sending)
    sending.put(0, state="queued")
    assert look(sending).counts == {"accepted": 5, "queued": 1}


def test_nobody_who_looks_at_a_great_issue_makes_the_database_count(great: None, sending: Sent) -> None:
    refresh(sending)
    sending.put(0, state="queued")
    assert look(sending).counts == {"accepted": 6}
    assert not [statement for statement in statements(sending) if "FROM deliveries" in statement]
    refresh(sending, after=60)
    assert look(sending).counts == {"accepted": 5, "queued": 1}


def test_a_count_takes_at_most_a_twentieth_of_the_clocks_time(great: None, sending: Sent) -> None:
    assert refresh(sending) == 1
    with sending.house.database.transaction() as session:
        session.execute(update(SendingSnapshot).values(took=3.0))
    assert refresh(sending, after=59) == 0
    assert refresh(sending, after=61) == 1


def test_what_is_finished_is_counted_once_more_and_then_kept(great: None, sending: Sent) -> None:
    sending.put(0, state="queued")
    refresh(sending)
    sending.put(0, state="failed", reply="unknown", reply_code=550)
    with sending.house.database.transaction() as session:
        session.execute(update(Issue).values(state="sent", finished_at=sending.now))
    assert look(sending).counts == {"accepted": 5, "failed": 1}  # exact at once, before the clock comes by
    assert refresh(sending, after=10) == 1
    assert snapshot(sending).final
    assert refresh(sending, after=10_000) == 0
    assert look(sending).counts == {"accepted": 5, "failed": 1}
    assert not [statement for statement in statements(sending) if "FROM deliveries" in statement]


def test_a_finished_sending_with_uncertain_letters_is_looked_at_again(great: None, sending: Sent) -> None:
    sending.put(0, state="uncertain")
    with sending.house.database.transaction() as session:
        session.execute(update(Issue).values(state="sent", finished_at=sending.now))
    refresh(sending)
    assert not snapshot(sending).final
    assert refresh(sending, after=20) == 0
    sending.put(0, state="accepted")
    assert refresh(sending, after=31) == 1
    assert snapshot(sending).final


def test_while_the_last_answers_come_in_only_what_is_in_trouble_is_counted(great: None, sending: Sent) -> None:
    """For days after a great issue was sent letters bounce and uncertain ones settle: its page stays exact, and counts no million."""
    sending.put(0, state="uncertain")
    sending.put(1, state="failed", reply="unknown", reply_code=550)
    with sending.house.database.transaction() as session:
        session.execute(update(Issue).values(state="sent", finished_at=sending.now))
    refresh(sending)
    sending.put(2, state="bounced")
    sending.put(0, state="accepted")
    assert look(sending).counts == {"accepted": 4, "bounced": 1, "failed": 1}
    counting_all = [one for one in statements(sending) if "FROM deliveries" in one and "deliveries.trouble IS NOT NULL" not in one]
    assert not counting_all
    with sending.house.database.reading() as session:
        assert [group.failed for group in refusals_of(session, sending.issue_id)] == [1]
    sending.put(3, state="queued")  # never so in a sent issue; should it be, nothing is concluded from it
    with sending.house.database.transaction() as session:
        session.execute(update(SendingSnapshot).values(counts={"accepted": 5, "queued": 1}))
    assert look(sending).counts == {"accepted": 3, "bounced": 1, "failed": 1, "queued": 1}


def test_counts_thaw_when_a_letter_moves_after_the_end(great: None, house: House) -> None:
    sent = Sent(house)
    refresh(sent)
    sent.put(0, state="bounced")
    with house.database.transaction() as session:
        thaw(session, sent.issue_id)
    assert look(sent).counts == {"accepted": 5, "bounced": 1}


def test_the_pace_and_the_rest_are_told_from_the_last_minutes(sending: Sent) -> None:
    for place in range(6):
        sending.put(place, state="queued")
    refresh(sending)
    for place in range(4):
        sending.put(place, state="accepted")
    refresh(sending, after=60)
    found = look(sending)
    assert found.rate == pytest.approx(4)
    assert found.remaining is not None
    assert found.remaining.total_seconds() == pytest.approx(30)


def test_of_an_issue_at_rest_no_pace_is_told(sending: Sent) -> None:
    refresh(sending)
    refresh(sending, after=60)
    assert look(sending).rate == pytest.approx(0)
    assert look(sending).remaining is None
    with sending.house.database.transaction() as session:
        session.execute(update(Issue).values(state="paused"))
    assert look(sending).rate is None


def test_until_when_deferred_letters_are_tried_is_told(sending: Sent) -> None:
    first = sending.now - timedelta(hours=5)
    sending.put(0, state="deferred", first_tried_at=first, due_at=sending.now, reply_code=450, reply="later")
    assert look(sending).retried_until == first + timedelta(hours=48)
    with sending.house.database.reading() as session:
        status = status_json(session, sending.issue_id)
    assert status["deliveries"] == {"accepted": 5, "deferred": 1}
    assert status["refusals"][0]["deferred"] == 1
    assert {"state", "audience", "deliveries", "notice", "mails_per_minute", "minutes_left", "retried_until"} <= status.keys()


def test_refusals_of_a_great_issue_come_from_the_last_count(great: None, sending: Sent) -> None:
    sending.failed(0)
    refresh(sending)
    with sending.house.database.reading() as session:
        (group,) = refusals_of(session, sending.issue_id)
    assert (group.key, group.failed, group.words) == ("no_such_mailbox", 1, "unknown")


def test_clocks_that_count_at_once_count_once_each(great: None, sending: Sent) -> None:
    assert [refresh(sending), refresh(sending)] == [1, 0]


def test_the_export_ends_with_the_tries_and_what_a_refusal_means(sending: Sent) -> None:
    sending.failed(0)
    with sending.house.database.reading() as session:
        head, first, second, *_ = delivery_table(session, sending.issue_id)
    assert head[:6] == ["email", "state", "language", "reply_code", "enhanced_status", "reply"]
    assert head[-4:] == ["first_tried_at", "last_tried_at", "explanation", "next_step"]
    assert first[-2] == "The mailbox does not exist"
    assert second[-2:] == ["", ""]


def test_a_relay_in_trouble_is_told_from_its_first_failed_try_and_no_longer_than_its_worker_lives(house: House) -> None:
    with house.database.transaction() as session:
        connection = session.connection()
        token = worker_token(connection)
        relay_troubles.note(connection, token, "main", tries=1, words="connection refused")
        relay_troubles.note(connection, token, "main", tries=4, words="no answer")
        (trouble,) = relay_troubles.troubles(session)
        assert (trouble.relay, trouble.tries, trouble.words) == ("main", 4, "no answer")
        relay_troubles.note(connection, token, "main", tries=0, words="")
        assert relay_troubles.troubles(session) == []
        relay_troubles.note(connection, token, "main", tries=1, words="connection refused")
        end_session(connection, token)
        assert relay_troubles.troubles(session) == []


def test_a_relay_that_falls_after_its_limit_was_found_is_not_called_away_since_then(house: House) -> None:
    with house.database.transaction() as session:
        connection = session.connection()
        token = worker_token(connection)
        relay_troubles.note(connection, token, "main", tries=0, words=relay_troubles.lets_in(5, 16))
        session.execute(update(relay_troubles.RelayTrouble).values(since=utc_now() - timedelta(hours=3)))
        assert relay_troubles.troubles(session) == []
        relay_troubles.note(connection, token, "main", tries=1, words="connection refused")
        (trouble,) = relay_troubles.troubles(session)
        assert trouble.since > utc_now() - timedelta(minutes=1)
        assert relay_troubles.limits(session) == []


def test_letters_of_nobody_are_no_trouble(house: House) -> None:
    assert refreshing.refresh(house.database, utc_now()) == 0
