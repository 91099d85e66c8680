"""The rows behind an issue's sections and its own words: locked while they are written, every write kept as a version.

Used by section_writing alone, which decides what is written.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from newsroom import events
from newsroom.errors import NotFound, Refused
from newsroom.issues import Actor, Issue, IssueSection
from newsroom.section_versions import SectionVersion, Sheet, keep_after, keep_before, keep_removal, newest_of
from newsroom.sections.registry import new_uid, parse_section
from newsroom.sections.workshop import Workshop
from newsroom.translations import sources_after

MOST_SECTIONS = 300
WAYS_BACK: Mapping[str, str] = {
    "in_review": "recall it to change it",
    "approved": "reopen it to change it",
    "scheduled": "reopen it to change it",
}


def lock_draft(session: Session, issue_id: int) -> Issue:
    """The issue, fresh, and nobody else writes in it until this transaction ends. Refused unless it is a draft."""
    fresh = select(Issue).where(Issue.id == issue_id).with_for_update(of=Issue).execution_options(populate_existing=True)
    issue = session.scalar(fresh)
    if issue is None:
        raise NotFound(f"There is no issue {issue_id}.")
    if issue.state != "draft":
        way = WAYS_BACK.get(issue.state, "it cannot be changed any more")
        raise Refused(f"The issue is {issue.state.replace('_', ' ')}: {way}.")
    return issue


def row_of(session: Session, issue: Issue, uid: str) -> IssueSection | None:
    """The section, fresh; ask for it under the lock."""
    fresh = select(IssueSection).where(IssueSection.issue_id == issue.id, IssueSection.uid == uid)
    return session.scalar(fresh.execution_options(populate_existing=True))


def rows_of(session: Session, issue: Issue) -> list[IssueSection]:
    """Every section in its order, fresh."""
    fresh = select(IssueSection).where(IssueSection.issue_id == issue.id).order_by(IssueSection.position, IssueSection.id)
    return list(session.scalars(fresh.execution_options(populate_existing=True)))


def refuse_too_many(count: int) -> None:
    if count > MOST_SECTIONS:
        raise Refused(f"An issue holds at most {MOST_SECTIONS} sections.")


def write(
    session: Session, issue: Issue, sheet: Sheet, content: dict[str, Any], newest: SectionVersion | None, *, kind: str, by: Actor,
    now: datetime, how: str,
) -> None:  # fmt: skip
    """Put this content in the place of what stands, as a version of its own or of its writer's sitting."""
    keep_before(session, issue, sheet, newest)
    before = sheet.content if sheet.kind == kind else {}
    sheet.sources = sources_after(sheet.sources, kind, before, content, original=issue.original)
    sheet.kind, sheet.content = kind, content
    sheet.version = max(sheet.version, newest.version if newest else 0) + 1
    sheet.updated_at, sheet.updated_by = now, by.user_id
    touched(issue, now)
    keep_after(session, issue.id, sheet, newest, by=by, now=now, how=how)


def insert(
    session: Session, issue: Issue, kind: str, content: dict[str, Any], *, at: int, by: Actor, now: datetime, how: str,
    uid: str = "", sources: dict[str, Any] | None = None,
) -> IssueSection:  # fmt: skip
    """A section at this place (from 0); one that was removed goes on counting its versions."""
    rows = rows_of(session, issue)
    refuse_too_many(len(rows) + 1)
    newest = newest_of(session, issue.id, uid) if uid else None
    row = blank(issue, uid)
    row.sources = sources
    renumber([*rows[:at], row, *rows[at:]])
    session.add(row)
    write(session, issue, row, content, newest, kind=kind, by=by, now=now, how=how)
    settle(session, issue)
    tell_event(session, issue, row, now)
    return row


def blank(issue: Issue, uid: str) -> IssueSection:
    """A section that is still to be written."""
    return IssueSection(issue_id=issue.id, uid=uid or new_uid(), version=0, kind="", content={}, position=0)


def remove(session: Session, issue: Issue, row: IssueSection, newest: SectionVersion | None, *, by: Actor, now: datetime) -> SectionVersion:
    keep_before(session, issue, row, newest)
    removal = keep_removal(session, issue.id, row, by=by, now=now)
    session.delete(row)
    touched(issue, now)
    return removal


def renumber(rows: Sequence[IssueSection]) -> None:
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position


def touched(issue: Issue, now: datetime) -> None:
    issue.updated_at = now


def settle(session: Session, issue: Issue) -> None:
    """Everything written, and the issue's sections read anew when they are asked for."""
    session.flush()
    session.expire(issue, ["sections"])


def tell_events(session: Session, issue: Issue, *, now: datetime) -> None:
    """What the issue's finished workshops say of their events joins the list's record."""
    workshops = [row for row in issue.sections if row.kind == Workshop.kind and row.content.get("event")]
    # In order of their keys: two issues that tell of the same events never wait for each other in a circle.
    for row in sorted(workshops, key=lambda each: str(each.content["event"])):
        tell_event(session, issue, row, now)


def tell_event(session: Session, issue: Issue, row: IssueSection, now: datetime) -> None:
    """Nothing for what is no workshop, names no event, or is unfinished: half a word is no fact."""
    if row.kind == Workshop.kind and (key := row.content.get("event")):
        with suppress(ValidationError):
            parse_section(row.kind, row.content)
            events.tell(session, issue.list_id, key, row.content, now=now)
