"""The arithmetic of throttles, tried with whatever Hypothesis can think of.

Broken on purpose: a bucket that fills past its burst, and one that a clock stepping back drains or fills, fail
test_in_no_span_more_is_taken_than_the_burst_and_what_flows_in; a day that does not begin anew fails
test_a_quota_begins_anew_at_midnight_and_not_before.
"""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from newsroom.sendqueue import buckets
from newsroom.sendqueue.buckets import Bucket, Rule

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
rules = st.builds(
    Rule,
    rate=st.floats(min_value=0.01, max_value=5000),
    per=st.sampled_from((1, 60, 3600, 86400)),
    burst=st.integers(min_value=1, max_value=2000),
    daily=st.none(),
)
# What happens one after another: so many seconds later (or earlier: clocks are set) so many letters ask.
steps = st.lists(st.tuples(st.floats(min_value=-30, max_value=600), st.integers(min_value=0, max_value=500)), max_size=60)


@settings(deadline=None)
@given(rules, steps)
def test_in_no_span_more_is_taken_than_the_burst_and_what_flows_in(rule: Rule, steps: list[tuple[float, int]]) -> None:
    now = latest = START
    bucket = buckets.full(rule, now)
    takings: list[tuple[datetime, int]] = []
    for later, asked in steps:
        now += timedelta(seconds=later)
        latest = max(latest, now)
        bucket = buckets.at(bucket, rule, now)
        granted = min(asked, buckets.room(bucket, rule) or 0)
        bucket = buckets.taken(bucket, rule, granted)
        takings.append((latest, granted))
    for first in range(len(takings)):
        for last in range(first, len(takings)):
            span = (takings[last][0] - takings[first][0]).total_seconds()
            taken = sum(number for _, number in takings[first : last + 1])
            assert taken <= rule.burst + span * (rule.per_second or 0) + 1e-3


@given(rules)
def test_a_letter_that_waits_until_the_bucket_opens_may_go_then_and_a_moment_before_may_not(rule: Rule) -> None:
    bucket = buckets.taken(buckets.full(rule, START), rule, rule.burst)
    opens = buckets.opens_at(bucket, rule, START)
    assert (buckets.room(buckets.at(bucket, rule, opens + timedelta(milliseconds=1)), rule) or 0) >= 1
    assert buckets.room(buckets.at(bucket, rule, START + (opens - START) * 0.99), rule) == 0


@given(st.integers(min_value=1, max_value=10_000), st.integers(min_value=0, max_value=20_000))
def test_a_quota_begins_anew_at_midnight_and_not_before(daily: int, asked: int) -> None:
    rule = Rule(daily=daily)
    bucket = buckets.taken(buckets.full(rule, START), rule, min(asked, daily))
    evening, midnight = datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
    assert buckets.room(buckets.at(bucket, rule, evening), rule) == daily - min(asked, daily)
    assert buckets.room(buckets.at(bucket, rule, midnight), rule) == daily
    if asked >= daily:
        assert buckets.opens_at(bucket, rule, evening) == midnight


def test_a_clock_that_steps_back_over_midnight_gives_no_second_quota() -> None:
    rule = Rule(daily=10)
    after = datetime(2026, 3, 3, 0, 0, 5, tzinfo=UTC)
    bucket = buckets.taken(buckets.full(rule, after), rule, 10)
    assert buckets.room(buckets.at(bucket, rule, after - timedelta(seconds=10)), rule) == 0


@given(rules, st.integers(min_value=0, max_value=500), st.integers(min_value=0, max_value=500))
def test_what_is_given_back_never_makes_more_than_the_burst_or_less_than_nothing_used(rule: Rule, taken: int, back: int) -> None:
    bucket = buckets.taken(buckets.full(rule, START), rule, min(taken, rule.burst))
    refilled = buckets.given_back(bucket, rule, back, of_today=back)
    assert refilled.tokens <= rule.burst
    assert refilled.used >= 0


def test_letters_held_back_line_up_at_the_pace_of_the_rule() -> None:
    rule = Rule(rate=2, per=1, burst=1)
    bucket = buckets.taken(buckets.full(rule, START), rule, 1)
    bucket, first = buckets.next_slots(bucket, rule, 3, START)
    _, then = buckets.next_slots(bucket, rule, 2, START)
    assert [(slot - START).total_seconds() for slot in first + then] == [0.5, 1.0, 1.5, 2.0, 2.5]


def test_letters_behind_a_used_up_quota_line_up_by_days() -> None:
    rule = Rule(daily=2)
    bucket = buckets.taken(buckets.full(rule, START), rule, 2)
    _, slots = buckets.next_slots(bucket, rule, 5, START)
    assert [slot.isoformat(sep=" ", timespec="minutes")[:16] for slot in slots] == [
        "2026-03-03 00:00", "2026-03-03 00:00", "2026-03-04 00:00", "2026-03-04 00:00", "2026-03-05 00:00",
    ]  # fmt: skip


def test_a_bucket_without_a_rule_stops_nobody() -> None:
    assert buckets.room(Bucket(tokens=-5, filled_at=START, day="2026-03-02", used=999, next_slot=START), Rule()) is None
