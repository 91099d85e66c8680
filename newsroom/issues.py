"""Issues: what staff write, its life, and who moved it when."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from newsroom.alerts import Trouble, raise_alarm
from newsroom.db import Base, BigId, Json, PrimaryKey, Word, change
from newsroom.deliveries import DELIVERY_LIFECYCLE, Delivery, free, hold_in_order
from newsroom.errors import NotFound, Refused
from newsroom.given_signoffs import REWRITTEN, void_signoffs
from newsroom.lifecycle import Lifecycle
from newsroom.mailing_lists import MailingList
from newsroom.notices import take_back
from newsroom.renditions import Rendition

ISSUE_LIFECYCLE = Lifecycle(
    thing="issue",
    table={
        ("draft", "submit"): "in_review",
        ("draft", "discard"): "discarded",
        ("in_review", "approve"): "approved",
        ("in_review", "request_changes"): "draft",
        ("in_review", "recall"): "draft",
        ("in_review", "cancel"): "cancelled",
        ("approved", "schedule"): "scheduled",
        ("approved", "reopen"): "draft",
        ("approved", "cancel"): "cancelled",
        ("scheduled", "start"): "starting",
        ("scheduled", "unschedule"): "approved",
        ("scheduled", "reopen"): "draft",
        ("scheduled", "refuse"): "approved",
        ("scheduled", "cancel"): "cancelled",
        ("starting", "fanned_out"): "sending",
        ("starting", "cancel"): "cancelled",
        ("sending", "pause"): "paused",
        ("sending", "halt"): "paused",
        ("sending", "finish"): "sent",
        ("sending", "cancel"): "cancelled",
        ("paused", "resume"): "sending",
        ("paused", "cancel"): "cancelled",
        ("sent", "extend"): "sending",
        ("sent", "correct"): "sent",
    },
)


AT_A_TIME = 5_000


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who does it: a person of the staff, a guest with a link, the operator at the command line, or Newsroom itself."""

    name: str
    user_id: int | None = None
    guest_id: int | None = None


#: The key of the notices that an issue has stopped by itself.
HALTED = "halted:{}"
OPERATOR = Actor(name="operator")
NEWSROOM = Actor(name="Newsroom")


class IssueSection(Base):
    """One typed section as stored: `uid` stays for life, `content` is the section's fields without kind and id.

    In a draft the content may be unfinished. `sources` says what its translations were made from; None: never tracked.
    `skeleton` of a section that came from an earlier issue: that issue, its first version here, and the dates that were taken out.
    """

    __tablename__ = "issue_sections"
    __table_args__ = (UniqueConstraint("issue_id", "uid"),)

    id: Mapped[PrimaryKey]
    issue_id: Mapped[int] = mapped_column(BigId, ForeignKey("issues.id"))
    uid: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]
    kind: Mapped[Word]
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]
    updated_by: Mapped[int | None] = mapped_column(BigId)
    sources: Mapped[dict[str, Any] | None] = mapped_column(Json)
    skeleton: Mapped[dict[str, Any] | None] = mapped_column(Json)

    @property
    def is_untouched(self) -> bool:
        """It stands as it stood in an earlier issue, and nobody has written in it."""
        return self.skeleton is not None and self.version == self.skeleton["version"]


class Issue(Base):
    """One issue of a list. `renditions` holds the approved bytes: language -> rendition id; empty until approval.

    Its front is its own words (subject, preview text) and its languages, versioned as a section is.
    """

    __tablename__ = "issues"
    __table_args__ = (
        UniqueConstraint("list_id", "slug"),
        CheckConstraint(f"state IN {tuple(sorted(ISSUE_LIFECYCLE.states))}", name="state"),
        Index("ix_issues_due", "state", "scheduled_at"),
        {"sqlite_autoincrement": True},  # an id is never given twice: the evidence of what was handed over names it
    )

    id: Mapped[PrimaryKey]
    list_id: Mapped[int] = mapped_column(BigId, ForeignKey("mailing_lists.id"))
    slug: Mapped[str] = mapped_column(String(80))
    state: Mapped[Word] = mapped_column(default="draft")
    languages: Mapped[list[str]] = mapped_column(Json)
    subject: Mapped[Any] = mapped_column(Json)
    preview_text: Mapped[Any] = mapped_column(Json, default="")
    #: Warnings of the checks that somebody let pass: {"id", "check", "message", "reason", "actor", "user_id", "at"}.
    accepted_warnings: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list, server_default="[]")
    front_version: Mapped[int] = mapped_column(default=1, server_default="1")
    front_by: Mapped[int | None] = mapped_column(BigId)
    front_sources: Mapped[dict[str, Any] | None] = mapped_column(Json)
    renditions: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    scheduled_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    audience: Mapped[int | None]
    notice: Mapped[str] = mapped_column(Text, default="")
    mailing_list: Mapped[MailingList] = relationship()
    sections: Mapped[list[IssueSection]] = relationship(order_by=IssueSection.position, cascade="all, delete-orphan")

    @property
    def original(self) -> str:
        """The language a plain text is written in."""
        return self.languages[0]


class IssueEvent(Base):
    """A move in an issue's life: who, when, and in exceptions why."""

    __tablename__ = "issue_events"

    id: Mapped[PrimaryKey]
    issue_id: Mapped[int] = mapped_column(BigId, ForeignKey("issues.id"), index=True)
    at: Mapped[datetime]
    action: Mapped[Word]
    actor: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[int | None] = mapped_column(BigId)
    detail: Mapped[str] = mapped_column(Text, default="")


def get_issue(session: Session, issue_id: int) -> Issue:
    issue = session.get(Issue, issue_id)
    if issue is None:
        raise NotFound(f"There is no issue {issue_id}.")
    return issue


def hold(session: Session, issue: Issue) -> None:
    """The issue as it stands now; nobody else moves it until the end of the transaction."""
    session.execute(select(Issue.id).where(Issue.id == issue.id).with_for_update())
    session.refresh(issue)


def move(session: Session, issue: Issue, action: str, *, by: Actor, now: datetime, detail: str = "") -> None:
    """Take the issue through its lifecycle; of two at once one wins, the other is refused with a sentence."""
    after = ISSUE_LIFECYCLE.after(issue.state, action)
    won = change(session, update(Issue).where(Issue.id == issue.id, Issue.state == issue.state).values(state=after, updated_at=now))
    session.refresh(issue)
    if not won:
        ISSUE_LIFECYCLE.after(issue.state, action)
        raise Refused("Somebody else changed this issue at the same moment; look again.")
    session.add(IssueEvent(issue_id=issue.id, at=now, action=action, actor=by.name, user_id=by.user_id, detail=detail))
    if after == "draft":
        void_signoffs(session, issue.id, why=REWRITTEN, now=now)


def submit(session: Session, issue: Issue, *, by: Actor, now: datetime) -> None:
    move(session, issue, "submit", by=by, now=now)


def request_changes(session: Session, issue: Issue, *, by: Actor, now: datetime, reason: str) -> None:
    move(session, issue, "request_changes", by=by, now=now, detail=reason)


def recall(session: Session, issue: Issue, *, by: Actor, now: datetime) -> None:
    move(session, issue, "recall", by=by, now=now)


def discard(session: Session, issue: Issue, *, by: Actor, now: datetime) -> None:
    move(session, issue, "discard", by=by, now=now)


def approve(session: Session, issue: Issue, renditions: Mapping[str, Rendition], *, by: Actor, now: datetime, content_hash: str) -> None:
    """Approve exactly these compiled bytes, one rendition per language."""
    move(session, issue, "approve", by=by, now=now, detail=content_hash)
    issue.renditions = {language: rendition.id for language, rendition in renditions.items()}
    issue.content_hash = content_hash
    issue.approved_at = now


def reopen(session: Session, issue: Issue, *, by: Actor, now: datetime) -> None:
    """Back to writing; the approval is void, the wished time stays."""
    move(session, issue, "reopen", by=by, now=now)
    issue.renditions, issue.content_hash, issue.approved_at = {}, "", None


def schedule(session: Session, issue: Issue, *, at: datetime, by: Actor, now: datetime) -> None:
    """Due at this instant; 'send now' is schedule at now."""
    move(session, issue, "schedule", by=by, now=now, detail=at.isoformat(timespec="minutes"))
    issue.scheduled_at = at
    issue.notice = ""


def unschedule(session: Session, issue: Issue, *, by: Actor, now: datetime) -> None:
    move(session, issue, "unschedule", by=by, now=now)


def pause(session: Session, issue: Issue, *, by: Actor, now: datetime, reason: str = "") -> None:
    """No new mail is marked once this is committed; those past the mark may still leave."""
    move(session, issue, "pause", by=by, now=now, detail=reason)


def halt(session: Session, issue: Issue, *, now: datetime, reason: str) -> None:
    """Pause by Newsroom itself, with the reason shown to staff."""
    move(session, issue, "halt", by=NEWSROOM, now=now, detail=reason)
    issue.notice = reason
    what = f"Issue {issue.id} ({issue.slug}) has stopped: {reason} Put it right, then resume it: `newsroom issue resume {issue.id}`."
    raise_alarm(session, HALTED.format(issue.id), Trouble(text=what, issue_id=issue.id), now=now)


def halt_sending(session: Session, reason: str, *, now: datetime) -> list[int]:
    """Halt every issue that is being sent; which. One that somebody else stopped at the same moment is left as it is."""
    halted = []
    for issue in session.scalars(select(Issue).where(Issue.state == "sending").order_by(Issue.id)).all():
        with suppress(Refused):
            halt(session, issue, now=now, reason=reason)
            halted.append(issue.id)
    return halted


def resume(session: Session, issue: Issue, *, by: Actor, now: datetime) -> None:
    move(session, issue, "resume", by=by, now=now)
    issue.notice = ""
    take_back(session, HALTED.format(issue.id), now=now)


def cancel(session: Session, issue: Issue, *, by: Actor, now: datetime) -> int:
    """Stop for good: nobody who has not got it will; the number of people spared."""
    move(session, issue, "cancel", by=by, now=now)
    open_ones = _still_open(issue.id)
    hold_in_order(session.connection(), *open_ones)
    spared = _cancel_letters(session, open_ones, now)
    # After those of the issue, whose ids are lower: its letters to the staff.
    take_back(session, HALTED.format(issue.id), now=now)
    return spared


def repeat_cancel(session: Session, issue_id: int, *, now: datetime) -> int:
    """For letters of a cancelled issue that were busy the first time and came back; those that are busy again wait for the next time."""
    back = session.scalars(free(select(Delivery.id).where(*_still_open(issue_id)).limit(AT_A_TIME))).all()
    return _cancel_letters(session, (Delivery.id.in_(back),), now) if back else 0


def _still_open(issue_id: int) -> tuple[ColumnElement[bool], ...]:
    return (Delivery.issue_id == issue_id, Delivery.kind == "issue", Delivery.state.in_(DELIVERY_LIFECYCLE.sources("cancel")))


def _cancel_letters(session: Session, which: Sequence[ColumnElement[bool]], now: datetime) -> int:
    values = {"state": DELIVERY_LIFECYCLE.target("cancel"), "closed_at": now, "reason": "the issue was cancelled", "worker_token": None}
    return change(session, update(Delivery).where(*which).values(**values))


def events_of(session: Session, issue_id: int) -> list[IssueEvent]:
    return list(session.scalars(select(IssueEvent).where(IssueEvent.issue_id == issue_id).order_by(IssueEvent.id)))
