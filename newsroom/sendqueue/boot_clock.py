"""Seconds since the machine started, asleep or not: no change of the wall clock, no suspended machine makes a wait look short."""

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_seconds() -> float:
    return time.clock_gettime(_CLOCK)
