"""When no relay is left: is anybody waiting, and stopping what is being sent, with the reason for staff."""

from sqlalchemy import or_, select

from newsroom.clock import utc_now
from newsroom.db import Database
from newsroom.deliveries import Delivery
from newsroom.issues import Issue, halt_sending
from newsroom.sendqueue.database_clock import query_time
from newsroom.sendqueue.ledger import EXPRESS_KINDS


def halt_all(database: Database, reason: str) -> list[int]:
    """Every issue that is being sent; which."""
    with database.transaction() as session:
        return halt_sending(session, reason, now=utc_now())


def work_waits(database: Database) -> bool:
    """An issue is being sent, or an urgent letter is due."""
    urgent = select(Delivery.id).where(Delivery.kind.in_(EXPRESS_KINDS), Delivery.back_at <= query_time())
    sending = select(Issue.id).where(Issue.state == "sending")
    with database.reading() as session:
        return bool(session.scalar(select(or_(urgent.exists(), sending.exists()))))
