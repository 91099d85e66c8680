"""A guest writes one section, or proposes one: its fields saved as they are typed, its pictures uploaded; then it is handed in."""

from flask import Blueprint, jsonify, request
from sqlalchemy.orm import Session

from admin import guest_pages, issue_pages, notifying
from admin.composer import answers
from admin.context import desk
from admin.guest_access import Answer, done, refuse_unless_writable, refused, saved
from admin.permissions import guest
from admin.speaking import tp
from newsroom import guest_writing, guests, media, section_writing
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput, Refused
from newsroom.guest_writing import Stray
from newsroom.guests import GuestLink
from newsroom.issues import Issue
from newsroom.media import MediaStore
from newsroom.section_writing import Conflict, Gone, Outcome, Written

routes = Blueprint("guest_sections", __name__)


@routes.post("/guest/<token>/section")
@guest("contribute", "propose")
def change(token: str) -> Answer:
    """Save what was typed; every field that somebody else changed meanwhile comes back for a choice."""
    return saved(token, _changed)


@routes.post("/guest/<token>/pictures")
@guest("contribute", "propose")
def upload(token: str) -> Answer:
    """One picture, made fit for mail; what the library says of one that it has already is not told."""

    def keep(session: Session, issue: Issue, link: GuestLink) -> Answer:
        given = request.files.get("file")
        if given is None or not given.filename:
            raise InvalidInput.of("Choose a picture first.")
        store = MediaStore(desk().house.media_dir)
        kept = media.store_picture(session, store, given.read(), original_name=given.filename, now=utc_now())
        return jsonify(name=kept.name, alt="")

    return saved(token, keep)


@routes.post("/guest/<token>/finish")
@guest(*guests.WRITING)
def finish(token: str) -> Answer:
    """Handed in: it can still be read; whoever invited the guest is told."""

    def close(session: Session, link: GuestLink) -> str:
        issue = issue_pages.load_issue(session, link.issue_id)
        refuse_unless_writable(issue, link)
        if link.purpose == "propose" and not guest_pages.stored_for(session, issue, link):
            raise Refused(tp("guest.nothing_yet"))
        guests.finish(link, now=utc_now())
        notifying.guest_finished(session, issue, link)
        return tp("guest.finished", who=link.created_by)

    return done(token, close)


def _changed(session: Session, issue: Issue, link: GuestLink) -> Answer:
    kind = guest_pages.kind_for(issue, link)
    outcome = _write(session, issue, link, kind)
    match outcome:
        case Written():
            return answers.written(outcome, content=guest_pages.fields_for(kind, outcome.content))
        case Conflict():
            stands = guest_pages.stored_for(session, issue, link)
            return answers.conflict(outcome, guest_pages.fields_for(kind, stands), by="")
        case Gone():
            return answers.gone(outcome, by="")
        case Stray():
            return refused(tp("guest.not_this_field", who=link.created_by), 403)


def _write(session: Session, issue: Issue, link: GuestLink, kind: str) -> Outcome | Stray:
    changes = answers.read_patch(request).changes
    if not kind:
        # It is gone: section_writing says since when.
        return section_writing.change_section(session, issue, link.about, (), base=0, by=link.actor, now=utc_now())
    fields = {plan.name for plan in guest_pages.plans_for(kind)}
    if link.purpose == "propose":
        return guest_writing.propose(session, issue, kind, changes, fields=fields, by=link.actor, now=utc_now())
    return guest_writing.contribute(session, issue, link.about, changes, fields=fields, by=link.actor, now=utc_now())
