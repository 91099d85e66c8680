"""The way to a guest's page: the token says who comes, the cookie that they are the one, the view for which purpose. All else is closed."""

from collections.abc import Callable

from flask import Response, current_app, g, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from admin import issue_pages
from admin.answers import wants_json
from admin.context import acts, reading, tell, transaction
from admin.framing import framed_note, is_framed
from admin.retelling import retold
from admin.speaking import speak, tp
from admin.words.catalogue import LANGUAGES
from newsroom import guests
from newsroom.clock import utc_now
from newsroom.errors import NewsroomError, NotFound, Refused, TokenRefused
from newsroom.guests import GuestLink, link_of
from newsroom.issues import Issue

Answer = str | AnyResponse | tuple[str | AnyResponse, int]
#: What a script of a guest may send at once; no section is longer.
LARGEST_PATCH = 2 * 1024 * 1024


def known(session: Session, token: str, *, hold: bool = True) -> GuestLink:
    """The link, if it is open and for this; whoever else may be logged in here does not count."""
    link = link_of(session, token, hold=hold and request.method == "POST", now=utc_now())
    if link.purpose not in getattr(current_app.view_functions[request.endpoint or ""], "purposes", ()):
        raise TokenRefused(guests.CLOSED)
    comes(link)
    return link


def comes(link: GuestLink) -> None:
    """From here on the request is this guest's, in their language, and about their issue."""
    g.person, g.issue_id = None, link.issue_id
    acts(link.actor)
    speak(link.language)


def is_here(link: GuestLink) -> bool:
    """Whether this is the browser that the link is bound to."""
    return link.is_bound_to(request.cookies.get(cookie_name(link), ""))


def cookie_name(link: GuestLink) -> str:
    return f"newsroom_guest_{link.id}"


def shown(token: str, make: Callable[[Session, GuestLink], Answer]) -> Answer:
    """A page or a file for this guest, in their own browser."""
    try:
        with reading() as session:
            link = known(session, token, hold=False)
            if is_here(link):
                return make(session, link)
            if is_framed():
                return framed_note("", title=tp("guest.elsewhere"), status=403)
            return redirect(url_for("guests.show", token=token))
    except TokenRefused:
        return closed()


def done(token: str, act: Callable[[Session, GuestLink], str], *, here: bool = True) -> Answer:
    """Do it as this guest; what came of it, or why not, is told on their page."""
    try:
        with transaction() as session:
            link = known(session, token)
            if here and not is_here(link):
                return redirect(url_for("guests.show", token=token))
            link.seen_at = utc_now() if here else link.seen_at
            said = act(session, link)
        if said:
            tell(said)
    except TokenRefused:
        return closed()
    except NotFound:
        raise
    except NewsroomError as error:
        tell(str(error), "bad")
    return redirect(url_for("guests.show", token=token))


def saved(token: str, act: Callable[[Session, Issue, GuestLink], Answer]) -> Answer:
    """What a script of the guest's page asks for, answered as JSON: a refusal is its sentence, and nothing typed is lost by it."""
    request.max_content_length = LARGEST_PATCH
    try:
        with transaction(quiet=True) as session:
            link = known(session, token)
            if not is_here(link):
                return refused(tp("guest.elsewhere"), 403)
            issue = issue_pages.load_issue(session, link.issue_id)
            if why := why_not(issue, link):
                return refused(why, 403)
            link.seen_at = utc_now()
            return act(session, issue, link)
    except TokenRefused:
        return closed()
    except NewsroomError as error:
        return refused(str(error), 422)


def why_not(issue: Issue, link: GuestLink) -> str:
    """Why nothing can be written through this link now, and whom to ask; "" while it can."""
    if link.finished_at:
        return tp("guest.is_finished", who=link.created_by)
    return "" if issue.state == "draft" else tp("guest.not_a_draft", who=link.created_by)


def refuse_unless_writable(issue: Issue, link: GuestLink) -> None:
    if why := why_not(issue, link):
        raise Refused(why)


def refused(sentence: str, status: int) -> tuple[Response, int]:
    return jsonify(sentence=retold(sentence)), status


def closed() -> Answer:
    """One sentence for a link that is unknown, expired, taken back, or for something else."""
    g.person = None
    asked = (code.partition("-")[0] for code in request.accept_languages.values())
    speak(next((code for code in asked if code in LANGUAGES), LANGUAGES[0]))
    if wants_json():
        return refused(f"{tp('guest.closed')}. {tp('guest.closed_lead')}", 404)
    if is_framed():
        return framed_note(tp("guest.closed_lead"), title=tp("guest.closed"), status=404)
    return render_template("guests/closed.html"), 404
