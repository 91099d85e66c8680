"""Ending well: SIGTERM and Ctrl-C end a role with status 0."""

import signal
import sys
import threading
from types import FrameType
from typing import NoReturn


def stop_event() -> threading.Event:
    """An event that SIGTERM or Ctrl-C sets, for a process that waits."""
    stop = threading.Event()

    def set_it(_: int, __: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, set_it)
    return stop


def leave_on_signal() -> None:
    """SIGTERM or Ctrl-C raises SystemExit(0) where the process stands: a server's loop ends, what is open is closed."""

    def leave(_: int, __: FrameType | None) -> NoReturn:
        sys.exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
