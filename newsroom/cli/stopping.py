"""Ending well: SIGTERM and Ctrl-C end a role with status 0."""

import logging
import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

log = logging.getLogger(__name__)


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


def leave_behind() -> NoReturn:
    """End with status 0 although a thread hangs in a database that does not answer: Python would wait for it for ever."""
    log.warning("the database does not answer; what was under way is swept up by the clock later")
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)
