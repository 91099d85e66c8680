"""Token buckets and daily quotas as arithmetic: no clock and no database of their own, so that every claim about them can be tried.

In any span of time at most `burst` tokens and what flows in during it are taken, and in a day of UTC at most `daily`. A clock
that steps back adds nothing and takes nothing away.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

NEARLY_ONE = 1 - 1e-6
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`rate` letters per `per` seconds, at most `burst` at once; `daily` letters a day. None: no such limit."""

    rate: float | None = None
    per: int = 1
    burst: int = 1
    daily: int | None = None

    @property
    def per_second(self) -> float | None:
        return None if self.rate is None else self.rate / self.per


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """`day` as 2026-03-02. `next_slot`: the last of those held back has been told to come then."""

    tokens: float
    filled_at: datetime
    day: str
    used: int
    next_slot: datetime


def day_of(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()


def next_day(now: datetime) -> datetime:
    """Midnight in UTC, where the next quota begins."""
    return datetime.combine(now.astimezone(UTC).date(), datetime.min.time(), UTC) + DAY


def full(rule: Rule, now: datetime) -> Bucket:
    return Bucket(tokens=float(rule.burst), filled_at=now, day=day_of(now), used=0, next_slot=now)


def at(bucket: Bucket, rule: Rule, now: datetime) -> Bucket:
    """The bucket as of now: filled by what has flowed in, and on a new day with nothing used."""
    flowed = max(0.0, (now - bucket.filled_at).total_seconds()) * (rule.per_second or 0.0)
    bucket = replace(bucket, tokens=min(float(rule.burst), bucket.tokens + flowed), filled_at=max(now, bucket.filled_at))
    return replace(bucket, day=day_of(now), used=0) if day_of(now) > bucket.day else bucket


def room(bucket: Bucket, rule: Rule) -> int | None:
    """How many letters may go now; None: as many as there are."""
    rooms = []
    if rule.rate is not None:
        rooms.append(int(bucket.tokens + 1 - NEARLY_ONE))
    if rule.daily is not None:
        rooms.append(rule.daily - bucket.used)
    return max(0, min(rooms)) if rooms else None


def taken(bucket: Bucket, rule: Rule, number: int) -> Bucket:
    tokens = bucket.tokens - number if rule.rate is not None else bucket.tokens
    return replace(bucket, tokens=tokens, used=bucket.used + number)


def given_back(bucket: Bucket, rule: Rule, number: int, *, of_today: int) -> Bucket:
    """Never more than the burst, and of the quota only what was taken today."""
    tokens = min(float(rule.burst), bucket.tokens + number) if rule.rate is not None else bucket.tokens
    return replace(bucket, tokens=tokens, used=max(0, bucket.used - of_today))


def opens_at(bucket: Bucket, rule: Rule, now: datetime) -> datetime:
    """The next moment at which a letter may go."""
    if rule.daily is not None and bucket.used >= rule.daily:
        return next_day(now)
    if rule.per_second is None or bucket.tokens >= NEARLY_ONE:
        return now
    return now + timedelta(seconds=(1 - bucket.tokens) / rule.per_second)


def next_slots(bucket: Bucket, rule: Rule, number: int, now: datetime) -> tuple[Bucket, list[datetime]]:
    """When so many letters that were held back should ask again: lined up at the pace of the rule, not all at once."""
    begin = max(bucket.next_slot, opens_at(bucket, rule, now))
    step = _step(rule)
    virtual = [begin + place * step for place in range(number)]
    slots = [_start_of_day(moment, now) for moment in virtual] if rule.rate is None else virtual
    return replace(bucket, next_slot=begin + number * step), slots


def _step(rule: Rule) -> timedelta:
    by_day = DAY.total_seconds() / rule.daily if rule.daily else (DAY.total_seconds() if rule.daily == 0 else 0.0)
    by_rate = 1 / rule.per_second if rule.per_second else 0.0
    return timedelta(seconds=max(by_day if rule.rate is None else 0.0, by_rate))


def _start_of_day(moment: datetime, now: datetime) -> datetime:
    """A quota without a pace opens at midnight for a whole day's letters."""
    return max(now, next_day(moment) - DAY)
