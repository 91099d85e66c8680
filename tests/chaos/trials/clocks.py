"""T12, T13: clocks that lie, and clocks by the dozen."""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from newsroom.clock import utc_now
from newsroom.issues import OPERATOR, Issue, IssueEvent, resume
from tests.chaos.crew import shim
from tests.chaos.lab import Lab
from tests.chaos.trials.road import Figures, finish, sound
from tests.services import PostgreSQL

HOUR = 3600


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """How many people, whose clock is wrong by how many hours."""

    people: int
    hours: tuple[int, ...] = (2, -2, 26, -26)
    watch: float = 6.0
    limit: float = 120


def wrong_clocks(lab: Lab, size: Clocks) -> Figures:
    """T12: every process's own clock is wrong, each in another way; the database's clock decides what is due and who is alive.

    One issue is due now, one in an hour, one was due ten minutes ago: nothing starts early, twice, or not at all.
    """
    now = lab.issue(size.people)
    later, overdue = lab.more_issues(2, of=now)
    with lab.house.database.transaction() as session:
        session.execute(update(Issue).where(Issue.id == later).values(scheduled_at=utc_now() + timedelta(hours=1)))
        session.execute(update(Issue).where(Issue.id == overdue).values(scheduled_at=utc_now() - timedelta(minutes=10)))
    for hours in size.hours:
        wrong = shim(lab.shared) | {"CHAOS_CLOCK": str(hours * HOUR)}
        lab.crew.start("tick", environment=wrong)
        lab.crew.start("worker", environment=wrong)
    lab.wait(lambda: [state for state in lab.issue_states() if state == "sent"] == ["sent"] * 2, size.limit)
    time.sleep(size.watch)
    states = dict(zip(lab.issues, lab.issue_states(), strict=True))
    assert states == {now: "sent", later: "scheduled", overdue: "sent"}
    assert _starts(lab) == {now: 1, overdue: 1}
    with lab.house.database.transaction() as session:
        session.execute(update(Issue).where(Issue.id == later).values(scheduled_at=utc_now() - timedelta(seconds=1)))
    finish(lab, limit=size.limit)
    assert _starts(lab) == {now: 1, overdue: 1, later: 1}
    return sound(lab, uncertain_at_most=0).figures | {"clocks": 2 * len(size.hours)}


@dataclass(frozen=True, kw_only=True)
class Leap:
    """By how many hours the clock of the database's machine is wrong, one after the other in mid-send, and how long each time."""

    people: int
    hours: tuple[int, ...] = (2, -2)
    stay: float = 4.0
    workers: int = 2
    limit: float = 120


def database_clock_leaps(lab: Lab, size: Leap) -> Figures:
    """T12b: the one clock that all agree on is set, and set back. Every session looks dead, or immortal; nobody gets it twice.

    A clock that is behind makes what is due wait; one that is ahead by more than three hours looks like a silence, after which
    an issue comes up paused, and an operator resumes it.
    """
    server = lab.cluster
    assert server is not None
    issue_id = lab.issue(size.people)
    lab.crew.start("tick")
    lab.crew.workers(size.workers)
    lab.wait_for_letters(size.people // 4, size.limit)
    try:
        for hours in size.hours:
            _set_clock(lab, server, hours)
            time.sleep(size.stay)
    finally:
        _set_clock(lab, server, 0)
    lab.wait(lambda: lab.issue_states() != ["sending"] or lab.count("uncertain", "accepted") == size.people, size.limit)
    paused = lab.issue_states() == ["paused"]
    if paused:
        with lab.house.database.transaction() as session:
            resume(session, session.get_one(Issue, issue_id), by=OPERATOR, now=utc_now())
    finish(lab, limit=size.limit)
    account = sound(lab, uncertain_at_most=len(size.hours) * lab.connections * size.workers)
    return account.figures | {"leaps": len(size.hours) + 1, "paused_as_after_a_silence": paused}


def _set_clock(lab: Lab, server: PostgreSQL, hours: int) -> None:
    server.stop()
    server.environment = shim(lab.shared) | {"CHAOS_CLOCK": str(hours * HOUR)} if hours else {}
    server.start()


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """So many issues of so many people each, due at the same instant; so many clocks and workers."""

    issues: int
    people: int
    ticks: int = 2
    workers: int = 8
    limit: float = 120


def all_due_at_once(lab: Lab, size: Crowd) -> Figures:
    """T13: each issue is started once, whoever looks first."""
    first = lab.issue(size.people, state="draft")
    due = utc_now()
    lab.more_issues(size.issues - 1, of=first, at=lambda: due)
    with lab.house.database.transaction() as session:
        session.execute(update(Issue).where(Issue.id == first).values(state="scheduled", scheduled_at=due))
    for _ in range(size.ticks):
        lab.crew.start("tick")
    lab.crew.workers(size.workers)
    seconds = lab.wait_until("sent", size.limit)
    assert _starts(lab) == dict.fromkeys(lab.issues, 1)
    account = sound(lab, uncertain_at_most=0)
    assert account.states == {"accepted": size.issues * size.people}
    return account.figures | {"issues": size.issues, "seconds": round(seconds, 1)}


def _starts(lab: Lab) -> Counter[int]:
    with lab.house.database.reading() as session:
        return Counter(session.scalars(select(IssueEvent.issue_id).where(IssueEvent.action == "start")))
