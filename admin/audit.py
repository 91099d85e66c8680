"""The audit log: who did what, when, to what; written in the same transaction as what was done. Never a password, a token or a text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, BigId, Json, PrimaryKey, Word
from newsroom.issues import Actor

PAGE = 50
LONGEST_ACTION, LONGEST_WORD = 40, 200


class AuditEntry(Base):
    """One deed. People and issues are plain numbers: what was done stays, whatever becomes of them."""

    __tablename__ = "audit_log"

    id: Mapped[PrimaryKey]
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[int | None] = mapped_column(BigId, index=True)
    action: Mapped[Word] = mapped_column(index=True)
    list_id: Mapped[int | None] = mapped_column(BigId)
    issue_id: Mapped[int | None] = mapped_column(BigId, index=True)
    about: Mapped[str] = mapped_column(String(200), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What of the log is asked for; None and "" are everything. `user_id` 0 is the operator, who has no account."""

    user_id: int | None = None
    action: str = ""
    issue_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def note(
    session: Session, action: str, *, by: Actor, now: datetime, about: str = "", list_id: int | None = None,
    issue_id: int | None = None, detail: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    session.add(
        AuditEntry(
            at=now, actor=by.name[:LONGEST_WORD], user_id=by.user_id, action=action[:LONGEST_ACTION], list_id=list_id, issue_id=issue_id,
            about=about[:LONGEST_WORD], detail=dict(detail or {}),
        )
    )  # fmt: skip


def page_of(session: Session, wanted: Wanted, *, before: int | None) -> tuple[list[AuditEntry], int | None]:
    """The newest first; the number before which the next page begins."""
    chosen = _chosen(wanted).order_by(AuditEntry.id.desc()).limit(PAGE + 1)
    found = list(session.scalars(chosen.where(AuditEntry.id < before) if before else chosen))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def all_of(session: Session, wanted: Wanted) -> Iterator[AuditEntry]:
    """Everything asked for, oldest first, as it streams."""
    yield from session.scalars(_chosen(wanted).order_by(AuditEntry.id).execution_options(yield_per=500))


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)))


def _chosen(wanted: Wanted) -> Select[AuditEntry]:
    chosen = select(AuditEntry)
    if wanted.user_id is not None:
        chosen = chosen.where(AuditEntry.user_id == wanted.user_id if wanted.user_id else AuditEntry.user_id.is_(None))
    if wanted.action:
        chosen = chosen.where(AuditEntry.action == wanted.action)
    if wanted.issue_id is not None:
        chosen = chosen.where(AuditEntry.issue_id == wanted.issue_id)
    if wanted.since:
        chosen = chosen.where(AuditEntry.at >= wanted.since)
    return chosen.where(AuditEntry.at < wanted.until) if wanted.until else chosen
