"""Snapshots of a sending: its counts as of a moment ago, so that nobody who looks makes the database count a million rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, BigId, Json, PrimaryKey, Word, change


class SendingSnapshot(Base):
    """What was counted of one issue's letters of one kind. `final`: nothing was open any more, and nothing has changed since.

    `took` is how many seconds the counting lasted; `samples` are the last few counts, [epoch seconds, letters decided]; `facts`
    holds the rest as newsroom.sendqueue.progress writes it.
    """

    __tablename__ = "sending_snapshots"
    __table_args__ = (UniqueConstraint("issue_id", "kind"),)

    id: Mapped[PrimaryKey]
    issue_id: Mapped[int] = mapped_column(BigId, ForeignKey("issues.id"))
    kind: Mapped[Word]
    taken_at: Mapped[datetime]
    took: Mapped[float]
    final: Mapped[bool]
    counts: Mapped[dict[str, int]] = mapped_column(Json)
    samples: Mapped[list[Any]] = mapped_column(Json)
    facts: Mapped[dict[str, Any]] = mapped_column(Json)


def thaw(session: Session, issue_id: int, kind: str = "issue") -> None:
    """A letter of a finished sending has moved after all: its counts are taken anew.

    Call it in the transaction that moves it, after the move: whoever holds letters may wait for the counts, never the other way round.
    """
    chosen = update(SendingSnapshot).where(SendingSnapshot.issue_id == issue_id, SendingSnapshot.kind == kind)
    change(session, chosen.values(final=False))
