"""The page behind the letter that confirms a guest's approval: what was approved, and two ways to take it back."""

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from admin import guest_letters, issue_pages, notifying
from admin.context import desk, reading, transaction
from admin.guest_access import Answer, closed, comes
from admin.permissions import guest
from newsroom import taking_back
from newsroom.clock import utc_now
from newsroom.errors import TokenRefused
from newsroom.taking_back import Given, TakenBack

routes = Blueprint("guest_approvals", __name__)


@routes.get("/guest/<token>/take-back")
@guest("approve")
def show(token: str) -> Answer:
    """Looking changes nothing."""
    try:
        with reading() as session:
            return _page(_known(session, token), token)
    except TokenRefused:
        return closed()


@routes.post("/guest/<token>/take-back")
@guest("approve")
def take_back(token: str) -> Answer:
    try:
        with transaction() as session:
            given = _known(session, token, hold=True)
            not_theirs = request.form.get("why") == taking_back.NOT_THEIRS
            done = taking_back.take_back(session, given, not_theirs=not_theirs, now=utc_now())
            if isinstance(done, TakenBack):
                notifying.guest_took_back(session, given.issue, given.link, not_theirs=not_theirs, reopened=done.reopened)
            return _page(given, token)
    except TokenRefused:
        return closed()


def _known(session: Session, token: str, *, hold: bool = False) -> Given:
    given = taking_back.given_by(session, desk().house.keys, token, hold=hold)
    comes(given.link)
    return given


def _page(given: Given, token: str) -> str:
    subject = issue_pages.plain_subject(given.issue.subject, given.link.language, original=given.issue.original)
    return render_template(
        "guests/take_back.html", given=given, token=token, link=given.link, issue=given.issue, subject=subject or given.issue.slug,
        signoff=given.signoff, what=guest_letters.signed_as(given.issue, given.signoff),
    )  # fmt: skip
