"""How far each issue of the demo has come, and the moves that brought it there."""

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.orm import Session

from newsroom import issues
from newsroom.approval import approve_issue
from newsroom.house import House
from newsroom.issues import Actor, Issue, get_issue
from newsroom.sendqueue.fanout import start_issue
from newsroom.sendqueue.progress import progress_of
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.tick import tick_once

EDITOR, PUBLISHER = Actor(name="Ana Ferreira (demo)"), Actor(name="Karim Osei (demo)")
A_YEAR = timedelta(days=365)
LONGEST_SENDING = timedelta(seconds=20)

#: The moves of each issue; the last one is added last, see loading.py.
LIVES: dict[str, tuple[str, ...]] = {
    "anniversary": ("submit", "approve", "schedule_now", "start", "finish"),
    "autumn-2027": (),
    "night-buses": ("submit",),
    "assembly-invitation": ("submit", "approve", "schedule_far"),
    "water-notice": ("submit", "approve", "schedule_now", "start", "pause"),
    "study-trip": ("submit", "approve", "cancel"),
    "first-of-april": ("discard",),
    "summer-2027": ("submit", "approve"),
}


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What every step of the demo needs."""

    house: House
    folder: Path
    now: datetime


def bring_to_its_state(demo: Demo, slug: str, issue_id: int) -> None:
    """Make the moves in order. One that was made by a start that was cut off is not made again."""
    with demo.house.database.transaction() as session:
        issue = get_issue(session, issue_id)
        if issue.state == "draft":
            for move in LIVES[slug]:
                _make(demo, session, issue, move)
    if "finish" in LIVES[slug]:
        _finish_in_memory(demo, issue_id)


def _make(demo: Demo, session: Session, issue: Issue, move: str) -> None:
    now, settings = demo.now, demo.house.settings
    match move:
        case "submit":
            issues.submit(session, issue, by=EDITOR, now=now)
        case "approve":
            approve_issue(session, issue, keys=demo.house.keys, public_url=settings.public_url, by=PUBLISHER, now=now)
        case "schedule_now":
            issues.schedule(session, issue, at=now, by=PUBLISHER, now=now)
        case "schedule_far":
            issues.schedule(session, issue, at=now + A_YEAR, by=PUBLISHER, now=now)
        case "start":
            start_issue(session, issue, now=now)
        case "pause":
            issues.pause(session, issue, by=PUBLISHER, now=now)
        case "cancel":
            issues.cancel(session, issue, by=PUBLISHER, now=now)
        case "discard":
            issues.discard(session, issue, by=EDITOR, now=now)


def _finish_in_memory(demo: Demo, issue_id: int) -> None:
    """A real sending to a mail server that is only memory: nobody is written to, and the ledger is a real one."""
    forgetful = demo.house.settings.model_copy(update={"transport_url": SecretStr("memory:")})
    sender = Sender(replace(demo.house, settings=forgetful))
    sender.start()
    try:
        _wait_until_nothing_is_open(demo.house, issue_id)
    finally:
        sender.stop()
    tick_once(demo.house, demo.now)


def _wait_until_nothing_is_open(house: House, issue_id: int) -> None:
    until = time.monotonic() + LONGEST_SENDING.total_seconds()
    while time.monotonic() < until:
        with house.database.reading() as session:
            if not progress_of(session, issue_id).open:
                return
        time.sleep(0.05)
