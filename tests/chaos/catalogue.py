"""The trials by their names: what each strikes, on what ground, small for every run of the tests and at full size."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.chaos.lab import Lab
from tests.chaos.trials import clocks, coming_back, content, freezing, killing, orders, steering, stores, upgrading, wire

#: Where it stands: a database in a PostgreSQL shared with others, one of its own that it may break, or SQLite.
Ground = Literal["postgresql", "own_postgresql", "sqlite"]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """`delay`: how long the mail server thinks about each letter, small and full; it sets the pace, so that machines compare."""

    title: str
    run: Callable[[Lab, Any], dict[str, Any]]
    small: Any
    full: Any
    ground: Ground = "postgresql"
    connections: tuple[int, int] = (4, 8)
    delay: tuple[float, float] = (0.004, 0.01)


T: dict[str, Trial] = {
    "T0": Trial(
        title="Any order of events over the ledger", run=orders.any_order, small=orders.Orders(runs=10), full=orders.Orders(runs=400),
    ),
    "T1": Trial(
        title="A worker killed by lot, again and again", run=killing.one_by_one, connections=(2, 3), delay=(0.01, 0.03),
        small=killing.Killing(people=1_500, kills=4, between=(0.5, 1.0)),
        full=killing.Killing(people=100_000, kills=50, between=(2, 10), limit=1_200, recovers_within=90),
    ),
    "T2": Trial(
        title="Workers, clock and web killed together", run=killing.all_at_once, delay=(0.004, 0.04),
        small=killing.Killing(people=1_500, kills=2, between=(0, 0), workers=2, patient=False),
        full=killing.Killing(people=100_000, kills=10, between=(0, 0), limit=1_200, recovers_within=90),
    ),
    "T3": Trial(
        title="Redis flushed, killed, away", run=stores.redis_lost, connections=(4, 8), delay=(0.004, 0.03),
        small=stores.Loss(people=1_500, times=2, outages=1, outage=3),
        full=stores.Loss(people=100_000, times=5, outages=2, outage=60, limit=1_200),
    ),
    "T4": Trial(
        title="PostgreSQL restarted, killed, away", run=stores.postgresql_lost, ground="own_postgresql",
        small=stores.Loss(people=1_500, times=1, outages=1, outage=3),
        full=stores.Loss(people=100_000, times=5, outages=2, outage=60, limit=1_200),
    ),
    "T5": Trial(
        title="The line lost between dot and reply", run=wire.replies_lost,
        small=wire.Wire(people=1_000, workers=1, share=0.02), full=wire.Wire(people=20_000, limit=600),
    ),
    "T6": Trial(
        title="The line lost before the dot", run=wire.broken_before_the_dot,
        small=wire.Wire(people=400, workers=1, share=0.01), full=wire.Wire(people=20_000, limit=600),
    ),
    "T7": Trial(
        title="Replies that take their time", run=wire.slow_replies, connections=(8, 16),
        small=wire.Wire(people=600, workers=1, share=0.01, slowest=6), full=wire.Wire(people=5_000, share=0.001, slowest=540, limit=900),
    ),
    "T8": Trial(
        title="Put off: greylisting, busy, full, closing", run=wire.put_off,
        small=wire.Wire(people=700, workers=1), full=wire.Wire(people=50_000, limit=900),
    ),
    "T9a": Trial(
        title="Refused for good, by phase", run=wire.refused_for_good,
        small=wire.Wire(people=800, workers=1), full=wire.Wire(people=50_000, limit=900),
    ),
    "T9b": Trial(
        title="The log-in refused in mid-send", run=wire.log_in_refused,
        small=wire.Wire(people=600, workers=1), full=wire.Wire(people=4_000, limit=300),
    ),
    "T10": Trial(
        title="Lines that hang", run=wire.lines_that_hang, connections=(8, 32),
        small=wire.Wire(people=600, workers=1), full=wire.Wire(people=5_000, limit=1_200, patient=True),
    ),
    "T11a": Trial(
        title="PostgreSQL's disk full", run=stores.disk_full, ground="own_postgresql",
        small=stores.Disk(people=1_000, full_for=3, of_postgresql=True),
        full=stores.Disk(people=10_000, full_for=30, of_postgresql=True, limit=600),
    ),
    "T11b": Trial(
        title="The data folder's disk full", run=stores.disk_full,
        small=stores.Disk(people=600, full_for=2), full=stores.Disk(people=10_000, full_for=30, limit=600),
    ),
    "T12a": Trial(
        title="Processes whose clocks are wrong by hours", run=clocks.wrong_clocks,
        small=clocks.Clocks(people=150, hours=(26, -26), watch=3), full=clocks.Clocks(people=3_000, watch=30, limit=600),
    ),
    "T12b": Trial(
        title="The database's clock leaps", run=clocks.database_clock_leaps, ground="own_postgresql",
        small=clocks.Leap(people=800), full=clocks.Leap(people=10_000, hours=(2, -2, 26, -26), stay=8, limit=600),
    ),
    "T13": Trial(
        title="Two clocks, eight workers, everything due at once", run=clocks.all_due_at_once, connections=(2, 4), delay=(0.0, 0.002),
        small=clocks.Crowd(issues=30, people=25), full=clocks.Crowd(issues=200, people=100, limit=900),
    ),
    "T14": Trial(
        title="Pause, resume, leave, rename, suppress, cancel at random", run=steering.at_random, delay=(0.01, 0.02),
        small=steering.Hands(people=2_500, actions=60, every=0.03),
        full=steering.Hands(people=100_000, actions=1_000, every=0.05, limit=900),
    ),
    "T15a": Trial(
        title="Workers frozen and thawed", run=freezing.zombies,
        small=freezing.Frost(people=600), full=freezing.Frost(people=10_000, times=3, patient=True, limit=600),
    ),
    "T15b": Trial(
        title="Frozen between commit and dot, sent again by an operator, thawed", run=freezing.between_commit_and_dot,
        delay=(0.02, 0.02),
        small=freezing.Frost(people=200), full=freezing.Frost(people=2_000, patient=True, limit=600),
    ),
    "T16": Trial(
        title="Letters that cannot be made", run=content.poison,
        small=content.Poison(people=200, one_in=40), full=content.Poison(people=10_000, one_in=1_000, limit=900),
    ),
    "T17": Trial(
        title="A backup of mid-send comes back", run=coming_back.from_a_backup, ground="sqlite",
        small=coming_back.Return(people=300), full=coming_back.Return(people=3_000),
    ),
    "T18a": Trial(
        title="Rolling upgrade: tables grow, workers are replaced", run=upgrading.rolling,
        small=upgrading.Upgrade(people=1_200), full=upgrading.Upgrade(people=20_000, limit=600),
    ),
    "T18b": Trial(
        title="Half sent, stopped, upgraded from the first schema, finished", run=upgrading.from_the_first_schema,
        small=upgrading.Upgrade(people=800, workers=2), full=upgrading.Upgrade(people=20_000, limit=600),
    ),
    "T19-1": Trial(
        title="SQLite: everything killed", run=killing.all_at_once, ground="sqlite",
        small=killing.Killing(people=1_200, kills=3, between=(0, 0), workers=1, patient=False),
        full=killing.Killing(people=10_000, kills=20, between=(0, 0), workers=1, limit=900),
    ),
    "T19-11": Trial(
        title="SQLite: the disk full", run=stores.disk_full, ground="sqlite",
        small=stores.Disk(people=600, full_for=2, workers=1), full=stores.Disk(people=10_000, full_for=30, workers=1, limit=600),
    ),
    "T19-14": Trial(
        title="SQLite: steered at random", run=steering.at_random, ground="sqlite", delay=(0.01, 0.01),
        small=steering.Hands(people=1_200, actions=30, workers=1), full=steering.Hands(people=10_000, actions=300, workers=1, limit=600),
    ),
}  # fmt: skip
