"""The history of an issue for its pages: who did what to which section, and what that changed, in words."""

from collections.abc import Collection, Mapping, Sequence
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
from newsroom.issues import Issue, IssueSection
from newsroom.section_diff import FieldDiff, section_diff
from newsroom.section_order import SIDES, Move, Side, as_it_was, moves_between, order_of
from newsroom.section_versions import ORDER, SectionVersion, Sheet, image_of, newest_of, newest_of_all, version_at, versions_of
from newsroom.sections.walking import Path

PAGE = 40
#: What stands in an address for the issue's own words; no section can be called so.
FRONT_IN_PATH = "-"
#: The same for the order of the sections.
ORDER_IN_PATH = "~"
#: What puts a section at a place, or takes it from there.
PLACING = frozenset({"add", "accept", "remove", "restore"})


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A section that went from one place to another, both from 1, as it is called now."""

    heading: Heading
    kind: str
    was: int
    now: int


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
    #: From 1, where it says at which place a section was put.
    number: int | None = None
    #: Of a change of order: what went where.
    moves: tuple[Moved, ...] = ()


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


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A section in an order; `was` is the place that it came from, where it was moved."""

    heading: Heading
    kind: str
    was: int | None
    is_gone: bool


@dataclass(frozen=True, kw_only=True)
class Orders:
    """A change of the order, what it was like after it, and which of its two orders are another one than that of now."""

    shown: Step
    steps: list[Step]
    older: int | None
    entries: list[Placed]
    sides: list[Side]
    base: int


def uid_of(place: str) -> str:
    return FRONT if place == FRONT_IN_PATH else place


def place_of(uid: str) -> str:
    return {FRONT: FRONT_IN_PATH, ORDER: ORDER_IN_PATH}.get(uid, uid)


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


def orders_of(session: Session, issue: Issue, version: int | None, *, before: int | None) -> Orders:
    """One change of the order, the newest where none is named, among all of them; NotFound where nobody ever moved a section."""
    rows = versions_of(session, issue.id, ORDER, before=before, limit=PAGE + 1)
    newest = newest_of(session, issue.id, ORDER)
    if newest is None:
        raise NotFound("Nobody has moved a section of this issue yet.")
    row = version_at(session, issue.id, ORDER, newest.version if version is None else version)
    shown, *steps = _steps(session, issue, [row, *rows[:PAGE]])
    after, present = order_of(row, "after"), [each.uid for each in issue.sections]
    called = called_of(session, issue, after)
    went = {move.uid: move.was for move in moves_between(order_of(row, "before"), after)}
    entries = [
        Placed(heading=called[uid][0], kind=called[uid][1], was=went.get(uid), is_gone=uid not in present) for uid in after if uid in called
    ]
    return Orders(
        shown=shown, steps=steps, older=rows[PAGE - 1].version if len(rows) > PAGE else None, entries=entries, base=newest.version,
        sides=[side for side in SIDES if as_it_was(order_of(row, side), present) != present],
    )  # fmt: skip


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
    moves = {row.id: moves_between(order_of(row, "before"), order_of(row, "after")) for row in rows if row.uid == ORDER}
    called = called_of(session, issue, {move.uid for found in moves.values() for move in found})
    return [_step(issue, row, names, standing, [_moved(move, called) for move in moves.get(row.id, ())]) for row in rows]


def called_of(session: Session, issue: Issue, uids: Collection[str]) -> dict[str, tuple[Heading, str]]:
    """What these sections are called, and of which kind they are; of those that are gone, as they last stood."""
    found: dict[str, IssueSection | SectionVersion] = {row.uid: row for row in issue.sections if row.uid in uids}
    if gone := set(uids) - set(found):
        found.update({uid: row for uid, row in newest_of_all(session, issue.id).items() if uid in gone})
    return {uid: (heading_of(row, issue.original), row.kind) for uid, row in found.items()}


def _moved(move: Move, called: Mapping[str, tuple[Heading, str]]) -> Moved:
    heading, kind = called.get(move.uid, (Heading(text="", language=""), ""))
    return Moved(heading=heading, kind=kind, was=move.was, now=move.now)


def _step(issue: Issue, row: SectionVersion, names: Mapping[int, str], standing: Mapping[str, int], moves: Sequence[Moved]) -> Step:
    return Step(
        id=row.id, place=place_of(row.uid), version=row.version, kind=row.kind, heading=_heading(issue, row),
        how=row.how if row.actor else "stood", actor=row.actor or names.get(row.user_id or 0, ""), at=row.at,
        stands=row.how != "remove" and standing.get(row.uid) == row.version,
        number=row.position + 1 if row.how in PLACING and row.position >= 0 else None, moves=tuple(moves),
    )  # fmt: skip


def _heading(issue: Issue, row: SectionVersion) -> Heading:
    if row.uid == FRONT:
        subject = plain_subject(row.content.get("subject"), issue.original, original=issue.original)
        return Heading(text=subject, language=issue.original)
    if row.uid == ORDER:
        return Heading(text="", language="")
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
