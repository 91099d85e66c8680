"""Clearing up after the dead: rows of ended sessions, letters whose wait is over, cancels that met a busy row."""

from datetime import datetime

from sqlalchemy import Connection, insert, literal, select, update
from sqlalchemy.orm import Session

from newsroom.deliveries import DELIVERY_LIFECYCLE, Delivery, DeliveryEvent, in_state
from newsroom.issues import Issue, cancel_open_deliveries
from newsroom.sendqueue.claim_rounds import ended_rounds, forget, held_by_the_dead
from newsroom.sendqueue.claims import plan_by_keys
from newsroom.sendqueue.database_clock import clock_now, query_time
from newsroom.sendqueue.ledger import moving
from newsroom.sendqueue.sessions import WorkerSession
from newsroom.sendqueue.throttle_buckets import give_back

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
    rounds = ended_rounds(connection)
    held = held_by_the_dead(connection, rounds)
    if held is None:
        return 0, 0
    plan_by_keys(connection)
    unmarked = Delivery.state.in_(DELIVERY_LIFECYCLE.sources("mark"))
    give_back(connection, None, connection.scalars(select(Delivery.id).where(held, unmarked)).all())
    released = connection.execute(moving("release").where(held, unmarked).values(worker_token=None, claimed_at=None)).rowcount
    marked = moving("lose_track").where(held).values(closed_at=clock_now(), reason=LOST)
    lost = connection.execute(marked.returning(Delivery.id, Delivery.attempt)).all()
    if lost:
        rows = [{"delivery_id": row.id, "attempt": row.attempt, "detail": LOST} for row in lost]
        connection.execute(insert(DeliveryEvent).values(at=clock_now(), action="lose_track"), rows)
    forget(connection, rounds)
    return released, len(lost)


def requeue_deferred(connection: Connection) -> int:
    """Deferred letters whose wait is over."""
    return connection.execute(moving("requeue").where(Delivery.deferred_until <= query_time()).values(reason="")).rowcount


def repeat_cancels(session: Session, *, now: datetime) -> int:
    """Open letters of cancelled issues: those that were past the mark when the issue was cancelled and came back."""
    mine = (Delivery.issue_id == Issue.id, Delivery.kind == "issue")
    back, deferred = select(literal(1)).where(*mine, Delivery.back_at.is_not(None)), select(literal(1)).where(*mine, in_state("deferred"))
    cancelled = session.scalars(select(Issue.id).where(Issue.state == "cancelled", back.exists() | deferred.exists())).all()
    return sum(cancel_open_deliveries(session, issue_id, now=now) for issue_id in cancelled)
