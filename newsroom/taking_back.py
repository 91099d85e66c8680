"""A guest's own way back: whoever approved by a link is told by mail, and can say that it no longer counts, or was never theirs."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsroom import issues, tokens
from newsroom.errors import TokenRefused
from newsroom.given_signoffs import Signoff
from newsroom.guests import CLOSED, GuestLink, reopen
from newsroom.issues import Issue
from newsroom.keys import KeyRing

PURPOSE = "take_back"
#: Why a sign-off of a guest no longer counts: they thought better of it, or somebody else had used their link.
TAKEN_BACK, NOT_THEIRS = "taken_back", "not_theirs"
#: From here on the letters may be on their way: an approval cannot be taken back, only the sending stopped by the staff.
BEFORE_SENDING = frozenset({"draft", "in_review", "approved", "scheduled"})


@dataclass(frozen=True, kw_only=True)
class Given:
    """An approval of a guest, and the issue as it stands now."""

    signoff: Signoff
    link: GuestLink
    issue: Issue

    @property
    def counts(self) -> bool:
        return self.signoff.void_at is None

    @property
    def is_too_late(self) -> bool:
        return self.counts and self.issue.state not in BEFORE_SENDING


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """It no longer counts. `reopened`: the issue had been approved with it, and is open for writing again."""

    given: Given
    reopened: bool


@dataclass(frozen=True, kw_only=True)
class TooLate:
    """The issue is being sent, or was: nothing has changed."""

    given: Given


@dataclass(frozen=True, kw_only=True)
class NothingToTake:
    """It had lost its effect before."""

    given: Given


def token_of(keys: KeyRing, signoff: Signoff) -> str:
    """Good as long as there is something to take back; it stands in one letter, to the address that the guest was invited by."""
    return tokens.sign(keys, PURPOSE, signoff.id)


def given_by(session: Session, keys: KeyRing, token: str, *, hold: bool = False) -> Given:
    """What this token is about; with `hold` nobody else moves the issue. TokenRefused in the sentence of every closed link."""
    try:
        (signoff_id,) = tokens.read(keys, PURPOSE, token)
    except (TokenRefused, ValueError):
        raise TokenRefused(CLOSED) from None
    signoff = session.get(Signoff, signoff_id)
    link = session.get(GuestLink, signoff.guest_id, with_for_update=hold or None) if signoff and signoff.guest_id else None
    if signoff is None or link is None:
        raise TokenRefused(CLOSED)
    issue = session.get_one(Issue, signoff.issue_id, with_for_update=hold or None)
    if hold:
        session.refresh(signoff)
    return Given(signoff=signoff, link=link, issue=issue)


def take_back(session: Session, given: Given, *, not_theirs: bool, now: datetime) -> TakenBack | TooLate | NothingToTake:
    """It no longer counts; an issue that was approved or scheduled with it goes back to writing. Of `given`, held.

    What was never theirs closes the link, for somebody else has it; who thought better of it can approve again.
    """
    if not given.counts:
        return NothingToTake(given=given)
    if given.is_too_late:
        return TooLate(given=given)
    signoff, link, issue = given.signoff, given.link, given.issue
    signoff.void_at, signoff.void_why = now, NOT_THEIRS if not_theirs else TAKEN_BACK
    reopen(link)
    if not_theirs:
        link.revoked_at = link.revoked_at or now
    session.flush()
    reopened = issue.state in ("approved", "scheduled")
    if reopened:
        issues.reopen(session, issue, by=link.actor, now=now)
    return TakenBack(given=given, reopened=reopened)


def newest_of(session: Session, link: GuestLink) -> Signoff | None:
    """The approval that this guest gave last."""
    own = select(Signoff).where(Signoff.guest_id == link.id).order_by(Signoff.id.desc()).limit(1)
    return session.scalar(own)
