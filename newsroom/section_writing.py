"""The only module that changes what stands in an issue: every write is locked, checked against what others wrote, and kept as a version.

Whoever writes (the composer, an issue file, a translator's paper, a guest) comes through here. Nothing is overwritten unseen:
a change says what its writer saw, and a field that somebody else changed meanwhile comes back as a conflict.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from newsroom.errors import InvalidInput, NotFound
from newsroom.field_changes import FieldChange, FieldConflict, apply_changes
from newsroom.fronts import FRONT, Front
from newsroom.issues import Actor, Issue, IssueSection
from newsroom.localized import checked_language
from newsroom.section_rows import (
    MOST_SECTIONS,
    blank,
    insert,
    lock_draft,
    refuse_too_many,
    remove,
    renumber,
    row_of,
    rows_of,
    settle,
    tell_event,
    tell_events,
    touched,
    write,
)  # fmt: skip
from newsroom.section_versions import ORDER, SectionVersion, Sheet, keep_order, newest_of, newest_of_all, version_at
from newsroom.sections.tidying import model_of, tidy
from newsroom.sections.walking import Path, given_leaves, put_at
from newsroom.slugs import checked_section_name
from newsroom.translations import confirmed

__all__ = [
    "FRONT", "MOST_SECTIONS", "Conflict", "FieldChange", "FieldConflict", "GivenSection", "Gone", "Outcome", "Written",
    "add_section", "bring_back", "change_front", "change_section", "confirm_translation", "duplicate_section", "go_back_to",
    "lock_draft", "remove_section", "take_whole", "tell_events",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Written:
    """It stands: `saved` are the changes as they are stored, `version` and `content` what stands now."""

    uid: str
    version: int
    at: datetime
    saved: tuple[FieldChange, ...] = ()
    content: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Somebody else (`actor`, "" where unknown) wrote at `at`. What could be saved is; `conflicts` wait for a choice.

    Without any conflict: the whole was to be removed or replaced, and has changed since the writer saw it.
    """

    uid: str
    version: int
    at: datetime
    actor: str
    saved: tuple[FieldChange, ...] = ()
    conflicts: tuple[FieldConflict, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Gone:
    """Somebody removed the section; it can be brought back."""

    uid: str
    actor: str
    at: datetime


Outcome = Written | Conflict | Gone


@dataclass(frozen=True, kw_only=True)
class GivenSection:
    """A section as somebody gives it whole; `uid` is "" where they do not say which one it is."""

    uid: str
    kind: str
    content: dict[str, Any]


def change_section(
    session: Session, issue: Issue, uid: str, changes: Sequence[FieldChange], *, base: int, by: Actor, now: datetime, how: str = "write"
) -> Outcome:
    """Set these fields where they are still what the writer saw; a repeated request is harmless. `base` is the version seen."""
    lock_draft(session, issue.id)
    row = row_of(session, issue, uid)
    return _change(session, issue, row, changes, base=base, by=by, now=now, how=how) if row else _gone(session, issue, uid)


def change_front(
    session: Session, issue: Issue, changes: Sequence[FieldChange], *, base: int, by: Actor, now: datetime, how: str = "write"
) -> Written | Conflict:
    """The same for the issue's subject, preview text and languages; texts keep their language when another comes first."""
    lock_draft(session, issue.id)
    return _change(session, issue, Front(issue), changes, base=base, by=by, now=now, how=how)


def add_section(
    session: Session, issue: Issue, kind: str, content: Mapping[str, Any] | None = None, *, after: str | None, by: Actor, now: datetime,
    how: str = "add", uid: str = "",
) -> IssueSection:  # fmt: skip
    """A new section after the one named; first for FRONT, last for None. A repeated request with its uid adds nothing."""
    lock_draft(session, issue.id)
    if uid and (known := row_of(session, issue, checked_section_name(uid))):
        return known
    rows = rows_of(session, issue)
    return insert(session, issue, kind, tidy(kind, content or {}), at=_place_after(rows, after), uid=uid, by=by, now=now, how=how)


def duplicate_section(session: Session, issue: Issue, uid: str, *, by: Actor, now: datetime) -> IssueSection:
    """A copy below it, with what its translations were made from; the copy has a life of its own."""
    lock_draft(session, issue.id)
    row = _found(session, issue, uid)
    return insert(session, issue, row.kind, dict(row.content), at=row.position + 1, sources=row.sources, by=by, now=now, how="add")


def remove_section(session: Session, issue: Issue, uid: str, *, base: int, by: Actor, now: datetime) -> Outcome:
    """Take it out; it can be brought back. A Conflict without fields where somebody wrote in it since `base`."""
    lock_draft(session, issue.id)
    row = row_of(session, issue, uid)
    if row is None:
        return _gone(session, issue, uid)
    newest = newest_of(session, issue.id, uid)
    if base != row.version:
        return _conflict(row, newest)
    removal = remove(session, issue, row, newest, by=by, now=now)
    renumber(rows_of(session, issue))
    settle(session, issue)
    return Written(uid=uid, version=removal.version, at=now, content={})


def bring_back(session: Session, issue: Issue, uid: str, *, by: Actor, now: datetime) -> IssueSection:
    """The removed section at its old place, as it was; one that stands already is left as it is."""
    lock_draft(session, issue.id)
    if row := row_of(session, issue, uid):
        return row
    removal = newest_of(session, issue.id, uid)
    if removal is None or removal.kind == ORDER:
        raise NotFound("There is no such section in this issue.")
    return _insert_again(session, issue, removal, removal, by=by, now=now)


def go_back_to(session: Session, issue: Issue, uid: str, version: int, *, base: int, by: Actor, now: datetime) -> Outcome:
    """Make an earlier version the newest one; what stood in between stays in the history. A removed section comes back as it then was."""
    lock_draft(session, issue.id)
    sheet: Sheet | None = Front(issue) if uid == FRONT else row_of(session, issue, uid)
    if sheet and sheet.version == version:
        return _written(sheet)
    earlier, newest = version_at(session, issue.id, uid, version), newest_of(session, issue.id, uid)
    if earlier.kind == ORDER:
        raise NotFound("There is no such section in this issue.")
    if sheet is None:
        return _written(_insert_again(session, issue, earlier, newest or earlier, by=by, now=now))
    if base != sheet.version:
        return _conflict(sheet, newest)
    _put(session, issue, sheet, dict(earlier.content), newest, kind=earlier.kind, by=by, now=now, how="restore")
    if isinstance(sheet, IssueSection):
        tell_event(session, issue, sheet, now)
    return _written(sheet)


def confirm_translation(session: Session, issue: Issue, uid: str, path: Path, language: str, *, now: datetime) -> bool:
    """Say that this text is still right though its original has changed; False where there is no such text any more."""
    lock_draft(session, issue.id)
    sheet: Sheet | None = Front(issue) if uid == FRONT else row_of(session, issue, uid)
    known = confirmed(sheet.sources, sheet.kind, sheet.content, path, language, original=issue.original) if sheet else None
    if sheet is None or known is None:
        return False
    sheet.sources = known
    touched(issue, now)
    session.flush()
    return True


def take_whole(
    session: Session, issue: Issue, front: Mapping[str, Any], sections: Sequence[GivenSection], *, by: Actor, now: datetime,
    how: str = "import",
) -> None:  # fmt: skip
    """The issue as given, front (languages, subject, preview_text) and sections; what stays the same keeps its version.

    A section of the same uid, or without one but with the same content, is the same section. What is not given is removed.
    """
    lock_draft(session, issue.id)
    refuse_too_many(len(sections))
    newest = newest_of_all(session, issue.id)
    before = rows_of(session, issue)
    _take_front(session, issue, front, before, newest.get(FRONT), by=by, now=now, how=how)
    after = [
        _taken(session, issue, given, row, newest, by=by, now=now, how=how)
        for given, row in zip(sections, _matching(before, sections), strict=True)
    ]
    for row in before:
        if row not in after:
            remove(session, issue, row, newest.get(row.uid), by=by, now=now)
    _keep_new_order(session, issue, before, after, by=by, now=now, how=how)
    renumber(after)
    if after != before:
        touched(issue, now)
    settle(session, issue)
    tell_events(session, issue, now=now)


def _change(
    session: Session, issue: Issue, sheet: Sheet, changes: Sequence[FieldChange], *, base: int, by: Actor, now: datetime, how: str
) -> Written | Conflict:
    before, newest = sheet.content, newest_of(session, issue.id, sheet.uid)
    applied = apply_changes(model_of(sheet.kind), before, changes, original=issue.original, trusting=base == sheet.version)
    others = _conflict(sheet, newest)
    if applied.content != before:
        _put(session, issue, sheet, applied.content, newest, kind=sheet.kind, by=by, now=now, how=how)
        # While its key is being typed, every letter of it would be an event of the list.
        if isinstance(sheet, IssueSection) and before.get("event") == sheet.content.get("event"):
            tell_event(session, issue, sheet, now)
    if applied.conflicts:
        return replace(others, version=sheet.version, saved=applied.saved, conflicts=applied.conflicts)
    return _written(sheet, applied.saved)


def _put(
    session: Session, issue: Issue, sheet: Sheet, content: dict[str, Any], newest: SectionVersion | None, *, kind: str, by: Actor,
    now: datetime, how: str,
) -> None:  # fmt: skip
    """Write it; where another language becomes the issue's first, every plain text is told to be in the one it was written in."""
    original = issue.original
    if sheet.uid == FRONT:
        content = _checked_front(content, original)
    write(session, issue, sheet, content, newest, kind=kind, by=by, now=now, how=how)
    if issue.original != original:
        for row in rows_of(session, issue):
            _name_language(session, issue, row, original, by=by, now=now, how=how)
        issue.front_sources = None
    session.flush()


def _checked_front(content: Mapping[str, Any], original: str) -> dict[str, Any]:
    languages = list(dict.fromkeys(checked_language(language, place="languages") for language in content.get("languages", ())))
    if not languages:
        raise InvalidInput.of("An issue needs at least one language.", place="languages")
    kept = {**content, "languages": languages}
    return kept if languages[0] == original else _in_words_of(FRONT, kept, original)


def _name_language(session: Session, issue: Issue, row: IssueSection, original: str, *, by: Actor, now: datetime, how: str) -> None:
    content = _in_words_of(row.kind, row.content, original)
    if content != row.content:
        write(session, issue, row, content, newest_of(session, issue.id, row.uid), kind=row.kind, by=by, now=now, how=how)
    # What was known of its translations speaks of other originals.
    row.sources = None


def _in_words_of(kind: str, content: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The content with every plain text said to be in this language; plain names and links are the same in all."""
    named = deepcopy(dict(content))
    for leaf in given_leaves(model_of(kind), named):
        if leaf.form in ("prose", "rich") and isinstance(leaf.value, str) and leaf.value:
            put_at(named, leaf.path, {language: leaf.value})
    return named


def _take_front(
    session: Session, issue: Issue, given: Mapping[str, Any], rows: Sequence[IssueSection], newest: SectionVersion | None, *, by: Actor,
    now: datetime, how: str,
) -> None:  # fmt: skip
    front, content = Front(issue), {name: value for name, value in given.items() if value}
    if front.version and front.content == content:
        return
    original = issue.original
    write(session, issue, front, content, newest, kind=FRONT, by=by, now=now, how=how)
    if issue.original != original:
        issue.front_sources = None
        for row in rows:
            row.sources = None


def _taken(
    session: Session, issue: Issue, given: GivenSection, row: IssueSection | None, newest: Mapping[str, SectionVersion], *, by: Actor,
    now: datetime, how: str,
) -> IssueSection:  # fmt: skip
    row = row or blank(issue, given.uid)
    if (row.kind, row.content) != (given.kind, given.content):
        write(session, issue, row, given.content, newest.get(row.uid), kind=given.kind, by=by, now=now, how=how)
    session.add(row)
    return row


def _keep_new_order(
    session: Session, issue: Issue, before: Sequence[IssueSection], after: Sequence[IssueSection], *, by: Actor, now: datetime, how: str
) -> None:
    """Where sections that were there already stand in another order."""
    if [row for row in before if row in after] != [row for row in after if row in before]:
        keep_order(session, issue.id, [row.uid for row in before], [row.uid for row in after], by=by, now=now, how=how)


def _matching(rows: Sequence[IssueSection], sections: Sequence[GivenSection]) -> list[IssueSection | None]:
    """For each given section the stored one that it is: by its name, else by its unchanged content."""
    by_uid = {row.uid: row for row in rows}
    named = {section.uid for section in sections if section.uid}
    free = [row for row in rows if row.uid not in named]
    matches: list[IssueSection | None] = []
    for section in sections:
        same = next((row for row in free if (row.kind, row.content) == (section.kind, section.content)), None)
        match = by_uid.get(section.uid) if section.uid else same
        free = [row for row in free if row is not match]
        matches.append(match)
    return matches


def _insert_again(
    session: Session, issue: Issue, earlier: SectionVersion, newest: SectionVersion, *, by: Actor, now: datetime
) -> IssueSection:
    """A removed section back at its old place, as this earlier version says it."""
    return insert(
        session, issue, earlier.kind, dict(earlier.content), at=newest.position, uid=earlier.uid, sources=newest.sources, by=by, now=now,
        how="restore",
    )  # fmt: skip


def _place_after(rows: Sequence[IssueSection], uid: str | None) -> int:
    """The place below that section; at the end where nobody knows it."""
    if uid == FRONT:
        return 0
    return next((place for place, row in enumerate(rows, start=1) if row.uid == uid), len(rows))


def _written(sheet: Sheet, saved: tuple[FieldChange, ...] = ()) -> Written:
    return Written(uid=sheet.uid, version=sheet.version, at=sheet.updated_at, saved=saved, content=sheet.content)


def _conflict(sheet: Sheet, newest: SectionVersion | None) -> Conflict:
    known = newest if newest and newest.version == sheet.version else None
    return Conflict(uid=sheet.uid, version=sheet.version, at=sheet.updated_at, actor=known.actor if known else "")


def _gone(session: Session, issue: Issue, uid: str) -> Gone:
    removal = newest_of(session, issue.id, uid)
    if removal is None:
        raise NotFound("There is no such section in this issue.")
    return Gone(uid=uid, actor=removal.actor, at=removal.at)


def _found(session: Session, issue: Issue, uid: str) -> IssueSection:
    row = row_of(session, issue, uid)
    if row is None:
        raise NotFound("There is no such section in this issue.")
    return row
