"""Adopting: an operator takes over a database or a data folder that Newsroom does not know again, and sees before what that means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from newsroom.data_folder import Memory
from newsroom.db import change
from newsroom.deliveries import DELIVERY_LIFECYCLE, OPEN_STATES, Delivery, hold_in_order
from newsroom.errors import Refused
from newsroom.installation import LOST_COMMITS, NEXT, ONLY, Doubt, Installation, lacks_keys, look, note, renew
from newsroom.issues import NEWSROOM, Actor, Issue, get_issue, halt_sending, move
from newsroom.keys import KeyRing
from newsroom.sendqueue import fanout
from newsroom.sendqueue.catching_up import Difference, catch_up, differences
from newsroom.sendqueue.claim_rounds import HELD
from newsroom.sendqueue.database_clock import clock_now
from newsroom.sendqueue.handed_over import evidence_in
from newsroom.sendqueue.ledger import moving
from newsroom.sendqueue.sessions import WorkerSession
from newsroom.sendqueue.sweeping import LOST, end_all_sessions, sweep_ended_sessions

#: Numbers that stand in letters already sent must not be given to somebody else; so many are left out.
GAP = 1_000_000
NUMBERED = ("deliveries", "subscribers", "mailing_lists", "issues")
UNDER_WAY = ("scheduled", "starting", "sending", "paused")


@dataclass(frozen=True, kw_only=True)
class Concerned:
    """An issue that adopting touches. `handed` people got it after the last commit that this database knows."""

    issue_id: int
    slug: str
    state: str
    scheduled_at: datetime | None
    open: int
    handed: int
    overdue: bool


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What adopting would do. `joins`: others are at work on this database, and only this data folder is made known to it.

    `lacks_keys`: letters were signed with a key ring that this one does not hold.
    """

    doubt: Doubt | None
    stands_at: datetime | None
    workers: tuple[str, ...]
    issues: tuple[Concerned, ...]
    claimed: int
    handed_over: int
    unknown: int
    lacks_keys: bool

    @property
    def joins(self) -> bool:
        return bool(self.workers) and self.doubt is not None and not self.doubt.of_database and not self.lacks_keys


def survey(session: Session, memory: Memory | None, data_dirs: Sequence[Path], keys: KeyRing, *, now: datetime) -> Survey:
    """Changes nothing. `data_dirs`: where to look for what was handed over, this installation's own folder among them."""
    row = session.get(Installation, ONLY)
    found, unknown = _evidence(session, row, data_dirs)
    return Survey(
        doubt=look(session, memory, keys, now=now).doubt,
        stands_at=row.beat_at if row else None,
        workers=_workers(session),
        issues=_concerned(session, found, now),
        claimed=_count(session, "claimed"),
        handed_over=_count(session, "handed_over"),
        unknown=unknown,
        lacks_keys=lacks_keys(session, keys),
    )


def adopt(session: Session, surveyed: Survey, data_dirs: Sequence[Path], keys: KeyRing, *, by: Actor, now: datetime) -> Installation:
    """Take it over: what was under way is paused, what had no reply is uncertain, and from here on this is the installation."""
    row = session.get(Installation, ONLY)
    if surveyed.joins and row is not None:
        return row
    if surveyed.doubt is None and surveyed.workers:
        raise Refused("Nothing is in doubt, and somebody is sending: stop every worker and clock first, or leave it as it is.")
    if surveyed.lacks_keys and surveyed.workers:
        raise Refused("Senders run on this database: stop every worker and clock before another key ring is taken for it.")
    found, _ = _evidence(session, row, data_dirs)
    reason = _reason(surveyed)
    _let_go(session, now)
    for difference in found:
        catch_up(session, difference, now=now)
    _stop_what_is_under_way(session, reason, now)
    _tell_the_issues(session, found)
    leave_gaps(session)
    note(session, "adopt", reason, by=by, now=now)
    return renew(session, keys, now=now)


def _evidence(session: Session, row: Installation | None, data_dirs: Sequence[Path]) -> tuple[list[Difference], int]:
    """The differences, and the number of issues that this database has never heard of."""
    if row is None:
        return [], 0
    evidence = evidence_in(data_dirs, row.identity)
    known = set(session.scalars(select(Issue.id).where(Issue.id.in_(list(evidence)), Issue.created_at <= row.beat_at)))
    return differences(session, evidence, until=row.beat_at), len(evidence.keys() - known)


def _workers(session: Session) -> tuple[str, ...]:
    alive = select(WorkerSession).where(WorkerSession.ended_at.is_(None), WorkerSession.alive_until > clock_now())
    return tuple(f"{worker.host} (process {worker.process})" for worker in session.scalars(alive.order_by(WorkerSession.id)))


def _count(session: Session, state: str) -> int:
    return session.scalar(select(func.count()).where(Delivery.state == state)) or 0


def _concerned(session: Session, found: Sequence[Difference], now: datetime) -> tuple[Concerned, ...]:
    handed = {difference.issue_id: difference.people for difference in found}
    still_open = select(Delivery.issue_id, func.count()).where(Delivery.kind == "issue", Delivery.state.in_(OPEN_STATES))
    counts = dict(session.execute(still_open.group_by(Delivery.issue_id)).all())
    chosen = select(Issue).where(Issue.state.in_(UNDER_WAY) | Issue.id.in_(list(handed))).order_by(Issue.id)
    return tuple(
        Concerned(
            issue_id=issue.id, slug=issue.slug, state=issue.state, scheduled_at=issue.scheduled_at, open=counts.get(issue.id, 0),
            handed=handed.get(issue.id, 0), overdue=_overdue(issue, now),
        )
        for issue in session.scalars(chosen)
    )  # fmt: skip


def _overdue(issue: Issue, now: datetime) -> bool:
    return issue.state == "scheduled" and issue.scheduled_at is not None and issue.scheduled_at <= now


def _reason(surveyed: Survey) -> str:
    cause = surveyed.doubt.cause if surveyed.doubt else "An operator adopted this installation."
    at = f" Its last sign of life before that is of {surveyed.stands_at:%Y-%m-%d %H:%M:%S} UTC." if surveyed.stands_at else ""
    return f"{cause}{at}"


def _let_go(session: Session, now: datetime) -> None:
    """Every worker session is over; what is still held after its sweep is held by nobody that this database remembers."""
    # Issues before letters: whoever stops one meanwhile waits here, not in the midst of its letters.
    session.scalars(select(Issue.id).where(Issue.state.in_(UNDER_WAY)).order_by(Issue.id).with_for_update()).all()
    hold_in_order(session.connection(), Delivery.state.in_(HELD))
    end_all_sessions(session.connection())
    sweep_ended_sessions(session.connection())
    unmarked = Delivery.state.in_(DELIVERY_LIFECYCLE.sources("mark"))
    change(session, moving("release").where(unmarked).values(worker_token=None, claimed_at=None))
    change(session, moving("lose_track").values(closed_at=now, reason=LOST))


def _stop_what_is_under_way(session: Session, reason: str, now: datetime) -> None:
    for issue in session.scalars(select(Issue).where(Issue.state == "starting").order_by(Issue.id)):
        while fanout.add_people(session, issue, now=now):
            pass
        fanout.complete(session, issue, now=now)
    paused = f"{reason} Letters handed over after that and not known here {LOST_COMMITS}: look, then resume."
    halt_sending(session, paused, now=now)
    for issue in session.scalars(select(Issue).where(Issue.state == "paused", Issue.notice.endswith(NEXT))):
        issue.notice = paused
    for issue in session.scalars(select(Issue).where(Issue.state == "scheduled").order_by(Issue.id)):
        if _overdue(issue, now):
            refused = f"Not started: it was due at {issue.scheduled_at:%Y-%m-%d %H:%M} UTC, and may have been sent already. {reason}"
            move(session, issue, "refuse", by=NEWSROOM, now=now, detail=refused)
            issue.notice = refused


def _tell_the_issues(session: Session, found: Sequence[Difference]) -> None:
    for difference in found:
        issue = get_issue(session, difference.issue_id)
        told = f"{difference.people} people were handed this letter after that; they are listed as uncertain and do not get it again."
        issue.notice = f"{issue.notice} {told}".strip()


def leave_gaps(session: Session) -> None:
    """No number that may stand in a letter sent after the last commit is given to another person or letter."""
    if session.get_bind().dialect.name == "postgresql":
        for table in NUMBERED:
            session.execute(_LEAVE_A_GAP, {"table": table, "gap": GAP})
    else:
        # Only of tables with AUTOINCREMENT does SQLite keep such a memory.
        session.execute(text("UPDATE sqlite_sequence SET seq = seq + :gap"), {"gap": GAP})


_LEAVE_A_GAP = text(
    "SELECT setval(found.sequence, nextval(found.sequence) + :gap) "
    "FROM (SELECT pg_get_serial_sequence(:table, 'id')::regclass AS sequence) AS found"
)
