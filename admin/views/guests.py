"""What a guest sees behind their link: what they are asked for, and nothing else. Looking changes nothing."""

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import approving, framing, guest_letters, guest_pages, issue_pages, notifying, previews
from admin.context import desk, reading, tell, transaction
from admin.forms import text
from admin.freshness import refuse_if_changed
from admin.guest_access import Answer, closed, cookie_name, done, is_here, known, shown
from admin.permissions import guest
from admin.speaking import tp
from newsroom import comments, guests
from newsroom.checks.base import Finding
from newsroom.clock import utc_now
from newsroom.errors import NewsroomError, TokenRefused
from newsroom.guests import GuestLink
from newsroom.signoffs import BY_GUEST, Complete, Unaccepted

routes = Blueprint("guests", __name__)
#: A link may be given more days; whether it is open is asked of the link, not of the cookie.
BROWSER_KEEPS = timedelta(days=365)


@routes.get("/guest/<token>")
@guest(*guests.PURPOSES)
def show(token: str) -> Answer:
    try:
        with reading() as session:
            link = known(session, token)
            if not is_here(link):
                return render_template("guests/door.html", link=link, token=token)
            return guest_pages.page_of(session, link, token)
    except TokenRefused:
        return closed()


@routes.post("/guest/<token>/open")
@guest(*guests.PURPOSES)
def enter(token: str) -> Answer:
    """The first browser that asks has the link from now on."""
    return _bound(token, lambda link: guests.bind(link, now=utc_now()))


@routes.post("/guest/<token>/code")
@guest(*guests.PURPOSES)
def code(token: str) -> Answer:
    """Mail a code, or take one."""
    if "code" in request.form:
        return _bound(token, lambda link: guests.enter_code(link, request.form["code"], now=utc_now()))

    def mail(session: Session, link: GuestLink) -> str:
        guest_letters.post_code(session, link, guests.send_code(link, now=utc_now()))
        return tp("guest.code_sent")

    return done(token, mail, here=False)


@routes.get("/guest/<token>/session")
@guest(*guests.PURPOSES)
def facts(token: str) -> Answer:
    """What a script of ours asks when its form token is too old: a new one, for the same guest alone."""
    try:
        with reading() as session:
            link = known(session, token)
            return jsonify(csrf=generate_csrf(), user_id=link.id if is_here(link) else None)
    except TokenRefused:
        return closed()


@routes.post("/guest/<token>/comment")
@guest(*guests.READING)
def comment(token: str) -> Answer:
    def say(session: Session, link: GuestLink) -> str:
        issue = issue_pages.load_issue(session, link.issue_id)
        made = comments.comment(
            session, issue, text=request.form.get("text", ""), uid=text(request.form, "uid"), by=link.actor, now=utc_now()
        )
        notifying.commented(session, issue, made)
        return tp("guest.commented")

    return done(token, say)


@routes.post("/guest/<token>/sign")
@guest("approve")
def sign(token: str) -> Answer:
    """What the checks warn of comes back as a list beside the form, with what was typed."""
    warned: list[Finding] = []

    def give(session: Session, link: GuestLink) -> str:
        issue = issue_pages.load_issue(session, link.issue_id)
        refuse_if_changed(session, issue)
        signed = approving.sign_here(
            session, issue, only=(link.about, link.about_language), by=link.actor, way=BY_GUEST, reason=text(request.form, "reason"),
            warned=text(request.form, "warned"), note=text(request.form, "note")[:2000],
        )  # fmt: skip
        if isinstance(signed, Unaccepted):
            warned.extend(signed.findings)
            return ""
        guests.finish(link, now=utc_now())
        notifying.signed(session, issue, signed)
        guest_letters.post_approved(session, issue, link)
        return tp("review.approved") if isinstance(signed, Complete) else tp("guest.signed")

    answer = done(token, give)
    if not warned:
        return answer
    return shown(token, lambda session, link: (guest_pages.reader(session, link, token, warned=warned), 422))


@routes.get("/guest/<token>/letter/<language>")
@guest(*guests.READING, "translate")
def letter(token: str, language: str) -> Answer:
    def show_letter(session: Session, link: GuestLink) -> Response:
        issue = issue_pages.load_issue(session, link.issue_id)
        if link.purpose == "translate" and language not in (issue.original, link.about_language):
            raise TokenRefused(guests.CLOSED)
        preview = previews.preview_of(session, issue, language, house=desk().house, now=utc_now())
        if preview.parts is None:
            return framing.framed_note(preview.fault)
        return framing.framed(preview.parts.html)

    return shown(token, show_letter)


def _bound(token: str, bind: Callable[[GuestLink], str | None]) -> Answer:
    try:
        with transaction() as session:
            link = known(session, token)
            cookie = bind(link)
    except TokenRefused:
        return closed()
    except NewsroomError:
        cookie = None
    response = redirect(url_for("guests.show", token=token))
    if cookie is None:
        tell(tp("guest.not_this_code"), "bad")
    else:
        response.set_cookie(
            cookie_name(link), cookie, expires=utc_now() + BROWSER_KEEPS, path="/admin/guest", httponly=True, samesite="Lax",
            secure=desk().served_securely,
        )  # fmt: skip
    return response
