"""The ledger: claim, mark, record, release. The row is the queue; every statement takes its WHERE from DELIVERY_LIFECYCLE.

Claim and mark are fenced by the worker session's token, outcomes by the attempt number. Locks are taken in the order issue,
subscriber, delivery, so that a mark and a stop wait for each other and never deadlock. Of many deliveries the lowest id is locked
first (`hold_in_order`), or those that are locked are left out (`free`: the claims, the clock). Functions take the connection of
an open transaction and never commit.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection, Update, select, update

from newsroom.deliveries import DELIVERY_LIFECYCLE, Delivery
from newsroom.sendqueue.claim_rounds import held_by
from newsroom.sendqueue.database_clock import ahead, clock_now
from newsroom.sendqueue.ledger_text import Done, Wanted, carry_out
from newsroom.sendqueue.recording import Record, accepted_rows, note_late, record
from newsroom.sendqueue.throttle_buckets import give_back
from newsroom.sendqueue.transports.base import Accepted
from subscribers.models import Subscriber

EXPRESS_KINDS = ("confirmation", "notice", "test")
CONTENT_TRIES = 3
CONTENT_PAUSE = timedelta(seconds=30)
REASON_LENGTH = 200


class Claim(NamedTuple):
    """A delivery that this worker session holds, as it stands at the claim."""

    token: str
    delivery_id: int
    kind: str
    issue_id: int | None
    list_id: int | None
    rendition_id: int | None
    subscriber_id: int | None
    subscriber_version: int
    attempt: int
    setbacks: int
    address: str
    domain: str
    language: str
    cut: tuple[str, ...] | None
    name: str = ""
    relay: str = ""


@dataclass(frozen=True, kw_only=True)
class Marks:
    """Which letters may have their dot, and why the others may not. `unreleased`: withheld, and still to be given back."""

    granted: frozenset[int]
    withheld: dict[int, str]
    stopped_issues: frozenset[int] = frozenset()
    unreleased: frozenset[int] = frozenset()


def moving(action: str) -> Update:
    """An update that performs this action wherever the lifecycle allows it."""
    states = DELIVERY_LIFECYCLE.sources(action)
    return update(Delivery).where(Delivery.state.in_(states)).values(state=DELIVERY_LIFECYCLE.target(action))


def settle(connection: Connection, token: str, *, records: Sequence[Record], claims: Sequence[Claim]) -> Marks:
    """One group in an open transaction: hold what the marks depend on, mark, and write down what became of earlier letters."""
    group = Group(token, tuple(claims), tuple(records))
    record(connection, group.unusual)
    return conclude(connection, group, carry_out(connection, group.wanted))


@dataclass(frozen=True)
class Group:
    """What one transaction settles. The acceptances and the marks go together; everything else is rare, and `unusual`."""

    token: str
    claims: Sequence[Claim]
    records: Sequence[Record]

    @property
    def unusual(self) -> list[Record]:
        return [entry for entry in self.records if not isinstance(entry.outcome, Accepted)]

    @cached_property
    def accepted(self) -> list[Record]:
        return [entry for entry in self.records if isinstance(entry.outcome, Accepted)]

    @cached_property
    def issues(self) -> set[int]:
        return {claim.issue_id for claim in self.claims if claim.kind == "issue" and claim.issue_id is not None}

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            token=self.token, issues=sorted(self.issues), accepted=sorted(accepted_rows(self.accepted), key=itemgetter(0)),
            marks=[(claim.delivery_id, claim.subscriber_id, claim.subscriber_version) for claim in self.claims],
        )  # fmt: skip


def conclude(connection: Connection, group: Group, done: Done) -> Marks:
    """What was done: which marks were granted; those withheld go back into the queue, what came too late is kept as evidence."""
    marks = marks_of(group, done)
    if came_late(group, done):
        note_late(connection, group.accepted)
    if withheld := [claim for claim in group.claims if claim.delivery_id not in marks.granted]:
        reasons = _why_not(connection, withheld, marks.stopped_issues)
        release(connection, group.token, reasons)
        return replace(marks, withheld=reasons)
    return marks


def marks_of(group: Group, done: Done) -> Marks:
    return Marks(granted=done.marked, withheld={}, stopped_issues=frozenset(group.issues - done.sending))


def came_late(group: Group, done: Done) -> bool:
    """An acceptance found its row gone on without it."""
    return done.accepted != len(group.accepted)


def _why_not(connection: Connection, withheld: Sequence[Claim], stopped: Collection[int]) -> dict[int, str]:
    people = {claim.subscriber_id for claim in withheld if claim.subscriber_id is not None}
    versions = {
        row.id: row.version for row in connection.execute(select(Subscriber.id, Subscriber.version).where(Subscriber.id.in_(people)))
    }
    return {claim.delivery_id: _reason(claim, versions, stopped) for claim in withheld}


def _reason(claim: Claim, versions: Mapping[int, int], stopped: Collection[int]) -> str:
    if claim.kind == "issue" and claim.issue_id in stopped:
        return "the issue is not being sent"
    if claim.subscriber_id is not None and versions.get(claim.subscriber_id) != claim.subscriber_version:
        return "the person has changed something"
    return "it is no longer claimed by this worker"


def release(connection: Connection, token: str, deliveries: Iterable[int]) -> int:
    """Back into the queue what this session claimed and did not mark; free of charge."""
    numbers = list(deliveries)
    give_back(connection, token, numbers)
    given_back = moving("release").where(
        Delivery.id.in_(numbers), Delivery.worker_token == token, Delivery.state.in_(DELIVERY_LIFECYCLE.sources("mark"))
    )
    return connection.execute(given_back.values(worker_token=None, claimed_at=None)).rowcount


def release_everything(connection: Connection, token: str) -> int:
    """All that this session holds unmarked: at its end."""
    unmarked = Delivery.state.in_(DELIVERY_LIFECYCLE.sources("mark"))
    return release(connection, token, connection.scalars(select(Delivery.id).where(held_by(connection, token), unmarked)).all())


def suppress_claimed(connection: Connection, token: str, deliveries: Collection[int], reason: str) -> None:
    """Claimed, and then found that this person gets no letter."""
    held = moving("suppress").where(Delivery.id.in_(deliveries), Delivery.worker_token == token)
    connection.execute(held.values(closed_at=clock_now(), reason=reason[:REASON_LENGTH], worker_token=None))


def set_back(connection: Connection, claim: Claim, reason: str) -> None:
    """This person's letter could not be made: tried again, the third time set aside with the reason; everybody else goes on."""
    setbacks = claim.setbacks + 1
    facts = {"setbacks": setbacks, "reason": reason[:REASON_LENGTH], "worker_token": None}
    mine = (Delivery.id == claim.delivery_id, Delivery.worker_token == claim.token)
    if setbacks >= CONTENT_TRIES:
        connection.execute(moving("set_aside").where(*mine).values(**facts, closed_at=clock_now()))
    else:
        held = moving("release").where(*mine, Delivery.state.in_(DELIVERY_LIFECYCLE.sources("set_aside")))
        connection.execute(held.values(**facts, claimed_at=None, due_at=ahead(CONTENT_PAUSE.total_seconds())))
