"""What one round of claims may take where throttles or waiting domains stand in the way, and when the rest should ask again."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, or_, update

from newsroom.deliveries import DELIVERY_LIFECYCLE, Delivery
from newsroom.sendqueue import buckets, domain_waits
from newsroom.sendqueue.buckets import Bucket
from newsroom.sendqueue.claims import Picked, write_relays
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.domain_waits import HeldBack
from newsroom.sendqueue.ledger import Claim
from newsroom.sendqueue.throttle import in_words
from newsroom.sendqueue.throttle_buckets import Key, Rules, hold_buckets, load_rules, write_buckets

REASON_LENGTH = 200
SPREAD = 60.0
NO_LIMIT = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Postponed:
    """A row that was picked and may not go yet."""

    delivery_id: int
    due_at: datetime
    reason: str


@dataclass
class Limits:
    """One round's view. Locks buckets in the order issues and relays, then domains, then waiting domains; each kind once."""

    connection: Connection
    rules: Rules
    some_wait: bool
    waits: Mapping[str, HeldBack] = field(default_factory=dict)
    held: dict[Key, Bucket] = field(default_factory=dict)
    postponed: list[Postponed] = field(default_factory=list)
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.now = read_clock(self.connection)

    def hold(self, issues: Iterable[int], relays: Iterable[str]) -> None:
        """First of all, before anything is picked."""
        keys = [*(("issue", str(number)) for number in issues), *(("relay", name) for name in relays)]
        self._hold([key for key in keys if self.rules.of(*key) is not None])

    def room_of(self, scope: str, key: str) -> int:
        """How many letters this issue or relay may get."""
        bucket = self.held.get((scope, key))
        found = None if bucket is None else buckets.room(bucket, self.rules.rule((scope, key)))
        return NO_LIMIT if found is None else found

    def room_of_relay(self, name: str) -> int:
        return self.room_of("relay", name)

    def admit(self, rows: Sequence[Picked]) -> list[Picked]:
        """Those that may go now. The other newsletters are told when to ask again."""
        domains = {domain_of(row) for row in rows if row.kind == "issue"}
        self._hold([("domain", domain) for domain in domains if self.rules.of("domain", domain) is not None])
        self.waits = domain_waits.held_back(self.connection) if self.some_wait else {}
        room = {domain: self._room_of_domain(domain) for domain in domains}
        admitted: list[Picked] = []
        late: list[Picked] = []
        for row in rows:
            if row.kind == "issue":
                room[domain_of(row)] -= 1
            (admitted if row.kind != "issue" or room[domain_of(row)] >= 0 else late).append(row)
        self.postponed = self._lined_up(late, Counter(domain_of(row) for row in admitted if row.kind == "issue"))
        return admitted

    def settle(self, taken: Sequence[Claim]) -> None:
        """Write down what was taken after all, and when the others ask again."""
        letters = [one for one in taken if one.kind == "issue"]
        for key, number in Counter(key for one in letters for key in _keys(one) if key in self.held).items():
            self.held[key] = buckets.taken(self.held[key], self.rules.rule(key), number)
        write_buckets(self.connection, self.held)
        if any(scope == "relay" for scope, _ in self.held):
            write_relays(self.connection, letters)
        domains = Counter(one.domain for one in letters)
        domain_waits.took(self.connection, {domain: domains[domain] for domain in self.waits if domains[domain]})
        if self.postponed:
            rows = [{"the_id": late.delivery_id, "due": late.due_at, "why": late.reason[:REASON_LENGTH]} for late in self.postponed]
            self.connection.execute(_POSTPONE, rows)

    def opens_in(self) -> float | None:
        """Seconds until a closed issue or relay opens again."""
        closed = [key for key, bucket in self.held.items() if key[0] != "domain" and buckets.room(bucket, self.rules.rule(key)) == 0]
        moments = [buckets.opens_at(self.held[key], self.rules.rule(key), self.now) for key in closed]
        return min(((moment - self.now).total_seconds() for moment in moments), default=None)

    def _hold(self, keys: Sequence[Key]) -> None:
        self.held |= hold_buckets(self.connection, self.rules, keys)
        self.now = max(self.now, *(bucket.filled_at for bucket in self.held.values())) if self.held else self.now

    def _room_of_domain(self, domain: str) -> int:
        waiting = self.waits.get(domain)
        return min(self.room_of("domain", domain), NO_LIMIT if waiting is None else waiting.room)

    def _lined_up(self, late: Sequence[Picked], going: Mapping[str, int]) -> list[Postponed]:
        by_domain: dict[str, list[Picked]] = {}
        for row in late:
            by_domain.setdefault(domain_of(row), []).append(row)
        return [one for domain, rows in by_domain.items() for one in self._lined_up_of(domain, rows, going[domain])]

    def _lined_up_of(self, domain: str, late: Sequence[Picked], going: int) -> list[Postponed]:
        if (waiting := self.waits.get(domain)) is not None:
            begin, why = max(self.now, waiting.until), f"{domain} asks for patience: {waiting.reply}"
            # By chance within a minute: all at once would be refused again.
            moments = [begin + timedelta(seconds=1 + SPREAD * random.random()) for _ in late]  # noqa: S311 - spreads load
        else:
            key = ("domain", domain)
            rule = self.rules.rule(key)
            after, moments = buckets.next_slots(buckets.taken(self.held[key], rule, going), rule, len(late), self.now)
            self.held[key] = replace(self.held[key], next_slot=after.next_slot)
            why = f"held back: at most {in_words(rule)} for {domain}"
        return [Postponed(delivery_id=row.delivery_id, due_at=at, reason=why) for row, at in zip(late, moments, strict=True)]


def _keys(one: Claim) -> tuple[Key, ...]:
    return ("issue", str(one.issue_id)), ("relay", one.relay), ("domain", one.domain)


def domain_of(row: Picked) -> str:
    return row.domain_now or row.domain


def open_limits(connection: Connection) -> Limits | None:
    """None, and no more than two small queries, where nothing limits anything."""
    rules = load_rules(connection)
    some_wait = bool(domain_waits.known(connection))
    return Limits(connection, rules, some_wait) if rules.by_key or some_wait else None


_D = Delivery.metadata.tables[Delivery.__tablename__]
# Spelt out, since IN cannot be expanded for many rows at once.
_QUEUED = or_(*(_D.c.state == state for state in DELIVERY_LIFECYCLE.sources("claim")))
_POSTPONE = update(_D).where(_D.c.id == bindparam("the_id"), _QUEUED).values(due_at=bindparam("due"), reason=bindparam("why"), walked=True)
