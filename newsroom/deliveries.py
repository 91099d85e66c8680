"""Deliveries: one issue, one person, and everything that became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Computed,
    Connection,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, BigId, PrimaryKey, Word, Words, change
from newsroom.lifecycle import Lifecycle

Chosen = TypeVar("Chosen", bound="Select[*tuple[Any, ...]]")
KINDS = ("issue", "rehearsal", "test", "confirmation", "notice")

DELIVERY_LIFECYCLE = Lifecycle(
    thing="delivery",
    table={
        ("queued", "claim"): "claimed",
        ("claimed", "release"): "queued",
        ("claimed", "mark"): "handed_over",
        ("claimed", "set_aside"): "failed",
        ("handed_over", "accept"): "accepted",
        ("handed_over", "defer"): "deferred",
        ("handed_over", "fail"): "failed",
        ("handed_over", "release"): "queued",
        ("handed_over", "lose_track"): "uncertain",
        ("deferred", "requeue"): "queued",
        ("deferred", "give_up"): "failed",
        ("failed", "retry"): "queued",
        ("uncertain", "accept"): "accepted",
        ("uncertain", "resend"): "queued",
        ("queued", "accept"): "accepted",
        ("handed_over", "bounce"): "bounced",
        ("accepted", "bounce"): "bounced",
        ("uncertain", "bounce"): "bounced",
        ("queued", "suppress"): "suppressed",
        ("claimed", "suppress"): "suppressed",
        ("deferred", "suppress"): "suppressed",
        ("queued", "cancel"): "cancelled",
        ("claimed", "cancel"): "cancelled",
        ("deferred", "cancel"): "cancelled",
    },
)
OPEN_STATES = ("queued", "claimed", "handed_over", "deferred")
TROUBLES = ("bounced", "cancelled", "deferred", "failed", "suppressed", "uncertain")

_BACK_AT = "CASE WHEN state = 'queued' AND (kind <> 'issue' OR walked) THEN due_at END"
_DEFERRED_UNTIL = "CASE WHEN state = 'deferred' THEN due_at END"
_TROUBLE = f"CASE WHEN state IN {TROUBLES} THEN state END"


def _index_where(name: str, condition: str, *columns: str) -> Index:
    return Index(name, *columns, postgresql_where=text(condition), sqlite_where=text(condition))


class Delivery(Base):
    """One row per person and issue: state, what was sent, and the mail server's own words.

    There are no foreign keys: a person may be erased while the sums still add up, and issues, lists and renditions are never
    deleted; checking a million rows against them took half of an issue's start. `subscriber_version` is the version of the person
    at the claim; the mark compares it. `attempt` counts marks (SMTP tries that may have arrived).

    `walked`: a claimer's walk over the issue has met this row once; from then on it is found by `back_at`. The last three
    columns are the database's own, for its indexes: when a queued row is due that no walk will find, when a deferred one is,
    and the state of a row that a person may want to look for.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("issue_id", "kind", "subscriber_id"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"state IN {tuple(sorted(DELIVERY_LIFECYCLE.states))}", name="state"),
        # No index names a column that claim, mark and acceptance change: they are then written without touching any index
        # (docs/decisions/0040-claims.md). These three hold only rows for which something unusual is to be done or told.
        _index_where("ix_deliveries_back", "back_at IS NOT NULL", "kind", "issue_id", "back_at", "id"),
        _index_where("ix_deliveries_deferred", "deferred_until IS NOT NULL", "deferred_until"),
        _index_where("ix_deliveries_trouble", "trouble IS NOT NULL", "issue_id", "kind", "trouble", "id"),
        Index("ix_deliveries_subscriber", "subscriber_id"),
        # The letters that the Outbox shows, among them every captured one; neither column of it ever changes.
        _index_where("ix_deliveries_letters", "kind <> 'issue'", "id"),
        {"sqlite_autoincrement": True},  # an id is never given twice: links and Message-IDs are made from it
    )

    id: Mapped[PrimaryKey]
    kind: Mapped[Word]
    issue_id: Mapped[int | None] = mapped_column(BigId)
    list_id: Mapped[int | None] = mapped_column(BigId)
    rendition_id: Mapped[int | None] = mapped_column(BigId)
    subscriber_id: Mapped[int | None] = mapped_column(BigId)
    subscriber_version: Mapped[int] = mapped_column(default=0)
    address: Mapped[str] = mapped_column(String(320))
    domain: Mapped[str] = mapped_column(String(255))
    language: Mapped[str] = mapped_column(String(16))
    cut: Mapped[tuple[str, ...] | None] = mapped_column(Words)
    state: Mapped[Word]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    attempt: Mapped[int] = mapped_column(default=0)
    setbacks: Mapped[int] = mapped_column(default=0)
    worker_token: Mapped[str | None] = mapped_column(String(36))
    claimed_at: Mapped[datetime | None]
    first_tried_at: Mapped[datetime | None]
    marked_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    relay: Mapped[str] = mapped_column(String(120), default="")
    reply_code: Mapped[int | None]
    enhanced_status: Mapped[str] = mapped_column(String(12), default="")
    reply: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(String(200), default="")
    walked: Mapped[bool] = mapped_column(server_default=text("false"))
    back_at: Mapped[datetime | None] = mapped_column(Computed(_BACK_AT, persisted=True), deferred=True)
    deferred_until: Mapped[datetime | None] = mapped_column(Computed(_DEFERRED_UNTIL, persisted=True), deferred=True)
    trouble: Mapped[str | None] = mapped_column(String(40), Computed(_TROUBLE, persisted=True), deferred=True)


def in_state(state: str) -> ColumnElement[bool]:
    """The condition "is in this state", by the index where there is one: rare states are found at once, queued and accepted by looking."""
    return Delivery.trouble == state if state in TROUBLES else Delivery.state == state


class DeliveryEvent(Base):
    """What was out of the ordinary in a delivery's life: a deferral, a release, a late reply, an operator's word."""

    __tablename__ = "delivery_events"

    id: Mapped[PrimaryKey]
    delivery_id: Mapped[int] = mapped_column(BigId, ForeignKey("deliveries.id"), index=True)
    at: Mapped[datetime]
    action: Mapped[Word]
    attempt: Mapped[int] = mapped_column(default=0)
    reply_code: Mapped[int | None]
    enhanced_status: Mapped[str] = mapped_column(String(12), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(200), default="", server_default="")


def hold_in_order(connection: Connection, *which: ColumnElement[bool]) -> None:
    """Lock these rows, the lowest id first: to be called before a statement that changes many of them in an order of its own.

    Whoever changes many letters at once calls this, or takes only what is `free`. Two that lock them as they find them can each
    wait for the other; PostgreSQL then breaks one of them off.
    """
    if connection.dialect.name == "sqlite":
        return  # one writer at a time
    # As an update locks them: events of these letters may be written meanwhile.
    held = select(Delivery.id).where(*which).order_by(Delivery.id).with_for_update(key_share=True, of=Delivery)
    connection.execute(select(func.count()).select_from(held.subquery()))


def free(chosen: Chosen) -> Chosen:
    """Of these letters the ones that nobody else holds just now, locked: for whoever comes back for the others."""
    return chosen.with_for_update(key_share=True, skip_locked=True, of=Delivery)


def suppress_open(session: Session, subscriber_id: int, *, list_id: int | None = None, reason: str, now: datetime) -> int:
    """Take a person out of every letter not yet past the mark (of one list, or of all); the number of letters spared.

    Callers lock in the order issue, subscriber, delivery, as the mark does: change the Subscriber row first, then call this.
    """
    return suppress_open_of(session, [subscriber_id], list_id=list_id, reason=reason, now=now)


def suppress_open_of(session: Session, subscriber_ids: Sequence[int], *, list_id: int | None = None, reason: str, now: datetime) -> int:
    """The same for many people at once (some thousand, not a million)."""
    theirs = [
        Delivery.subscriber_id.in_(subscriber_ids),
        Delivery.kind == "issue",
        Delivery.state.in_(DELIVERY_LIFECYCLE.sources("suppress")),
    ]
    if list_id is not None:
        theirs.append(Delivery.list_id == list_id)
    hold_in_order(session.connection(), *theirs)
    values = {"state": DELIVERY_LIFECYCLE.target("suppress"), "closed_at": now, "reason": reason, "worker_token": None}
    return change(session, update(Delivery).where(*theirs).values(**values))
