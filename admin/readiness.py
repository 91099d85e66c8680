"""Whether the database answers, asked with a deadline: what watches the health of a process must not hang with what it watches."""

import threading
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from newsroom import schema
from newsroom.db import Database

ANSWER_WITHIN = 3.0


@dataclass
class Question:
    """Asked in a thread that nobody has to wait for, not even at the end of the process."""

    current: bool | None = None
    answered: threading.Event = field(default_factory=threading.Event)

    def ask(self, database: Database) -> None:
        try:
            self.current = schema.is_current(database)
        except SQLAlchemyError:
            self.current = None
        self.answered.set()


@dataclass
class Readiness:
    """One question at a time: while an earlier one hangs, the answer is no without another that would hang too."""

    within: float = ANSWER_WITHIN
    _last: Question | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_current(self, database: Database) -> bool | None:
        """Whether its schema is as new as this code; None: it does not answer in time."""
        with self._lock:
            if self._last is None or self._last.answered.is_set():
                self._last = Question()
                threading.Thread(target=self._last.ask, args=(database,), name="readyz", daemon=True).start()
            question = self._last
        return question.current if question.answered.wait(self.within) else None


READINESS = Readiness()
