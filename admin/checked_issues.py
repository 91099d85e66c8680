"""The findings of an issue for its pages: remembered while nothing it depends on has changed, by section, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from admin import issue_pages
from admin.context import desk
from admin.finding_words import hint_of, message_of
from newsroom.checks.accepting import reason_for
from newsroom.checks.base import Finding, Material
from newsroom.checks.gathering import findings_of
from newsroom.checks.links import to_ask
from newsroom.checks.passages import passages_of
from newsroom.clock import utc_now
from newsroom.issues import Issue
from newsroom.link_states import last_round
from newsroom.remembering import Remembered
from newsroom.rendering.source import load_source

REMEMBERED = 64
#: What events of the list, pictures and the passing hour may change is looked at anew after this.
LASTS_SECONDS = 120
Key = tuple[Any, ...]
_known: Remembered[Key, tuple[Finding, ...]] = Remembered(REMEMBERED)


@dataclass(frozen=True, kw_only=True)
class Remark:
    """A finding as a page shows it."""

    id: str
    check: str
    is_error: bool
    language: str
    message: str
    hint: str
    field_url: str
    way: str
    accepted: Mapping[str, Any] | None

    @property
    def is_open(self) -> bool:
        return not self.is_error and self.accepted is None


@dataclass(frozen=True, kw_only=True)
class Place:
    """A section with what was found in it; number 0: the issue itself."""

    number: int
    kind: str
    title: str
    remarks: tuple[Remark, ...]


def findings(session: Session, issue: Issue) -> tuple[Finding, ...]:
    """Compiled and checked once for each state of the issue and its list."""
    house, now = desk().house, utc_now()
    tried = last_round(session, issue.id)
    key = (*_key(issue, now), tried.ended_at if tried else None)
    settings = house.settings
    return _known.of(
        key,
        lambda: findings_of(session, issue, keys=house.keys, public_url=settings.public_url, now=now, inside_hosts=settings.inside_hosts),
    )


def links_of(session: Session, issue: Issue) -> tuple[str, ...]:
    """The addresses to be tried."""
    house = desk().house
    source = load_source(session, issue, public_url=house.settings.public_url, lenient=True)
    inside = frozenset(house.settings.inside_hosts)
    return to_ask(Material(source=source, send_at=utc_now(), passages=tuple(passages_of(source)), inside_hosts=inside))


def unsettled(session: Session, issue: Issue) -> dict[str, list[Remark]]:
    """By section ("" for the issue's own), what stops the issue or waits for a word."""
    remarks: dict[str, list[Remark]] = {}
    for one in findings(session, issue):
        remark = _remark(issue, one)
        if remark.is_error or remark.is_open:
            remarks.setdefault(one.uid, []).append(remark)
    return remarks


def places(session: Session, issue: Issue) -> list[Place]:
    """The issue's own first, then section by section; what nothing was found in is left out."""
    entries = {entry.number: entry for entry in issue_pages.outline(issue)}
    remarks: dict[int, list[Remark]] = {}
    for one in findings(session, issue):
        remarks.setdefault(one.number or 0, []).append(_remark(issue, one))
    return [
        Place(
            number=number, kind=entries[number].kind if number in entries else "",
            title=entries[number].title if number in entries else "", remarks=tuple(found),
        )
        for number, found in sorted(remarks.items())
    ]  # fmt: skip


def _key(issue: Issue, now: datetime) -> Key:
    mailing_list = issue.mailing_list
    facts = (
        mailing_list.postal_address,
        mailing_list.accent,
        mailing_list.languages,
        mailing_list.missing_translation,
        mailing_list.timezone,
    )
    return (
        desk().house.database.engine.url,
        issue.id,
        issue.updated_at,
        issue.scheduled_at,
        repr(facts),
        int(now.timestamp()) // LASTS_SECONDS,
    )


def _remark(issue: Issue, finding: Finding) -> Remark:
    return Remark(
        id=finding.id, check=finding.check, is_error=finding.severity == "error", language=finding.language or "",
        message=message_of(finding), hint=hint_of(finding), field_url=_field_url(issue, finding), way=_way(issue, finding),
        accepted=reason_for(issue, finding),
    )  # fmt: skip


def _field_url(issue: Issue, finding: Finding) -> str:
    """The field on the page where the issue is written; of the list's own facts, the list's settings."""
    if finding.number is None and finding.path[:1] not in (("subject",), ("preview_text",), ("languages",)):
        return url_for("lists.show", slug=issue.mailing_list.slug) if finding.check in ("contrast", "unlawful") else ""
    anchor = ".".join(filter(None, [finding.uid or "front", _way(issue, finding)]))
    return url_for("composer.page", issue_id=issue.id, _anchor=anchor)


def _way(issue: Issue, finding: Finding) -> str:
    """The field within its form, and its language where that is not the first."""
    language = finding.language if finding.path and finding.language != issue.original else None
    return ".".join(map(str, [*finding.path, *([language] if language and language not in finding.path else [])]))
