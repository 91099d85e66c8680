"""How far an issue has got: counts that add up to its audience, and one row per person with the reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from newsroom.deliveries import OPEN_STATES, Delivery
from newsroom.issues import get_issue
from newsroom.sendqueue.sessions import any_alive

AT_A_TIME = 1_000


@dataclass(frozen=True, kw_only=True)
class Progress:
    """`counts` holds only states that occur; `open` are still to be decided, `done` are decided (uncertain counts as decided)."""

    state: str
    audience: int
    counts: dict[str, int]
    open: int
    done: int
    notice: str


@dataclass(frozen=True, kw_only=True)
class DeliveryRow:
    """One person's letter, as exported; the names are the columns of the CSV."""

    email: str
    state: str
    language: str
    reply_code: int | None
    enhanced_status: str
    reply: str
    reason: str
    topics: str
    attempts: int
    relay: str
    due_at: datetime
    marked_at: datetime | None
    closed_at: datetime | None
    delivery_id: int


def progress_of(session: Session, issue_id: int, kind: str = "issue") -> Progress:
    """The issue's sending, or with kind "rehearsal" its last rehearsal."""
    issue = get_issue(session, issue_id)
    counted = (
        select(Delivery.state, func.count().label("number"))
        .where(Delivery.issue_id == issue_id, Delivery.kind == kind)
        .group_by(Delivery.state)
    )
    counts = dict(session.execute(counted).all())
    total = sum(counts.values())
    still_open = sum(number for state, number in counts.items() if state in OPEN_STATES)
    frozen = issue.audience if kind == "issue" else None
    return Progress(
        state=issue.state,
        audience=total if frozen is None else frozen,
        counts=counts,
        open=still_open,
        done=total - still_open,
        notice=issue.notice,
    )


def status_json(session: Session, issue_id: int) -> dict[str, Any]:
    """{"state", "audience", "deliveries": {state: count}, "notice"}"""
    progress = progress_of(session, issue_id)
    return {"state": progress.state, "audience": progress.audience, "deliveries": progress.counts, "notice": progress.notice}


def delivery_rows(session: Session, issue_id: int, state: str | None = None, kind: str = "issue") -> Iterator[DeliveryRow]:
    """Everybody's row in the order of the audience, streamed."""
    chosen = select(Delivery).where(Delivery.issue_id == issue_id, Delivery.kind == kind).order_by(Delivery.id)
    if state is not None:
        chosen = chosen.where(Delivery.state == state)
    for delivery in session.scalars(chosen.execution_options(yield_per=AT_A_TIME)):
        yield _row(delivery)


def _row(delivery: Delivery) -> DeliveryRow:
    return DeliveryRow(
        email=delivery.address, state=delivery.state, language=delivery.language, reply_code=delivery.reply_code,
        enhanced_status=delivery.enhanced_status, reply=delivery.reply, reason=delivery.reason,
        topics="" if delivery.cut is None else ",".join(delivery.cut), attempts=delivery.attempt, relay=delivery.relay,
        due_at=delivery.due_at, marked_at=delivery.marked_at, closed_at=delivery.closed_at, delivery_id=delivery.id,
    )  # fmt: skip


def sender_is_alive(session: Session, now: datetime) -> bool:
    """Somebody is there to send, by the database's own clock."""
    return any_alive(session.connection())
