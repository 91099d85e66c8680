"""Writing down what became of a letter, fenced by its attempt; what comes too late to change anything is kept as evidence."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Float, Update, bindparam, case, func, insert, literal, or_, select, update

from newsroom.deliveries import DELIVERY_LIFECYCLE, Delivery, DeliveryEvent
from newsroom.sendqueue import domain_waits
from newsroom.sendqueue.backoff import GIVEN_UP_AFTER, delay_after
from newsroom.sendqueue.database_clock import ahead, clock_now, seconds_after
from newsroom.sendqueue.transports.base import Deferred, Failed, NotSent, Outcome, Uncertain

REASON_LENGTH = 200
RELAY_LENGTH = 120
NO_DELAYS: Mapping[int, float] = {}


class Record(NamedTuple):
    """The outcome of one attempt. For NotSent `attempt` is the one that would have been, whether or not its mark was committed."""

    token: str
    delivery_id: int
    attempt: int
    outcome: Outcome
    relay: str = ""
    domain: str = ""


def accepted_rows(records: Sequence[Record]) -> Iterator[tuple[int, int, int | None, str, str, str]]:
    """The acceptances as ledger_text.Wanted has them."""
    for entry in records:
        reply = entry.outcome.reply
        yield entry.delivery_id, entry.attempt, reply.code, reply.enhanced_status[:12], reply.text, entry.relay[:RELAY_LENGTH]


def note_late(connection: Connection, accepted: Sequence[Record]) -> None:
    """Acceptances that changed no row, kept as evidence."""
    _note(connection, _late(connection, accepted, "accept"), "late_accept")


def record(connection: Connection, records: Sequence[Record]) -> None:
    """Every outcome but acceptance, where it belongs. Recording the same twice changes nothing: a group of unknown fate may be repeated."""
    # Rows are locked one by one: in the order of their ids, as everywhere.
    in_order = sorted(records, key=attrgetter("delivery_id"))
    for kind, write in _WRITERS.items():
        if mine := [entry for entry in in_order if isinstance(entry.outcome, kind)]:
            write(connection, mine)


def _fail(connection: Connection, records: Sequence[Record]) -> None:
    _apply(connection, _FAIL, records, "fail")


def _lose_track(connection: Connection, records: Sequence[Record]) -> None:
    _note(connection, _apply(connection, _LOSE_TRACK, records, "lose_track"), "lose_track")


def _defer(connection: Connection, records: Sequence[Record]) -> None:
    """The next try is 48 hours after the first at the latest; what is put off then, or has been tried often enough, is given up."""
    delays = {number: delay_after(tries) for number, tries in _tries(connection, records).items()}
    seconds = {number: delay.total_seconds() if delay else 0.0 for number, delay in delays.items()}
    _note(connection, _apply(connection, _DEFER, records, "defer", seconds), "defer")
    if often := [entry for entry in records if delays[entry.delivery_id] is None]:
        connection.execute(_GIVE_UP, [_facts(entry, NO_DELAYS) for entry in often])
    connection.execute(_GIVE_UP_LATE, [_facts(entry, NO_DELAYS) for entry in records])
    domain_waits.defer(connection, records)


def _tries(connection: Connection, records: Sequence[Record]) -> dict[int, int]:
    """How often each was tried since an operator last had it repeated, this time included: the attempt goes on over all its lives."""
    again = [entry.delivery_id for entry in records if entry.attempt > 1]
    rows = connection.execute(_REPEATED.where(DeliveryEvent.delivery_id.in_(again))).all() if again else []
    before = {row.delivery_id: row.attempt for row in rows}
    # Never less than 1: a record of an earlier life, come late, changes no row, but it has to be read.
    return {entry.delivery_id: max(1, entry.attempt - before.get(entry.delivery_id, 0)) for entry in records}


def _release(connection: Connection, records: Sequence[Record]) -> None:
    """No dot was written: back into the queue, whether the mark had been committed or not."""
    connection.execute(
        _RELEASE,
        [
            {"the_id": e.delivery_id, "the_attempt": e.attempt, "the_token": e.token, "why": str(e.outcome.reply)[:REASON_LENGTH]}
            for e in records
        ],
    )


_WRITERS: Mapping[type[Outcome], Callable[[Connection, Sequence[Record]], None]] = {
    Deferred: _defer,
    Failed: _fail,
    Uncertain: _lose_track,
    NotSent: _release,
}


def _in_states(states: Sequence[str]) -> ColumnElement[bool]:
    """Spelt out, since IN cannot be expanded for many rows at once."""
    return or_(*(_DELIVERIES.c.state == state for state in states))


def _moving(action: str, **values: Any) -> Update:
    """The action upon one attempt of one delivery."""
    return (
        update(_DELIVERIES)
        .where(
            _DELIVERIES.c.id == bindparam("the_id"),
            _DELIVERIES.c.attempt == bindparam("the_attempt"),
            _in_states(DELIVERY_LIFECYCLE.sources(action)),
        )
        .values(state=DELIVERY_LIFECYCLE.target(action), **values)
    )


_DELIVERIES = Delivery.metadata.tables[Delivery.__tablename__]
_REPLY: dict[str, Any] = {name: bindparam(f"the_{name}") for name in ("reply_code", "enhanced_status", "reply", "relay")}
_CLOSED: dict[str, Any] = {"closed_at": clock_now(), "worker_token": None}
_FAIL = _moving("fail", **_REPLY, **_CLOSED, reason="refused by the mail server")
# What _requeue in repeating.py notes, with the attempt at which the letter stood.
_REPEATED = (
    select(DeliveryEvent.delivery_id, func.max(DeliveryEvent.attempt).label("attempt"))
    .where(DeliveryEvent.action.in_(("retry", "resend")))
    .group_by(DeliveryEvent.delivery_id)
)
_LAST_TRY = seconds_after(_DELIVERIES.c.first_tried_at, literal(GIVEN_UP_AFTER.total_seconds(), Float))
_NEXT_TRY = ahead("delay")
_DEFER = _moving(
    "defer", **_REPLY, worker_token=None, reason="put off by the mail server",
    due_at=case((_LAST_TRY < _NEXT_TRY, _LAST_TRY), else_=_NEXT_TRY),
)  # fmt: skip
_GIVE_UP = _moving("give_up", **_REPLY, **_CLOSED, reason="given up after the last try")
_GIVE_UP_LATE = _GIVE_UP.where(clock_now() >= _LAST_TRY)
# The token stays: an operator may resend only once this session is dead.
_LOSE_TRACK = _moving("lose_track", **_REPLY, closed_at=clock_now(), reason="no readable reply after the final dot")
_RELEASE = (
    update(_DELIVERIES)
    .where(
        _DELIVERIES.c.id == bindparam("the_id"),
        _DELIVERIES.c.worker_token == bindparam("the_token"),
        _DELIVERIES.c.attempt <= bindparam("the_attempt"),
        _in_states(DELIVERY_LIFECYCLE.sources("release")),
    )
    .values(state=DELIVERY_LIFECYCLE.target("release"), worker_token=None, claimed_at=None, reason=bindparam("why"))
)


def _apply(
    connection: Connection, statement: Update, records: Sequence[Record], action: str, delays: Mapping[int, float] = NO_DELAYS
) -> Sequence[Record]:
    """Those that took; the others are looked into and kept as evidence."""
    changed = connection.execute(statement, [_facts(entry, delays) for entry in records]).rowcount
    if changed == len(records):
        return records
    late = _late(connection, records, action)
    _note(connection, late, f"late_{action}")
    return [entry for entry in records if entry not in late]


def _facts(entry: Record, delays: Mapping[int, float]) -> dict[str, Any]:
    reply = entry.outcome.reply
    delay = {"delay": delays[entry.delivery_id]} if delays else {}
    return {
        **delay,
        "the_id": entry.delivery_id,
        "the_attempt": entry.attempt,
        "the_reply_code": reply.code,
        "the_enhanced_status": reply.enhanced_status[:12],
        "the_reply": reply.text,
        "the_relay": entry.relay[:RELAY_LENGTH],
    }


def _late(connection: Connection, records: Sequence[Record], action: str) -> list[Record]:
    """Those whose row has moved on without them; one that already shows its outcome has not."""
    wanted = select(_DELIVERIES.c.id, _DELIVERIES.c.state, _DELIVERIES.c.attempt)
    found = {row.id: row for row in connection.execute(wanted.where(_DELIVERIES.c.id.in_([entry.delivery_id for entry in records])))}
    target = DELIVERY_LIFECYCLE.target(action)
    return [entry for entry in records if (row := found.get(entry.delivery_id)) and (row.state, row.attempt) != (target, entry.attempt)]


def _note(connection: Connection, records: Sequence[Record], action: str) -> None:
    if records:
        connection.execute(insert(DeliveryEvent).values(at=clock_now(), action=action), [_event(entry) for entry in records])


def _event(entry: Record) -> dict[str, Any]:
    reply = entry.outcome.reply
    return {
        "delivery_id": entry.delivery_id, "attempt": entry.attempt, "reply_code": reply.code,
        "enhanced_status": reply.enhanced_status[:12], "detail": reply.text,
    }  # fmt: skip
