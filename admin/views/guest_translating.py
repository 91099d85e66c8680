"""A guest translates one language: each text saved as it is typed, or all of them out in Word and back; nothing else can be written."""

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from admin import guest_pages, issue_pages, papers
from admin.composer import answers
from admin.context import tell, transaction
from admin.guest_access import Answer, closed, is_here, known, refuse_unless_writable, refused, saved, shown
from admin.permissions import guest
from admin.side_by_side import path_in, state_words, states_told, text_row
from admin.speaking import tp
from newsroom import guest_writing
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput, Refused, TokenRefused
from newsroom.guest_writing import Stray
from newsroom.guests import GuestLink
from newsroom.issues import Issue
from newsroom.section_writing import FRONT, Conflict, Gone, Written, confirm_translation

routes = Blueprint("guest_translating", __name__)


@routes.post("/guest/<token>/texts/<uid>")
@guest("translate")
def change(token: str, uid: str) -> Answer:
    """Save texts of one section."""
    return saved(token, lambda session, issue, link: _changed(session, issue, link, uid))


@routes.post("/guest/<token>/texts")
@guest("translate")
def change_front(token: str) -> Answer:
    """The same of the issue's own words."""
    return saved(token, lambda session, issue, link: _changed(session, issue, link, FRONT))


@routes.get("/guest/<token>/states")
@guest("translate")
def states(token: str) -> Answer:
    def told(session: Session, link: GuestLink) -> Answer:
        issue = issue_pages.load_issue(session, link.issue_id)
        return jsonify(states_told(guest_pages.sides_for(issue, link)))

    return shown(token, told)


@routes.post("/guest/<token>/confirm")
@routes.post("/guest/<token>/confirm/<uid>")
@guest("translate")
def confirm(token: str, uid: str = FRONT) -> Answer:
    """Still right: the translation stands, though its original has changed."""
    path = path_in(request.form.get("field", ""))
    if path is None:
        abort(400)
    try:
        with transaction() as session:
            link = known(session, token)
            if is_here(link):
                issue = issue_pages.load_issue(session, link.issue_id)
                refuse_unless_writable(issue, link)
                found = confirm_translation(session, issue, uid, path, link.about_language, now=utc_now())
                row = text_row(issue, uid, path, link.about_language) if found else None
                if row and request.headers.get("HX-Request"):
                    return render_template("languages/state.html", row=row, state_words=state_words())
                tell(tp("languages.confirmed") if found else tp("languages.gone"), "good" if found else "warn")
    except TokenRefused:
        return closed()
    except Refused as error:
        tell(str(error), "bad")
    return redirect(url_for("guests.show", token=token))


@routes.get("/guest/<token>/paper.docx")
@guest("translate")
def paper(token: str) -> Answer:
    return shown(token, lambda session, link: papers.word_file(issue_pages.load_issue(session, link.issue_id), link.about_language))


@routes.post("/guest/<token>/paper")
@guest("translate")
def look(token: str) -> Answer:
    """What the document that came back would change."""

    def make(session: Session, link: GuestLink) -> Answer:
        issue = issue_pages.load_issue(session, link.issue_id)
        try:
            refuse_unless_writable(issue, link)
            ticket = papers.keep_upload(_owner(link))
            facts = papers.look_at(issue, link.about_language, ticket, _owner(link))
        except (InvalidInput, Refused) as error:
            return _not_taken(token, error)
        return render_template("guests/paper.html", token=token, link=link, **facts)

    return shown(token, make)


@routes.post("/guest/<token>/paper/take")
@guest("translate")
def take(token: str) -> Answer:
    """Take the texts that were marked, each only if nobody changed it since the look."""
    keys = set(request.form.getlist("take"))
    try:
        with transaction() as session:
            link = known(session, token)
            if not is_here(link):
                return redirect(url_for("guests.show", token=token))
            issue = issue_pages.load_issue(session, link.issue_id)
            refuse_unless_writable(issue, link)
            link.seen_at = utc_now()
            number = papers.take(session, issue, link.about_language, keys, owner=_owner(link), by=link.actor)
    except TokenRefused:
        return closed()
    except (InvalidInput, Refused) as error:
        return _not_taken(token, error)
    papers.taken(_owner(link), number, len(keys) - number)
    return redirect(url_for("guests.show", token=token))


def _changed(session: Session, issue: Issue, link: GuestLink, uid: str) -> Answer:
    patch = answers.read_patch(request)
    outcome = guest_writing.translate(session, issue, uid, patch.changes, language=link.about_language, by=link.actor, now=utc_now())
    match outcome:
        case Written():
            return answers.written(outcome, content=guest_pages.content_for(issue, link, uid))
        case Conflict():
            return answers.conflict(outcome, guest_pages.content_for(issue, link, uid), by="")
        case Gone():
            return answers.gone(outcome, by="")
        case Stray():
            return refused(tp("guest.not_this_text", who=link.created_by), 403)


def _owner(link: GuestLink) -> str:
    return f"guest{link.id}"


def _not_taken(token: str, error: InvalidInput | Refused) -> Answer:
    tell(str(error), "bad")
    return redirect(url_for("guests.show", token=token, paper="refused"))
