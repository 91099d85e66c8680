"""An issue file -> a draft of its list: all of it or nothing, every fault told at once."""

from collections.abc import Mapping
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
from newsroom.issues import Actor, Issue
from newsroom.mailing_lists import MailingList
from newsroom.media import Media, MediaStore, keep_picture
from newsroom.nearest import did_you_mean, one_of
from newsroom.section_writing import GivenSection, take_whole
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
    names = _kept(session, store, pictures, now)
    given = [GivenSection(uid=each.uid, kind=each.section.kind, content=_content(each, names)) for each in draft.sections]
    front = {"languages": languages, "subject": draft.front.subject, "preview_text": draft.front.preview_text}
    take_whole(session, issue, front, given, by=by, now=now)
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
    """The issue that the file replaces, or a new one."""
    found = session.scalar(select(Issue).where(Issue.list_id == mailing_list.id, Issue.slug == front.slug).with_for_update())
    if found and found.state != "draft":
        state = found.state.replace("_", " ")
        raise Refused(f"The issue {front.slug!r} of the list {mailing_list.slug!r} is {state}: a file replaces only a draft.")
    issue = found or Issue(
        mailing_list=mailing_list, slug=front.slug, languages=languages, subject="", front_version=0, created_at=now, updated_at=now
    )
    session.add(issue)
    session.flush()
    return issue


def _kept(session: Session, store: MediaStore, pictures: Pictures, now: datetime) -> dict[str, str]:
    """Keep the pictures; the file's name of each and its name in the library."""
    return {file: _media(session, store, found, now).name for file, found in pictures.items()}


def _media(session: Session, store: MediaStore, found: FoundPicture, now: datetime) -> Media:
    if isinstance(found.content, Media):
        return found.content
    return keep_picture(session, store, found.content, original_name=found.original_name, now=now)


def _content(section: DraftSection, names: Mapping[str, str]) -> dict[str, Any]:
    """The section as stored, its pictures under their names in the library."""
    for leaf in leaves(section.section):
        if leaf.form == "file":
            changed(section.content, leaf, names.__getitem__)
    return section.content
