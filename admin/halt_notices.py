"""Whoever gave a halted issue its time, and all who may resume it, are told that it has stopped and why.

The clock does this, outside of any request: nothing here may need one.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.accounts import User
from admin.link_notices import subject_of
from admin.who_may import who_may
from admin.words.catalogue import CATALOGUE, FIRST
from newsroom.house import House
from newsroom.issues import HALTED, Issue, IssueEvent, get_issue
from newsroom.localized import best_wording
from newsroom.notices import About, Notice, take_back, tell
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.halt_round import Halt
from newsroom.staff_letters import masthead_of, post

SAYS = "halted"


def tell_of_halt(house: House, session: Session, halt: Halt) -> None:
    """A notice for each, in the place of one of an earlier halt; a letter too where notices come by mail."""
    issue, now = get_issue(session, halt.issue_id), read_clock(session)
    people = {user.id: user for user in _concerned(session, issue)}
    facts = {"subject": subject_of(issue), "actor": "Newsroom", "text": halt.reason, "halt": halt.event_id}
    about = About(says=SAYS, facts=facts, issue_id=issue.id, key=HALTED.format(issue.id))
    take_back(session, about.key, also_read=True, now=now)
    for notice in tell(session, people, about, now=now):
        if people[notice.user_id].notices_by_mail:
            button = f"{house.settings.admin}/admin/issues/{issue.id}"
            notice.delivery_id = _posted(session, issue, people[notice.user_id], notice, button)


def _concerned(session: Session, issue: Issue) -> list[User]:
    deeds = select(IssueEvent.user_id).where(IssueEvent.issue_id == issue.id, IssueEvent.action == "schedule")
    scheduled = session.scalars(deeds.order_by(IssueEvent.id.desc()).limit(1)).first()
    return [
        *who_may(session, "resume", issue.list_id),
        *(user for user in who_may(session, "read", issue.list_id) if user.id == scheduled),
    ]


def _posted(session: Session, issue: Issue, user: User, notice: Notice, address: str) -> int:
    """It waits in the queue while no mail server works. The reason stands as it was noted: this process carries no retelling."""
    language = user.language or FIRST
    words = CATALOGUE[language]
    title = best_wording(issue.mailing_list.title, (language,), original=issue.mailing_list.original)
    said = words[f"notice.{SAYS}"].format(subject=notice.facts["subject"])
    paragraphs = [
        words["letter.hello"].format(name=user.name or user.email.partition("@")[0]),
        said,
        str(notice.facts["text"]),
        words[f"letter.{SAYS}"].format(list=title.text if title else issue.mailing_list.slug),
    ]
    return post(
        session, to=user.email, name=user.name, language=language, subject=said, paragraphs=paragraphs,
        button=(words["letter.open"], address), sender=masthead_of(issue.mailing_list, language), now=notice.created_at,
    )  # fmt: skip
