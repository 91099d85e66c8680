"""The letters that open an account: an invitation, and the way to a new password."""

from datetime import datetime

from sqlalchemy.orm import Session

from admin import one_time_links
from admin.accounts import User
from admin.context import desk
from admin.one_time_links import INVITE, RESET
from admin.speaking import plain
from admin.words.catalogue import FIRST
from newsroom.issues import Actor
from newsroom.one_time import fresh_token
from newsroom.staff_letters import MastheadFacts, house_masthead, post

NOBODY = "nobody@example.org"
LINES = ("subject", "button", "what", "how_long", "not_you")


def send(session: Session, user: User, purpose: str, *, by: Actor, now: datetime) -> str:
    """Post the letter with a fresh link in it; the link itself only where there is no sender to post it from, else nothing."""
    token = one_time_links.make(session, user, purpose, by=by, now=now)
    link = one_time_links.address_of(desk().house.settings.admin, token, purpose)
    sender = house_masthead(session, user.language or FIRST)
    if sender is None:
        return link
    _post(session, user, purpose, link, sender, by=by, now=now)
    return ""


def _post(session: Session, user: User, purpose: str, link: str, sender: MastheadFacts, *, by: Actor, now: datetime) -> None:
    language = user.language or FIRST
    words = {"by": by.name, "name": user.name or user.email, "email": user.email}
    keys = [f"invite_letter.{line}" if purpose == INVITE else f"reset_letter.{line}" for line in LINES]
    subject, label, *paragraphs = (plain(language, key, **words) for key in keys)
    post(
        session, to=user.email, name=user.name, language=language, subject=subject, paragraphs=paragraphs, button=(label, link),
        sender=sender, now=now,
    )  # fmt: skip


def compose_for_nobody(session: Session, *, now: datetime) -> None:
    """The work of a reset letter without the letter, so that the time it takes tells nobody which addresses have an account."""
    nobody = User(id=0, email=NOBODY, name="", language="", role="author")
    with session.begin_nested() as undone:
        sender = house_masthead(session, FIRST)
        if sender is not None:
            _post(
                session,
                nobody,
                RESET,
                one_time_links.address_of(desk().house.settings.admin, fresh_token(), RESET),
                sender,
                by=Actor(name=NOBODY),
                now=now,
            )
        undone.rollback()
