"""Alarms: what is wrong now, told once, again every hour while it lasts, and once more when it is over.

An alarm has a key; of many who raise it at once one tells it. What is to be told stands in the table `alert_messages` in the same
transaction as its cause; newsroom.sendqueue.alerting hands it to the web hook.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Index, String, Text, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, BigId, Json, PrimaryKey, Word, change

TOLD_EVERY = timedelta(hours=1)
LONGEST_TEXT = 2_000
Kind = Literal["trouble", "reminder", "recovery", "event"]


class Alarm(Base):
    """One trouble by its key, now or in the past. `is_event`: it happened and was over; `untold` counts how often since it was told."""

    __tablename__ = "alarms"

    id: Mapped[PrimaryKey]
    key: Mapped[str] = mapped_column(String(120), unique=True)
    issue_id: Mapped[int | None] = mapped_column(BigId)
    text: Mapped[str] = mapped_column(Text)
    is_event: Mapped[bool]
    opened_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    untold: Mapped[int]


class AlertMessage(Base):
    """What the web hook is to be told; `due_at` moves on with each try."""

    __tablename__ = "alert_messages"
    __table_args__ = (
        Index("ix_alert_messages_open", "id", postgresql_where=text("closed_at IS NULL"), sqlite_where=text("closed_at IS NULL")),
        {"sqlite_autoincrement": True},  # receivers tell repetitions by the id
    )

    id: Mapped[PrimaryKey]
    kind: Mapped[Word]
    key: Mapped[str] = mapped_column(String(120))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int]
    closed_at: Mapped[datetime | None]
    sent: Mapped[bool]
    trouble: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something that is wrong now, as a sentence with its next step."""

    text: str
    issue_id: int | None = None


def raise_alarm(session: Session, key: str, trouble: Trouble, *, now: datetime) -> None:
    """This is wrong from now on; told at once unless it was told within the hour."""
    _keep(session, key, trouble, now=now, is_event=False)
    reopened = {"opened_at": now, "cleared_at": None, "untold": 0}
    change(session, update(Alarm).where(Alarm.key == key, Alarm.cleared_at.is_not(None)).values(**reopened))
    change(session, update(Alarm).where(Alarm.key == key).values(text=_words(trouble.text), issue_id=trouble.issue_id))
    _tell_if_due(session, key, now=now)


def report(session: Session, key: str, trouble: Trouble, *, now: datetime) -> None:
    """This has happened and is over; told at once, or with others of its key when the hour is over."""
    _keep(session, key, trouble, now=now, is_event=True)
    seen = {"untold": Alarm.untold + 1, "text": _words(trouble.text), "issue_id": trouble.issue_id, "cleared_at": None}
    change(session, update(Alarm).where(Alarm.key == key).values(seen))
    _tell_if_due(session, key, now=now)


def clear_alarm(session: Session, key: str, *, now: datetime) -> None:
    """It is over; told where its beginning was."""
    if change(session, update(Alarm).where(Alarm.key == key, Alarm.cleared_at.is_(None)).values(cleared_at=now)):
        alarm = _found(session, key)
        if alarm.told_at is not None and alarm.told_at >= alarm.opened_at:
            _tell(session, alarm, "recovery", now)


def settle(session: Session, found: Mapping[str, Trouble], *, now: datetime) -> None:
    """Make the alarms those that are found just now: raise, remind and clear. Events are told what they still owe."""
    for key in sorted(found):
        raise_alarm(session, key, found[key], now=now)
    for alarm in session.scalars(select(Alarm).where(Alarm.cleared_at.is_(None)).order_by(Alarm.key)):
        if alarm.is_event:
            _conclude_event(session, alarm, now)
        elif alarm.key not in found:
            clear_alarm(session, alarm.key, now=now)


def _keep(session: Session, key: str, trouble: Trouble, *, now: datetime, is_event: bool) -> None:
    """The row, made by whoever comes first."""
    add = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    facts = {"key": key, "issue_id": trouble.issue_id, "text": _words(trouble.text), "is_event": is_event, "opened_at": now, "untold": 0}
    session.execute(add(Alarm).values(facts).on_conflict_do_nothing())


def _tell_if_due(session: Session, key: str, *, now: datetime) -> None:
    """Of several at once one gets the row: the others find it told."""
    due: ColumnElement[bool] = or_(Alarm.told_at.is_(None), Alarm.told_at <= now - TOLD_EVERY)
    before = _found(session, key)
    if change(session, update(Alarm).where(Alarm.key == key, due).values(told_at=now, untold=0)):
        lasting = before.told_at is not None and before.told_at >= before.opened_at
        _tell(session, before, "event" if before.is_event else "reminder" if lasting else "trouble", now)


def _conclude_event(session: Session, alarm: Alarm, now: datetime) -> None:
    if alarm.told_at is not None and alarm.told_at <= now - TOLD_EVERY:
        if alarm.untold:
            _tell_if_due(session, alarm.key, now=now)
        else:
            change(session, update(Alarm).where(Alarm.key == alarm.key, Alarm.untold == 0).values(cleared_at=now))


def _found(session: Session, key: str) -> Alarm:
    return session.scalars(select(Alarm).where(Alarm.key == key).execution_options(populate_existing=True)).one()


def _tell(session: Session, alarm: Alarm, kind: Kind, now: datetime) -> None:
    facts = {"text": alarm.text, "issue": alarm.issue_id, "since": alarm.opened_at.isoformat(timespec="seconds"), "times": alarm.untold}
    message = AlertMessage(
        kind=kind, key=alarm.key, facts=facts, created_at=now, due_at=now, tries=0, sent=False, trouble="",
    )  # fmt: skip
    session.add(message)
    session.flush()


_LOCAL_PART = re.compile(r"[^\s<>@,;:\"'()]+@(?=[^\s<>@]+\.)")


def _words(sentence: str) -> str:
    """Fit for a room that others read too: a mail server's words may hold a reader's address, and `<!channel>` rings everybody."""
    return _LOCAL_PART.sub("…@", sentence).replace("<", "‹").replace(">", "›")[:LONGEST_TEXT]
