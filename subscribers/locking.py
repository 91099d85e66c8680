"""The order in which people are locked: the person first, then their letters, as the mark of a delivery does."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from newsroom.db import change
from subscribers.models import Subscriber


def locked(session: Session, subscriber_id: int) -> Subscriber | None:
    """The person as committed now, held until the transaction ends; None when there is no such person (any more)."""
    return session.get(Subscriber, subscriber_id, with_for_update=True, populate_existing=True)


def bump(session: Session, subscriber: Subscriber, *, now: datetime) -> None:
    """Give the person a new version before anything else changes, so that a letter under way notices at its mark."""
    change(session, update(Subscriber).where(Subscriber.id == subscriber.id).values(version=Subscriber.version + 1, updated_at=now))
    session.refresh(subscriber)


def bump_all(session: Session, subscriber_ids: Sequence[int], *, now: datetime) -> None:
    """Lock these people, lowest id first so that two imports never wait for each other, and give each a new version."""
    if not subscriber_ids:
        return
    session.execute(select(Subscriber.id).where(Subscriber.id.in_(subscriber_ids)).order_by(Subscriber.id).with_for_update()).all()
    change(session, update(Subscriber).where(Subscriber.id.in_(subscriber_ids)).values(version=Subscriber.version + 1, updated_at=now))
