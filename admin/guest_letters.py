"""Letters to guests: their link, and the code for another browser."""

from flask import g, url_for
from sqlalchemy.orm import Session

from admin import issue_pages
from admin.context import desk
from admin.field_names import kind_label
from admin.speaking import plain
from newsroom import taking_back
from newsroom.clock import utc_now
from newsroom.given_signoffs import Signoff
from newsroom.guests import GuestLink
from newsroom.issues import Issue, get_issue
from newsroom.localized import native_name
from newsroom.signoffs import required_of
from newsroom.staff_letters import masthead_of, post


def post_link(session: Session, issue: Issue, link: GuestLink, token: str, note: str) -> None:
    """The one place where the token is written: in the guest's own letter."""
    said = {"subject": issue_pages.name_of(issue, link.language), "who": link.created_by}
    subject = "letter.guest_work_subject" if link.writes else "letter.guest_subject"
    _post(
        session, issue, link, plain(link.language, subject, **said), plain(link.language, "letter.hello", name=link.name),
        plain(link.language, f"letter.guest_{link.purpose}", **said, **_asked(issue, link)), note,
        plain(link.language, "letter.guest_link_is_yours"),
        button=(plain(link.language, "letter.guest_begin" if link.writes else "letter.guest_open"), url_of(token)),
    )  # fmt: skip


def url_of(token: str) -> str:
    return f"{desk().house.settings.admin}{url_for('guests.show', token=token)}"


def post_approved(session: Session, issue: Issue, link: GuestLink) -> None:
    """To the address that was invited, whoever used the link: what was approved, and the way to take it back."""
    signoff = taking_back.newest_of(session, link)
    if signoff is None:
        return
    said = {"subject": issue_pages.name_of(issue, link.language), "who": link.created_by}
    token = taking_back.token_of(desk().house.keys, signoff)
    _post(
        session, issue, link, plain(link.language, "letter.guest_approved_subject", **said),
        plain(link.language, "letter.hello", name=link.name), plain(link.language, "letter.guest_approved", **said),
        signed_as(issue, signoff), signoff.note, plain(link.language, "letter.guest_not_you"),
        button=(plain(link.language, "letter.guest_take_back"), f"{desk().house.settings.admin}{_take_back_at(token)}"),
    )  # fmt: skip


def signed_as(issue: Issue, signoff: Signoff) -> str:
    """What exactly was signed: the sign-off by its name, its language; "" where it is the one approval of everything."""
    name = next((one.name for one in required_of(issue) if (one.key, one.language) == (signoff.key, signoff.language)), "")
    return " · ".join(filter(None, (name, native_name(signoff.language) if signoff.language else "")))


def _take_back_at(token: str) -> str:
    return url_for("guest_approvals.show", token=token)


def _asked(issue: Issue, link: GuestLink) -> dict[str, str]:
    """What exactly: the language to translate, the section to write."""
    if link.purpose == "translate":
        return {"language": native_name(link.about_language)}
    if link.purpose == "propose":
        return {"section": plain(link.language, f"kind.{link.about}")}
    return {"section": section_title(issue, link.about) or plain(link.language, "guests.gone_section")} if link.writes else {}


def section_title(issue: Issue, uid: str) -> str:
    """What a section is called; "" where it is gone."""
    row = next((row for row in issue.sections if row.uid == uid), None)
    return (issue_pages.heading_of(row, issue.original).text or kind_label(row.kind)) if row else ""


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
