"""Clearing up after the dead: rows of ended sessions, letters whose wait is over, cancels that met a busy row.

All of it takes only what nobody else holds just now, and comes back for the rest: it waits for no letter, and so for nobody who
might be waiting for one of its own.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, literal, select, update
from sqlalchemy.orm import Session

from newsroom.deliveries import Delivery, DeliveryEvent, free, in_state
from newsroom.issues import Issue, repeat_cancel
from newsroom.sendqueue.claim_rounds import HELD, ended_rounds, forget, held_by_the_dead
from newsroom.sendqueue.claims import plan_by_keys
from newsroom.sendqueue.database_clock import clock_now, query_time
from newsroom.sendqueue.ledger import moving
from newsroom.sendqueue.sessions import WorkerSession
from newsroom.sendqueue.throttle_buckets import give_back

AT_A_TIME = 5_000
LOST = "the sending process ended between the mark and the reply"


def end_silent_sessions(connection: Connection) -> int:
    """Sessions that have not renewed themselves in time are over."""
    silent = update(WorkerSession).where(WorkerSession.ended_at.is_(None), WorkerSession.alive_until < clock_now())
    return connection.execute(silent.values(ended_at=clock_now())).rowcount


def end_all_sessions(connection: Connection) -> None:
    """For the one sender of a SQLite installation, once it holds the lock: whoever was before it is dead."""
    connection.execute(update(WorkerSession).where(WorkerSession.ended_at.is_(None)).values(ended_at=clock_now()))


def sweep_ended_sessions(connection: Connection) -> tuple[int, int]:
    """Rows held by ended sessions: unmarked ones back into the queue, marked ones uncertain; how many of each.

    What somebody else has in hand stays in its round, for the next sweep.
    """
    rounds = ended_rounds(connection)
    held = held_by_the_dead(connection, rounds)
    if held is None:
        return 0, 0
    plan_by_keys(connection)
    rows = connection.execute(free(select(Delivery.id, Delivery.state).where(held, Delivery.state.in_(HELD)))).all()
    released = _release(connection, [row.id for row in rows if row.state == "claimed"])
    lost = _lose_track(connection, [row.id for row in rows if row.state == "handed_over"])
    forget(connection, rounds)
    return released, lost


def _release(connection: Connection, unmarked: Sequence[int]) -> int:
    if not unmarked:
        return 0
    give_back(connection, None, unmarked)
    back = moving("release").where(Delivery.id.in_(unmarked)).values(worker_token=None, claimed_at=None)
    return connection.execute(back).rowcount


def _lose_track(connection: Connection, marked: Sequence[int]) -> int:
    if not marked:
        return 0
    losing = moving("lose_track").where(Delivery.id.in_(marked)).values(closed_at=clock_now(), reason=LOST)
    lost = connection.execute(losing.returning(Delivery.id, Delivery.attempt)).all()
    rows = [{"delivery_id": row.id, "attempt": row.attempt, "detail": LOST} for row in lost]
    connection.execute(insert(DeliveryEvent).values(at=clock_now(), action="lose_track"), rows)
    return len(lost)


def requeue_deferred(connection: Connection) -> int:
    """Deferred letters whose wait is over."""
    # In the order of their index: with none, a planner may prefer to read a table of which most was deferred once.
    due = free(select(Delivery.id).where(Delivery.deferred_until <= query_time()).order_by(Delivery.deferred_until).limit(AT_A_TIME))
    requeued = 0
    while numbers := connection.scalars(due).all():
        requeued += connection.execute(moving("requeue").where(Delivery.id.in_(numbers)).values(reason="")).rowcount
    return requeued


def repeat_cancels(session: Session, *, now: datetime) -> int:
    """Open letters of cancelled issues: those that were past the mark when the issue was cancelled and came back."""
    mine = (Delivery.issue_id == Issue.id, Delivery.kind == "issue")
    back, deferred = select(literal(1)).where(*mine, Delivery.back_at.is_not(None)), select(literal(1)).where(*mine, in_state("deferred"))
    cancelled = session.scalars(select(Issue.id).where(Issue.state == "cancelled", back.exists() | deferred.exists())).all()
    return sum(repeat_cancel(session, issue_id, now=now) for issue_id in cancelled)
