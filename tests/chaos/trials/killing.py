"""T1, T2: processes die by SIGKILL, one by one or all at once; a supervisor starts them again and nobody lays a hand on anything."""

import time
from dataclasses import dataclass
from typing import Any

from tests.chaos.lab import Lab
from tests.services import free_port

WINDOW = 4.0
RECOVERED = 0.95
BURST = 10
Figures = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Killing:
    """How much, and how often. `patient`: the dead are missed after their thirty seconds, which else are made to pass.

    `recovers_within`: so many seconds after a burst of kills the rate must be what it was before the first; None: not asked.
    """

    people: int
    kills: int
    between: tuple[float, float]
    workers: int = 4
    limit: float = 300
    recovers_within: float | None = None
    patient: bool = True


def one_by_one(lab: Lab, size: Killing) -> Figures:
    """T1: a worker chosen by lot, every few seconds; after every tenth a calm, until the rate is back."""
    lab.issue(size.people)
    lab.crew.start("tick")
    lab.crew.workers(size.workers)
    lab.wait_for_letters(size.people // 20)
    rate = Rate(lab, size)
    for number in range(1, size.kills + 1):
        time.sleep(lab.chance.uniform(*size.between))
        assert lab.issue_states() == ["sending"], f"all was sent after {number - 1} kills"
        lab.crew.kill_one_of(lab.chance, "worker")
        if number % BURST == 0:
            rate.is_back()
    lab.wait_until("sent", size.limit)
    return _verdict(lab, bound=lab.connections * size.kills) | {"kills": size.kills} | rate.figures


def all_at_once(lab: Lab, size: Killing) -> Figures:
    """T2: workers, clock and web together; after each time a calm, until the rate is back."""
    lab.issue(size.people)
    _start_all(lab, size)
    share = size.people // (size.kills + 2)
    lab.wait_for_letters(share // 2, size.limit)
    rate = Rate(lab, size)
    for number in range(size.kills):
        lab.wait_for_letters(share * (number + 1), size.limit)
        dead = [role.process.pid for role in lab.crew.roles]
        lab.crew.renew(*lab.crew.roles)
        if not size.patient:
            lab.bury(*dead)
        rate.is_back()
    lab.wait_until("sent", size.limit)
    bound = size.workers * lab.connections * size.kills
    return _verdict(lab, bound=bound) | {"kills": size.kills} | rate.figures


class Rate:
    """How many letters a second go out, before the first kill and after each burst."""

    def __init__(self, lab: Lab, size: Killing) -> None:
        self.lab, self.within = lab, size.recovers_within
        self.slowest = 0.0
        self.usual = self._now() if self.within is not None else 0.0

    def _now(self) -> float:
        before, began = self.lab.witness.kept(), time.monotonic()
        time.sleep(WINDOW)
        return (self.lab.witness.kept() - before) / (time.monotonic() - began)

    def is_back(self) -> None:
        """Wait until it is; the time is counted to the beginning of the window that shows it."""
        if self.within is None:
            return
        killed_at = time.monotonic()
        while (rate := self._now()) < RECOVERED * self.usual:
            passed = time.monotonic() - killed_at
            assert passed <= self.within, f"{passed:.0f} s after a kill {rate:.0f} letters a second, before the first {self.usual:.0f}"
        self.slowest = max(self.slowest, time.monotonic() - killed_at - WINDOW)

    @property
    def figures(self) -> Figures:
        return {} if self.within is None else {"rate_before": round(self.usual), "slowest_recovery_s": round(self.slowest, 1)}


def _start_all(lab: Lab, size: Killing) -> None:
    if lab.house.database.is_sqlite:
        lab.crew.start("up", "--port", str(free_port()))
        return
    lab.crew.start("tick")
    lab.crew.start("public", "--port", str(free_port()))
    lab.crew.workers(size.workers)


def _verdict(lab: Lab, *, bound: int) -> Figures:
    account = lab.account()
    assert account.fault == "", account.fault
    assert len(account.uncertain) <= bound, f"{len(account.uncertain)} uncertain, {bound} allowed"
    return account.figures | {"uncertain_allowed": bound}
