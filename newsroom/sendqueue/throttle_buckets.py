"""The rules and buckets of throttles as the claims use them, under row locks and by the database's clock.

Workers on any number of machines share the buckets exactly: tokens are taken in the transaction that claims, and flow back in
the one that releases what was not marked.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, UniqueConstraint, bindparam, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from newsroom.db import Base, PrimaryKey, Word
from newsroom.deliveries import Delivery, hold_in_order
from newsroom.issues import Issue
from newsroom.sendqueue import buckets
from newsroom.sendqueue.buckets import Bucket, Rule
from newsroom.sendqueue.database_clock import read_clock

EVERY = "*"
Key = tuple[str, str]


class Throttle(Base):
    """A rule. Scope "domain" with the key "*" means every domain by itself; scope "list" every issue of the list by itself."""

    __tablename__ = "throttles"
    __table_args__ = (UniqueConstraint("scope", "key"),)

    id: Mapped[PrimaryKey]
    scope: Mapped[Word]
    key: Mapped[str] = mapped_column(String(255))
    rate: Mapped[float | None]
    per: Mapped[int]
    burst: Mapped[int]
    daily: Mapped[int | None]
    set_by: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[datetime]

    @property
    def rule(self) -> Rule:
        return Rule(rate=self.rate, per=self.per, burst=self.burst, daily=self.daily)


class ThrottleBucket(Base):
    """What is left for one relay, one domain, one issue, as of `filled_at`."""

    __tablename__ = "throttle_buckets"

    scope: Mapped[Word] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    tokens: Mapped[float]
    filled_at: Mapped[datetime]
    day: Mapped[str] = mapped_column(String(10))
    used: Mapped[int]
    next_slot: Mapped[datetime]


@dataclass(frozen=True)
class Rules:
    """All rules by scope and key; `lists`: which list an issue belongs to, for the rules of lists."""

    by_key: Mapping[Key, Rule]
    set_at: Mapping[Key, datetime]
    lists: Mapping[str, str]

    def source(self, scope: str, key: str) -> Key | None:
        """Where the rule for this bucket stands."""
        candidates = {
            "domain": (("domain", key), ("domain", EVERY)),
            "issue": (("issue", key), ("list", self.lists.get(key, ""))),
        }.get(scope, ((scope, key),))
        return next((found for found in candidates if found in self.by_key), None)

    def of(self, scope: str, key: str) -> Rule | None:
        found = self.source(scope, key)
        return None if found is None else self.by_key[found]

    def rule(self, key: Key) -> Rule:
        """The rule for a bucket that has one, or had one a moment ago."""
        return self.of(*key) or Rule()


def load_rules(connection: Connection) -> Rules:
    rows = connection.execute(_RULES).all()
    rules = {(row.scope, row.key): Rule(rate=row.rate, per=row.per, burst=row.burst, daily=row.daily) for row in rows}
    lists: dict[str, str] = {}
    if any(row.scope == "list" for row in rows):
        lists = {str(number): str(list_id) for number, list_id in connection.execute(_LISTS)}
    return Rules(by_key=rules, set_at={(row.scope, row.key): row.set_at for row in rows}, lists=lists)


def hold_buckets(connection: Connection, rules: Rules, keys: Collection[Key]) -> dict[Key, Bucket]:
    """The buckets as of now, locked until the transaction's end. Lock issues' and relays' before domains', each all at once."""
    wanted = sorted(keys)
    if not wanted:
        return {}
    these = tuple_(_B.c.scope, _B.c.key).in_(wanted)
    known = {(row.scope, row.key) for row in connection.execute(select(_B.c.scope, _B.c.key).where(these))}
    _insert(connection, [_new(rules, key, read_clock(connection)) for key in wanted if key not in known])
    rows = connection.execute(select(_B).where(these).order_by(_B.c.scope, _B.c.key).with_for_update()).all()
    # The clock is read once the locks are held: whoever had them before us has filled the buckets up to a moment after we asked.
    now = read_clock(connection)
    return {(row.scope, row.key): buckets.at(_bucket(row), rules.rule((row.scope, row.key)), now) for row in rows}


def _new(rules: Rules, key: Key, now: datetime) -> dict[str, Any]:
    return {"scope": key[0], "key": key[1], **asdict(buckets.full(rules.rule(key), now))}


def write_buckets(connection: Connection, held: Mapping[Key, Bucket]) -> None:
    if held:
        connection.execute(_WRITE, [_values(key, bucket) for key, bucket in held.items()])


def _values(key: Key, bucket: Bucket) -> dict[str, Any]:
    return {"the_scope": key[0], "the_key": key[1], **{f"the_{name}": value for name, value in asdict(bucket).items()}}


def give_back(connection: Connection, token: str | None, deliveries: Iterable[int]) -> None:
    """Call it before claims that were not marked are released, in the same transaction: what they took flows back.

    Their rows are locked first, in the order of their ids: of two that release the same claim only one gives back. `token` None:
    whoever holds them, and the caller has locked them.
    """
    numbers = list(deliveries)
    if not numbers:
        return
    if token is not None:
        hold_in_order(connection, Delivery.id.in_(numbers), Delivery.worker_token == token)
    if (rules := load_rules(connection)).by_key:
        _give_back(connection, rules, token, numbers)


def _give_back(connection: Connection, rules: Rules, token: str | None, numbers: Collection[int]) -> None:
    taken = _taken_by(connection, rules, token, numbers)
    today = buckets.day_of(read_clock(connection))
    for scopes in (("issue", "relay"), ("domain",)):
        held = hold_buckets(connection, rules, [key for key in taken if key[0] in scopes])
        write_buckets(connection, {key: _refilled(bucket, rules, key, taken[key], today) for key, bucket in held.items()})


def _taken_by(connection: Connection, rules: Rules, token: str | None, numbers: Collection[int]) -> dict[Key, list[datetime]]:
    """When each bucket was taken from by these claims; what was claimed before a rule stood took nothing."""
    held = select(_D.c.relay, _D.c.domain, _D.c.issue_id, _D.c.claimed_at).where(
        _D.c.id.in_(numbers), _D.c.kind == "issue", _D.c.state == "claimed", _D.c.claimed_at.is_not(None)
    )
    if token is not None:
        held = held.where(_D.c.worker_token == token)
    taken: dict[Key, list[datetime]] = {}
    for row in connection.execute(held.order_by(_D.c.id).with_for_update(key_share=True)):
        for key in (("relay", row.relay), ("domain", row.domain), ("issue", str(row.issue_id))):
            source = rules.source(*key)
            if source is not None and row.claimed_at >= rules.set_at[source]:
                taken.setdefault(key, []).append(row.claimed_at)
    return taken


def _refilled(bucket: Bucket, rules: Rules, key: Key, taken: Collection[datetime], today: str) -> Bucket:
    of_today = sum(buckets.day_of(moment) == today for moment in taken)
    return buckets.given_back(bucket, rules.rule(key), len(taken), of_today=of_today)


def _bucket(row: Any) -> Bucket:
    return Bucket(tokens=row.tokens, filled_at=row.filled_at, day=row.day, used=row.used, next_slot=row.next_slot)


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> None:
    add = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    if rows:
        connection.execute(add(ThrottleBucket).on_conflict_do_nothing(), rows)


_D = Delivery.metadata.tables[Delivery.__tablename__]
_T = Throttle.metadata.tables[Throttle.__tablename__]
_B = ThrottleBucket.metadata.tables[ThrottleBucket.__tablename__]
_RULES = select(_T.c.scope, _T.c.key, _T.c.rate, _T.c.per, _T.c.burst, _T.c.daily, _T.c.set_at)
_LISTS = select(Issue.id, Issue.list_id).where(Issue.state.in_(("sending", "paused")))
_FACTS = ("tokens", "filled_at", "day", "used", "next_slot")
_WRITE = (
    update(_B)
    .where(_B.c.scope == bindparam("the_scope"), _B.c.key == bindparam("the_key"))
    .values({name: bindparam(f"the_{name}") for name in _FACTS})
)
