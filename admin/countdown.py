"""The last hour before an issue starts, as its page counts it down."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from admin.speaking import tn
from admin.wording import spoken
from newsroom.issues import Issue
from newsroom.scheduling import is_counting_down

MINUTE = 60


@dataclass(frozen=True, kw_only=True)
class Countdown:
    """`every`: how soon the page should look again, in seconds."""

    left: str
    at: str
    every: int


def countdown_of(issue: Issue, now: datetime) -> Countdown | None:
    """None unless it starts within the hour."""
    if not is_counting_down(issue, now) or issue.scheduled_at is None:
        return None
    seconds = ceil((issue.scheduled_at - now).total_seconds())
    return Countdown(
        left=_in_words(seconds), at=spoken(issue.scheduled_at, issue.mailing_list.timezone), every=1 if seconds <= 2 * MINUTE else 10
    )


def _in_words(seconds: int) -> str:
    if seconds > 2 * MINUTE:
        return str(tn("countdown.minutes", ceil(seconds / MINUTE)))
    return str(tn("countdown.seconds", seconds))
