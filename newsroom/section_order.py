"""The order of an issue's sections: changed as a whole, kept with whoever changed it, and any earlier one put back.

Sections that come and go change the order of no others: what is kept of an order are the moves.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsroom.issues import Actor, Issue
from newsroom.section_rows import lock_draft, renumber, rows_of, settle, touched
from newsroom.section_versions import ORDER, SectionVersion, keep_order, newest_of, version_at

#: Of a change of order: what stood before it, or what stood after it.
Side = Literal["before", "after"]
SIDES: tuple[Side, ...] = ("before", "after")


@dataclass(frozen=True, kw_only=True)
class Ordered:
    uids: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class OrderConflict:
    """Sections were added, removed or moved meanwhile: `uids` is the order that stands."""

    uids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Move:
    """A section that went from one place to another, both from 1."""

    uid: str
    was: int
    now: int


def order_sections(session: Session, issue: Issue, uids: Sequence[str], *, by: Actor, now: datetime) -> Ordered | OrderConflict:
    """The sections in this order; an OrderConflict where they are not these any more."""
    lock_draft(session, issue.id)
    present = [row.uid for row in rows_of(session, issue)]
    if len(uids) != len(present) or set(uids) != set(present):
        return OrderConflict(uids=tuple(present))
    return _put(session, issue, present, uids, by=by, now=now, how="move")


def put_back_order(
    session: Session, issue: Issue, version: int, *, side: Side, base: int, by: Actor, now: datetime
) -> Ordered | OrderConflict:
    """The order as it was before or after this change of it; an OrderConflict where somebody moved sections since `base`."""
    lock_draft(session, issue.id)
    earlier, newest = version_at(session, issue.id, ORDER, version), newest_of(session, issue.id, ORDER)
    present = [row.uid for row in rows_of(session, issue)]
    if newest is None or newest.version != base:
        return OrderConflict(uids=tuple(present))
    return _put(session, issue, present, as_it_was(order_of(earlier, side), present), by=by, now=now, how="restore")


def moves_since(session: Session, issue: Issue, at: datetime) -> tuple[Move, ...]:
    """What went somewhere else between that moment of the issue's life and now; what was moved and moved back went nowhere."""
    since = select(SectionVersion).where(SectionVersion.issue_id == issue.id, SectionVersion.uid == ORDER, SectionVersion.began_at > at)
    first = session.scalar(since.order_by(SectionVersion.version).limit(1))
    return moves_between(order_of(first, "before"), [row.uid for row in issue.sections]) if first else ()


def order_of(kept: SectionVersion, side: Side) -> list[str]:
    """The uids in the order that stood before this change, or after it."""
    return list(kept.content[side])


def as_it_was(earlier: Sequence[str], present: Sequence[str]) -> list[str]:
    """The present sections in their earlier order; those that came later stay behind the one they stand behind now, or first of all."""
    known = set(earlier)
    behind: dict[str, list[str]] = {"": []}
    anchor = ""
    for uid in present:
        if uid in known:
            behind[anchor := uid] = []
        else:
            behind[anchor].append(uid)
    return [*behind[""], *(each for uid in earlier if uid in behind for each in (uid, *behind[uid]))]


def moves_between(before: Sequence[str], after: Sequence[str]) -> tuple[Move, ...]:
    """The fewest sections that went somewhere else, in the order of their new places; what came or went moved nothing."""
    places = {uid: place for place, uid in enumerate(before, start=1)}
    after_both = [(uid, place) for place, uid in enumerate(after, start=1) if uid in places]
    stayed = _longest_rise([places[uid] for uid, _ in after_both])
    return tuple(Move(uid=uid, was=places[uid], now=place) for uid, place in after_both if places[uid] not in stayed)


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """The numbers of a longest rising subsequence."""
    ends: list[int] = []
    chains: list[tuple[int, ...]] = []
    for number in numbers:
        at = bisect_left(ends, number)
        chain = (*(chains[at - 1] if at else ()), number)
        ends[at:], chains[at:] = ([number, *ends[at + 1 :]], [chain, *chains[at + 1 :]])
    return set(chains[-1]) if chains else set()


def _put(session: Session, issue: Issue, present: Sequence[str], uids: Sequence[str], *, by: Actor, now: datetime, how: str) -> Ordered:
    if list(uids) != list(present):
        rows = {row.uid: row for row in rows_of(session, issue)}
        renumber([rows[uid] for uid in uids])
        keep_order(session, issue.id, present, uids, by=by, now=now, how=how)
        touched(issue, now)
        settle(session, issue)
    return Ordered(uids=tuple(uids), at=issue.updated_at)
