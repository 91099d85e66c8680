"""When an issue goes out: on the clock of its list, after a hold, and taken back by whoever is quicker than the start."""

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from pydantic import SecretStr

from newsroom.clock import utc_now
from newsroom.errors import InvalidInput, Refused, TransitionRefused
from newsroom.house import House
from newsroom.issues import OPERATOR, Issue, cancel, events_of, get_issue
from newsroom.scheduling import schedule_at, send_soon, take_back
from newsroom.sendqueue.tick import tick_once
from tests.sending import make_sendable_issue


@pytest.fixture
def house(house: House) -> House:
    """A house whose mail would go to a server."""
    settings = house.settings.model_copy(update={"transport_url": SecretStr("smtp://127.0.0.1:9")})
    return dataclasses.replace(house, settings=settings)


def an_issue(house: House, state: str = "approved", slug: str = "spring") -> int:
    with house.database.transaction() as session:
        issue = make_sendable_issue(session, house, people=3, now=utc_now(), state=state, slug=slug)
        issue.mailing_list.timezone = "Europe/Madrid"
        return issue.id


def change(house: House, issue_id: int, how: Callable[..., object], **facts: object) -> Issue:
    with house.database.transaction() as session:
        issue = get_issue(session, issue_id)
        how(session, issue, by=OPERATOR, now=facts.pop("now", utc_now()), **facts)
    return issue


def test_sending_now_waits_for_the_hold_of_the_list_and_starts_nothing_before(house: House) -> None:
    issue_id, now = an_issue(house), utc_now()
    assert change(house, issue_id, send_soon, now=now).scheduled_at == now + timedelta(seconds=60)
    assert tick_once(house, now + timedelta(seconds=59)).started == ()
    assert tick_once(house, now + timedelta(seconds=60)).started == (issue_id,)


@pytest.mark.parametrize(("hold", "seconds"), [(None, 5), (0, 0), (300, 300)])
def test_a_hold_that_is_named_wins_over_that_of_the_list(house: House, hold: int | None, seconds: int) -> None:
    issue_id, now = an_issue(house), utc_now()
    with house.database.transaction() as session:
        get_issue(session, issue_id).mailing_list.hold_seconds = 5
    assert change(house, issue_id, send_soon, now=now, hold=hold).scheduled_at == now + timedelta(seconds=seconds)


def test_undo_within_the_hold_means_that_nobody_gets_it(house: House) -> None:
    issue_id, now = an_issue(house), utc_now()
    change(house, issue_id, send_soon, now=now)
    assert change(house, issue_id, take_back, now=now).state == "approved"
    assert tick_once(house, now + timedelta(hours=1)).started == ()
    with house.database.reading() as session:
        assert [event.action for event in events_of(session, issue_id)] == ["schedule", "unschedule"]


def test_undo_after_the_start_says_that_it_is_too_late_and_what_to_do(house: House) -> None:
    issue_id = an_issue(house, state="scheduled")
    tick_once(house, utc_now())
    with pytest.raises(Refused, match="Too late: it has started") as refused:
        change(house, issue_id, take_back)
    assert "Pause it" in str(refused.value)


def test_undo_and_start_at_once_have_one_winner_and_the_loser_is_told(house: House) -> None:
    """Ten times, from a common start: the issue is either not sent at all, or the undo was refused."""
    ids = [an_issue(house, state="scheduled", slug=f"race-{number}") for number in range(10)]
    for issue_id in ids:
        together = Barrier(2)

        def undo(number: int = issue_id, gate: Barrier = together) -> str:
            gate.wait()
            try:
                change(house, number, take_back)
            except Refused as refused:
                return str(refused)
            return "undone"

        def start(gate: Barrier = together) -> object:
            gate.wait()
            return tick_once(house, utc_now())

        with ThreadPoolExecutor(2) as pool:
            said, _ = pool.submit(undo), pool.submit(start)
        with house.database.reading() as session:
            state = get_issue(session, issue_id).state
        assert (said.result() == "undone") == (state == "approved"), (said.result(), state)
        assert said.result() == "undone" or "Too late" in said.result() or "same moment" in said.result()


def test_undoing_what_was_cancelled_is_refused_in_the_words_of_its_life(house: House) -> None:
    issue_id = an_issue(house, state="scheduled")
    change(house, issue_id, cancel)
    with pytest.raises(TransitionRefused, match="The issue is cancelled"):
        change(house, issue_id, take_back)


def test_another_time_replaces_the_first_in_one_step(house: House) -> None:
    issue_id, now = an_issue(house), utc_now()
    change(house, issue_id, schedule_at, at=now + timedelta(hours=1), now=now)
    assert change(house, issue_id, schedule_at, at=now + timedelta(hours=5), now=now).scheduled_at == now + timedelta(hours=5)
    assert tick_once(house, now + timedelta(hours=2)).started == ()


def test_a_time_that_has_passed_is_refused_on_the_lists_own_clock(house: House) -> None:
    issue_id, now = an_issue(house), datetime(2024, 5, 24, 9, 0, tzinfo=UTC)
    with pytest.raises(InvalidInput, match=r"Friday 24 May 2024, 10:59 \(CEST\) has passed"):
        change(house, issue_id, schedule_at, at=now - timedelta(minutes=1), now=now)
