"""Guests of an issue: who was sent a link for what, a new one, and taking one back."""

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import guest_letters, issue_pages, signing
from admin.context import person, reading, tell, transaction
from admin.forms import Form, text
from admin.permissions import permission
from admin.speaking import tp
from admin.words.catalogue import LANGUAGES
from newsroom import guests
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput
from newsroom.guests import Invitation
from newsroom.signoffs import required_of

routes = Blueprint("guest_links", __name__)

FIELDS = ("name", "email", "purpose", "language", "days", "place")


@routes.get("/issues/<int:issue_id>/guests")
@permission("manage_guests", of="issue")
def index(issue_id: int) -> str:
    with reading() as session:
        return _page(session, issue_id, Form(values={"purpose": "comment", "days": "14"}))


@routes.post("/issues/<int:issue_id>/guests")
@permission("manage_guests", of="issue")
def invite(issue_id: int) -> Response | tuple[str, int]:
    try:
        with transaction() as session:
            issue = issue_pages.load_issue(session, issue_id)
            if (wanted := _wanted()).purpose == "approve":
                _refuse_unless_may_approve(issue.list_id)
                _refuse_unknown(wanted.signoff, [(one.key, one.language) for one in required_of(issue)])
            link, token = guests.invite(session, issue, wanted, by=person().actor, now=utc_now())
            guest_letters.post_link(session, issue, link, token, text(request.form, "note")[:2000])
    except InvalidInput as error:
        with reading() as session:
            return _page(session, issue_id, Form(values=request.form.to_dict()).refused(error, FIELDS)), 422
    tell(tp("guests.invited", name=link.name))
    return redirect(url_for("guest_links.index", issue_id=issue_id))


@routes.post("/issues/<int:issue_id>/guests/<int:guest_id>/revoke")
@permission("manage_guests", of="issue")
def revoke(issue_id: int, guest_id: int) -> Response:
    with transaction() as session:
        link = guests.revoke(session, issue_id, guest_id, now=utc_now())
    tell(tp("guests.revoked_now", name=link.name))
    return redirect(url_for("guest_links.index", issue_id=issue_id))


def _wanted() -> Invitation:
    days = text(request.form, "days")
    key, _, language = request.form.get("place", "").partition(":")
    chosen = request.form.get("language", "")
    return Invitation(
        name=text(request.form, "name"), email=text(request.form, "email"), purpose=request.form.get("purpose", ""),
        language=chosen if chosen in LANGUAGES else LANGUAGES[0], days=int(days) if days.isdecimal() and len(days) < 4 else 0,
        signoff=(key, language) if request.form.get("purpose") == "approve" else ("", ""),
    )  # fmt: skip


def _refuse_unless_may_approve(list_id: int) -> None:
    """Nobody hands on a right that they do not have."""
    if not person().may("record_approval", list_id):
        raise InvalidInput.of(tp("guests.not_yours"), place="purpose")


def _refuse_unknown(place: tuple[str, str], known: list[tuple[str, str]]) -> None:
    if place not in known:
        raise InvalidInput.of(tp("guests.which_signoff"), place="place")


def _page(session: Session, issue_id: int, form: Form) -> str:
    issue = issue_pages.load_issue(session, issue_id)
    return render_template(
        "guests/index.html", issue=issue, subject=signing.subject_of(issue), form=form, links=guests.links_of(session, issue_id),
        now=utc_now(), required=required_of(issue), may_approve=person().may("record_approval", issue.list_id),
        guest_languages=LANGUAGES,
    )  # fmt: skip
