"""Letters to guests: their link, and the code for another browser."""

from flask import g, url_for
from sqlalchemy.orm import Session

from admin import signing
from admin.context import desk
from admin.speaking import plain
from newsroom.clock import utc_now
from newsroom.guests import GuestLink
from newsroom.issues import Issue, get_issue
from newsroom.staff_letters import masthead_of, post


def post_link(session: Session, issue: Issue, link: GuestLink, token: str, note: str) -> None:
    """The one place where the token is written: in the guest's own letter."""
    say = {"subject": signing.subject_of(issue) or issue.slug, "who": link.created_by}
    asked = "letter.guest_approve" if link.purpose == "approve" else "letter.guest_comment"
    url = f"{desk().house.settings.admin}{url_for('guests.show', token=token)}"
    _post(
        session, issue, link, plain(link.language, "letter.guest_subject", **say),
        plain(link.language, "letter.hello", name=link.name), plain(link.language, asked, **say), note,
        plain(link.language, "letter.guest_link_is_yours"), button=(plain(link.language, "letter.guest_open"), url),
    )  # fmt: skip


def post_code(session: Session, link: GuestLink, code: str) -> None:
    _post(
        session, get_issue(session, link.issue_id), link, plain(link.language, "letter.guest_code_subject"),
        plain(link.language, "letter.hello", name=link.name), plain(link.language, "letter.guest_code", code=code),
    )  # fmt: skip


def _post(session: Session, issue: Issue, link: GuestLink, subject: str, *said: str, button: tuple[str, str] | None = None) -> None:
    g.letters_waiting = True
    post(
        session, to=link.email, name=link.name, language=link.language, subject=subject, paragraphs=[one for one in said if one],
        button=button, sender=masthead_of(issue.mailing_list, link.language), now=utc_now(),
    )  # fmt: skip
