"""When an issue goes out: at an instant, or after a short hold in which it can still be taken back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from newsroom import issues
from newsroom.errors import InvalidInput, Refused, TransitionRefused
from newsroom.issues import Actor, Issue, IssueEvent
from newsroom.local_times import refuse_past
from newsroom.mailing_lists import LONGEST_HOLD

BEGUN = ("starting", "sending", "paused", "sent")
#: From here on the issue's page counts down.
SOON = timedelta(hours=1)


def schedule_at(session: Session, issue: Issue, *, at: datetime, by: Actor, now: datetime, place: str = "", instead: str = "") -> None:
    """Due at this instant; one that was scheduled already is moved there, in the same transaction. InvalidInput for what has passed."""
    refuse_past(at, now, issue.mailing_list.timezone, place=place, instead=instead)
    if issue.state == "scheduled":
        take_back(session, issue, by=by, now=now)
    issues.schedule(session, issue, at=at, by=by, now=now)


def send_soon(session: Session, issue: Issue, *, hold: int | None = None, by: Actor, now: datetime) -> datetime:
    """Due when the hold is over, by default that of the list; when that is."""
    seconds = issue.mailing_list.hold_seconds if hold is None else hold
    if not 0 <= seconds <= LONGEST_HOLD:
        raise InvalidInput.of(f"A hold can be 0 to {LONGEST_HOLD} seconds.", place="hold")
    at = now + timedelta(seconds=seconds)
    issues.schedule(session, issue, at=at, by=by, now=now)
    return at


def take_back(session: Session, issue: Issue, *, by: Actor, now: datetime) -> None:
    """Not sent, and nobody has got it: either this wins against the start, or it is refused and says so."""
    try:
        issues.unschedule(session, issue, by=by, now=now)
    except TransitionRefused as refusal:
        if issue.state in BEGUN:
            raise Refused("Too late: it has started, and the first letters may have left. Pause it, or cancel it for good.") from None
        raise refusal from None


def was_planned(events: Sequence[IssueEvent], at: datetime) -> bool:
    """Whether somebody chose this time for the issue; the end of a hold is a whole number of seconds after "send now" was pressed."""
    asked = next((event.at for event in reversed(events) if event.action == "schedule"), None)
    after = None if asked is None else at - asked
    return after is None or after.microseconds > 0 or after > timedelta(seconds=LONGEST_HOLD)


def is_counting_down(issue: Issue, now: datetime) -> bool:
    return issue.state == "scheduled" and issue.scheduled_at is not None and now < issue.scheduled_at <= now + SOON
