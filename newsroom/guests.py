"""Guests: people who approve, comment, translate or write by a link of one purpose, without an account.

A link is bound to the first browser that opens it; any other needs a code that is mailed to the guest. Five wrong codes close it. What
is unknown, expired, taken back or closed is told in one sentence. Token and code are kept as digests alone.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.addresses import parse_address
from newsroom.db import Base, BigId, PrimaryKey, Word
from newsroom.errors import InvalidInput, NotFound, Problem, Refused, TokenRefused
from newsroom.issues import Actor, Issue
from newsroom.one_time import digest_of, fresh_token

#: approve or comment; translate one language; write an existing section; propose a new one of a kind.
PURPOSES = ("approve", "comment", "translate", "contribute", "propose")
READING, WRITING = PURPOSES[:2], PURPOSES[2:]
LONGEST_NAME = 200
LONGEST_DAYS = 60
CODE_LASTS = timedelta(minutes=15)
CODES_APART = timedelta(minutes=1)
MOST_TRIES = 5
CLOSED = "This link does not open anything any more. Ask whoever sent it for a new one."


class GuestLink(Base):
    """One link of one guest; `browser` is the digest of the cookie it is bound to.

    `about` is what it is for: the sign-off, the section's uid, or the kind of a new one; `about_language` that of the sign-off, or the
    language to translate. `language` is the one in which the guest is spoken to.
    """

    __tablename__ = "guest_links"

    id: Mapped[PrimaryKey]
    issue_id: Mapped[int] = mapped_column(BigId, ForeignKey("issues.id"), index=True)
    purpose: Mapped[Word]
    language: Mapped[str] = mapped_column(String(16), default="")
    about: Mapped[Word] = mapped_column("signoff_key", default="")
    about_language: Mapped[str] = mapped_column("signoff_language", String(16), default="")
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    browser: Mapped[str] = mapped_column(String(64), default="")
    code_digest: Mapped[str] = mapped_column(String(64), default="")
    code_expires_at: Mapped[datetime | None]
    code_tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[int | None] = mapped_column(BigId)
    expires_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    @property
    def actor(self) -> Actor:
        return Actor(name=self.name, guest_id=self.id)

    def is_open(self, now: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > now

    @property
    def writes(self) -> bool:
        return self.purpose in WRITING

    def is_bound_to(self, cookie: str) -> bool:
        return bool(self.browser) and hmac.compare_digest(self.browser, digest_of(cookie))


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """Whom, what for (`about`: as in GuestLink, with its language), in which language, and for how long."""

    name: str
    email: str
    purpose: str
    language: str
    days: int
    about: tuple[str, str] = ("", "")


def invite(session: Session, issue: Issue, wanted: Invitation, *, by: Actor, now: datetime) -> tuple[GuestLink, str]:
    """A link, and its token, which is kept nowhere. InvalidInput with everything that is wrong."""
    name, problems = wanted.name.strip(), []
    if not 0 < len(name) <= LONGEST_NAME:
        problems.append(Problem(place="name", message=f"needs 1 to {LONGEST_NAME} characters."))
    if not 1 <= wanted.days <= LONGEST_DAYS:
        problems.append(Problem(place="days", message=f"must be 1 to {LONGEST_DAYS}."))
    if wanted.purpose not in PURPOSES:
        problems.append(Problem(place="purpose", message=f"must be {' or '.join(PURPOSES)}."))
    try:
        email = parse_address(wanted.email, place="email").addr_spec
    except InvalidInput as error:
        problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
    token = fresh_token()
    link = GuestLink(
        issue_id=issue.id, purpose=wanted.purpose, language=wanted.language, about=wanted.about[0],
        about_language=wanted.about[1], name=name, email=email, digest=digest_of(token), created_at=now, created_by=by.name,
        user_id=by.user_id, expires_at=now + timedelta(days=wanted.days),
    )  # fmt: skip
    session.add(link)
    session.flush()
    return link, token


def links_of(session: Session, issue_id: int) -> list[GuestLink]:
    """The newest first."""
    return list(session.scalars(select(GuestLink).where(GuestLink.issue_id == issue_id).order_by(GuestLink.id.desc())))


def link_of(session: Session, token: str, *, hold: bool, now: datetime) -> GuestLink:
    """The open link of this token, with `hold` until the end of the transaction; TokenRefused in one sentence for every other."""
    chosen = select(GuestLink).where(GuestLink.digest == digest_of(token))
    found = session.scalar(chosen.with_for_update() if hold else chosen)
    if found is None or not found.is_open(now):
        raise TokenRefused(CLOSED)
    return found


def bind(link: GuestLink, *, now: datetime) -> str:
    """Bind a link that is not bound yet to a browser; the cookie to give it. Refused where another was first."""
    if link.browser:
        raise Refused("This link was opened in another browser before. Ask for a code by mail.")
    return _bound(link, now)


def send_code(link: GuestLink, *, now: datetime) -> str:
    """Six digits to mail to the guest; once a minute at most."""
    if link.code_expires_at and link.code_expires_at - CODE_LASTS > now - CODES_APART:
        raise Refused("A code was sent a moment ago. Look into your mail, or try again in a minute.")
    code = f"{secrets.randbelow(1_000_000):06}"
    link.code_digest, link.code_expires_at = digest_of(f"{link.id}:{code}"), now + CODE_LASTS
    return code


def enter_code(link: GuestLink, code: str, *, now: datetime) -> str | None:
    """The cookie for this browser, which the link is bound to from now on; None for a wrong code, the fifth of which closes the link."""
    good = bool(link.code_digest) and link.code_expires_at is not None and link.code_expires_at > now
    if good and hmac.compare_digest(link.code_digest, digest_of(f"{link.id}:{''.join(code.split())}")):
        return _bound(link, now)
    link.code_tries += 1
    if link.code_tries >= MOST_TRIES:
        link.revoked_at = now
    return None


def finish(link: GuestLink, *, now: datetime) -> None:
    """The guest has done what they were asked for; the link can still be read."""
    link.finished_at = now if link.purpose == "approve" else link.finished_at or now


def guest_of(session: Session, issue_id: int, guest_id: int) -> GuestLink:
    """Held until the end of the transaction; NotFound for a guest of another issue."""
    found = session.scalar(select(GuestLink).where(GuestLink.id == guest_id, GuestLink.issue_id == issue_id).with_for_update())
    if found is None:
        raise NotFound(f"There is no guest {guest_id} of this issue.")
    return found


def revoke(session: Session, issue_id: int, guest_id: int, *, now: datetime) -> GuestLink:
    """The link opens nothing from now on; what was done by it stays."""
    found = guest_of(session, issue_id, guest_id)
    found.revoked_at = found.revoked_at or now
    return found


def reopen(link: GuestLink) -> None:
    """What was finished can be written again."""
    link.finished_at = None


def extend(link: GuestLink, days: int, *, now: datetime) -> None:
    """So many days more, counted from now where it has expired; never further ahead than a new link would reach."""
    refuse_revoked(link)
    later = max(link.expires_at, now) + timedelta(days=days)
    link.expires_at = max(link.expires_at, min(later, now + timedelta(days=LONGEST_DAYS)))


def renew(link: GuestLink, *, now: datetime) -> str:
    """Another token for the same guest: the one before opens nothing any more, and the next browser that opens the new one has it."""
    refuse_revoked(link)
    if link.expires_at <= now:
        raise Refused("This link has expired. Extend it first.")
    token = fresh_token()
    link.digest, link.browser, link.code_digest, link.code_expires_at, link.code_tries = digest_of(token), "", "", None, 0
    return token


def refuse_revoked(link: GuestLink) -> None:
    if link.revoked_at is not None:
        raise Refused("This link was taken back or closed. Invite the guest anew.")


def still_writing(session: Session, issue_id: int) -> frozenset[int]:
    """The guests who propose a section and have not handed it in."""
    unfinished = GuestLink.issue_id == issue_id, GuestLink.purpose == "propose", GuestLink.finished_at.is_(None)
    return frozenset(session.scalars(select(GuestLink.id).where(*unfinished)))


def _bound(link: GuestLink, now: datetime) -> str:
    cookie = fresh_token()
    link.browser, link.seen_at, link.code_digest, link.code_expires_at, link.code_tries = digest_of(cookie), now, "", None, 0
    return cookie
