"""Whoever scheduled an issue that Newsroom halted is told, and who may resume it: beside the clock, once for each halt.

The process that sends knows no people; and what halts an issue may be a start, a restore or a relay. So the clock looks for it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, aliased

from newsroom.db import said_by
from newsroom.house import House
from newsroom.issues import HALTED, Issue, IssueEvent
from newsroom.notices import Notice
from newsroom.sendqueue.belonging import doubt_about

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Halt:
    """One halt of one issue; `event_id` tells it from an earlier one for the same reason."""

    event_id: int
    issue_id: int
    reason: str


#: This package knows no people.
TellHalt = Callable[[House, Session, Halt], None]


def tell_nobody_of_halts(house: House, session: Session, halt: Halt) -> None:
    """Where nobody is named: the alarm and the issue's page say it all the same."""


class HaltRound:
    """`step` now and then; what fails is tried again with the next one. Of clocks that run at once one tells."""

    def __init__(self, house: House, tell: TellHalt) -> None:
        self._house, self._tell = house, tell
        self._told: frozenset[int] = frozenset()

    def step(self) -> None:
        with self._house.database.reading() as session:
            halts = _standing(session)
        # A copy of this database on another machine holds the same issues, and writes to nobody.
        fresh = [halt for halt in halts if halt.event_id not in self._told]
        if fresh and doubt_about(self._house) is not None:
            return
        failed = {halt.event_id for halt in fresh if not self._try(halt)}
        self._told = frozenset(halt.event_id for halt in halts) - failed

    def _try(self, halt: Halt) -> bool:
        try:
            with self._house.database.transaction() as session:
                held = select(Issue.id).where(Issue.id == halt.issue_id, Issue.state == "paused").with_for_update(skip_locked=True)
                if session.scalar(held) is None:
                    return False
                if not _is_told(session, halt):
                    self._tell(self._house, session, halt)
        except SQLAlchemyError as error:
            log.warning("telling of the halt of issue %d waits for the database: %s", halt.issue_id, said_by(error))
            return False
        return True


def _standing(session: Session) -> list[Halt]:
    """The halts that nobody has lifted: of a paused issue, the last move was Newsroom's own."""
    later = aliased(IssueEvent)
    moves = ("halt", "pause", "resume")
    last = select(func.max(later.id)).where(later.issue_id == Issue.id, later.action.in_(moves)).correlate(Issue).scalar_subquery()
    halts = (
        select(IssueEvent.id, IssueEvent.issue_id, IssueEvent.detail)
        .join(Issue, Issue.id == IssueEvent.issue_id)
        .where(Issue.state == "paused", IssueEvent.id == last, IssueEvent.action == "halt")
    )
    return [Halt(event_id=row.id, issue_id=row.issue_id, reason=row.detail) for row in session.execute(halts.order_by(IssueEvent.id))]


def _is_told(session: Session, halt: Halt) -> bool:
    told = session.scalars(select(Notice.facts).where(Notice.key == HALTED.format(halt.issue_id)))
    return any(facts.get("halt") == halt.event_id for facts in told)
