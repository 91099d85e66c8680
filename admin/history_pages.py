"""The history of an issue for its pages: who did what to which section, and what that changed, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.composer.cards import names_of
from admin.issue_pages import Heading, heading_of, plain_subject
from admin.speaking import t
from admin.words.catalogue import CATALOGUE, FIRST
from newsroom.errors import NotFound
from newsroom.fronts import FRONT, Front
from newsroom.issues import Issue
from newsroom.section_diff import FieldDiff, section_diff
from newsroom.section_versions import SectionVersion, Sheet, image_of, version_at, versions_of
from newsroom.sections.walking import Path

PAGE = 40
#: What stands in an address for the issue's own words; no section can be called so.
FRONT_IN_PATH = "-"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One version: whose, when, of what. `stands` where it is what the issue holds now."""

    id: int
    place: str
    version: int
    kind: str
    heading: Heading
    how: str
    actor: str
    at: datetime
    stands: bool


@dataclass(frozen=True, kw_only=True)
class Steps:
    steps: list[Step]
    older: int | None


@dataclass(frozen=True, kw_only=True)
class Change:
    """A field that changed: where it is, in the words of the form, and what became of its text."""

    labels: tuple[str | Markup, ...]
    diff: FieldDiff


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A version beside the one before it, or beside what stands now; `base` is the version that a restore would replace."""

    shown: Step
    changes: tuple[Change, ...]
    is_first: bool
    base: int


def uid_of(place: str) -> str:
    return FRONT if place == FRONT_IN_PATH else place


def place_of(uid: str) -> str:
    return uid or FRONT_IN_PATH


def steps_of_issue(session: Session, issue: Issue, *, before: int | None) -> Steps:
    """What was done to the whole issue, the latest begun first."""
    found = select(SectionVersion).where(SectionVersion.issue_id == issue.id).order_by(SectionVersion.id.desc()).limit(PAGE + 1)
    rows = list(session.scalars(found.where(SectionVersion.id < before) if before else found))
    return Steps(steps=_steps(session, issue, rows[:PAGE]), older=rows[PAGE - 1].id if len(rows) > PAGE else None)


def steps_of_section(session: Session, issue: Issue, uid: str, *, before: int | None) -> Steps:
    """The versions of one section, the newest first; of one that was never written since versions are kept, what stands."""
    rows = versions_of(session, issue.id, uid, before=before, limit=PAGE + 1)
    if not rows and not before:
        rows = [image_of(issue, _standing_sheet(issue, uid))]
    return Steps(steps=_steps(session, issue, rows[:PAGE]), older=rows[PAGE - 1].version if len(rows) > PAGE else None)


def comparison_of(session: Session, issue: Issue, uid: str, version: int, *, with_now: bool) -> Comparison:
    """What this version changed, or what has changed since."""
    sheet = _sheet(issue, uid)
    row = _row(session, issue, uid, version, sheet)
    before = next(iter(versions_of(session, issue.id, uid, before=row.version, limit=1)), None)
    old, new = (row, sheet) if with_now or row.how == "remove" else (before, row)
    (shown,) = _steps(session, issue, [row])
    return Comparison(shown=shown, changes=_changes(issue, old, new), is_first=before is None, base=sheet.version if sheet else 0)


def _row(session: Session, issue: Issue, uid: str, version: int, sheet: Sheet | None) -> SectionVersion:
    try:
        return version_at(session, issue.id, uid, version)
    except NotFound:
        if sheet is None or sheet.version != version:
            raise
        return image_of(issue, sheet)


def _sheet(issue: Issue, uid: str) -> Sheet | None:
    return Front(issue) if uid == FRONT else next((row for row in issue.sections if row.uid == uid), None)


def _standing_sheet(issue: Issue, uid: str) -> Sheet:
    sheet = _sheet(issue, uid)
    if sheet is None:
        raise NotFound("There is no such section in this issue.")
    return sheet


def _steps(session: Session, issue: Issue, rows: Sequence[SectionVersion]) -> list[Step]:
    names = names_of(session, {row.user_id for row in rows if not row.actor})
    standing = {row.uid: row.version for row in issue.sections} | {FRONT: issue.front_version}
    return [_step(issue, row, names, standing) for row in rows]


def _step(issue: Issue, row: SectionVersion, names: Mapping[int, str], standing: Mapping[str, int]) -> Step:
    return Step(
        id=row.id, place=place_of(row.uid), version=row.version, kind=row.kind, heading=_heading(issue, row),
        how=row.how if row.actor else "stood", actor=row.actor or names.get(row.user_id or 0, ""), at=row.at,
        stands=row.how != "remove" and standing.get(row.uid) == row.version,
    )  # fmt: skip


def _heading(issue: Issue, row: SectionVersion) -> Heading:
    if row.uid == FRONT:
        subject = plain_subject(row.content.get("subject"), issue.original, original=issue.original)
        return Heading(text=subject, language=issue.original)
    return heading_of(row, issue.original)


def _changes(issue: Issue, old: Sheet | SectionVersion | None, new: Sheet | SectionVersion | None) -> tuple[Change, ...]:
    """Field by field; where one of the two is of another kind, or is not there, all of the one goes and all of the other comes."""
    if old and new and old.kind == new.kind:
        return _labelled(issue, new.kind, old.content, new.content)
    gone = _labelled(issue, old.kind, old.content, {}) if old else ()
    return gone + (_labelled(issue, new.kind, {}, new.content) if new else ())


def _labelled(issue: Issue, kind: str, old: Mapping[str, object], new: Mapping[str, object]) -> tuple[Change, ...]:
    return tuple(Change(labels=_labels(kind, diff.path), diff=diff) for diff in section_diff(kind, old, new, issue.languages))


def _labels(kind: str, path: Path) -> tuple[str | Markup, ...]:
    """Programme, 2, Speakers: as the form names them."""
    return tuple(str(step + 1) if isinstance(step, int) else _label(kind, step) for step in path)


def _label(kind: str, name: str) -> str | Markup:
    known = CATALOGUE[FIRST]
    return next((t(key) for key in (f"field.{kind or 'front'}.{name}", f"field.{name}") if key in known), name)
