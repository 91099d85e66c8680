"""When no relay is left: stopping what is being sent, with the reason for staff."""

import contextlib

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from newsroom.clock import utc_now
from newsroom.db import Database
from newsroom.deliveries import DELIVERY_LIFECYCLE, Delivery
from newsroom.errors import Refused
from newsroom.issues import Issue, halt
from newsroom.sendqueue.database_clock import query_time
from newsroom.sendqueue.ledger import EXPRESS_KINDS


def halt_all(database: Database, reason: str) -> list[int]:
    """Every issue that is being sent; those that somebody else stopped at the same moment are left as they are."""
    halted = []
    with database.transaction() as session:
        for issue in _sending(session):
            with contextlib.suppress(Refused):
                halt(session, issue, now=utc_now(), reason=reason)
                halted.append(issue.id)
    return halted


def work_waits(database: Database) -> bool:
    """An issue is being sent, or an urgent letter is due."""
    urgent = select(Delivery.id).where(
        Delivery.kind.in_(EXPRESS_KINDS), Delivery.state.in_(DELIVERY_LIFECYCLE.sources("claim")), Delivery.due_at <= query_time()
    )
    sending = select(Issue.id).where(Issue.state == "sending")
    with database.reading() as session:
        return bool(session.scalar(select(or_(urgent.exists(), sending.exists()))))


def _sending(session: Session) -> list[Issue]:
    return list(session.scalars(select(Issue).where(Issue.state == "sending").order_by(Issue.id)))
