"""The ledger: claim, mark, record, release. The row is the queue; every statement takes its WHERE from DELIVERY_LIFECYCLE.

Claim and mark are fenced by the worker session's token, outcomes by the attempt number. Locks are taken in the order issue,
subscriber, delivery, so that a mark and a stop wait for each other and never deadlock. Functions take the connection of an
open transaction and never commit.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, Connection, Update, bindparam, select, tuple_, update

from newsroom.deliveries import DELIVERY_LIFECYCLE, Delivery
from newsroom.issues import Issue
from newsroom.sendqueue.database_clock import ahead, clock_now, query_time
from newsroom.sendqueue.recording import Record, record
from newsroom.sendqueue.sessions import is_alive
from subscribers.models import Subscriber

EXPRESS_KINDS = ("confirmation", "notice", "test")
CONTENT_TRIES = 3
CONTENT_PAUSE = timedelta(seconds=30)
REASON_LENGTH = 200
Position = tuple[datetime, int]


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
    due_at: datetime
    name: str = ""
    relay: str = ""

    @property
    def position(self) -> Position:
        return self.due_at, self.delivery_id


@dataclass(frozen=True, kw_only=True)
class Marks:
    """Which letters may have their dot, and why the others may not."""

    granted: frozenset[int]
    withheld: dict[int, str]
    stopped_issues: frozenset[int] = frozenset()


def moving(action: str) -> Update:
    """An update that performs this action wherever the lifecycle allows it."""
    states = DELIVERY_LIFECYCLE.sources(action)
    return update(Delivery).where(Delivery.state.in_(states)).values(state=DELIVERY_LIFECYCLE.target(action))


def claim(
    connection: Connection, token: str, *, kinds: Sequence[str], issue_id: int | None = None, limit: int, after: Position | None = None
) -> list[Claim]:
    """Up to `limit` due rows for this session, oldest first, none that another holds; `after` spares a walk over those already taken."""
    due = select(Delivery.id).where(
        Delivery.state.in_(DELIVERY_LIFECYCLE.sources("claim")), Delivery.kind.in_(kinds), Delivery.due_at <= query_time()
    )
    if issue_id is not None:
        due = due.where(Delivery.issue_id == issue_id)
    if after is not None:
        due = due.where(tuple_(Delivery.due_at, Delivery.id) > tuple_(*after))
    ordered = due.order_by(Delivery.due_at, Delivery.id).limit(limit).with_for_update(skip_locked=True)
    chosen = ordered.cte("due").prefix_with("MATERIALIZED", dialect="postgresql")
    taken = (
        moving("claim")
        .where(Delivery.id.in_(select(chosen.c.id)), is_alive(token))
        .values(worker_token=token, claimed_at=clock_now())
        .returning(*_CLAIMED)
    )
    claims = [Claim(token=token, **row._mapping) for row in connection.execute(taken)]  # noqa: SLF001 - SQLAlchemy's public name
    return sorted(claims, key=lambda taken: taken.position)


_CLAIMED = (
    Delivery.id.label("delivery_id"), Delivery.kind, Delivery.issue_id, Delivery.list_id, Delivery.rendition_id, Delivery.subscriber_id,
    Delivery.subscriber_version, Delivery.attempt, Delivery.setbacks, Delivery.address, Delivery.domain, Delivery.language, Delivery.cut,
    Delivery.due_at,
)  # fmt: skip


def settle(connection: Connection, token: str, *, records: Sequence[Record], claims: Sequence[Claim]) -> Marks:
    """One group: hold what the marks depend on, write down what became of earlier letters, then mark."""
    withheld, stopped = _unfit(connection, claims)
    record(connection, records)
    fit = [claim.delivery_id for claim in claims if claim.delivery_id not in withheld]
    granted = _mark(connection, token, fit)
    withheld |= {number: "it is no longer claimed by this worker" for number in fit if number not in granted}
    if withheld:
        release(connection, token, withheld)
    return Marks(granted=granted, withheld=withheld, stopped_issues=stopped)


def _unfit(connection: Connection, claims: Sequence[Claim]) -> tuple[dict[int, str], frozenset[int]]:
    """Who must not be sent to now, with the reason. The rows that say so stay locked until the marks are committed."""
    issues = {claim.issue_id for claim in claims if claim.kind == "issue" and claim.issue_id is not None}
    sending = _hold_sending(connection, issues)
    versions = _hold_people(connection, {claim.subscriber_id for claim in claims if claim.subscriber_id is not None})
    unfit = {}
    for claim in claims:
        if claim.kind == "issue" and claim.issue_id not in sending:
            unfit[claim.delivery_id] = "the issue is not being sent"
        elif claim.subscriber_id is not None and versions.get(claim.subscriber_id) != claim.subscriber_version:
            unfit[claim.delivery_id] = "the person has changed something"
    return unfit, frozenset(issues - sending)


def _hold_sending(connection: Connection, issues: Collection[int]) -> frozenset[int]:
    """Those of the issues that are being sent. FOR SHARE: a pause either waits for this group or is seen by it."""
    if not issues:
        return frozenset()
    return frozenset(connection.scalars(_HOLD_SENDING, {"numbers": sorted(issues)}))


def _hold_people(connection: Connection, people: Collection[int]) -> dict[int, int]:
    if not people:
        return {}
    return {row.id: row.version for row in connection.execute(_HOLD_PEOPLE, {"numbers": sorted(people)})}


def _mark(connection: Connection, token: str, deliveries: Sequence[int]) -> frozenset[int]:
    if not deliveries:
        return frozenset()
    return frozenset(connection.scalars(_MARK, {"numbers": list(deliveries), "token": token}))


# Built once: building them anew would cost a group more than running them.
_NUMBERS: BindParameter[int] = bindparam("numbers", expanding=True)
_HOLD_SENDING = select(Issue.id).where(Issue.id.in_(_NUMBERS), Issue.state == "sending").order_by(Issue.id).with_for_update(read=True)
_HOLD_PEOPLE = (
    select(Subscriber.id, Subscriber.version).where(Subscriber.id.in_(_NUMBERS)).order_by(Subscriber.id).with_for_update(read=True)
)
_MARK = (
    moving("mark")
    .where(Delivery.id.in_(_NUMBERS), Delivery.worker_token == bindparam("token"), is_alive(bindparam("token")))
    .values(attempt=Delivery.attempt + 1, marked_at=clock_now())
    .returning(Delivery.id)
)


def release(connection: Connection, token: str, deliveries: Iterable[int]) -> int:
    """Back into the queue what this session claimed and did not mark; free of charge."""
    given_back = moving("release").where(
        Delivery.id.in_(list(deliveries)), Delivery.worker_token == token, Delivery.state.in_(DELIVERY_LIFECYCLE.sources("mark"))
    )
    return connection.execute(given_back.values(worker_token=None, claimed_at=None)).rowcount


def release_everything(connection: Connection, token: str) -> int:
    """All that this session holds unmarked: at its end."""
    held = moving("release").where(Delivery.worker_token == token, Delivery.state.in_(DELIVERY_LIFECYCLE.sources("mark")))
    return connection.execute(held.values(worker_token=None, claimed_at=None)).rowcount


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
