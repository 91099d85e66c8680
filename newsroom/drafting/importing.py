"""An issue file -> a draft of its list: all of it or nothing, every fault told at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsroom import events
from newsroom.drafting.drafts import Draft, DraftSection, Front, check_subject, read_draft
from newsroom.drafting.faults import FRONT, Faults, what
from newsroom.drafting.picture_files import FoundPicture, find_picture
from newsroom.drafting.reading import read_document
from newsroom.errors import InvalidInput, Refused
from newsroom.issues import Actor, Issue, IssueSection
from newsroom.mailing_lists import MailingList
from newsroom.media import Media, MediaStore, keep_picture
from newsroom.nearest import did_you_mean, one_of
from newsroom.sections.registry import new_uid
from newsroom.sections.walking import changed, leaves
from newsroom.sections.workshop import Workshop

Pictures = Mapping[str, FoundPicture]


def import_issue(session: Session, text: str, *, folder: Path | None, store: MediaStore, by: Actor, now: datetime) -> Issue:
    """The draft that the file describes; it replaces a draft of the same list and slug. `folder` holds its pictures.

    InvalidInput with every problem, and nothing stored; Refused where the issue is further along than a draft.
    """
    faults = Faults(read_document(text))
    draft = read_draft(faults)
    mailing_list = _list_of(session, draft, faults)
    languages = draft.languages(mailing_list.languages if mailing_list else ())
    check_subject(faults, draft, languages)
    pictures = _find_pictures(session, store, folder, draft, faults)
    if mailing_list:
        _check_events(session, mailing_list, draft, faults)
    if faults.problems or not mailing_list or not draft.front:
        raise InvalidInput(faults.problems)
    issue = _draft_issue(session, mailing_list, draft.front, languages, now)
    _replace_sections(issue, draft, _kept(session, store, pictures, now), by=by, now=now)
    _tell_events(session, issue, now)
    session.flush()
    return issue


def _list_of(session: Session, draft: Draft, faults: Faults) -> MailingList | None:
    """The list, locked so that two imports of one issue follow each other."""
    slug = draft.given.get("list")
    if not isinstance(slug, str) or not slug:
        return None
    found = session.scalar(select(MailingList).where(MailingList.slug == slug).with_for_update(key_share=True))
    if found is None:
        known = session.scalars(select(MailingList.slug)).all()
        hint = did_you_mean(slug, known) or (one_of(known) if known else "Add it first: newsroom list add.")
        faults.add(FRONT, ("list",), f"there is no mailing list {what(slug)}.", hint=hint)
    return found


def _find_pictures(session: Session, store: MediaStore, folder: Path | None, draft: Draft, faults: Faults) -> Pictures:
    found: dict[str, FoundPicture] = {}
    for spot, leaf in draft.pictures:
        file = str(leaf.value)
        try:
            found[file] = found.get(file) or find_picture(session, store, folder, file)
        except InvalidInput as error:
            faults.add_all(spot, leaf.path, error)
    return found


def _check_events(session: Session, mailing_list: MailingList, draft: Draft, faults: Faults) -> None:
    """A workshop that gives only its event's key needs an event that somebody told of."""
    workshops = [(each, each.section) for each in draft.sections if isinstance(each.section, Workshop)]
    known = events.keys_of(session, mailing_list.id) | {str(workshop.event) for _, workshop in workshops if workshop.title}
    for each, workshop in workshops:
        if not workshop.title and workshop.event not in known:
            hint = did_you_mean(str(workshop.event), known) or "Give the workshop a title."
            faults.add(each.spot, ("event",), f"the list has no event {workshop.event!r} yet.", hint=hint)


def _draft_issue(session: Session, mailing_list: MailingList, front: Front, languages: list[str], now: datetime) -> Issue:
    """The issue with the file's front, new or replaced."""
    found = session.scalar(select(Issue).where(Issue.list_id == mailing_list.id, Issue.slug == front.slug).with_for_update())
    if found and found.state != "draft":
        state = found.state.replace("_", " ")
        raise Refused(f"The issue {front.slug!r} of the list {mailing_list.slug!r} is {state}: a file replaces only a draft.")
    facts = {"languages": languages, "subject": front.subject, "preview_text": front.preview_text}
    issue = found or Issue(mailing_list=mailing_list, slug=front.slug, created_at=now, updated_at=now, **facts)
    if found and any(getattr(found, name) != value for name, value in facts.items()):
        found.updated_at = now
    for name, value in facts.items():
        setattr(issue, name, value)
    session.add(issue)
    return issue


def _kept(session: Session, store: MediaStore, pictures: Pictures, now: datetime) -> dict[str, str]:
    """Keep the pictures; the file's name of each and its name in the library."""
    return {file: _media(session, store, found, now).name for file, found in pictures.items()}


def _media(session: Session, store: MediaStore, found: FoundPicture, now: datetime) -> Media:
    if isinstance(found.content, Media):
        return found.content
    return keep_picture(session, store, found.content, original_name=found.original_name, now=now)


def _replace_sections(issue: Issue, draft: Draft, names: Mapping[str, str], *, by: Actor, now: datetime) -> None:
    """The file's sections in its order; one with a known name, or with nothing changed, stays the same section."""
    contents = [_content(section, names) for section in draft.sections]
    rows = _matching(issue.sections, draft.sections, contents)
    before = list(issue.sections)
    sections = []
    for position, (section, content, row) in enumerate(zip(draft.sections, contents, rows, strict=True)):
        kept = row or IssueSection(uid=section.uid or new_uid(), version=0, kind="", content={})
        _write(kept, section.section.kind, content, by=by, now=now)
        kept.position = position
        sections.append(kept)
    issue.sections = sections
    if [row for row in before if row not in sections] or any(row.updated_at == now for row in sections) or before != sections:
        issue.updated_at = now


def _content(section: DraftSection, names: Mapping[str, str]) -> dict[str, Any]:
    """The section as stored, its pictures under their names in the library."""
    for leaf in leaves(section.section):
        if leaf.form == "file":
            changed(section.content, leaf, names.__getitem__)
    return section.content


def _matching(
    rows: Sequence[IssueSection], sections: Sequence[DraftSection], contents: Sequence[dict[str, Any]]
) -> list[IssueSection | None]:
    """For each section of the file the stored one that it is: by its name, else by its unchanged content."""
    by_uid = {row.uid: row for row in rows}
    named = {section.uid for section in sections if section.uid}
    free = [row for row in rows if row.uid not in named]
    matches: list[IssueSection | None] = []
    for section, content in zip(sections, contents, strict=True):
        same = next((row for row in free if (row.kind, row.content) == (section.section.kind, content)), None)
        match = by_uid.get(section.uid) if section.uid else same
        free = [row for row in free if row is not match]
        matches.append(match)
    return matches


def _write(row: IssueSection, kind: str, content: dict[str, Any], *, by: Actor, now: datetime) -> None:
    if (row.kind, row.content) != (kind, content):
        row.kind, row.content = kind, content
        row.version += 1
        row.updated_at, row.updated_by = now, by.user_id


def _tell_events(session: Session, issue: Issue, now: datetime) -> None:
    for row in issue.sections:
        if row.kind == Workshop.kind and (key := row.content.get("event")):
            events.tell(session, issue.mailing_list.id, key, row.content, now=now)
