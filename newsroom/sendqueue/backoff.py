"""When a deferred letter is tried again: 5 minutes after its first try, ever more rarely, for the last time 48 hours after it.

Waits only stretch by chance, never shrink: a greylisting server wants its five minutes, and letters put off together must not
come back together.
"""

import random
from datetime import timedelta

_MINUTES = (5, 15, 60, 240, 480)
DELAYS = tuple(timedelta(minutes=minutes) for minutes in _MINUTES)
JITTER = 0.3
MOST_TRIES = 16
GIVEN_UP_AFTER = timedelta(hours=48)


def delay_after(tries: int, *, chance: float | None = None) -> timedelta | None:
    """How long to wait after so many tries; `chance` is between 0 and 1. None: so many are enough, whatever the clock.

    Where an operator has the letter repeated, its tries count from there (from 1), and so do its 48 hours.

    Whether it was the last is for the database's clock to say: the next try is at the latest GIVEN_UP_AFTER the first
    (`least(clock + delay, first_tried_at + GIVEN_UP_AFTER)`), and one that is put off then is given up.
    """
    if tries > MOST_TRIES:
        return None
    stretch = 1 + JITTER * (random.random() if chance is None else chance)  # noqa: S311 - spreads load, keeps no secret
    return DELAYS[min(tries, len(DELAYS)) - 1] * stretch
