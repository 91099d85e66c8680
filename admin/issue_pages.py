"""What the pages about issues read from the database: few queries, their number never growing with the data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from admin.own_lists import within
from admin.reached import Reached, reached_by
from newsroom.errors import InvalidInput, NotFound
from newsroom.issue_changes import SectionChange
from newsroom.issues import Issue, IssueSection
from newsroom.localized import best_wording
from newsroom.mailing_lists import MailingList
from newsroom.merge_fields import MergeField, split
from newsroom.section_versions import SectionVersion

PAGE = 30
GROUPS: Mapping[str, tuple[str, ...]] = {
    "writing": ("draft",),
    "review": ("in_review",),
    "ready": ("approved", "scheduled"),
    "sending": ("starting", "sending", "paused"),
    "sent": ("sent",),
    "stopped": ("cancelled", "discarded"),
}
_TAG = re.compile("<[^>]*>")
TITLE_FIELDS = ("title", "caption", "text", "summary", "attribution")


@dataclass(frozen=True, kw_only=True)
class Row:
    """An issue as the index shows it; `reached` is None before it has an audience."""

    issue: Issue
    at: datetime
    reached: Reached | None

    @property
    def is_under_way(self) -> bool:
        return self.issue.state in GROUPS["sending"]


@dataclass(frozen=True, kw_only=True)
class Page:
    rows: list[Row]
    older: int | None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A section in the outline."""

    number: int
    kind: str
    title: str
    language: str


def page_of_issues(session: Session, *, lists: frozenset[int] | None, list_slug: str, group: str, before: int | None) -> Page:
    """Of these lists (None: of all), newest first."""
    chosen = (
        select(Issue).where(within(Issue.list_id, lists)).options(joinedload(Issue.mailing_list)).order_by(Issue.id.desc()).limit(PAGE + 1)
    )
    found = list(session.scalars(_filtered(chosen, list_slug, group, before)))
    shown = found[:PAGE]
    reached = reached_by(session, shown)
    rows = [Row(issue=issue, at=_moment(issue), reached=reached.get(issue.id)) for issue in shown]
    return Page(rows=rows, older=shown[-1].id if len(found) > PAGE else None)


def load_issue(session: Session, issue_id: int) -> Issue:
    """The issue with its list, topics and sections, in a fixed number of queries."""
    wanted = (
        select(Issue)
        .where(Issue.id == issue_id)
        .options(joinedload(Issue.mailing_list).selectinload(MailingList.topics), selectinload(Issue.sections))
    )
    issue = session.scalar(wanted)
    if issue is None:
        raise NotFound(f"There is no issue {issue_id}.")
    return issue


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What a section is about in a few words, and the language they are in."""

    text: str
    language: str


def outline(issue: Issue) -> list[Entry]:
    return [_entry(number, section, issue.original) for number, section in enumerate(issue.sections, start=1)]


def topics_of(issue: Issue) -> list[str]:
    """The topics of its sections, each once."""
    return list(dict.fromkeys(topic for section in issue.sections for topic in section.content.get("topics") or ()))


def plain_subject(value: Any, language: str, *, original: str) -> str:
    """A subject with its merge fields shown as what a reader without a name would see."""
    wording = best_wording(value, (language,), original=original)
    return _unaddressed(wording.text) if wording else ""


def name_of(issue: Issue, language: str = "") -> str:
    """Its subject in this language (default: its original one), else its slug."""
    return plain_subject(issue.subject, language or issue.original, original=issue.original) or issue.slug


def _unaddressed(text: str) -> str:
    try:
        return "".join(_said(piece) for piece in split(text))
    except InvalidInput:
        return text


def _said(piece: str | MergeField) -> str:
    return piece if isinstance(piece, str) else piece.fallback


def _filtered(chosen: Select[Issue], list_slug: str, group: str, before: int | None) -> Select[Issue]:
    if list_slug:
        chosen = chosen.join(Issue.mailing_list).where(MailingList.slug == list_slug)
    if group in GROUPS:
        chosen = chosen.where(Issue.state.in_(GROUPS[group]))
    return chosen.where(Issue.id < before) if before else chosen


def _moment(issue: Issue) -> datetime:
    if issue.state == "scheduled" and issue.scheduled_at:
        return issue.scheduled_at
    return issue.finished_at or issue.started_at or issue.updated_at


def heading_of(section: IssueSection | SectionChange | SectionVersion, original: str) -> Heading:
    for name in TITLE_FIELDS:
        wording = best_wording(section.content.get(name), (original,), original=original)
        if wording and isinstance(wording.text, str):
            return Heading(text=_short(wording.text), language=wording.language)
    return Heading(text=str(section.content.get("event", "")), language="")


def _entry(number: int, section: IssueSection, original: str) -> Entry:
    heading = heading_of(section, original)
    return Entry(number=number, kind=section.kind, title=heading.text, language=heading.language)


def _short(text: str) -> str:
    plain = " ".join(unescape(_TAG.sub(" ", _unaddressed(text))).split())
    return plain if len(plain) <= 90 else plain[:88].rsplit(" ", 1)[0] + " …"
