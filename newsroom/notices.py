"""Notices: who of the staff is told what, in the admin and by mail; and taken back when it is no longer so."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, delete, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, BigId, Json, PrimaryKey, Word, change
from newsroom.staff_letters import withdraw

MOST_SHOWN = 100


class Notice(Base):
    """One thing that one person should know. `says` names its words, `facts` fill them; `key` finds it again to take it back.

    `due_at` may lie ahead: a reminder is not shown before. `delivery_id` is the letter that says the same.
    """

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_user", "user_id", "due_at"),
        Index("ix_notices_unread", "user_id", postgresql_where=text("read_at IS NULL"), sqlite_where=text("read_at IS NULL")),
    )

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(BigId)
    issue_id: Mapped[int | None] = mapped_column(BigId, index=True)
    says: Mapped[Word]
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    key: Mapped[str] = mapped_column(String(120), default="", index=True)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    delivery_id: Mapped[int | None] = mapped_column(BigId)


@dataclass(frozen=True, kw_only=True)
class About:
    """What a notice says, and of which issue."""

    says: str
    facts: Mapping[str, Any]
    issue_id: int | None = None
    key: str = ""


def tell(session: Session, user_ids: Collection[int], about: About, *, now: datetime, due_at: datetime | None = None) -> list[Notice]:
    """A notice for each of these people; the letters are the edge's to post."""
    made = [
        Notice(
            user_id=user_id, issue_id=about.issue_id, says=about.says, facts=dict(about.facts), key=about.key, created_at=now,
            due_at=due_at or now,
        )
        for user_id in sorted(set(user_ids))
    ]  # fmt: skip
    session.add_all(made)
    session.flush()
    return made


def take_back(session: Session, key: str, *, also_read: bool = False, now: datetime) -> int:
    """What nobody has read yet is no longer there, and its letters that have not left do not leave. How many notices."""
    stale = select(Notice).where(Notice.key == key)
    if not also_read:
        stale = stale.where(Notice.read_at.is_(None))
    found = session.execute(stale.with_only_columns(Notice.id, Notice.delivery_id)).all()
    withdraw(session, [row.delivery_id for row in found if row.delivery_id is not None], now=now)
    return change(session, delete(Notice).where(Notice.id.in_([row.id for row in found]))) if found else 0


def keep_letters_back(session: Session, user_id: int, *, now: datetime) -> int:
    """This person is not written to any more: letters of theirs that have not left do not leave. How many."""
    mine = select(Notice.delivery_id).where(Notice.user_id == user_id, Notice.delivery_id.is_not(None))
    found = [number for number in session.scalars(mine) if number is not None]
    return withdraw(session, found, now=now) if found else 0


def notices_of(session: Session, user_id: int, *, now: datetime) -> list[Notice]:
    """The newest first, as far as they are due."""
    due = select(Notice).where(Notice.user_id == user_id, Notice.due_at <= now)
    return list(session.scalars(due.order_by(Notice.due_at.desc(), Notice.id.desc()).limit(MOST_SHOWN)))


def unread(session: Session, user_id: int, now: datetime) -> int:
    mine = Notice.user_id == user_id, Notice.read_at.is_(None), Notice.due_at <= now
    return session.scalar(select(func.count()).select_from(Notice).where(*mine)) or 0


def mark_read(session: Session, user_id: int, *, issue_id: int | None = None, now: datetime) -> int:
    """All of this person's, or those about one issue."""
    mine = update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None), Notice.due_at <= now)
    if issue_id is not None:
        mine = mine.where(Notice.issue_id == issue_id)
    return change(session, mine.values(read_at=now))
