"""Events: a workshop as a record of its list; several issues may speak of the same one."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, BigId, Json, PrimaryKey


class Event(Base):
    """The facts of a workshop, in the words of the section that told them last (a section's stored fields, without kind and id)."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("list_id", "key"),)

    id: Mapped[PrimaryKey]
    list_id: Mapped[int] = mapped_column(BigId, ForeignKey("mailing_lists.id"))
    key: Mapped[str] = mapped_column(String(80))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    updated_at: Mapped[datetime]


def find_event(session: Session, list_id: int, key: str) -> Event | None:
    return session.scalar(select(Event).where(Event.list_id == list_id, Event.key == key))


def facts_of(session: Session, list_id: int, keys: set[str]) -> dict[str, dict[str, Any]]:
    """The known facts of these events, by key."""
    rows = session.execute(select(Event.key, Event.facts).where(Event.list_id == list_id, Event.key.in_(keys)))
    return {key: value for key, value in rows}  # noqa: C416 - rows are not pairs to the type checker
