"""Events: a workshop as a record of its list; several issues may speak of the same one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, BigId, Json, PrimaryKey
from newsroom.sections.base import stored
from newsroom.sections.workshop import Workshop

#: Fields of a section that are no facts of its event.
OF_THE_SECTION = frozenset({"event", "topics"})


class Event(Base):
    """The facts of a workshop, in the words of the section that told them last (a section's stored fields, without kind and id)."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("list_id", "key"),)

    id: Mapped[PrimaryKey]
    list_id: Mapped[int] = mapped_column(BigId, ForeignKey("mailing_lists.id"))
    key: Mapped[str] = mapped_column(String(80))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    updated_at: Mapped[datetime]


def facts_of(session: Session, list_id: int, keys: set[str]) -> dict[str, dict[str, Any]]:
    """The known facts of these events, by key."""
    return dict(session.execute(select(Event.key, Event.facts).where(Event.list_id == list_id, Event.key.in_(keys))).all())


def keys_of(session: Session, list_id: int) -> set[str]:
    return set(session.scalars(select(Event.key).where(Event.list_id == list_id)))


def tell(session: Session, list_id: int, key: str, content: Mapping[str, Any], *, now: datetime) -> Event:
    """What a section says of its event joins the record: told later wins, field by field; what is not told stays."""
    facts = {name: value for name, value in content.items() if name not in OF_THE_SECTION}
    event = _locked(session, list_id, key) or _new_event(session, list_id, key, now)
    if {**event.facts, **facts} != event.facts:
        event.facts, event.updated_at = {**event.facts, **facts}, now
    session.flush()
    return event


def _locked(session: Session, list_id: int, key: str) -> Event | None:
    """The record, fresh: two who tell of it at once follow each other."""
    return session.scalar(_fresh(list_id, key))


def _new_event(session: Session, list_id: int, key: str, now: datetime) -> Event:
    """A record of its own; of two that tell of a new event at once, the first makes it."""
    try:
        with session.begin_nested():
            session.add(event := Event(list_id=list_id, key=key, facts={}, updated_at=now))
        return event
    except IntegrityError:
        return session.scalars(_fresh(list_id, key)).one()


def _fresh(list_id: int, key: str) -> Select[Event]:
    found = select(Event).where(Event.list_id == list_id, Event.key == key)
    return found.with_for_update().execution_options(populate_existing=True)


def resolve(workshop: Workshop, facts: Mapping[str, Any]) -> Workshop:
    """The workshop with the event's facts where it says nothing itself."""
    known = {name: value for name, value in facts.items() if name in Workshop.model_fields and name not in OF_THE_SECTION}
    return Workshop.model_validate({**known, **stored(workshop)})
