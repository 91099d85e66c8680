"""Everybody's letter as it is exported: one row per person, streamed; columns are only ever added, at the end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsroom.deliveries import Delivery, in_state
from newsroom.sendqueue.explaining import explain
from newsroom.sendqueue.refusal_table import Explanation

AT_A_TIME = 1_000
EXPLAINED = ("failed", "deferred", "bounced")


@dataclass(frozen=True, kw_only=True)
class DeliveryRow:
    """One person's letter, as exported; the names are the columns of the CSV. `marked_at` is the last try."""

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
    first_tried_at: datetime | None
    last_tried_at: datetime | None
    explanation: str
    next_step: str


def delivery_rows(session: Session, issue_id: int, state: str | None = None, kind: str = "issue") -> Iterator[DeliveryRow]:
    """Everybody's row in the order of the audience, streamed."""
    chosen = select(Delivery).where(Delivery.issue_id == issue_id, Delivery.kind == kind).order_by(Delivery.id)
    if state is not None:
        chosen = chosen.where(in_state(state))
    for delivery in session.scalars(chosen.execution_options(yield_per=AT_A_TIME)):
        yield _row(delivery)


def explained(delivery: Delivery) -> Explanation | None:
    """What its refusal means in plain words; None where nobody refused it or put it off."""
    if delivery.state not in EXPLAINED:
        return None
    return explain(delivery.reply_code, delivery.enhanced_status, delivery.reply, delivery.reason)


def _row(delivery: Delivery) -> DeliveryRow:
    why = explained(delivery)
    return DeliveryRow(
        email=delivery.address, state=delivery.state, language=delivery.language, reply_code=delivery.reply_code,
        enhanced_status=delivery.enhanced_status, reply=delivery.reply, reason=delivery.reason,
        topics="" if delivery.cut is None else ",".join(delivery.cut), attempts=delivery.attempt, relay=delivery.relay,
        due_at=delivery.due_at, marked_at=delivery.marked_at, closed_at=delivery.closed_at, delivery_id=delivery.id,
        first_tried_at=delivery.first_tried_at, last_tried_at=delivery.marked_at, explanation=why.title if why else "",
        next_step=why.advice if why else "",
    )  # fmt: skip
