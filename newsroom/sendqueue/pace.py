"""How patient a sender is: every wait and interval of one, in seconds, so that a test may hurry it."""

from collections.abc import Callable
from dataclasses import dataclass

from newsroom.sendqueue.boot_clock import boot_seconds
from newsroom.sendqueue.relay_health import AWAY_FOR, QUIET
from newsroom.sendqueue.sessions import RENEW_EVERY


@dataclass(frozen=True, kw_only=True)
class Pace:
    """`clock` counts on while the machine sleeps; `rest_factor` scales the pauses of a relay in trouble."""

    clock: Callable[[], float] = boot_seconds
    stop_grace: float = 60.0
    renew_every: float = RENEW_EVERY.total_seconds()
    poll_every: float = 15.0
    relays_every: float = 5.0
    look_every: float = 1.0
    away_for: float = AWAY_FOR
    quiet: float = QUIET
    rest_factor: float = 1.0
    doubt_for: float = 60.0
    idle_for: float = 30.0
    letters_per_connection: int = 100
