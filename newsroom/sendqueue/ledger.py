"""The ledger: claim, mark, record, release. The row is the queue; every statement takes its WHERE from DELIVERY_LIFECYCLE.

Claim and mark are fenced by the worker session's token, outcomes by the attempt number. Locks are taken in the order issue,
subscriber, delivery, so that a mark and a stop wait for each other and never deadlock. Functions take the connection of an
open transaction and never commit.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection, Update, select, update

from newsroom.deliveries import DELIVERY_LIFECYCLE, Delivery
from newsroom.sendqueue.claim_rounds import held_by
from newsroom.sendqueue.database_clock import ahead, clock_now
from newsroom.sendqueue.ledger_text import Done, LedgerText, Step, carry_out, text_for
from newsroom.sendqueue.recording import Record, accepted_rows, note_late, record
from newsroom.sendqueue.throttle_buckets import give_back
from newsroom.sendqueue.transports.base import Accepted
from subscribers.models import Subscriber

EXPRESS_KINDS = ("confirmation", "notice", "test")
CONTENT_TRIES = 3
CONTENT_PAUSE = timedelta(seconds=30)
REASON_LENGTH = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
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
    return conclude(connection, group, [carry_out(connection, step) for step in group.steps(text_for(connection))])


@dataclass(frozen=True)
class Group:
    """What one transaction settles. The acceptances and the marks are three steps; everything else is rare, and `unusual`."""

    token: str
    claims: Sequence[Claim]
    records: Sequence[Record]

    @property
    def unusual(self) -> list[Record]:
        return [entry for entry in self.records if not isinstance(entry.outcome, Accepted)]

    @property
    def accepted(self) -> list[Record]:
        return [entry for entry in self.records if isinstance(entry.outcome, Accepted)]

    @property
    def issues(self) -> set[int]:
        return {claim.issue_id for claim in self.claims if claim.kind == "issue" and claim.issue_id is not None}

    def steps(self, text: LedgerText) -> list[Step]:
        """Holding, accepting, marking: always in this order, each left out where there is nothing to do."""
        steps = [text.hold_issues(sorted(self.issues))] if self.issues else []
        if accepted := self.accepted:
            steps.append(text.accept(accepted_rows(accepted)))
        if mine := self.claims:
            steps.append(
                text.mark(
                    self.token,
                    [claim.delivery_id for claim in mine],
                    [claim.subscriber_id for claim in mine],
                    [claim.subscriber_version for claim in mine],
                )
            )
        return steps


def conclude(connection: Connection, group: Group, done: Sequence[Done]) -> Marks:
    """What the steps did: which marks were granted; those withheld go back into the queue, what came too late is kept as evidence."""
    marks, late = read_marks(group, done)
    if late:
        note_late(connection, group.accepted)
    if withheld := [claim for claim in group.claims if claim.delivery_id not in marks.granted]:
        reasons = _why_not(connection, withheld, marks.stopped_issues)
        release(connection, group.token, reasons)
        return replace(marks, withheld=reasons)
    return marks


def read_marks(group: Group, done: Sequence[Done]) -> tuple[Marks, bool]:
    """The marks that were granted, and whether an acceptance came too late for its row."""
    results = iter(done)
    sending = {row[0] for row in next(results).rows} if group.issues else set()
    accepted = group.accepted
    late = bool(accepted) and next(results).count != len(accepted)
    granted = frozenset(row[0] for row in next(results).rows) if group.claims else frozenset()
    return Marks(granted=granted, withheld={}, stopped_issues=frozenset(group.issues - sending)), late


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
