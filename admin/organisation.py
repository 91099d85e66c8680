"""Whose Newsroom this is, and how far its first set-up has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, Text, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.addresses import parse_address
from newsroom.db import Base, BigId, PrimaryKey, Word
from newsroom.errors import InvalidAddress, InvalidInput, Problem, Refused
from newsroom.issue_making import suggest_slug
from newsroom.mailing_lists import MailingList, add_list, check_list

ONLY = 1
#: After the account, which is step zero. The last one ends it.
STEPS = ("organisation", "sender", "mail", "languages", "sample")
NOT_EMPTY = "Please fill this in."


class Organisation(Base):
    """One row, made by the first step of the set-up. `step` is the next one to be done; the first list is made of what it holds."""

    __tablename__ = "organisation"

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(String(200), default="")
    postal_address: Mapped[str] = mapped_column(Text, default="")
    list_title: Mapped[str] = mapped_column(String(200), default="")
    from_name: Mapped[str] = mapped_column(String(200), default="")
    from_address: Mapped[str] = mapped_column(String(254), default="")
    list_id: Mapped[int | None] = mapped_column(BigId)
    step: Mapped[Word]
    done_at: Mapped[datetime | None]


@dataclass(frozen=True, kw_only=True)
class Tongues:
    """In which languages the first list writes, the original first, and on whose clock."""

    languages: Sequence[str]
    timezone: str


def organisation(session: Session) -> Organisation | None:
    return session.get(Organisation, ONLY)


def unfinished(session: Session) -> str:
    """The step that waits, of a set-up that was begun and left; else empty."""
    ours = organisation(session)
    return ours.step if ours is not None and ours.done_at is None else ""


def begin(session: Session) -> Organisation:
    """The row; Refused where another browser was faster."""
    made = Organisation(id=ONLY, step=STEPS[0])
    session.add(made)
    try:
        session.flush()
    except IntegrityError:
        raise Refused("Somebody else has just begun this set-up. Log in with the account they made.") from None
    return made


def name_it(ours: Organisation, *, name: str, postal_address: str) -> None:
    _fill(ours, name=name, postal_address=postal_address)


def name_sender(ours: Organisation, *, list_title: str, from_name: str, from_address: str) -> None:
    _fill(ours, list_title=list_title, from_name=from_name, from_address=from_address)


def keep_list(session: Session, ours: Organisation, tongues: Tongues, *, now: datetime) -> MailingList:
    """The first list, made of what is known; a second time through the step it is changed."""
    known = session.get(MailingList, ours.list_id) if ours.list_id else None
    mailing_list = _changed(known, ours, tongues) if known else _made(session, ours, tongues, now)
    ours.list_id = mailing_list.id
    return mailing_list


def step_on(ours: Organisation, done: str) -> str:
    """The step after this one. Who went back to look stays as far as they were."""
    after = STEPS[min(STEPS.index(done) + 1, len(STEPS) - 1)]
    if STEPS.index(after) > STEPS.index(ours.step):
        ours.step = after
    return after


def _fill(ours: Organisation, **facts: str) -> None:
    """Every fact, or InvalidInput with what is wrong beside each."""
    problems = [problem for name, value in facts.items() for problem in _problems(name, value)]
    if problems:
        raise InvalidInput(problems)
    for name, value in facts.items():
        setattr(ours, name, value)


def _problems(name: str, value: str) -> list[Problem]:
    longest: Any = Organisation.__table__.c[name].type
    if not value:
        return [Problem(place=name, message=NOT_EMPTY)]
    if getattr(longest, "length", None) and len(value) > longest.length:
        return [Problem(place=name, message=f"This is too long: at most {longest.length} characters fit.")]
    return _address_problems(value) if name == "from_address" else []


def _address_problems(address: str) -> list[Problem]:
    try:
        parse_address(address, place="from_address")
    except InvalidAddress as error:
        return list(error.problems)
    return []


def _made(session: Session, ours: Organisation, tongues: Tongues, now: datetime) -> MailingList:
    slug = suggest_slug(ours.list_title, session.scalars(select(MailingList.slug)).all(), now=now, otherwise="newsletter")
    return add_list(
        session, slug=slug, title=ours.list_title, from_name=ours.from_name, from_address=ours.from_address,
        postal_address=ours.postal_address, languages=tongues.languages, timezone=tongues.timezone, now=now,
    )  # fmt: skip


def _changed(known: MailingList, ours: Organisation, tongues: Tongues) -> MailingList:
    known.title, known.from_name, known.from_address = ours.list_title, ours.from_name, ours.from_address
    known.postal_address, known.languages, known.timezone = ours.postal_address, list(tongues.languages), tongues.timezone
    check_list(known)
    return known
