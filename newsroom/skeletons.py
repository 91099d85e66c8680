"""An issue that opens from an earlier one: its recurring sections, with the old dates taken out and kept as a hint."""

from collections.abc import Collection, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, selectinload

from newsroom.events import facts_of
from newsroom.issue_making import new_issue
from newsroom.issues import Actor, Issue, IssueSection
from newsroom.section_writing import add_section

MOST_CANDIDATES = 20
#: What was true of the last time only: when it was, until when one could join, and the addresses of that one event.
OF_THAT_TIME = ("when", "date", "deadline", "registration_deadline", "event", "registration_url", "stream_url")


def candidates(session: Session, list_id: int) -> list[Issue]:
    """The list's issues to open another one from, the newest first."""
    has_sections = exists().where(IssueSection.issue_id == Issue.id)
    wanted = select(Issue).where(Issue.list_id == list_id, Issue.state != "discarded", has_sections)
    return list(session.scalars(wanted.order_by(Issue.id.desc()).limit(MOST_CANDIDATES)))


def candidate(session: Session, list_id: int, issue_id: int) -> Issue | None:
    """One of them, with its sections."""
    wanted = select(Issue).where(Issue.id == issue_id, Issue.list_id == list_id, Issue.state != "discarded")
    return session.scalar(wanted.options(selectinload(Issue.sections)))


def open_from(session: Session, earlier: Issue, *, slug: str, subject: str, languages: Collection[str], by: Actor, now: datetime) -> Issue:
    """A new draft of the same list with the earlier one's sections, none of them touched yet.

    It is written first in the language that the earlier one was: plain texts are in it. A section that left its facts to the event
    brings them along: the new one is another event.
    """
    wanted = [earlier.original, *(language for language in languages if language != earlier.original)]
    issue = new_issue(session, earlier.mailing_list, slug=slug, subject=subject, languages=wanted, by=by, now=now)
    known = facts_of(
        session, earlier.list_id, {str(section.content["event"]) for section in earlier.sections if section.content.get("event")}
    )
    for section in earlier.sections:
        content, cleared = without_its_time({**known.get(section.content.get("event", ""), {}), **section.content})
        row = add_section(session, issue, section.kind, content, after=None, by=by, now=now, how="skeleton")
        row.skeleton = {"issue": earlier.id, "version": row.version, "cleared": cleared}
    session.flush()
    return issue


def keep_as_it_is(session: Session, issue: Issue, uid: str) -> None:
    """Somebody has read it: it goes out again with the same words."""
    for row in issue.sections:
        if row.uid == uid:
            row.skeleton = None
    session.flush()


def without_its_time(content: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The content without what was of that time, and that."""
    kept = {name: deepcopy(value) for name, value in content.items() if name not in OF_THAT_TIME}
    return kept, {name: deepcopy(content[name]) for name in OF_THAT_TIME if content.get(name)}
