"""Whoever gave a halted issue its time, and all who may resume it, are told that it has stopped and why."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.accounts import User
from admin.clock_notices import subject_of, tell_people
from admin.who_may import who_may
from newsroom.house import House
from newsroom.issues import HALTED, Issue, IssueEvent, get_issue
from newsroom.notices import About, take_back
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.halt_round import Halt

SAYS = "halted"


def tell_of_halt(house: House, session: Session, halt: Halt) -> None:
    """A notice for each, in the place of one of an earlier halt; a letter too where notices come by mail."""
    issue, now = get_issue(session, halt.issue_id), read_clock(session)
    people = {user.id: user for user in _concerned(session, issue)}
    facts = {"subject": subject_of(issue), "actor": "Newsroom", "text": halt.reason, "halt": halt.event_id}
    about = About(says=SAYS, facts=facts, issue_id=issue.id, key=HALTED.format(issue.id))
    take_back(session, about.key, also_read=True, now=now)
    tell_people(house, session, issue, people, about, way=f"letter.{SAYS}", now=now)


def _concerned(session: Session, issue: Issue) -> list[User]:
    deeds = select(IssueEvent.user_id).where(IssueEvent.issue_id == issue.id, IssueEvent.action == "schedule")
    scheduled = session.scalars(deeds.order_by(IssueEvent.id.desc()).limit(1)).first()
    return [
        *who_may(session, "resume", issue.list_id),
        *(user for user in who_may(session, "read", issue.list_id) if user.id == scheduled),
    ]
