"""Milestones: what has to be there by when, so that an issue goes out in time; each may have an owner."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Select, String, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from newsroom.db import Base, BigId, PrimaryKey, Word
from newsroom.errors import InvalidInput, NotFound, Problem
from newsroom.issues import Actor, Issue

KINDS = ("contributions", "translation", "approval", "send", "own")
MOST_OF_AN_ISSUE = 50
MOST_SHOWN = 500
LONGEST_NOTICE = 60
#: Of these, nothing is waited for any more.
OVER = ("sent", "cancelled", "discarded")


class Milestone(Base):
    """One of an issue. `title` names what no kind does, `language` the one to be translated; `remind_days` 0: no reminder."""

    __tablename__ = "milestones"

    id: Mapped[PrimaryKey]
    issue_id: Mapped[int] = mapped_column(BigId, ForeignKey("issues.id"), index=True)
    kind: Mapped[Word]
    title: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(16), default="")
    due_at: Mapped[datetime] = mapped_column(index=True)
    owner_id: Mapped[int | None] = mapped_column(BigId)
    remind_days: Mapped[int] = mapped_column(default=2)
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(String(200), default="")
    issue: Mapped[Issue] = relationship()

    @property
    def remind_at(self) -> datetime | None:
        return self.due_at - timedelta(days=self.remind_days) if self.remind_days and self.owner_id and not self.done_at else None


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A milestone as somebody plans it."""

    kind: str
    due_at: datetime
    title: str = ""
    language: str = ""
    owner_id: int | None = None
    remind_days: int = 2


def plan(session: Session, issue: Issue, wish: Wish) -> Milestone:
    """A milestone of this issue; InvalidInput with everything that is wrong with it."""
    _check(session, issue, wish)
    made = Milestone(
        issue=issue, kind=wish.kind, title=wish.title, language=wish.language, due_at=wish.due_at, owner_id=wish.owner_id,
        remind_days=wish.remind_days,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def milestone_of(session: Session, issue_id: int, milestone_id: int) -> Milestone:
    """Of this issue, or of none."""
    found = session.scalar(select(Milestone).where(Milestone.id == milestone_id, Milestone.issue_id == issue_id))
    if found is None:
        raise NotFound("There is no such milestone.")
    return found


def milestones_of(session: Session, issue_id: int) -> Sequence[Milestone]:
    return session.scalars(select(Milestone).where(Milestone.issue_id == issue_id).order_by(Milestone.due_at, Milestone.id)).all()


def open_before(session: Session, lists: Collection[int] | None, until: datetime) -> Sequence[Milestone]:
    """What is to be done until then, of these lists (None: all), the oldest first."""
    wanted = _of(lists).where(Milestone.done_at.is_(None), Milestone.due_at < until, Issue.state.not_in(OVER))
    return session.scalars(wanted.limit(MOST_SHOWN)).all()


def open_of(session: Session, owner_id: int) -> Sequence[Milestone]:
    """What this person has yet to see to, the soonest first."""
    mine = _of(None).where(Milestone.owner_id == owner_id, Milestone.done_at.is_(None), Issue.state.not_in(OVER))
    return session.scalars(mine).all()


def between(session: Session, lists: Collection[int] | None, start: datetime, end: datetime) -> Sequence[Milestone]:
    """Done or not, of these lists (None: all), in their order."""
    return session.scalars(_of(lists).where(Milestone.due_at >= start, Milestone.due_at < end).limit(MOST_SHOWN)).all()


def finish(milestone: Milestone, *, by: Actor, now: datetime) -> None:
    if milestone.done_at is None:
        milestone.done_at, milestone.done_by = now, by.name


def take_up(milestone: Milestone) -> None:
    """It was not done after all."""
    milestone.done_at, milestone.done_by = None, ""


def _of(lists: Collection[int] | None) -> Select[Milestone]:
    wanted = select(Milestone).join(Milestone.issue).options(joinedload(Milestone.issue).joinedload(Issue.mailing_list))
    if lists is not None:
        wanted = wanted.where(Issue.list_id.in_(sorted(lists)))
    return wanted.order_by(Milestone.due_at, Milestone.id)


def _check(session: Session, issue: Issue, wish: Wish) -> None:
    problems = []
    if wish.kind not in KINDS:
        problems.append(Problem(place="kind", message="Choose one of these."))
    if wish.kind == "own" and not wish.title:
        problems.append(Problem(place="title", message="Give it a name."))
    if len(wish.title) > 200:
        problems.append(Problem(place="title", message="This is too long: at most 200 characters fit."))
    if wish.kind == "translation" and wish.language not in issue.languages[1:]:
        problems.append(Problem(place="language", message="Choose a language that the issue is translated into."))
    if not 0 <= wish.remind_days <= LONGEST_NOTICE:
        problems.append(Problem(place="remind_days", message=f"It can be 0 to {LONGEST_NOTICE} days."))
    if len(milestones_of(session, issue.id)) >= MOST_OF_AN_ISSUE:
        problems.append(Problem(place="", message=f"An issue has at most {MOST_OF_AN_ISSUE} milestones."))
    if problems:
        raise InvalidInput(problems)
