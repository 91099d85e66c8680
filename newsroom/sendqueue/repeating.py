"""What an operator may set going again after the first try: refused letters, people who came later, letters of unknown fate.

Nobody gets an issue twice by any of it: only letters that are known not to have been taken go back into the queue, one row per
person stays one row, and an uncertain letter is sent again only on an operator's word. Each function locks in the order issue,
delivery; of two officers at once one wins, the other reads a sentence. Ring the sender after the commit.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from newsroom.db import change
from newsroom.deliveries import DELIVERY_LIFECYCLE, Delivery, DeliveryEvent, in_state
from newsroom.errors import InvalidInput, NotFound, Refused
from newsroom.issues import Actor, Issue, IssueEvent, get_issue, move
from newsroom.sendqueue import fanout
from newsroom.sendqueue.database_clock import ahead, clock_now
from newsroom.sendqueue.explaining import class_of
from newsroom.sendqueue.refusal_table import EXPLANATIONS
from newsroom.sendqueue.sessions import WorkerSession
from newsroom.snapshots import thaw
from subscribers.audience import audience

RESEND_AFTER = timedelta(minutes=15)
MOST_EVIDENCE = 1_000
AT_A_TIME = 2_000
UNDER_WAY = ("sending", "paused")


@dataclass(frozen=True, kw_only=True)
class Missing:
    """Who has not got an issue: what `extend` would send to, and whom it leaves out on purpose."""

    joined: int
    uncertain: int
    resendable: int
    failed: int
    left_out_then: int


@dataclass(frozen=True, kw_only=True)
class Doubtful:
    """The uncertain letters of an issue, and how many of them may be sent again by now."""

    uncertain: int
    resendable: int


@dataclass(frozen=True, kw_only=True)
class Extension:
    """What an extension put into the queue."""

    joined: int
    resent: int


def retry_failed(session: Session, issue_id: int, *, classes: Collection[str] | None = None, by: Actor, now: datetime) -> int:
    """Refused letters of these classes (None: of all) go back into the queue; how many."""
    unknown = set(classes or ()) - EXPLANATIONS.keys()
    if unknown or (classes is not None and not classes):
        raise InvalidInput.of(_unknown_classes(unknown), place="classes")
    _reopen(session, issue_id, "retry", by=by, now=now)
    # Refused for certain: another mail server may be tried. An uncertain letter keeps its own.
    retried = sum(_requeue(session, "retry", numbers, by=by, relay="") for numbers in _failed(session, issue_id, classes))
    if not retried:
        raise Refused("No letter failed that could be tried again: somebody may have done so a moment ago.")
    thaw(session, issue_id)
    _tell(session, issue_id, "retry", f"{retried}: {', '.join(sorted(classes)) if classes else 'all'}", by=by, now=now)
    return retried


def missing(session: Session, issue: Issue) -> Missing:
    """The figures for whoever decides about `extend`; a walk over the whole list."""
    people = audience(issue.list_id, languages=issue.languages, original=issue.original).subquery()
    mine = (Delivery.issue_id == issue.id, Delivery.subscriber_id == people.c.subscriber_id)
    has_row = select(literal(1)).where(*mine, or_(Delivery.kind == "issue", copy_that_counts())).exists()
    was_left_out = select(literal(1)).where(*mine, Delivery.kind == "issue", Delivery.state == "suppressed").exists()
    letters = (Delivery.issue_id == issue.id, Delivery.kind == "issue")

    def number(*where: ColumnElement[bool]) -> int:
        return session.scalar(select(func.count()).select_from(Delivery).where(*letters, *where)) or 0

    return Missing(
        joined=session.scalar(select(func.count()).select_from(people).where(~has_row)) or 0,
        uncertain=number(in_state("uncertain")),
        resendable=number(may_be_resent()),
        failed=number(in_state("failed")),
        left_out_then=session.scalar(select(func.count()).select_from(people).where(was_left_out)) or 0,
    )


def doubtful(session: Session, issue: Issue, delivery_id: int | None = None) -> Doubtful:
    """Of all letters or of this one; by the index of what is in trouble, however great the issue."""
    letters = [Delivery.issue_id == issue.id, Delivery.kind == "issue", in_state("uncertain")]
    if delivery_id is not None:
        letters.append(Delivery.id == delivery_id)
    counted = select(func.count(), func.count().filter(may_be_resent())).where(*letters)
    uncertain, resendable = session.execute(counted).one()
    return Doubtful(uncertain=uncertain, resendable=resendable)


def extend(session: Session, issue_id: int, *, uncertain: bool = False, by: Actor, now: datetime) -> Extension:
    """Send to who has not got it: people who may receive now and have no letter of this issue; with `uncertain`, those as well.

    Accepted, bounced and refused letters stay as they are, and so do people who were left out when the issue went to them.
    """
    issue = get_issue(session, issue_id)
    if issue.state in UNDER_WAY:
        raise Refused("The issue is still being sent. Once it is sent, people who joined since can get it too.")
    move(session, issue, "extend", by=by, now=now)
    joined = fanout.insert_audience(session, issue, "issue", issue.renditions, now=now, besides=copy_that_counts())
    resent = _resend_all(session, issue_id, by=by) if uncertain else 0
    if not joined + resent:
        raise Refused("Everybody who may receive this issue has it, or has a letter that was refused or is uncertain.")
    issue.audience = (issue.audience or 0) + joined
    issue.finished_at = None
    thaw(session, issue.id)
    _tell(session, issue_id, "send_to_missing", f"{joined} joined, {resent} uncertain", by=by, now=now)
    return Extension(joined=joined, resent=resent)


def resend(session: Session, issue_id: int, delivery_ids: Collection[int] | None = None, *, by: Actor, now: datetime) -> int:
    """These uncertain letters (None: all that may) go back into the queue, by the operator's word; how many.

    Only those whose sending process is over and whose mark is 15 minutes old: until then the answer may still come.
    """
    _reopen(session, issue_id, "resend", by=by, now=now)
    if delivery_ids is None:
        resent = _resend_all(session, issue_id, by=by)
    else:
        resent = _requeue(session, "resend", _held(session, issue_id, delivery_ids, may_be_resent()), by=by)
    if not resent:
        raise Refused(why_not_resent(session, issue_id, delivery_ids))
    thaw(session, issue_id)
    _tell(session, issue_id, "resend", str(resent), by=by, now=now)
    return resent


def accept_uncertain(session: Session, delivery_id: int, *, evidence: str, by: Actor, now: datetime, issue_id: int | None = None) -> None:
    """Somebody knows that this letter (of this issue) arrived, and says how: it is accepted from now on."""
    said = " ".join(evidence.split())
    if not said or len(said) > MOST_EVIDENCE:
        raise InvalidInput.of(
            "Say in a sentence how you know that the letter arrived.", place="evidence", hint="For example: she answered."
        )
    accepted = update(Delivery).where(Delivery.id == delivery_id, Delivery.state.in_(DELIVERY_LIFECYCLE.sources("resend")))
    reason = f"arrived, says {by.name}: {said}"[:200]
    values = {"state": DELIVERY_LIFECYCLE.target("accept"), "closed_at": now, "reason": reason, "worker_token": None}
    won = change(session, accepted.values(**values))
    delivery = session.get(Delivery, delivery_id, populate_existing=True)
    if delivery is None or (issue_id is not None and delivery.issue_id != issue_id):
        raise NotFound(f"There is no letter {delivery_id}.")
    if not won:
        raise Refused(f"The letter to {delivery.address} is no longer uncertain: it is {delivery.state.replace('_', ' ')}.")
    session.add(
        DeliveryEvent(delivery_id=delivery_id, at=now, action="accept", attempt=delivery.attempt, detail=said, actor=by.name)
    )  # fmt: skip
    if delivery.issue_id is not None:
        thaw(session, delivery.issue_id, delivery.kind)
        _tell(session, delivery.issue_id, "resolve", f"{delivery.address}: {said}", by=by, now=now)


def may_be_resent() -> ColumnElement[bool]:
    """An uncertain letter whose answer cannot come any more, by the database's clock."""
    alive = exists().where(WorkerSession.token == Delivery.worker_token, WorkerSession.ended_at.is_(None))
    # One that a restored ledger learnt of from elsewhere has no mark of its own.
    old_enough = func.coalesce(Delivery.marked_at, Delivery.closed_at, Delivery.created_at) <= ahead(-RESEND_AFTER.total_seconds())
    return and_(_may_be("resend"), old_enough, ~alive)


def copy_that_counts() -> ColumnElement[bool]:
    """A copy that a person has, or is about to have: they are not sent the issue on top of it."""
    return and_(Delivery.kind == "notice", Delivery.state.not_in(("failed", "suppressed", "cancelled")))


def _reopen(session: Session, issue_id: int, action: str, *, by: Actor, now: datetime) -> None:
    """A sent issue is sending again. FOR SHARE on one under way: it cannot finish or be cancelled meanwhile, and marks go on.

    One under way is only held, never written: two who hold it FOR SHARE would wait for each other.
    """
    issue = get_issue(session, issue_id)
    if issue.state == "sent":
        move(session, issue, "extend", by=by, now=now, detail=action)
        issue.finished_at = None
    else:
        session.refresh(issue, with_for_update={"read": True})
        if issue.state not in UNDER_WAY:
            raise Refused(
                f"The issue is {issue.state.replace('_', ' ')}; only one that is being sent, paused or sent has letters to repeat."
            )


def _may_be(action: str) -> ColumnElement[bool]:
    """Retried or resent: by the index of what is rare."""
    return or_(*(in_state(state) for state in DELIVERY_LIFECYCLE.sources(action)))


def _failed(session: Session, issue_id: int, classes: Collection[str] | None) -> Iterator[Sequence[int]]:
    """The failed letters of these classes, held, some at a time."""
    chosen = (
        select(Delivery.id, Delivery.reply_code, Delivery.enhanced_status, Delivery.reply, Delivery.reason)
        .where(Delivery.issue_id == issue_id, Delivery.kind == "issue", _may_be("retry"))
        .order_by(Delivery.id)
    )
    last = 0
    while rows := session.execute(chosen.where(Delivery.id > last).limit(AT_A_TIME).with_for_update()).all():
        last = rows[-1].id
        yield [row.id for row in rows if classes is None or class_of(*row[1:]) in classes]


def _resend_all(session: Session, issue_id: int, *, by: Actor) -> int:
    return _requeue(session, "resend", _held(session, issue_id, None, may_be_resent()), by=by)


def _held(session: Session, issue_id: int, delivery_ids: Collection[int] | None, where: ColumnElement[bool]) -> Sequence[int]:
    chosen = select(Delivery.id).where(Delivery.issue_id == issue_id, Delivery.kind == "issue", where)
    if delivery_ids is not None:
        chosen = chosen.where(Delivery.id.in_(delivery_ids))
    return session.scalars(chosen.order_by(Delivery.id).with_for_update(of=Delivery)).all()


def _requeue(session: Session, action: str, numbers: Sequence[int], *, by: Actor, **facts: Any) -> int:
    """These letters into the queue, each with an event that keeps what was said before; their tries and their 48 hours begin anew."""
    moved = 0
    for start in range(0, len(numbers), AT_A_TIME):
        these = Delivery.id.in_(numbers[start : start + AT_A_TIME]) & Delivery.state.in_(DELIVERY_LIFECYCLE.sources(action))
        _note(session, action, these, by)
        moved += change(session, update(Delivery).where(these).values(state=DELIVERY_LIFECYCLE.target(action), **_ANEW, **facts))
    return moved


# `walked`: found by its due time, without waiting for the next walk over the issue. The attempt goes on, since it fences outcomes.
_ANEW: dict[str, Any] = {
    "walked": True, "due_at": clock_now(), "closed_at": None, "claimed_at": None, "worker_token": None, "reason": "",
    "first_tried_at": None, "setbacks": 0,
}  # fmt: skip


def _note(session: Session, action: str, these: ColumnElement[bool], by: Actor) -> None:
    said = func.coalesce(func.nullif(Delivery.reply, ""), Delivery.reason)
    facts = select(
        Delivery.id, clock_now(), literal(action), Delivery.attempt, Delivery.reply_code, Delivery.enhanced_status, said, literal(by.name)
    ).where(these)  # fmt: skip
    names = ["delivery_id", "at", "action", "attempt", "reply_code", "enhanced_status", "detail", "actor"]
    session.execute(insert(DeliveryEvent).from_select(names, facts))


def _tell(session: Session, issue_id: int, action: str, detail: str, *, by: Actor, now: datetime) -> None:
    session.add(IssueEvent(issue_id=issue_id, at=now, action=action, actor=by.name, user_id=by.user_id, detail=detail))


def why_not_resent(session: Session, issue_id: int, delivery_ids: Collection[int] | None) -> str:
    """Why none of these (None: of all) may be sent again, and what else there is to do."""
    still = select(Delivery.marked_at, WorkerSession.host).outerjoin(
        WorkerSession, and_(WorkerSession.token == Delivery.worker_token, WorkerSession.ended_at.is_(None))
    )
    still = still.where(Delivery.issue_id == issue_id, Delivery.kind == "issue", _may_be("resend"))
    if delivery_ids is not None:
        still = still.where(Delivery.id.in_(delivery_ids))
    row = session.execute(still.order_by(WorkerSession.host.is_(None)).limit(1)).first()
    if row is None:
        return "No such letter is uncertain any more: look at the list again."
    if row.host:
        return (
            f"Not yet: the process on {row.host} that sent it still runs, and its answer may still come. "
            "Send the person a copy, or have that worker restarted first."
        )
    return "Not yet: an uncertain letter can be sent again 15 minutes after it was tried; until then an answer may still come."


def _unknown_classes(unknown: Collection[str]) -> str:
    known = ", ".join(sorted(EXPLANATIONS))
    return f"There is no class {', '.join(sorted(unknown))}; known are {known}." if unknown else "Choose which refusals to try again."
