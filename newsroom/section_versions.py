"""Every version of every section, as it stood after each write: what was written is never lost, whoever wrote over it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, BigId, Json, PrimaryKey, Word

#: The uid and the kind of the issue's own words: subject, preview text, languages.
FRONT = ""


class SectionVersion(Base):
    """A section after a write. Writes that follow each other closely by one hand are one row, which moves on with them.

    A removal is a row too (`how` = remove) and holds what was removed; a section brought back goes on counting from there.
    `sources` is kept of a removed one only: what its translations were made from.
    """

    __tablename__ = "section_versions"
    __table_args__ = (UniqueConstraint("issue_id", "uid", "version"),)

    id: Mapped[PrimaryKey]
    issue_id: Mapped[int] = mapped_column(BigId, ForeignKey("issues.id"))
    uid: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    kind: Mapped[Word]
    position: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    sources: Mapped[dict[str, Any] | None] = mapped_column(Json)
    began_at: Mapped[datetime]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[int | None] = mapped_column(BigId)
    guest_id: Mapped[int | None] = mapped_column(BigId)
    how: Mapped[Word]


def versions_of(session: Session, issue_id: int, uid: str, *, before: int | None = None, limit: int = 50) -> list[SectionVersion]:
    """The versions of one section, the newest first; `before` a version number, to leaf back."""
    found = select(SectionVersion).where(SectionVersion.issue_id == issue_id, SectionVersion.uid == uid)
    if before is not None:
        found = found.where(SectionVersion.version < before)
    return list(session.scalars(found.order_by(SectionVersion.version.desc()).limit(limit)))
