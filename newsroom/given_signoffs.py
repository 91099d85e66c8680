"""Sign-offs as they were given: who looked at which sections, when, by which way, and what made one void."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, select, update
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from newsroom.db import Base, BigId, Json, PrimaryKey, Word, change

#: Why a sign-off no longer counts: the issue went back to writing, or the facts of its list have changed.
REWRITTEN, LIST_CHANGED = "rewritten", "list_changed"


class Signoff(Base):
    """One person's word for one required sign-off. `sections` holds the uids it covers; a void one stays as history.

    `way` is here, guest or email; of the last `paper` is the mail itself, and `user_id` who recorded it.
    """

    __tablename__ = "signoffs"

    id: Mapped[PrimaryKey]
    issue_id: Mapped[int] = mapped_column(BigId, ForeignKey("issues.id"), index=True)
    key: Mapped[Word]
    language: Mapped[str] = mapped_column(String(16), default="")
    sections: Mapped[list[str]] = mapped_column(Json)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[int | None] = mapped_column(BigId)
    guest_id: Mapped[int | None] = mapped_column(BigId)
    way: Mapped[Word]
    fingerprint: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")
    paper: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    paper_name: Mapped[str] = mapped_column(String(200), default="")
    void_at: Mapped[datetime | None]
    void_why: Mapped[Word] = mapped_column(default="")


def signoffs_of(session: Session, issue_id: int) -> list[Signoff]:
    """All that were ever given, oldest first."""
    return list(session.scalars(select(Signoff).where(Signoff.issue_id == issue_id).order_by(Signoff.id)))


def void_signoffs(session: Session, issue_id: int, *, why: str, now: datetime, besides: str | None = None) -> int:
    """None of these counts any longer; `besides` spares those given to these very letters. How many."""
    standing = update(Signoff).where(Signoff.issue_id == issue_id, Signoff.void_at.is_(None))
    if besides is not None:
        standing = standing.where(Signoff.fingerprint != besides)
    return change(session, standing.values(void_at=now, void_why=why))
