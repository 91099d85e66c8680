"""A command that somebody waits for does not wait for ever: neither for a lock, nor for a statement, nor for a silent database."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from newsroom.db import Database
from newsroom.errors import NewsroomError

PATIENCE = 120.0
# The database ends a statement that is too long; the alarm is for one that says nothing at all, and rings a little later.
SILENCE = 1.25


@contextmanager
def waiting_at_most(database: Database, seconds: float) -> Iterator[None]:
    """Every statement on PostgreSQL within these seconds; only where signals can be had, which is in the main thread."""
    if database.is_sqlite or threading.current_thread() is not threading.main_thread():
        yield
        return
    alarm = Alarm(seconds)
    before = signal.signal(signal.SIGALRM, alarm.ring)
    heard = {"connect": _limiting(seconds), "before_cursor_execute": alarm.wind, "after_cursor_execute": alarm.stop}
    for name, listener in heard.items():
        event.listen(database.engine, name, listener)
    try:
        yield
    except DBAPIError as error:
        # Rolling back on the line that says nothing fails too, and would hide why.
        raise (alarm.reason if alarm.rang else error) from None
    finally:
        alarm.stop()
        signal.signal(signal.SIGALRM, before)
        for name, listener in heard.items():
            event.remove(database.engine, name, listener)


class Alarm:
    """Wound up before every statement, stopped after it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.rang = False
        self.reason = NewsroomError(
            f"The database has not answered for {seconds:g} seconds. Look at its machine and its log; what was not confirmed was not done."
        )

    def ring(self, _: int, __: FrameType | None) -> None:
        self.rang = True
        raise self.reason

    def wind(self, *_: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, self.seconds * SILENCE)

    def stop(self, *_: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _limiting(seconds: float) -> Any:
    def limit(connection: Any, _: Any) -> None:
        connection.execute(f"SET SESSION statement_timeout = '{int(seconds * 1000)}ms'")
        connection.commit()

    return limit
