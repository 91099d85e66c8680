"""Evidence that an uncertain letter did arrive: somebody used a link that stands in that very letter and nowhere else."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from newsroom.db import change
from newsroom.deliveries import DELIVERY_LIFECYCLE, Delivery, DeliveryEvent
from newsroom.snapshots import thaw

#: A mail server may look at the links of a letter before it decides whether to take it: so early, use proves nothing.
NOT_BEFORE = timedelta(minutes=2)
ARRIVED = "one of its links was used"
#: The reply came after all, and too late to move the letter: it had not been taken.
REFUSED_LATE = ("late_defer", "late_fail")


def is_in_doubt(session: Session, delivery_id: int, *, now: datetime) -> bool:
    """Whether the use of a link would settle something: asked first, since hardly ever it does."""
    return session.scalar(select(Delivery.id).where(Delivery.id == delivery_id, *_in_doubt(now))) is not None


def note_use(session: Session, delivery_id: int, *, link: str, now: datetime) -> bool:
    """The link of this letter was used: if the letter was uncertain, it is accepted from now on, a resending under way included."""
    # Held first: events that a resending under way writes are seen only by a statement that begins after it.
    session.execute(select(Delivery.id).where(Delivery.id == delivery_id).with_for_update())
    arrived = update(Delivery).where(Delivery.id == delivery_id, *_in_doubt(now))
    values = {"state": DELIVERY_LIFECYCLE.target("accept"), "closed_at": now, "reason": ARRIVED, "worker_token": None}
    if not change(session, arrived.values(**values)):
        return False
    delivery = session.get_one(Delivery, delivery_id, populate_existing=True)
    session.add(DeliveryEvent(delivery_id=delivery_id, at=now, action="accept", attempt=delivery.attempt, detail=f"{ARRIVED}: {link}"))
    if delivery.issue_id is not None:
        thaw(session, delivery.issue_id, delivery.kind)
    return True


def _in_doubt(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Uncertain, or resent and not marked since: the try of unknown fate is the last one, and its link came back.

    Of any other queued letter it is known that nobody took it: it was put off, refused or released, and a content filter may
    have followed its links before. `resend` notes the attempt it doubts; the next mark begins another.
    """
    uncertain, resent = DELIVERY_LIFECYCLE.sources("resend"), DELIVERY_LIFECYCLE.target("resend")
    in_doubt = or_(Delivery.state.in_(uncertain), and_(Delivery.state == resent, _noted("resend")))
    long_enough = func.coalesce(Delivery.marked_at, Delivery.closed_at, Delivery.created_at) <= now - NOT_BEFORE
    return (in_doubt, ~_noted(*REFUSED_LATE), long_enough)


def _noted(*actions: str) -> ColumnElement[bool]:
    """One of these happened to the attempt at which the letter stands."""
    of_this_attempt = (DeliveryEvent.delivery_id == Delivery.id, DeliveryEvent.attempt == Delivery.attempt)
    return exists().where(*of_this_attempt, DeliveryEvent.action.in_(actions))
