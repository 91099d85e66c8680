"""Whoever must act on an issue is told, in the admin and by mail; what is no longer so is taken back."""

from collections.abc import Collection, Mapping
from typing import Any

from flask import Response, g, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin import approving, issue_pages
from admin.accounts import User
from admin.context import desk, visitor
from admin.retelling import dated
from admin.speaking import plain
from admin.who_may import who_may
from admin.words.catalogue import FIRST
from newsroom import notices
from newsroom.clock import utc_now
from newsroom.comments import WHOLE, Comment, take_part
from newsroom.given_signoffs import Signoff
from newsroom.guests import GuestLink
from newsroom.issues import Actor, Issue, IssueEvent
from newsroom.localized import best_wording
from newsroom.notices import About, Notice
from newsroom.signoffs import Complete, Signed, standing_of, would_cover
from newsroom.staff_letters import masthead_of, post

LONGEST_EXCERPT = 280
#: Where one acts on a notice; the issue's own page for every other.
PAGES = {
    "review_wanted": "reviews.show", "commented": "reviews.show", "guest_translated": "languages.index", "guest_wrote": "composer.page",
    "guest_proposed": "proposals.index", "guest_took_back": "reviews.show", "guest_not_theirs": "reviews.show",
}  # fmt: skip
#: What is said when a guest is finished, by what they were asked for.
FINISHED = {"translate": "guest_translated", "contribute": "guest_wrote", "propose": "guest_proposed"}


def submitted(session: Session, issue: Issue) -> None:
    """To everybody whose word would bring it further."""
    _settled(session, issue, "changes")
    _settled(session, issue, "reopened")
    people = approving.approvers(session, issue)
    standing = standing_of(session, issue)
    wanted = {number for number in people if any(would_cover(issue, one, people, number) for one in standing)}
    _tell(session, issue, wanted, "review_wanted", "review")


def sent_back(session: Session, issue: Issue, reason: str) -> None:
    """To whoever wrote it and whoever submitted it."""
    _settled(session, issue, "review")
    _tell(session, issue, _writers(session, issue), "changes_wanted", "changes", text=_excerpt(reason))


def taken_back(session: Session, issue: Issue) -> None:
    """Nobody has to look at it any more."""
    _settled(session, issue, "review")


def signed(session: Session, issue: Issue, done: Signed | Complete) -> None:
    """Once it is approved: to whoever may send it, and to whoever wrote it."""
    if (user_id := _by().user_id) is not None:
        notices.mark_read(session, user_id, issue_id=issue.id, now=utc_now())
    if isinstance(done, Complete):
        _settled(session, issue, "review")
        senders = {user.id for user in who_may(session, "schedule", issue.list_id)}
        _tell(session, issue, senders | _writers(session, issue), "approved", "approved")


def reopened(session: Session, issue: Issue, *, was_scheduled: bool = False) -> None:
    """To whoever had signed: they will have to again. To whoever gave it its time, and counts on it."""
    _settled(session, issue, "approved")
    _settled(session, issue, "links")
    gave = select(Signoff.user_id).where(Signoff.issue_id == issue.id, Signoff.user_id.is_not(None))
    signers = {number for number in session.scalars(gave) if number is not None}
    _tell(session, issue, signers, "reopened", "reopened")
    if was_scheduled:
        _tell(session, issue, _did(session, issue, "schedule") - signers, "reopened_scheduled", "reopened")


def commented(session: Session, issue: Issue, comment: Comment) -> None:
    """To whoever takes part in the thread, and to who wrote last what it is about."""
    first = session.get_one(Comment, comment.reply_to) if comment.reply_to else comment
    wrote = {row.updated_by for row in issue.sections if row.uid == first.uid} if first.uid != WHOLE else _writers(session, issue)
    people = take_part(session, first) | {number for number in wrote if number is not None}
    _tell(session, issue, people, "commented", f"comment:{comment.id}", text=_excerpt(comment.text))


def guest_finished(session: Session, issue: Issue, link: GuestLink) -> None:
    """To whoever invited them; to all who may invite guests where that person may no longer read it."""
    _tell(session, issue, _hosts(session, issue, link), FINISHED[link.purpose], f"guest:{link.id}")


def guest_took_back(session: Session, issue: Issue, link: GuestLink, *, not_theirs: bool, reopened: bool) -> None:
    """To whoever invited them; of an issue that was approved, also to who may send it, who wrote it and who had signed."""
    people = _hosts(session, issue, link)
    if reopened:
        _settled(session, issue, "approved")
        gave = select(Signoff.user_id).where(Signoff.issue_id == issue.id, Signoff.user_id.is_not(None))
        senders = {user.id for user in who_may(session, "schedule", issue.list_id)}
        people |= senders | _writers(session, issue) | {number for number in session.scalars(gave) if number is not None}
    _tell(session, issue, people, "guest_not_theirs" if not_theirs else "guest_took_back", f"guest:{link.id}")


def _hosts(session: Session, issue: Issue, link: GuestLink) -> set[int]:
    hosts = {user.id for user in who_may(session, "manage_guests", issue.list_id)}
    return {link.user_id} & hosts or hosts if link.user_id else hosts


def _by() -> Actor:
    """The guest whose link it is, else the person who is logged in."""
    signed_in = visitor()
    found: Actor = signed_in.actor if signed_in else g.actor
    return found


def _writers(session: Session, issue: Issue) -> set[int]:
    found = {issue.front_by, *(section.updated_by for section in issue.sections)}
    return {number for number in found if number is not None} | _did(session, issue, "submit")


def _did(session: Session, issue: Issue, action: str) -> set[int]:
    """Who did this last, if it was one of the staff."""
    deeds = select(IssueEvent.user_id).where(IssueEvent.issue_id == issue.id, IssueEvent.action == action)
    last = session.scalars(deeds.order_by(IssueEvent.id.desc()).limit(1)).first()
    return set() if last is None else {last}


def _settled(session: Session, issue: Issue, matter: str) -> None:
    notices.take_back(session, f"{matter}:{issue.id}", now=utc_now())


def _tell(session: Session, issue: Issue, user_ids: Collection[int], says: str, matter: str, *, text: str = "") -> None:
    """Nobody is told of what they did themselves, nor of what they may no longer read."""
    readers = {user.id: user for user in who_may(session, "read", issue.list_id)}
    wanted = [number for number in user_ids if number in readers and number != _by().user_id]
    subject = issue_pages.name_of(issue)
    facts = {"subject": subject, "actor": _by().name} | ({"text": text} if text else {})
    about = About(says=says, facts=facts, issue_id=issue.id, key=f"{matter}:{issue.id}")
    for notice in notices.tell(session, wanted, about, now=utc_now()):
        if readers[notice.user_id].notices_by_mail:
            notice.delivery_id = _post(session, issue, readers[notice.user_id], notice)


def ring_for_letters(response: Response) -> Response:
    """After the commit of whatever wrote letters in this request."""
    if g.pop("letters_waiting", False):
        desk().ring(0)
    return response


def _post(session: Session, issue: Issue, user: User, notice: Notice) -> int:
    g.letters_waiting = True
    language, facts = user.language or FIRST, {name: str(value) for name, value in notice.facts.items()}
    said = facts.pop("text", "")
    list_title = best_wording(issue.mailing_list.title, (language,), original=issue.mailing_list.original)
    paragraphs = [
        plain(language, "letter.hello", name=approving.shown_name(user)),
        plain(language, f"notice.{notice.says}", **facts),
        *([said] if said else []),
        plain(language, f"letter.{notice.says}", list=list_title.text if list_title else issue.mailing_list.slug),
    ]
    return post(
        session, to=user.email, name=user.name, language=language, subject=plain(language, f"notice.{notice.says}", **facts),
        paragraphs=paragraphs, button=(plain(language, "letter.open"), page_of(notice, external=True)),
        sender=masthead_of(issue.mailing_list, language), now=utc_now(),
    )  # fmt: skip


def page_of(notice: Notice, *, external: bool = False) -> str:
    """Where one acts on it."""
    page = PAGES.get(notice.says, "issues.show")
    path = url_for("notices.index") if notice.issue_id is None else url_for(page, issue_id=notice.issue_id)
    return f"{desk().house.settings.admin}{path}" if external else path


def _excerpt(text: str) -> str:
    return text if len(text) <= LONGEST_EXCERPT else text[: LONGEST_EXCERPT - 1].rsplit(" ", 1)[0] + "…"


def facts_of(notice: Notice) -> Mapping[str, Any]:
    """What fills the sentence of a notice, without what stands below it."""
    return {name: dated(value) if name == "day" else value for name, value in notice.facts.items() if name != "text"}
