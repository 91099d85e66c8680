"""Guests of an issue: who has a link for what and how far they are; a new one, another, more days, open again, taken back."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask import session as browser
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import guest_letters, issue_pages, signing
from admin.composer.fields import kinds
from admin.context import person, reading, tell, transaction
from admin.field_names import kind_label
from admin.forms import Form, text
from admin.permissions import permission
from admin.speaking import tp
from admin.wording import when
from admin.words.catalogue import LANGUAGES
from newsroom import guests
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput, NewsroomError, NotFound
from newsroom.given_signoffs import signoffs_of
from newsroom.guests import GuestLink, Invitation
from newsroom.issues import Issue
from newsroom.signoffs import required_of

routes = Blueprint("guest_links", __name__)

FIELDS = ("name", "email", "purpose", "language", "days")
MORE_DAYS = 14
#: Where the officer's browser keeps a link that is to be shown once.
MADE = "guest_link"


@routes.get("/issues/<int:issue_id>/guests")
@permission("manage_guests", of="issue")
def index(issue_id: int) -> str:
    with reading() as session:
        return _page(session, issue_id, Form(values={"purpose": "comment||", "days": "14"}))


@routes.post("/issues/<int:issue_id>/guests")
@permission("manage_guests", of="issue")
def invite(issue_id: int) -> Response | tuple[str, int]:
    try:
        with transaction() as session:
            issue = issue_pages.load_issue(session, issue_id)
            wanted = _wanted(issue)
            link, token = guests.invite(session, issue, wanted, by=person().actor, now=utc_now())
            _hand_over(session, issue, link, token, text(request.form, "note")[:2000])
    except InvalidInput as error:
        with reading() as session:
            return _page(session, issue_id, Form(values=request.form.to_dict()).refused(error, FIELDS)), 422
    tell(tp("guests.made", name=link.name) if _by_hand() else tp("guests.invited", name=link.name))
    return redirect(url_for("guest_links.index", issue_id=issue_id))


@routes.post("/issues/<int:issue_id>/guests/<int:guest_id>/revoke")
@permission("manage_guests", of="issue")
def revoke(issue_id: int, guest_id: int) -> Response:
    with transaction() as session:
        link = guests.revoke(session, issue_id, guest_id, now=utc_now())
    tell(tp("guests.revoked_now", name=link.name))
    return redirect(url_for("guest_links.index", issue_id=issue_id))


@routes.post("/issues/<int:issue_id>/guests/<int:guest_id>/renew")
@permission("manage_guests", of="issue")
def renew(issue_id: int, guest_id: int) -> Response:
    """Another link for the same guest, by mail or to copy."""

    def make(session: Session, issue: Issue, link: GuestLink) -> str:
        _hand_over(session, issue, link, guests.renew(link, now=utc_now()), "")
        return tp("guests.made", name=link.name) if _by_hand() else tp("guests.renewed", name=link.name)

    return _changed(issue_id, guest_id, make)


@routes.post("/issues/<int:issue_id>/guests/<int:guest_id>/extend")
@permission("manage_guests", of="issue")
def extend(issue_id: int, guest_id: int) -> Response:
    def lengthen(_: Session, issue: Issue, link: GuestLink) -> str:
        guests.extend(link, MORE_DAYS, now=utc_now())
        return tp("guests.extended", name=link.name, day=when(link.expires_at, issue.mailing_list.timezone))

    return _changed(issue_id, guest_id, lengthen)


@routes.post("/issues/<int:issue_id>/guests/<int:guest_id>/reopen")
@permission("manage_guests", of="issue")
def reopen(issue_id: int, guest_id: int) -> Response:
    """The guest can go on with what they had handed in."""

    def open_again(_: Session, __: Issue, link: GuestLink) -> str:
        if not link.writes:
            raise NotFound(guests.CLOSED)
        guests.reopen(link)
        return tp("guests.reopened", name=link.name)

    return _changed(issue_id, guest_id, open_again)


def _changed(issue_id: int, guest_id: int, act: Callable[[Session, Issue, GuestLink], str]) -> Response:
    try:
        with transaction() as session:
            issue = issue_pages.load_issue(session, issue_id)
            link = guests.guest_of(session, issue_id, guest_id)
            if link.purpose == "approve":
                _refuse_unless_may_approve(issue.list_id)
            said = act(session, issue, link)
        tell(said)
    except NotFound:
        raise
    except NewsroomError as error:
        tell(str(error), "bad")
    return redirect(url_for("guest_links.index", issue_id=issue_id))


def _hand_over(session: Session, issue: Issue, link: GuestLink, token: str, note: str) -> None:
    """By mail to the guest; or shown once to the officer, who passes it on."""
    if _by_hand():
        browser[MADE] = [issue.id, link.name, guest_letters.url_of(token)]
    else:
        guest_letters.post_link(session, issue, link, token, note)


def _by_hand() -> bool:
    return request.form.get("way") == "copy"


def _wanted(issue: Issue) -> Invitation:
    """What the form asks for; InvalidInput for what this issue has not, and for a right that its sender has not."""
    days, chosen = text(request.form, "days"), request.form.get("language", "")
    purpose, _, about = request.form.get("purpose", "").partition("|")
    key, _, language = about.partition("|")
    if purpose == "approve":
        _refuse_unless_may_approve(issue.list_id)
    if purpose in guests.PURPOSES and (key, language) not in _possible(issue, purpose):
        raise InvalidInput.of(tp("guests.which_part"), place="purpose")
    return Invitation(
        name=text(request.form, "name"), email=text(request.form, "email"), purpose=purpose, about=(key, language),
        language=chosen if chosen in LANGUAGES else LANGUAGES[0], days=int(days) if days.isdecimal() and len(days) < 4 else 0,
    )  # fmt: skip


def _possible(issue: Issue, purpose: str) -> dict[tuple[str, str], str]:
    """What a guest of this purpose can be asked for in this issue, and what it is called."""
    match purpose:
        case "approve":
            return {(one.key, one.language): one.name for one in required_of(issue)}
        case "translate":
            return {("", language): "" for language in issue.languages[1:]}
        case "contribute":
            titles = zip(issue.sections, issue_pages.outline(issue), strict=True)
            return {(row.uid, ""): f"{entry.number} · {entry.title or kind_label(row.kind)}" for row, entry in titles}
        case "propose":
            return {(kind, ""): kind_label(kind) for kind in kinds()}
        case _:
            return {("", ""): ""}


def _refuse_unless_may_approve(list_id: int) -> None:
    """Nobody hands on a right that they do not have."""
    if not person().may("record_approval", list_id):
        raise InvalidInput.of(tp("guests.not_yours"), place="purpose")


def _page(session: Session, issue_id: int, form: Form) -> str:
    issue = issue_pages.load_issue(session, issue_id)
    asked = [purpose for purpose in guests.PURPOSES if purpose != "comment"]
    may_approve = person().may("record_approval", issue.list_id)
    made = browser.pop(MADE, None)
    return render_template(
        "guests/index.html", issue=issue, subject=signing.subject_of(issue), form=form, links=guests.links_of(session, issue_id),
        now=utc_now(), may_approve=may_approve, counting={one.guest_id for one in signoffs_of(session, issue_id) if one.void_at is None},
        guest_languages=LANGUAGES, made=made if made and made[0] == issue_id else None,
        possible={purpose: _possible(issue, purpose) for purpose in asked if may_approve or purpose != "approve"},
    )  # fmt: skip
