"""When a deferred letter is tried again."""

from datetime import timedelta

_MINUTES = (5, 15, 60, 240, 480, 480, 480, 480, 480, 160)
DELAYS = tuple(timedelta(minutes=minutes) for minutes in _MINUTES)
GIVEN_UP_AFTER = sum(DELAYS, timedelta())  # 48 hours from the first try to the last


def delay_after(attempt: int) -> timedelta | None:
    """How long to wait after this try, counted from 1; None: that was the last."""
    return DELAYS[attempt - 1] if attempt <= len(DELAYS) else None
