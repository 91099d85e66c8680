"""How many test letters one person may send: enough to look at an issue everywhere, too few to write to strangers."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsroom.errors import InvalidInput
from newsroom.issues import IssueEvent

AT_ONCE = 10
PER_HOUR = 60


def check_allowance(session: Session, addresses: list[str], *, user_id: int, now: datetime) -> None:
    """A test needs nobody's approval, and what it says may be anything: without a limit it would be a way around both."""
    if not 0 < len(addresses) <= AT_ONCE:
        raise InvalidInput.of(f"Give one to {AT_ONCE} addresses, one per line.", place="addresses")
    recent = select(IssueEvent.detail).where(
        IssueEvent.action == "test", IssueEvent.user_id == user_id, IssueEvent.at > now - timedelta(hours=1)
    )
    sent = sum(len(detail.split(", ")) for detail in session.scalars(recent))
    if sent + len(addresses) > PER_HOUR:
        message = f"You sent {sent} test letters within the last hour; {PER_HOUR} is the most."
        raise InvalidInput.of(message, place="addresses", hint="A rehearsal shows everybody's letter without sending any.")
