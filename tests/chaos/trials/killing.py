"""T1, T2: processes die by SIGKILL, one by one or all at once; a supervisor starts them again and nobody lays a hand on anything."""

import time
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from tests.chaos.lab import Lab
from tests.services import free_port

WINDOW = 2.0
RECOVERED = 0.95
Figures = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Killing:
    """How much, and how often. `patient`: the dead are missed after their thirty seconds, which else are made to pass."""

    people: int
    kills: int
    between: tuple[float, float]
    workers: int = 4
    limit: float = 300
    recovers_within: float | None = None
    patient: bool = True


def one_by_one(lab: Lab, size: Killing) -> Figures:
    """T1: a worker chosen by lot, every few seconds."""
    lab.issue(size.people)
    lab.crew.start("tick")
    lab.crew.workers(size.workers)
    lab.wait_for_letters(size.people // 20)
    killed_at = []
    for _ in range(size.kills):
        time.sleep(lab.chance.uniform(*size.between))
        if lab.issue_states() != ["sending"]:
            break
        killed_at.append(time.time())
        lab.crew.kill_one_of(lab.chance, "worker")
    lab.wait_until("sent", size.limit)
    return _verdict(lab, bound=lab.connections * len(killed_at)) | {"kills": len(killed_at)} | _recovery(lab, size, killed_at)


def all_at_once(lab: Lab, size: Killing) -> Figures:
    """T2: workers, clock and web together."""
    lab.issue(size.people)
    _start_all(lab, size)
    share = size.people // (size.kills + 2)
    killed_at = []
    for number in range(size.kills):
        lab.wait_for_letters(share * (number + 1), size.limit)
        killed_at.append(time.time())
        dead = [role.process.pid for role in lab.crew.roles]
        lab.crew.renew(*lab.crew.roles)
        if not size.patient:
            lab.bury(*dead)
    lab.wait_until("sent", size.limit)
    bound = size.workers * lab.connections * len(killed_at)
    return _verdict(lab, bound=bound) | {"kills": len(killed_at)} | _recovery(lab, size, killed_at)


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


def _recovery(lab: Lab, size: Killing, faults: list[float]) -> Figures:
    """How long after each fault a window of the usual rate began; asked only of runs long enough to tell."""
    if size.recovers_within is None:
        return {}
    times = sorted(letter["at"] for letter in lab.witness.letters())
    usual = bisect_right(times, faults[0]) / (faults[0] - times[0])
    # Towards the end only the claims of the dead are left, and those wait for their thirty seconds on purpose.
    last = times[int(len(times) * 0.95)]
    slowest = max((_back_after(times, fault, usual, last) for fault in faults if fault < last - WINDOW), default=0.0)
    assert slowest <= size.recovers_within, f"{slowest:.0f} s after a kill the rate was not back"
    return {"rate_before": round(usual), "slowest_recovery_s": round(slowest, 1)}


def _back_after(times: list[float], fault: float, usual: float, last: float) -> float:
    """Seconds from the fault to the beginning of the first window at the usual rate."""
    begin = fault
    while begin + WINDOW < last:
        if bisect_right(times, begin + WINDOW) - bisect_right(times, begin) >= RECOVERED * usual * WINDOW:
            break
        begin += 0.5
    return begin - fault
