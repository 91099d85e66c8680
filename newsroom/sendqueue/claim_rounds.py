"""Which rows a worker session may hold: written down with every round of claims, so that a sweep of the dead need not look for them.

An index on the holder of a row would be written to twice for every letter; this is one row for several hundred.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, String, Text, bindparam, func, insert, literal_column, or_, select, text, true
from sqlalchemy.orm import Mapped, mapped_column

from newsroom.db import Base, PrimaryKey
from newsroom.deliveries import Delivery
from newsroom.sendqueue.database_clock import ahead
from newsroom.sendqueue.sessions import WorkerSession

PRUNE_EVERY = 8
HELD = ("claimed", "handed_over")
# Sessions of an older Newsroom wrote no rounds: during an upgrade their rows are looked for the long way, for a while.
LOOKED_FOR = timedelta(minutes=10)


class ClaimRound(Base):
    """The deliveries that one transaction claimed, as "1,2,3"; kept until none of them is held any more."""

    __tablename__ = "claim_rounds"

    id: Mapped[PrimaryKey]
    token: Mapped[str] = mapped_column(String(36), index=True)
    numbers: Mapped[str] = mapped_column(Text)


def write_round(connection: Connection, token: str, deliveries: Sequence[int]) -> None:
    """In the transaction that claims them."""
    connection.execute(_WRITE, {"token": token, "numbers": ",".join(map(str, deliveries))})


def held_by(connection: Connection, token: str) -> ColumnElement[bool]:
    """The condition "held by this session", found by its rounds."""
    return Delivery.id.in_(_numbers(connection, ClaimRound.token == token)) & (Delivery.worker_token == token)


def prune(connection: Connection, token: str) -> None:
    """Forget the rounds of this session of which nothing is held any more."""
    connection.execute(text(f"{_done(connection.dialect.name == 'postgresql')} AND token = :token"), {"token": token})


def ended_rounds(connection: Connection) -> list[int]:
    """The rounds of sessions that are over, locked; without those that another sweep has in hand."""
    over = select(WorkerSession.token).where(WorkerSession.ended_at.is_not(None))
    rounds = select(ClaimRound.id).where(ClaimRound.token.in_(over)).order_by(ClaimRound.id)
    return list(connection.scalars(rounds.with_for_update(of=ClaimRound, skip_locked=True)))


def held_by_the_dead(connection: Connection, rounds: Sequence[int]) -> ColumnElement[bool] | None:
    """The condition "held by a session that is over", found by these rounds; None where there can be no such row."""
    over = select(WorkerSession.token).where(WorkerSession.ended_at.is_not(None))
    ways: list[ColumnElement[bool]] = []
    if rounds:
        ways.append(Delivery.id.in_(_numbers(connection, ClaimRound.id.in_(rounds))) & Delivery.worker_token.in_(over))
    old = select(WorkerSession.token).where(
        WorkerSession.keeps_rounds.is_(False), WorkerSession.ended_at > ahead(-LOOKED_FOR.total_seconds())
    )
    if tokens := connection.scalars(old).all():
        ways.append(Delivery.worker_token.in_(tokens))
    return or_(*ways) if ways else None


def forget(connection: Connection, rounds: Collection[int]) -> None:
    """Those of these rounds of which nothing is held any more."""
    if rounds:
        these = text(f"{_done(connection.dialect.name == 'postgresql')} AND id IN :rounds").bindparams(bindparam("rounds", expanding=True))
        connection.execute(these, {"rounds": list(rounds)})


def _numbers(connection: Connection, which: ColumnElement[bool]) -> Select[Any]:
    """Every number of these rounds, as a subquery."""
    if connection.dialect.name == "postgresql":
        return select(literal_column("unnest(string_to_array(claim_rounds.numbers, ',')::bigint[])")).select_from(ClaimRound).where(which)
    each = func.json_each("[" + ClaimRound.numbers + "]").table_valued("value", name="each_one")
    return select(each.c.value).select_from(ClaimRound).join(each, true()).where(which)


def _done(is_postgresql: bool) -> str:
    """Row by row of a round, by their keys: `IN` would look at every delivery there is."""
    return (
        f"DELETE FROM claim_rounds WHERE NOT EXISTS (SELECT 1 FROM {_EACH[is_postgresql]} JOIN deliveries AS d"  # noqa: S608
        f" ON d.id = n.id WHERE d.worker_token = claim_rounds.token AND d.state IN {HELD})"
    )


_EACH = {
    True: "unnest(string_to_array(claim_rounds.numbers, ',')::bigint[]) AS n(id)",
    False: "(SELECT value AS id FROM json_each('[' || claim_rounds.numbers || ']')) AS n",
}
_WRITE = insert(ClaimRound)
