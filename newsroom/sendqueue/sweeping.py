"""Clearing up after the dead: rows of ended sessions, letters whose wait is over, cancels that met a busy row."""

from datetime import datetime

from sqlalchemy import Connection, insert, literal, select, update
from sqlalchemy.orm import Session

from newsroom.deliveries import DELIVERY_LIFECYCLE, Delivery, DeliveryEvent
from newsroom.issues import Issue, cancel_open_deliveries
from newsroom.sendqueue.database_clock import clock_now, query_time
from newsroom.sendqueue.ledger import moving
from newsroom.sendqueue.sessions import WorkerSession

LOST = "the sending process ended between the mark and the reply"


def end_silent_sessions(connection: Connection) -> int:
    """Sessions that have not renewed themselves in time are over."""
    silent = update(WorkerSession).where(WorkerSession.ended_at.is_(None), WorkerSession.alive_until < clock_now())
    return connection.execute(silent.values(ended_at=clock_now())).rowcount


def end_all_sessions(connection: Connection) -> None:
    """For the one sender of a SQLite installation, once it holds the lock: whoever was before it is dead."""
    connection.execute(update(WorkerSession).where(WorkerSession.ended_at.is_(None)).values(ended_at=clock_now()))


def sweep_ended_sessions(connection: Connection) -> tuple[int, int]:
    """Rows held by ended sessions: unmarked ones back into the queue, marked ones uncertain; how many of each."""
    ended = Delivery.worker_token.in_(select(WorkerSession.token).where(WorkerSession.ended_at.is_not(None)))
    unmarked = moving("release").where(ended, Delivery.state.in_(DELIVERY_LIFECYCLE.sources("mark")))
    released = connection.execute(unmarked.values(worker_token=None, claimed_at=None)).rowcount
    marked = moving("lose_track").where(ended).values(closed_at=clock_now(), reason=LOST)
    lost = connection.execute(marked.returning(Delivery.id, Delivery.attempt)).all()
    if lost:
        rows = [{"delivery_id": row.id, "attempt": row.attempt, "detail": LOST} for row in lost]
        connection.execute(insert(DeliveryEvent).values(at=clock_now(), action="lose_track"), rows)
    return released, len(lost)


def requeue_deferred(connection: Connection) -> int:
    """Deferred letters whose wait is over."""
    return connection.execute(moving("requeue").where(Delivery.due_at <= query_time()).values(reason="")).rowcount


def repeat_cancels(session: Session, *, now: datetime) -> int:
    """Open letters of cancelled issues: those that were past the mark when the issue was cancelled and came back."""
    left_over = select(literal(1)).where(
        Delivery.issue_id == Issue.id, Delivery.kind == "issue", Delivery.state.in_(DELIVERY_LIFECYCLE.sources("cancel"))
    )
    cancelled = session.scalars(select(Issue.id).where(Issue.state == "cancelled", left_over.exists())).all()
    return sum(cancel_open_deliveries(session, issue_id, now=now) for issue_id in cancelled)
