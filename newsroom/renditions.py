"""Renditions: the compiled letter of one language, kept as the bytes that approval is given to."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from newsroom.db import Base, BigId, PrimaryKey


class Rendition(Base):
    """One language of one issue, as compiled once: `plan` is the whole letter, headers included, as written by
    newsroom.rendering.plan; `size` is the HTML part in bytes. Never changed: other bytes are another rendition.
    Without an issue it is a letter to one of the staff (newsroom.staff_letters), and goes when that has been sent."""

    __tablename__ = "renditions"
    __table_args__ = (
        UniqueConstraint("issue_id", "language", "fingerprint"),
        {"sqlite_autoincrement": True},  # an id is never given twice: senders remember plans by it
    )

    id: Mapped[PrimaryKey]
    issue_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("issues.id"))
    language: Mapped[str] = mapped_column(String(16))
    fingerprint: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(998))
    preview_text: Mapped[str] = mapped_column(String(998), default="")
    plan: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    size: Mapped[int]
    compiled_at: Mapped[datetime]


def load_plans(session: Session, rendition_ids: Iterable[int]) -> dict[int, bytes]:
    return dict(session.execute(select(Rendition.id, Rendition.plan).where(Rendition.id.in_(tuple(rendition_ids)))).all())
