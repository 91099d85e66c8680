"""Whoever owns a milestone is reminded of it in time, in the admin and by mail; once it is done or gone, nobody is."""

from datetime import datetime

from flask import g, url_for
from sqlalchemy.orm import Session

from admin import approving, issue_pages
from admin.accounts import User
from admin.context import audited, desk
from admin.list_roles import roles_of
from admin.retelling import dated
from admin.speaking import page_language, plain
from newsroom import milestones, notices
from newsroom.clock import utc_now
from newsroom.local_times import spoken
from newsroom.milestones import Milestone
from newsroom.notices import About
from newsroom.staff_letters import masthead_of, post


def called(milestone: Milestone, language: str) -> str:
    """What it is: its own name, or its kind and language."""
    return milestone.title or plain(language, f"milestone.{milestone.kind}")


def remind(session: Session, milestone: Milestone) -> None:
    """One reminder, of what is planned now; an earlier one is taken back."""
    now = utc_now()
    notices.take_back(session, _key(milestone), now=now)
    owner = session.get(User, milestone.owner_id) if milestone.owner_id else None
    if milestone.remind_at is None or milestone.due_at <= now or owner is None or owner.deactivated_at:
        return
    at = max(milestone.remind_at, now)
    issue = milestone.issue
    facts = {
        "what": called(milestone, owner.language),
        "subject": issue_pages.name_of(issue),
        "day": spoken(milestone.due_at, issue.mailing_list.timezone),
    }
    about = About(says="reminder", facts=facts, issue_id=issue.id, key=_key(milestone))
    for notice in notices.tell(session, [owner.id], about, now=now, due_at=at):
        if owner.notices_by_mail:
            g.letters_waiting = True
            notice.delivery_id = _letter(session, milestone, owner, facts, at)


def forget(session: Session, milestone: Milestone) -> None:
    notices.take_back(session, _key(milestone), now=utc_now())


def hand_back(session: Session, user: User) -> list[str]:
    """What this person was to see to on lists that they may no longer read is nobody's from now on; each with its issue."""
    session.flush()
    rights = roles_of(session, user)
    mine = milestones.open_of(session, user.id)
    left = [milestone for milestone in mine if user.deactivated_at or not rights.may("read", milestone.issue.list_id)]
    for milestone in left:
        forget(session, milestone)
        milestone.owner_id = None
    named = [f"{called(milestone, page_language())} ({issue_pages.name_of(milestone.issue)})" for milestone in left]
    if named:
        audited(left_to_nobody="; ".join(named))
    return named


def _letter(session: Session, milestone: Milestone, owner: User, facts: dict[str, str], at: datetime) -> int:
    language, issue = owner.language, milestone.issue
    said = plain(language, "notice.reminder", **{**facts, "day": dated(facts["day"], language)})
    page = f"{desk().house.settings.admin}{url_for('calendar.plan_of', issue_id=issue.id)}"
    return post(
        session, to=owner.email, name=owner.name, language=language, subject=said,
        paragraphs=[plain(language, "letter.hello", name=approving.shown_name(owner)), said],
        button=(plain(language, "letter.open"), page), sender=masthead_of(issue.mailing_list, language), now=utc_now(), due_at=at,
    )  # fmt: skip


def _key(milestone: Milestone) -> str:
    return f"milestone:{milestone.id}"
