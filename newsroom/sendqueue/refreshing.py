"""The snapshots of sendings, taken by the clock: whatever a count costs, at most a twentieth of the clock's time goes into it."""

import time
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from newsroom.db import Database
from newsroom.deliveries import OPEN_STATES
from newsroom.issues import Issue
from newsroom.sendqueue.progress import LIVE_UP_TO, Count, count
from newsroom.sendqueue.speed import with_sample
from newsroom.snapshots import SendingSnapshot

SHARE = 20
AT_LEAST = timedelta(seconds=2)
AT_REST = timedelta(seconds=30)
KEPT_OPEN_FOR = timedelta(days=7)
KINDS = ("issue", "rehearsal")
FINISHED = ("sent", "cancelled")


def refresh(database: Database, now: datetime) -> int:
    """Count anew what is due; how many sendings. Of several clocks one counts each."""
    with database.reading() as session:
        found: list[Any] = [row for kind in KINDS for row in session.execute(_looked_after(kind)).all()]
    return sum(
        _count_for_good(database, row, now) if _may_be_over(row) else _count(database, row, now) for row in found if _is_due(row, now)
    )


def begin(session: Session, issue_id: int, kind: str, counts: dict[str, int], *, now: datetime) -> None:
    """A sending begins anew: nothing of the last one's pace counts."""
    _insert(session, issue_id, kind, now)
    snapshot = session.scalars(_snapshot(issue_id, kind)).one()
    snapshot.counts, snapshot.samples, snapshot.facts, snapshot.final, snapshot.took, snapshot.taken_at = counts, [], {}, False, 0.0, now


def _looked_after(kind: str) -> Select[int, str, str, datetime, float, dict[str, int]]:
    """Sendings under way; those that are finished and not yet counted for good. Of rehearsals, those that began a snapshot."""
    under_way = and_(literal(kind) == "issue", Issue.state.in_(("sending", "paused")))
    never_counted = and_(literal(kind) == "issue", SendingSnapshot.id.is_(None), Issue.state.in_(FINISHED), Issue.audience > LIVE_UP_TO)
    kept = (SendingSnapshot.taken_at, SendingSnapshot.took, SendingSnapshot.counts)
    return (
        select(Issue.id, Issue.state, literal(kind).label("kind"), *kept)
        .outerjoin(SendingSnapshot, and_(SendingSnapshot.issue_id == Issue.id, SendingSnapshot.kind == kind))
        .where(or_(under_way, SendingSnapshot.final.is_(False), never_counted))
        .order_by(Issue.id)
    )


def _is_due(row: Any, now: datetime) -> bool:
    if row.taken_at is None or not row.counts:
        return True
    at_rest = row.kind == "issue" and (row.state == "paused" or (row.state in FINISHED and row.counts.get("uncertain")))
    return bool(now - row.taken_at >= max(AT_REST if at_rest else AT_LEAST, timedelta(seconds=SHARE * row.took)))


def _may_be_over(row: Any) -> bool:
    return bool(row.kind != "issue" or row.state in FINISHED)


def _count(database: Database, row: Any, now: datetime) -> bool:
    """Under way: the count itself holds no lock, since on SQLite nobody could send meanwhile."""
    with database.transaction() as session:
        snapshot = _held(session, row, now)
        if snapshot is None or (row.taken_at is not None and snapshot.taken_at != row.taken_at):
            return False
        snapshot.taken_at = now
    began = time.monotonic()
    with database.reading() as session:
        found = count(session, row.id, row.kind)
    took = time.monotonic() - began
    with database.transaction() as session:
        if (snapshot := _held(session, row, now)) is not None:
            _write(snapshot, found, took, now)
    return True


def _count_for_good(database: Database, row: Any, now: datetime) -> bool:
    """Finished: whatever moves a letter waits for the count, and then thaws it."""
    with database.transaction() as session:
        snapshot = _held(session, row, now)
        if snapshot is None or snapshot.final:
            return False
        began = time.monotonic()
        found = count(session, row.id, row.kind)
        _write(snapshot, found, time.monotonic() - began, now)
        snapshot.final = _is_final(session.get_one(Issue, row.id), row.kind, found, now)
    return True


def _held(session: Session, row: Any, now: datetime) -> SendingSnapshot | None:
    """The snapshot, made if need be; None while another clock has it."""
    _insert(session, row.id, row.kind, now)
    return session.scalar(_snapshot(row.id, row.kind).with_for_update(skip_locked=True))


def _write(snapshot: SendingSnapshot, found: Count, took: float, now: datetime) -> None:
    snapshot.samples = with_sample(snapshot.samples, now.timestamp(), found.counts)
    snapshot.counts, snapshot.facts = found.counts, _facts(found)
    snapshot.taken_at, snapshot.took = now, took


def _insert(session: Session, issue_id: int, kind: str, now: datetime) -> None:
    add = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    empty = {"taken_at": now, "took": 0.0, "final": False, "counts": {}, "samples": [], "facts": {}}
    session.execute(add(SendingSnapshot).values(issue_id=issue_id, kind=kind, **empty).on_conflict_do_nothing())


def _snapshot(issue_id: int, kind: str) -> Select[SendingSnapshot]:
    return select(SendingSnapshot).where(SendingSnapshot.issue_id == issue_id, SendingSnapshot.kind == kind)


def _is_final(issue: Issue, kind: str, found: Count, now: datetime) -> bool:
    """Nothing is open; and what is uncertain may yet be settled by a late reply, so for some days it is looked at again."""
    if any(found.counts.get(state) for state in OPEN_STATES):
        return False
    if kind != "issue":
        return True
    settled = not found.counts.get("uncertain") or (issue.finished_at or now) < now - KEPT_OPEN_FOR
    return issue.state in FINISHED and settled


def _facts(found: Count) -> dict[str, Any]:
    until = found.retried_until.isoformat() if found.retried_until else None
    return {"refusals": [asdict(group) for group in found.refusals], "retried_until": until}
