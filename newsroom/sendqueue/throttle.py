"""Throttles: so many letters per time and per day for a relay, a recipient's domain, an issue; set, removed, looked at.

A day is a day of UTC. They hold for newsletters: confirmations and test letters neither wait for them nor count.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from newsroom.db import change
from newsroom.deliveries import Delivery, hold_in_order
from newsroom.errors import InvalidInput
from newsroom.issues import Actor
from newsroom.sendqueue import buckets
from newsroom.sendqueue.buckets import Rule
from newsroom.sendqueue.database_clock import clock_now, query_time, read_clock
from newsroom.sendqueue.throttle_buckets import EVERY, Throttle, ThrottleBucket, load_rules

SCOPES = ("relay", "domain", "list", "issue")
MOST = 1_000_000_000
_DOMAIN = re.compile(r"\*|[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, kw_only=True)
class ThrottleRow:
    """A rule as it is shown."""

    scope: str
    key: str
    rule: Rule
    set_by: str
    set_at: datetime


@dataclass(frozen=True, kw_only=True)
class ThrottleState:
    """What a rule does at this moment to one relay, domain or issue. `room` None: nothing; 0: letters wait until `opens_at`."""

    scope: str
    key: str
    rule: Rule
    used_today: int
    room: int | None
    opens_at: datetime

    @property
    def is_used_up(self) -> bool:
        """For this day: it opens at midnight UTC."""
        return self.rule.daily is not None and self.used_today >= self.rule.daily


def in_words(rule: Rule) -> str:
    spans = {1: "second", 60: "minute", 3600: "hour", 86400: "day"}
    pace = "" if rule.rate is None else f"{rule.rate:,g} letters per {spans.get(rule.per, f'{rule.per} seconds')}"
    quota = "" if rule.daily is None else f"{rule.daily:,} letters a day"
    return " and ".join(word for word in (pace, quota) if word)


def list_throttles(session: Session) -> list[ThrottleRow]:
    found = session.scalars(select(Throttle).order_by(Throttle.scope, Throttle.key))
    return [ThrottleRow(scope=row.scope, key=row.key, rule=row.rule, set_by=row.set_by, set_at=row.set_at) for row in found]


def set_throttle(
    session: Session, scope: str, key: str, *, rate: float | None = None, per: int = 1, burst: int | None = None, daily: int | None = None,
    by: Actor, now: datetime,
) -> None:  # fmt: skip
    """Set or replace the rule of this relay (by name), domain, list or issue (by id); it holds from the next claim on."""
    key = key.strip().lower() if scope == "domain" else key.strip()
    _refuse_nonsense(scope, key, rate=rate, per=per, burst=burst, daily=daily)
    at_once = burst if burst is not None else max(1, int((rate or 1) / per))
    # By the database's clock: what was claimed before this moment took nothing of the new rule's bucket.
    facts = {"rate": rate, "per": per, "burst": at_once, "daily": daily, "set_by": by.name, "set_at": clock_now()}
    add = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(add(Throttle).values(scope=scope, key=key, **facts).on_conflict_do_update(index_elements=["scope", "key"], set_=facts))
    _let_ask_again(session, scope, key)


def remove_throttle(session: Session, scope: str, key: str, *, by: Actor, now: datetime) -> bool:
    """False: there was none. What is known of the day's use is kept, so that setting it anew does not double the quota."""
    removed = change(session, delete(Throttle).where(Throttle.scope == scope, Throttle.key == key)) > 0
    if removed:
        _let_ask_again(session, scope, key)
    return removed


def throttle_state(session: Session, now: datetime | None = None) -> list[ThrottleState]:
    """Every bucket that a rule watches, those that hold letters back first. Without `now`: by the database's clock."""
    moment = now or read_clock(session)
    rules = load_rules(session.connection())
    rows = session.scalars(select(ThrottleBucket)).all()
    states = [_state(row, rule, moment) for row in rows if (rule := rules.of(row.scope, row.key)) is not None]
    return sorted(states, key=lambda state: (state.room != 0, state.scope, state.key))


def holding_back(session: Session, issue_id: int, now: datetime | None = None) -> list[ThrottleState]:
    """The throttles because of which letters of this issue may be waiting."""
    mine = [state for state in throttle_state(session, now) if state.room == 0]
    return [state for state in mine if state.scope != "issue" or state.key == str(issue_id)]


def holding_back_each(session: Session, issue_ids: Collection[int], now: datetime | None = None) -> frozenset[int]:
    """Those of these issues of which letters may be waiting because of a throttle."""
    mine = [state for state in throttle_state(session, now) if state.room == 0]
    everywhere = any(state.scope != "issue" for state in mine)
    return frozenset(number for number in issue_ids if everywhere or any(state.key == str(number) for state in mine))


def _refuse_nonsense(scope: str, key: str, *, rate: float | None, per: int, burst: int | None, daily: int | None) -> None:
    if scope not in SCOPES:
        raise InvalidInput.of(f"There are no throttles for {scope!r}.", place="scope", hint=f"Choose one of {', '.join(SCOPES)}.")
    if not key or (scope in ("list", "issue") and not key.isdecimal()) or (scope == "domain" and not _DOMAIN.fullmatch(key)):
        raise InvalidInput.of(f"{key!r} names no {scope}.", place="key", hint="Domains look like example.org; * is every domain by itself.")
    if rate is None and daily is None:
        raise InvalidInput.of("A throttle needs a rate, a daily quota, or both.", place="rate")
    numbers = {"rate": rate, "per": per, "burst": burst, "daily": daily}
    if wrong := [name for name, number in numbers.items() if number is not None and not 0 < number <= MOST]:
        raise InvalidInput.of(f"{numbers[wrong[0]]:g} is no number of letters or seconds.", place=wrong[0], hint="It must be above 0.")


def _let_ask_again(session: Session, scope: str, key: str) -> None:
    """What the old rule had lined up comes to the claims at once, and is lined up by the new one."""
    if scope != "domain":
        return
    lined_up = [Delivery.kind == "issue", Delivery.state == "queued", Delivery.back_at > query_time()]
    slots = update(ThrottleBucket).where(ThrottleBucket.scope == "domain")
    if key != EVERY:
        lined_up, slots = [*lined_up, Delivery.domain == key], slots.where(ThrottleBucket.key == key)
    hold_in_order(session.connection(), *lined_up)
    change(session, update(Delivery).where(*lined_up).values(due_at=clock_now(), reason=""))
    change(session, slots.values(next_slot=clock_now()))


def _state(row: ThrottleBucket, rule: Rule, now: datetime) -> ThrottleState:
    bucket = buckets.at(
        buckets.Bucket(tokens=row.tokens, filled_at=row.filled_at, day=row.day, used=row.used, next_slot=row.next_slot), rule, now
    )
    opens = buckets.opens_at(bucket, rule, now)
    return ThrottleState(
        scope=row.scope, key=row.key, rule=rule, used_today=bucket.used, room=buckets.room(bucket, rule), opens_at=opens
    )  # fmt: skip
