"""Picking and taking: which due rows a session may have, with their people as they are at this moment, and holding them.

A fresh issue is walked once, in the order of its people; no index on the state is needed for that. What comes back into the
queue (released, put off, held back, tried again) has been walked already, and is found by `back_at`. A pick locks its rows and
skips those that another claimer has locked, so that nobody waits for anybody.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Integer, Select, String, and_, bindparam, case, select, type_coerce, update

from newsroom.deliveries import DELIVERY_LIFECYCLE, Delivery
from newsroom.sendqueue.claim_rounds import write_round
from newsroom.sendqueue.database_clock import clock_now, query_time
from newsroom.sendqueue.ledger import EXPRESS_KINDS, Claim
from newsroom.sendqueue.number_lists import among, listed
from newsroom.sendqueue.sessions import is_alive
from subscribers.audience import may_receive
from subscribers.models import Subscriber, Subscription


class Picked(NamedTuple):
    """A locked row, and behind it the person as they are now: `receives` is None for who may not be written to any more."""

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
    cut: str | None
    relay: str
    version_now: int | None = None
    address_now: str | None = None
    domain_now: str | None = None
    name_now: str | None = None
    language_now: str | None = None
    cut_now: str | None = None
    receives: int | None = None

    @property
    def is_of_the_list(self) -> bool:
        """An issue, its rehearsal, or a copy of it: for a person of the list as they are now."""
        of_issue = self.kind in ("issue", "rehearsal") or (self.kind == "notice" and self.issue_id is not None)
        return of_issue and self.subscriber_id is not None

    @property
    def is_gone(self) -> bool:
        return self.receives is None and self.is_of_the_list


def plan_by_keys(connection: Connection) -> None:
    """For this transaction: rows are always looked up by their keys. Plans made while the tables were small would be kept too long."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_BY_KEYS)


def pick_kinds(connection: Connection, kinds: Sequence[str], limit: int) -> list[Picked]:
    """Due letters of these kinds, oldest first; rehearsals with their people."""
    return _rows(connection, _of_kinds(), {"kinds": list(kinds), "most": limit})


def pick_express(connection: Connection, limit: int) -> list[Picked]:
    """Confirmations, notices and tests."""
    return pick_kinds(connection, EXPRESS_KINDS, limit)


def pick_back(connection: Connection, issue_id: int, limit: int, *, full: Collection[str] = ()) -> list[Picked]:
    """Due letters of an issue that the walk has passed, oldest first; without retries for relays that are `full`."""
    return _rows(connection, _back(), {"issue": issue_id, "most": limit, "full": list(full)})


def pick_fresh(connection: Connection, issue_id: int, limit: int, *, after: int = 0) -> list[Picked]:
    """The next step of a walk over an issue's people, behind `after`."""
    return _rows(connection, _fresh(), {"issue": issue_id, "most": limit, "after": after})


def seconds_to_next(connection: Connection, issue_id: int) -> float | None:
    """Until the next letter of this issue that waits for its time is due."""
    found = connection.execute(_NEXT, {"issue": issue_id}).first()
    return None if found is None else (found.back_at - found.now).total_seconds()


def take(connection: Connection, token: str, deliveries: Sequence[int]) -> bool:
    """Hold rows picked in this transaction; False when the session is over, and nothing was taken."""
    if not deliveries:
        return True
    taken = connection.execute(_TAKE, {"numbers": listed(deliveries), "token": token}).rowcount
    if taken:
        write_round(connection, token, deliveries)
    return taken == len(deliveries)


def claim(
    connection: Connection, token: str, *, kinds: Sequence[str], issue_id: int | None = None, limit: int, after: int = 0
) -> list[Claim]:
    """Pick and take, as the rows stand, with no look at people, throttles and content."""
    if issue_id is None:
        rows = pick_kinds(connection, kinds, limit)
    else:
        rows = pick_back(connection, issue_id, limit)
        rows += pick_fresh(connection, issue_id, limit - len(rows), after=after)
    return [as_claimed(token, row) for row in rows] if take(connection, token, [row.delivery_id for row in rows]) else []


def as_claimed(token: str, row: Picked, relay: str = "") -> Claim:
    """The row as it stands."""
    return Claim(
        token=token, delivery_id=row.delivery_id, kind=row.kind, issue_id=row.issue_id, list_id=row.list_id, rendition_id=row.rendition_id,
        subscriber_id=row.subscriber_id, subscriber_version=row.subscriber_version, attempt=row.attempt, setbacks=row.setbacks,
        address=row.address, domain=row.domain, language=row.language, cut=words(row.cut), relay=relay,
    )  # fmt: skip


def as_of_now(token: str, row: Picked, language: str, rendition_id: int | None, relay: str = "") -> Claim:
    """With name, address and topics of the person at this moment."""
    return Claim(
        token=token, delivery_id=row.delivery_id, kind=row.kind, issue_id=row.issue_id, list_id=row.list_id, rendition_id=rendition_id,
        subscriber_id=row.subscriber_id, subscriber_version=row.version_now or 0, attempt=row.attempt, setbacks=row.setbacks,
        address=row.address_now or "", domain=row.domain_now or "", language=language, cut=words(row.cut_now), name=row.name_now or "",
        relay=relay,
    )  # fmt: skip


def differs(row: Picked, claim: Claim) -> bool:
    """The row does not say what is going to be sent, and to whom."""
    before = (row.subscriber_version, row.address, row.domain, row.language, row.rendition_id, words(row.cut))
    return before != (claim.subscriber_version, claim.address, claim.domain, claim.language, claim.rendition_id, claim.cut)


def write_changes(connection: Connection, changed: Sequence[Claim]) -> None:
    """What is going to be sent, where the row says something else."""
    if changed:
        connection.execute(
            _CHANGE, [{"the_id": one.delivery_id} | {f"the_{name}": getattr(one, name) for name in _SENT} for one in changed]
        )


def write_relays(connection: Connection, taken: Sequence[Claim]) -> None:
    """Which relay each was claimed for: asked for only where a relay is throttled, so that its tokens can flow back."""
    for relay in {one.relay for one in taken}:
        numbers = listed(one.delivery_id for one in taken if one.relay == relay)
        connection.execute(_RELAY, {"numbers": numbers, "name": relay})


@lru_cache(maxsize=4096)
def words(cut: str | None) -> tuple[str, ...] | None:
    """As newsroom.db.Words reads it."""
    return None if cut is None else tuple(word for word in cut.split(",") if word)


_D = Delivery.metadata.tables[Delivery.__tablename__]
_BY_KEYS = "SELECT set_config(name, 'off', true) FROM unnest('{enable_seqscan,enable_hashjoin,enable_mergejoin,jit}'::text[]) AS name"
_QUEUED = _D.c.state.in_(DELIVERY_LIFECYCLE.sources("claim"))
_OWN = (
    "id", "kind", "issue_id", "list_id", "rendition_id", "subscriber_id", "subscriber_version", "attempt", "setbacks", "address",
    "domain", "language", "cut", "relay",
)  # fmt: skip
_TAKE = (
    update(_D)
    .where(among(_D.c.id, "numbers"), _QUEUED, is_alive(bindparam("token")))
    .values(state=DELIVERY_LIFECYCLE.target("claim"), worker_token=bindparam("token"), claimed_at=clock_now(), walked=True)
)
_NEXT = (
    select(_D.c.back_at, clock_now().label("now"))
    .where(_D.c.kind == "issue", _D.c.issue_id == bindparam("issue"), _D.c.back_at > query_time())
    .order_by(_D.c.back_at)
    .limit(1)
)
_SENT = ("subscriber_version", "address", "domain", "language", "rendition_id", "cut")
_CHANGE = update(_D).where(_D.c.id == bindparam("the_id")).values({name: bindparam(f"the_{name}", type_=_D.c[name].type) for name in _SENT})
_RELAY = update(_D).where(among(_D.c.id, "numbers")).values(relay=bindparam("name"))


def _rows(connection: Connection, statement: Select[Any], values: dict[str, Any]) -> list[Picked]:
    return [Picked._make(row) for row in connection.execute(statement, values).all()] if values["most"] > 0 else []


def _locked(conditions: ColumnElement[bool], *order: ColumnElement[Any]) -> Select[Any]:
    columns = [type_coerce(_D.c[name], String).label(name) if name == "cut" else _D.c[name] for name in _OWN]
    return select(*columns).where(conditions).order_by(*order).limit(bindparam("most", type_=Integer)).with_for_update(skip_locked=True)


def _with_people(chosen: Select[Any]) -> Select[Any]:
    """One row for each that was chosen, whether or not there is still a person who may receive."""
    due = chosen.cte("due").prefix_with("MATERIALIZED", dialect="postgresql")
    # By the unique key alone: with the conditions beside it, a planner without statistics goes through a whole list for each person.
    subscription = and_(Subscription.subscriber_id == due.c.subscriber_id, Subscription.list_id == due.c.list_id)
    people = due.outerjoin(Subscriber, Subscriber.id == due.c.subscriber_id).outerjoin(Subscription, subscription)
    person = (
        Subscriber.version, Subscriber.address, Subscriber.domain, Subscriber.name, Subscriber.language,
        type_coerce(Subscription.topics, String), case((may_receive(), Subscription.id)),
    )  # fmt: skip
    labelled: list[ColumnElement[Any]] = [column.label(f"now_{place}") for place, column in enumerate(person)]
    return select(*(due.c[name] for name in _OWN), *labelled).select_from(people)


@lru_cache(maxsize=1)
def _of_kinds() -> Select[Any]:
    kinds = _D.c.kind.in_(bindparam("kinds", expanding=True))
    return _with_people(_locked(and_(_QUEUED, kinds, _D.c.back_at <= query_time()), _D.c.back_at, _D.c.id))


@lru_cache(maxsize=1)
def _back() -> Select[Any]:
    elsewhere = (_D.c.attempt == 0) | _D.c.relay.not_in(bindparam("full", expanding=True))
    mine = and_(_QUEUED, _D.c.kind == "issue", _D.c.issue_id == bindparam("issue"), _D.c.back_at <= query_time(), elsewhere)
    return _with_people(_locked(mine, _D.c.back_at, _D.c.id))


@lru_cache(maxsize=1)
def _fresh() -> Select[Any]:
    mine = and_(_D.c.kind == "issue", _D.c.issue_id == bindparam("issue"), _D.c.subscriber_id > bindparam("after"))
    fresh = and_(_QUEUED, ~_D.c.walked, _D.c.due_at <= query_time())
    return _with_people(_locked(and_(mine, fresh), _D.c.subscriber_id))
