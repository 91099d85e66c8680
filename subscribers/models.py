"""People and lists: who they are, what they subscribed to, what they consented to, and whom we never write again.

Consent, deliverability and subscription are three columns, never one status.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsroom.db import Base, BigId, Json, PrimaryKey, Word, Words

DELIVERABILITY = ("deliverable", "undeliverable")
CONSENT = ("unknown", "given", "withdrawn")
SUBSCRIPTION = ("active", "paused", "left")
#: Of these there are few, and somebody looks for them: the index holds no others.
UNUSUAL = "consent <> 'given' OR state <> 'active'"
UNDELIVERABLE = "deliverability <> 'deliverable'"


class Subscriber(Base):
    """One person, by address. `version` moves with every change that a letter under way must notice (address, name,
    language, topics, consent, suppression); the mark of a delivery compares it."""

    __tablename__ = "subscribers"
    __table_args__ = (
        CheckConstraint(f"deliverability IN {DELIVERABILITY}", name="deliverability"),
        Index("ix_subscribers_undeliverable", "id", postgresql_where=text(UNDELIVERABLE), sqlite_where=text(UNDELIVERABLE)),
        {"sqlite_autoincrement": True},  # an id is never given twice: links in letters are made from it
    )

    id: Mapped[PrimaryKey]
    address: Mapped[str] = mapped_column(String(320))
    address_key: Mapped[str] = mapped_column(String(320), unique=True)
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    domain: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(16))
    deliverability: Mapped[Word] = mapped_column(default="deliverable")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    subscriptions: Mapped[list["Subscription"]] = relationship(back_populates="subscriber", cascade="all, delete-orphan")


class Subscription(Base):
    """One person on one list. `topics` None: everything; an empty tuple: only what has no topic."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "list_id"),
        CheckConstraint(f"consent IN {CONSENT}", name="consent"),
        CheckConstraint(f"state IN {SUBSCRIPTION}", name="state"),
        Index("ix_subscriptions_audience", "list_id", "consent", "state", "subscriber_id"),
        Index("ix_subscriptions_list", "list_id", "id"),
        Index("ix_subscriptions_unusual", "id", postgresql_where=text(UNUSUAL), sqlite_where=text(UNUSUAL)),
    )

    id: Mapped[PrimaryKey]
    subscriber_id: Mapped[int] = mapped_column(BigId, ForeignKey("subscribers.id"))
    list_id: Mapped[int] = mapped_column(BigId, ForeignKey("mailing_lists.id"))
    consent: Mapped[Word] = mapped_column(default="unknown")
    state: Mapped[Word] = mapped_column(default="active")
    topics: Mapped[tuple[str, ...] | None] = mapped_column(Words)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    subscriber: Mapped[Subscriber] = relationship(back_populates="subscriptions")


class ConsentRecord(Base):
    """Append-only proof: who consented to or withdrew what, when, where, and in which words they read."""

    __tablename__ = "consent_records"

    id: Mapped[PrimaryKey]
    subscriber_id: Mapped[int] = mapped_column(BigId, index=True)
    list_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("mailing_lists.id"))
    purpose: Mapped[Word]
    action: Mapped[Word]
    source: Mapped[Word]
    language: Mapped[str] = mapped_column(String(16), default="")
    wording: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    actor: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime]


class Suppression(Base):
    """An address we never write to again, kept as a keyed hash so that it survives erasure and stops a re-import."""

    __tablename__ = "suppressions"

    id: Mapped[PrimaryKey]
    address_hash: Mapped[str] = mapped_column(String(64), unique=True)
    reason: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
