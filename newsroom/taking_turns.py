"""Work for several threads at once in which nobody hogs them: the groups take turns, so many of one at a time, within a time."""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import TypeVar

log = logging.getLogger(__name__)
Task = TypeVar("Task")
Outcome = TypeVar("Outcome")


class _Turns:
    """What is to be done next, by group; a task that is taken is given back when it is done."""

    def __init__(self, tasks: Iterable[tuple[str, object]], of_one_group: int) -> None:
        self._waiting: dict[str, deque[object]] = {}
        for group, task in tasks:
            self._waiting.setdefault(group, deque()).append(task)
        self._groups = deque(self._waiting)
        self._under_way: Counter[str] = Counter()
        self._of_one_group = of_one_group
        self._changed = threading.Condition()
        self._over = False

    def take(self) -> tuple[str, object] | None:
        """None when there is nothing left to take."""
        with self._changed:
            while self._groups and not self._over:
                if (group := self._free_group()) is not None:
                    self._under_way[group] += 1
                    return group, self._waiting[group].popleft()
                if self._groups:
                    self._changed.wait()
            return None

    def _free_group(self) -> str | None:
        for _ in range(len(self._groups)):
            group = self._groups.popleft()
            if not self._waiting[group]:
                continue
            self._groups.append(group)
            if self._under_way[group] < self._of_one_group:
                return group
        return None

    def give_back(self, group: str) -> None:
        with self._changed:
            self._under_way[group] -= 1
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()


def done_in_time(
    tasks: Iterable[tuple[str, Task]], work: Callable[[Task], Outcome], *, at_once: int, of_one_group: int, seconds: float
) -> dict[Task, Outcome]:
    """What became of each (group, task) that was done in time. Threads that are late are left behind: they keep nothing alive."""
    todo = list(tasks)
    turns, done = _Turns(todo, of_one_group), {}
    until = time.monotonic() + seconds

    def labour() -> None:
        while (taken := turns.take()) is not None:
            group, task = taken
            try:
                done[task] = work(task)  # type: ignore[arg-type]
            except Exception:
                log.exception("a task broke down")
            finally:
                turns.give_back(group)

    threads = [threading.Thread(target=labour, name="turns", daemon=True) for _ in range(min(at_once, len(todo)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    turns.end()
    return dict(done)  # type: ignore[arg-type]
