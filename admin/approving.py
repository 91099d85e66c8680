"""The sign-offs of an issue as one person sees them: given by whom, waiting for whom, theirs to give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel.lists import format_list
from sqlalchemy.orm import Session

from admin.accounts import User
from admin.context import desk, person
from admin.speaking import locale, tp
from admin.who_may import who_may
from newsroom.clock import utc_now
from newsroom.given_signoffs import Signoff, signoffs_of
from newsroom.issues import Actor, Issue
from newsroom.signoffs import HERE, Complete, Paper, Signed, Standing, Unaccepted, sign, standing_of, would_cover


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One required sign-off. `waiting` are the people whose word would bring it further; `alone`: one of them is enough."""

    standing: Standing
    waiting: tuple[str, ...]
    alone: bool
    is_mine: bool

    @property
    def place(self) -> str:
        """How a form names it."""
        return f"{self.standing.required.key}:{self.standing.required.language}"

    @property
    def waiting_for(self) -> str:
        return listed(self.waiting, alone=self.alone)


@dataclass(frozen=True, kw_only=True)
class Review:
    """All of them, and the sign-offs of before that no longer count."""

    entries: tuple[Entry, ...]
    void: tuple[Signoff, ...]

    @property
    def mine(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.is_mine)

    @property
    def waiting_for(self) -> str:
        still = [entry for entry in self.entries if not entry.standing.is_complete]
        names = tuple(dict.fromkeys(name for entry in still for name in entry.waiting))
        return listed(names, alone=len(still) == 1 and still[0].alone)


def listed(names: Sequence[str], *, alone: bool) -> str:
    """Ana or Ben; Ana and Ben where it takes both."""
    return format_list(list(names), style="or" if alone else "standard", locale=locale())


def review_of(session: Session, issue: Issue, *, user_id: int | None) -> Review:
    """In a fixed number of queries."""
    people = approvers(session, issue)
    entries = tuple(_entry(issue, standing, people, user_id) for standing in standing_of(session, issue))
    return Review(entries=entries, void=tuple(one for one in signoffs_of(session, issue.id) if one.void_at is not None))


def approvers(session: Session, issue: Issue) -> Mapping[int, User]:
    return {user.id: user for user in who_may(session, "approve", issue.list_id)}


def sign_here(
    session: Session, issue: Issue, *, only: tuple[str, str] | None = None, by: Actor | None = None, way: str = HERE, reason: str = "",
    warned: str = "", note: str = "", paper: Paper | None = None,
) -> Signed | Complete | Unaccepted:  # fmt: skip
    """In this house and at this moment; by the person who asks unless somebody else is named."""
    house = desk().house
    return sign(
        session, issue, only=only, approvers=approvers(session, issue), keys=house.keys, public_url=house.settings.public_url,
        by=by or person().actor, now=utc_now(), way=way, reason=reason, warned=warned, note=note, paper=paper,
    )  # fmt: skip


def said(session: Session, issue: Issue, done: Signed | Complete) -> str:
    """What came of it, for the next page."""
    if isinstance(done, Complete):
        return tp("review.approved")
    waiting = review_of(session, issue, user_id=None).waiting_for
    sentence = tp("review.signed_waiting", who=waiting) if waiting else tp("review.signed_nobody")
    return f"{sentence} {tp('review.voided')}" if done.voided else sentence


def shown_name(user: User) -> str:
    return user.name or user.email.partition("@")[0]


def _entry(issue: Issue, standing: Standing, people: Mapping[int, User], user_id: int | None) -> Entry:
    open_to = {number: would_cover(issue, standing, people, number) for number in people}
    names = tuple(shown_name(people[number]) for number, uids in open_to.items() if uids)
    alone = any(uids == standing.lacking for uids in open_to.values())
    return Entry(standing=standing, waiting=names, alone=alone, is_mine=bool(open_to.get(user_id or 0)))
