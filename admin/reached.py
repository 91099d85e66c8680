"""How far each of many issues has got, in a fixed number of queries and without counting a million rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from newsroom.deliveries import OPEN_STATES, Delivery
from newsroom.issues import Issue
from newsroom.sendqueue.progress import LIVE_UP_TO
from newsroom.snapshots import SendingSnapshot


@dataclass(frozen=True, kw_only=True)
class Reached:
    """Of an issue's letters: how many the mail server took, and how many are dealt with, whatever became of them."""

    handed_over: int
    closed: int


def reached_by(session: Session, issues: Sequence[Issue]) -> dict[int, Reached]:
    """Of those that have an audience: a great issue as last counted, a small one as it is now."""
    begun = [issue for issue in issues if issue.audience]
    found = _as_last_counted(session, [issue.id for issue in begun if (issue.audience or 0) > LIVE_UP_TO])
    others = [issue for issue in begun if issue.id not in found]
    found |= _of_sent(session, [issue for issue in others if issue.state == "sent"])
    return found | _counted(session, [issue.id for issue in others if issue.state != "sent"])


def _as_last_counted(session: Session, issue_ids: Sequence[int]) -> dict[int, Reached]:
    """Without a sent one whose letters have moved since."""
    mine = and_(SendingSnapshot.issue_id.in_(issue_ids), SendingSnapshot.kind == "issue")
    kept = select(Issue.id, SendingSnapshot.counts).join(SendingSnapshot, SendingSnapshot.issue_id == Issue.id)
    rows = session.execute(kept.where(mine, or_(Issue.state != "sent", SendingSnapshot.final))).all()
    return {issue_id: _read(counts) for issue_id, counts in rows if counts}


def _of_sent(session: Session, issues: Sequence[Issue]) -> dict[int, Reached]:
    """Nothing of a sent issue is open: whom the index of troubles does not name has been handed over."""
    troubled = (
        select(Delivery.issue_id, func.count())
        .where(Delivery.issue_id.in_([issue.id for issue in issues]), Delivery.kind == "issue", Delivery.trouble.is_not(None))
        .group_by(Delivery.issue_id)
    )
    found: dict[int | None, int] = dict(session.execute(troubled).all())
    return {issue.id: Reached(handed_over=all_of - found.get(issue.id, 0), closed=all_of) for issue in issues if (all_of := issue.audience)}


def _counted(session: Session, issue_ids: Sequence[int]) -> dict[int, Reached]:
    counted = (
        select(Delivery.issue_id, Delivery.state, func.count())
        .where(Delivery.issue_id.in_(issue_ids), Delivery.kind == "issue")
        .group_by(Delivery.issue_id, Delivery.state)
    )
    counts: dict[int | None, dict[str, int]] = {issue_id: {} for issue_id in issue_ids}
    for issue_id, state, number in session.execute(counted):
        counts[issue_id][state] = number
    return {issue_id: _read(counts[issue_id]) for issue_id in issue_ids}


def _read(counts: dict[str, int]) -> Reached:
    closed = sum(number for state, number in counts.items() if state not in OPEN_STATES)
    return Reached(handed_over=counts.get("accepted", 0), closed=closed)
