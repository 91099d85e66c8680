"""What a guest sees behind their link: the letters, what they are asked for, and nothing else. Looking changes nothing."""

from collections.abc import Callable

from flask import Blueprint, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import approving, framing, guest_letters, issue_pages, notifying, previews, signing
from admin.context import acts, desk, reading, tell, transaction
from admin.forms import text
from admin.permissions import guest
from admin.speaking import speak, tp
from newsroom import comments, guests
from newsroom.clock import utc_now
from newsroom.comments import comments_of
from newsroom.errors import NewsroomError, NotFound, TokenRefused
from newsroom.guests import GuestLink, link_of
from newsroom.issues import Issue
from newsroom.signoffs import BY_GUEST, Complete, Unaccepted, standing_of

routes = Blueprint("guests", __name__)


@routes.get("/guest/<token>")
@guest(*guests.PURPOSES)
def show(token: str) -> str | tuple[str, int]:
    try:
        with reading() as session:
            link = _known(session, token)
            return _page(session, link, token) if _is_here(link) else _door(link, token)
    except TokenRefused:
        return _closed()


@routes.post("/guest/<token>/open")
@guest(*guests.PURPOSES)
def enter(token: str) -> Response | tuple[str, int]:
    """The first browser that asks has the link from now on."""
    return _bound(token, lambda link: guests.bind(link, now=utc_now()))


@routes.post("/guest/<token>/code")
@guest(*guests.PURPOSES)
def code(token: str) -> Response | tuple[str, int]:
    """Mail a code, or take one."""
    if "code" in request.form:
        return _bound(token, lambda link: guests.enter_code(link, request.form["code"], now=utc_now()))

    def mail(session: Session, link: GuestLink) -> str:
        guest_letters.post_code(session, link, guests.send_code(link, now=utc_now()))
        return tp("guest.code_sent")

    return _done(token, mail, here=False)


@routes.post("/guest/<token>/comment")
@guest(*guests.PURPOSES)
def comment(token: str) -> Response | tuple[str, int]:
    def say(session: Session, link: GuestLink) -> str:
        issue = issue_pages.load_issue(session, link.issue_id)
        made = comments.comment(
            session, issue, text=request.form.get("text", ""), uid=text(request.form, "uid"), by=link.actor, now=utc_now()
        )
        notifying.commented(session, issue, made)
        return tp("guest.commented")

    return _done(token, say)


@routes.post("/guest/<token>/sign")
@guest("approve")
def sign(token: str) -> Response | tuple[str, int]:
    def give(session: Session, link: GuestLink) -> str:
        if link.purpose != "approve":
            raise NotFound(guests.CLOSED)
        issue = issue_pages.load_issue(session, link.issue_id)
        place = (link.signoff_key, link.signoff_language)
        done = approving.sign_here(
            session,
            issue,
            only=place,
            by=link.actor,
            way=BY_GUEST,
            reason=text(request.form, "reason"),
            note=text(request.form, "note")[:2000],
        )
        if isinstance(done, Unaccepted):
            return tp("guest.warned", warnings=" ".join(str(one["message"]) for one in signing.warnings_shown(done.findings)))
        guests.finish(link, now=utc_now())
        notifying.signed(session, issue, done)
        return tp("review.approved") if isinstance(done, Complete) else tp("guest.signed")

    return _done(token, give)


@routes.get("/guest/<token>/letter/<language>")
@guest(*guests.PURPOSES)
def letter(token: str, language: str) -> Response | tuple[str, int]:
    try:
        with reading() as session:
            link = _known(session, token)
            if not _is_here(link):
                return _closed()
            issue = issue_pages.load_issue(session, link.issue_id)
            preview = previews.preview_of(session, issue, language, house=desk().house, now=utc_now())
    except TokenRefused:
        return _closed()
    if preview.parts is None:
        raise NotFound(preview.fault)
    return framing.framed(preview.parts.html)


def _known(session: Session, token: str) -> GuestLink:
    """The link; from here on the request is its guest's, whoever else may be logged in here."""
    link = link_of(session, token, hold=request.method == "POST", now=utc_now())
    g.person = None
    acts(link.actor)
    speak(link.language)
    return link


def _is_here(link: GuestLink) -> bool:
    return link.is_bound_to(request.cookies.get(_cookie_name(link), ""))


def _cookie_name(link: GuestLink) -> str:
    return f"newsroom_guest_{link.id}"


def _bound(token: str, bind: Callable[[GuestLink], str | None]) -> Response | tuple[str, int]:
    try:
        with transaction() as session:
            link = _known(session, token)
            cookie = bind(link)
    except TokenRefused:
        return _closed()
    except NewsroomError:
        cookie = None
    response = redirect(url_for("guests.show", token=token))
    if cookie is None:
        tell(tp("guest.not_this_code"), "bad")
    else:
        response.set_cookie(
            _cookie_name(link), cookie, expires=link.expires_at, path="/admin/guest", httponly=True, samesite="Lax",
            secure=desk().served_securely,
        )  # fmt: skip
    return response


def _done(token: str, act: Callable[[Session, GuestLink], str], *, here: bool = True) -> Response | tuple[str, int]:
    """Do it as this guest, in the browser that the link is bound to; a refusal comes back as its sentence."""
    try:
        with transaction() as session:
            link = _known(session, token)
            if here and not _is_here(link):
                return redirect(url_for("guests.show", token=token))
            said = act(session, link)
        tell(said)
    except TokenRefused:
        return _closed()
    except NotFound:
        raise
    except NewsroomError as error:
        tell(str(error), "bad")
    return redirect(url_for("guests.show", token=token))


def _page(session: Session, link: GuestLink, token: str) -> str:
    issue = issue_pages.load_issue(session, link.issue_id)
    mine = [thread for thread in comments_of(session, issue.id) if thread.comment.guest_id == link.id]
    wanted = [
        one for one in standing_of(session, issue) if (one.required.key, one.required.language) == (link.signoff_key, link.signoff_language)
    ]
    return render_template(
        "guests/page.html", link=link, token=token, issue=issue, threads=mine,
        subject=issue_pages.plain_subject(issue.subject, link.language, original=issue.original),
        standing=wanted[0] if wanted else None, sections=_sections(issue),
        languages=sorted(issue.languages, key=lambda code: code != (link.signoff_language or link.language)),
    )  # fmt: skip


def _sections(issue: Issue) -> list[tuple[str, str]]:
    entries = zip(issue.sections, issue_pages.outline(issue), strict=True)
    return [(row.uid, f"{entry.number} · {entry.title or entry.kind}") for row, entry in entries]


def _door(link: GuestLink, token: str) -> str:
    return render_template("guests/door.html", link=link, token=token)


def _closed() -> tuple[str, int]:
    g.person = None
    return render_template("guests/closed.html"), 404
