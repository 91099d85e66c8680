"""How far each issue of the demo has come, and the moves that brought it there."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from newsroom import issues
from newsroom.approval import approve_issue
from newsroom.deliveries import OPEN_STATES, Delivery
from newsroom.demo import mail_servers
from newsroom.house import House
from newsroom.issues import Actor, Issue, get_issue
from newsroom.sendqueue.fanout import start_issue
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.tick import tick_once

EDITOR, PUBLISHER = Actor(name="Ana Ferreira (demo)"), Actor(name="Karim Osei (demo)")
A_YEAR = timedelta(days=365)
LONGEST_SENDING = timedelta(seconds=20)
WHY_PAUSED = "The secretary wants to read the sentence about the lemonade once more"

#: The move that is not made but waited for: the letters go out.
SEND = "send"

#: The moves of each issue; the last one is added last, see loading.py.
LIVES: dict[str, tuple[str, ...]] = {
    "anniversary": ("submit", "approve", "schedule_now", "start", SEND),
    "autumn-2027": (),
    "night-buses": ("submit",),
    "assembly-invitation": ("submit", "approve", "schedule_far"),
    "water-notice": ("submit", "approve", "schedule_now", "start", SEND, "pause"),
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
    moves = LIVES[slug]
    before, after = (moves[: moves.index(SEND)], moves[moves.index(SEND) + 1 :]) if SEND in moves else (moves, ())
    _make_all(demo, issue_id, before, only_in="draft")
    if SEND in moves:
        _send_in_memory(demo, slug, issue_id)
        _make_all(demo, issue_id, after, only_in="sending")


def _make_all(demo: Demo, issue_id: int, moves: Sequence[str], *, only_in: str) -> None:
    with demo.house.database.transaction() as session:
        issue = get_issue(session, issue_id)
        if issue.state == only_in:
            for move in moves:
                _make(demo, session, issue, move)


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
            issues.pause(session, issue, by=PUBLISHER, now=now, reason=WHY_PAUSED)
        case "cancel":
            issues.cancel(session, issue, by=PUBLISHER, now=now)
        case "discard":
            issues.discard(session, issue, by=EDITOR, now=now)


def _send_in_memory(demo: Demo, slug: str, issue_id: int) -> None:
    """A real sending to mail servers that are only memory: nobody is written to, and the ledger is a real one."""
    mail_servers.prepare(slug)
    forgetful = demo.house.settings.model_copy(update={"transport_url": SecretStr(mail_servers.URL)})
    sender = Sender(replace(demo.house, settings=forgetful))
    sender.start()
    try:
        _wait_until_sent(demo.house, issue_id, but=mail_servers.slow_domains(slug))
    finally:
        sender.stop()
    tick_once(demo.house, demo.now)


def _wait_until_sent(house: House, issue_id: int, *, but: Sequence[str]) -> None:
    """Until nothing is open any more, except at these domains."""
    expected = Delivery.issue_id == issue_id, Delivery.state.in_(OPEN_STATES), Delivery.domain.not_in(but)
    still_open = select(Delivery.id).where(*expected).limit(1)
    until = time.monotonic() + LONGEST_SENDING.total_seconds()
    while time.monotonic() < until:
        with house.database.reading() as session:
            if session.scalar(still_open) is None:
                return
        time.sleep(0.05)
