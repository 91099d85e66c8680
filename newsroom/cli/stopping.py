"""Ending well: SIGTERM and Ctrl-C set one event, and the process leaves with status 0."""

import signal
import threading
from types import FrameType


def stop_event() -> threading.Event:
    """An event that the first SIGTERM or SIGINT sets."""
    stop = threading.Event()

    def set_it(_: int, __: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, set_it)
    return stop
