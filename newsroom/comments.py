"""Comments: what colleagues and guests say about an issue, one of its sections, or one language of it, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, BigId, PrimaryKey
from newsroom.errors import InvalidInput, NotFound
from newsroom.issues import Actor, Issue

LONGEST = 5_000
MOST = 1_000
#: The uid of a comment on the whole issue.
WHOLE = ""


class Comment(Base):
    """One remark, or an answer to one (`reply_to`). `uid` is the section it is about, "" the whole issue; `language` one version of it."""

    __tablename__ = "comments"

    id: Mapped[PrimaryKey]
    issue_id: Mapped[int] = mapped_column(BigId, ForeignKey("issues.id"), index=True)
    uid: Mapped[str] = mapped_column(String(40), default=WHOLE)
    language: Mapped[str] = mapped_column(String(16), default="")
    reply_to: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[int | None] = mapped_column(BigId)
    guest_id: Mapped[int | None] = mapped_column(BigId)
    text: Mapped[str] = mapped_column(Text)
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str] = mapped_column(String(200), default="")


@dataclass(frozen=True, kw_only=True)
class Thread:
    """A comment and its answers, oldest first."""

    comment: Comment
    answers: Sequence[Comment]

    @property
    def is_open(self) -> bool:
        return self.comment.resolved_at is None

    @property
    def said(self) -> tuple[Comment, ...]:
        return (self.comment, *self.answers)


def comment(session: Session, issue: Issue, *, text: str, uid: str = WHOLE, language: str = "", by: Actor, now: datetime) -> Comment:
    """A new thread. NotFound for a section that is not of this issue."""
    if uid != WHOLE and all(section.uid != uid for section in issue.sections):
        raise NotFound("This section is gone: somebody removed it meanwhile. Comment on the whole issue instead.")
    if language and language not in issue.languages:
        raise NotFound(f"This issue has no {language} version.")
    return _added(session, issue, text, uid=uid, language=language, by=by, now=now)


def answer(session: Session, issue: Issue, comment_id: int, *, text: str, by: Actor, now: datetime) -> Comment:
    """An answer in the thread; a thread that was settled is open again."""
    first = _first(session, issue, comment_id)
    first.resolved_at, first.resolved_by = None, ""
    return _added(session, issue, text, uid=first.uid, language=first.language, reply_to=first.id, by=by, now=now)


def resolve(session: Session, issue: Issue, comment_id: int, *, by: Actor, now: datetime) -> Comment:
    """Settled; the first to say so is remembered."""
    first = _first(session, issue, comment_id)
    if first.resolved_at is None:
        first.resolved_at, first.resolved_by = now, by.name
    return first


def comments_of(session: Session, issue_id: int) -> tuple[Thread, ...]:
    """All threads of an issue, oldest first, in one query."""
    found = session.scalars(select(Comment).where(Comment.issue_id == issue_id).order_by(Comment.id)).all()
    answers: dict[int, list[Comment]] = {}
    for one in found:
        if one.reply_to is not None:
            answers.setdefault(one.reply_to, []).append(one)
    return tuple(Thread(comment=one, answers=tuple(answers.get(one.id, ()))) for one in found if one.reply_to is None)


def open_comments(session: Session, issue_id: int) -> dict[str, int]:
    """By section, how many threads wait for an answer."""
    still_open = select(Comment.uid, func.count()).where(
        Comment.issue_id == issue_id, Comment.reply_to.is_(None), Comment.resolved_at.is_(None)
    )
    return dict(session.execute(still_open.group_by(Comment.uid)).all())


def take_part(session: Session, thread: Comment) -> frozenset[int]:
    """The people of the staff who have said something in this thread."""
    spoke = select(Comment.user_id).where((Comment.id == thread.id) | (Comment.reply_to == thread.id), Comment.user_id.is_not(None))
    return frozenset(number for number in session.scalars(spoke) if number is not None)


def _first(session: Session, issue: Issue, comment_id: int) -> Comment:
    """The first comment of the thread that this one stands in."""
    found = session.scalar(select(Comment).where(Comment.id == comment_id, Comment.issue_id == issue.id))
    if found is None:
        raise NotFound(f"There is no comment {comment_id} on this issue.")
    return found if found.reply_to is None else session.get_one(Comment, found.reply_to)


def _added(
    session: Session, issue: Issue, text: str, *, uid: str, language: str, by: Actor, now: datetime, reply_to: int | None = None
) -> Comment:
    if len(said := _said(text)) > LONGEST:
        raise InvalidInput.of(f"A comment may have {LONGEST} characters at most.", place="text", hint="Write two.")
    if (session.scalar(select(func.count()).where(Comment.issue_id == issue.id)) or 0) >= MOST:
        raise InvalidInput.of(f"This issue has {MOST} comments already; no more are taken.", place="text")
    made = Comment(
        issue_id=issue.id, uid=uid, language=language, reply_to=reply_to, at=now, actor=by.name, user_id=by.user_id,
        guest_id=by.guest_id, text=said,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def _said(text: str) -> str:
    said = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not said:
        raise InvalidInput.of("Write something first.", place="text")
    return said
