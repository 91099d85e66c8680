"""Addresses we never write to again: kept as keyed hashes, checked by every audience and every import."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsroom.addresses import address_hash, parse_address
from newsroom.deliveries import suppress_open
from newsroom.keys import KeyRing
from subscribers.locking import bump
from subscribers.models import Subscriber, Suppression
from subscribers.writing import insert_new


def suppress(session: Session, keys: KeyRing, address: str, *, reason: str, now: datetime) -> bool:
    """Never write to this address again, on any list, known to us or not; False when that was so already."""
    hashed = address_hash(keys, parse_address(address).key)
    subscriber = session.scalar(select(Subscriber).where(Subscriber.address_hash == hashed))
    if subscriber is not None:
        bump(session, subscriber, now=now)
    row = {"address_hash": hashed, "reason": reason, "at": now}
    added = session.scalars(insert_new(session, Suppression, unique=("address_hash",)).returning(Suppression.id), [row]).all()
    if subscriber is not None:
        suppress_open(session, subscriber.id, reason="the address is suppressed", now=now)
    return bool(added)


def suppressed_among(session: Session, hashes: Iterable[str]) -> frozenset[str]:
    """Which of these address hashes are suppressed."""
    return frozenset(session.scalars(select(Suppression.address_hash).where(Suppression.address_hash.in_(tuple(hashes)))))
