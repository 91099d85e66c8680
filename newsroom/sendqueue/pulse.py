"""Signs of life: when the clock last went round, and when each issue under way last moved."""

import os
import platform
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, BigId, Json, change
from newsroom.sendqueue.database_clock import clock_now

BEAT_EVERY = timedelta(seconds=5)
SILENT_AFTER = timedelta(seconds=30)
CLOCK = "tick"


class Heartbeat(Base):
    """One role that must beat; of several processes the last one's name stands."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]
    host: Mapped[str] = mapped_column(String(200))
    process: Mapped[int]


class IssuePulse(Base):
    """What was counted of an issue under way when it last moved."""

    __tablename__ = "issue_pulses"

    issue_id: Mapped[int] = mapped_column(BigId, ForeignKey("issues.id"), primary_key=True, autoincrement=False)
    counts: Mapped[dict[str, Any]] = mapped_column(Json)
    moved_at: Mapped[datetime]


def beat(session: Session, *, now: datetime, name: str = CLOCK) -> None:
    """Alive now. Written at most every few seconds, whoever else beats."""
    mine = {"at": now, "host": platform.node()[:200], "process": os.getpid()}
    known = session.get(Heartbeat, name)
    if known is None:
        add = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        session.execute(add(Heartbeat).values(name=name, **mine).on_conflict_do_nothing())
    else:
        change(session, update(Heartbeat).where(Heartbeat.name == name, Heartbeat.at <= now - BEAT_EVERY).values(**mine))


def silent_for(session: Session, name: str = CLOCK) -> timedelta | None:
    """Since the last beat, by the database's own clock; None when there never was one."""
    found = session.execute(select(Heartbeat.at, clock_now()).where(Heartbeat.name == name)).first()
    return None if found is None else max(found[1] - found[0], timedelta())


def feel(session: Session, issue_id: int, counts: dict[str, int], *, now: datetime) -> datetime:
    """Note what is counted now; since when it is the same. Only letters that were tried count as movement."""
    tried = {state: number for state, number in sorted(counts.items()) if state not in ("queued", "claimed")}
    pulse = session.get(IssuePulse, issue_id)
    if pulse is None:
        add = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        session.execute(add(IssuePulse).values(issue_id=issue_id, counts=tried, moved_at=now).on_conflict_do_nothing())
        return now
    if pulse.counts != tried:
        pulse.counts, pulse.moved_at = tried, now
    return pulse.moved_at


def forget_pulses(session: Session, under_way: list[int]) -> None:
    """Those of issues that are no longer under way: they begin anew when they go on."""
    for pulse in session.scalars(select(IssuePulse).where(IssuePulse.issue_id.not_in(under_way))):
        session.delete(pulse)


def pulses(session: Session) -> dict[int, datetime]:
    return dict(session.execute(select(IssuePulse.issue_id, IssuePulse.moved_at)).all())
