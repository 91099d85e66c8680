"""Sections that a document or a guest proposes: each waits until somebody accepts or refuses it; nothing enters an issue by itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, BigId, Json, PrimaryKey, Word
from newsroom.drafting.word_documents import Proposed
from newsroom.errors import NotFound, Refused
from newsroom.issues import Actor, Issue, IssueSection
from newsroom.section_writing import add_section, lock_draft

#: What one document may propose; more is no newsletter.
MOST_PROPOSED = 100


class Proposal(Base):
    """A section as proposed. Decided and without a `uid`: refused; with one: the section that it became."""

    __tablename__ = "proposals"

    id: Mapped[PrimaryKey]
    issue_id: Mapped[int] = mapped_column(BigId, ForeignKey("issues.id"), index=True)
    source: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(16))
    position: Mapped[int]
    kind: Mapped[Word]
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    excerpt: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[int | None] = mapped_column(BigId)
    guest_id: Mapped[int | None] = mapped_column(BigId)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(200), default="", server_default="")
    uid: Mapped[str] = mapped_column(String(40), default="", server_default="")


def propose(
    session: Session, issue: Issue, found: Sequence[Proposed], *, source: str, language: str, by: Actor, now: datetime
) -> list[Proposal]:
    """Keep these for a decision, in their order. Refused unless the issue is a draft."""
    lock_draft(session, issue.id)
    if len(found) > MOST_PROPOSED:
        raise Refused(f"The document would become {len(found)} sections; at most {MOST_PROPOSED} are proposed at once. Divide it.")
    made = [
        Proposal(
            issue_id=issue.id, source=source[:200], language=language, position=position, kind=each.kind, content=each.content,
            excerpt=each.excerpt, created_at=now, actor=by.name, user_id=by.user_id, guest_id=by.guest_id,
        )
        for position, each in enumerate(found)
    ]  # fmt: skip
    session.add_all(made)
    session.flush()
    return made


def open_proposals(session: Session, issue_id: int) -> list[Proposal]:
    """What waits for a decision, document by document, in the order of each."""
    waiting = select(Proposal).where(Proposal.issue_id == issue_id, Proposal.decided_at.is_(None))
    return list(session.scalars(waiting.order_by(Proposal.created_at, Proposal.source, Proposal.position, Proposal.id)))


def accept(session: Session, issue: Issue, proposal_id: int, *, by: Actor, now: datetime) -> IssueSection | None:
    """Make it a section, below what was accepted before it of the same document; None where it was refused meanwhile.

    A repeated acceptance adds nothing.
    """
    lock_draft(session, issue.id)
    proposal = _proposal(session, issue, proposal_id)
    if proposal.decided_at:
        return next((row for row in issue.sections if row.uid == proposal.uid), None)
    after = _place_of(session, proposal)
    row = add_section(session, issue, proposal.kind, proposal.content, after=after, by=by, now=now, how="accept")
    _decide(proposal, row.uid, by=by, now=now)
    session.flush()
    return row


def refuse(session: Session, issue: Issue, proposal_id: int, *, by: Actor, now: datetime) -> None:
    """Not this one; what was accepted already stays."""
    lock_draft(session, issue.id)
    proposal = _proposal(session, issue, proposal_id)
    if not proposal.decided_at:
        _decide(proposal, "", by=by, now=now)
        session.flush()


def _decide(proposal: Proposal, uid: str, *, by: Actor, now: datetime) -> None:
    proposal.decided_at, proposal.decided_by, proposal.uid = now, by.name, uid


def _proposal(session: Session, issue: Issue, proposal_id: int) -> Proposal:
    """Of this issue alone, and fresh: two people may decide at once."""
    wanted = select(Proposal).where(Proposal.id == proposal_id, Proposal.issue_id == issue.id)
    found = session.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no such proposal in this issue.")
    return found


def _place_of(session: Session, proposal: Proposal) -> str | None:
    """The section that the nearest earlier proposal of its document became; None, the end, where there is none."""
    earlier = select(Proposal.uid).where(
        Proposal.issue_id == proposal.issue_id, Proposal.source == proposal.source, Proposal.created_at == proposal.created_at,
        Proposal.position < proposal.position, Proposal.uid != "",
    )  # fmt: skip
    return session.scalar(earlier.order_by(Proposal.position.desc()).limit(1))
