"""T1, T2: processes die by SIGKILL, one by one or all at once; a supervisor starts them again and nobody lays a hand on anything."""

import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.chaos.lab import Lab
from tests.services import free_port

WINDOW = 5.0
RECOVERED = 0.95
Figures = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Killing:
    """How much, and how often."""

    people: int
    kills: int
    between: tuple[float, float]
    workers: int = 4
    limit: float = 300


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
    return _verdict(lab, bound=lab.connections * len(killed_at)) | {"kills": len(killed_at)} | _recovery(lab, killed_at)


def all_at_once(lab: Lab, size: Killing) -> Figures:
    """T2: workers, clock and web together."""
    lab.issue(size.people)
    _start_all(lab, size)
    share = size.people // (size.kills + 2)
    killed_at = []
    for number in range(size.kills):
        lab.wait_for_letters(share * (number + 1), size.limit)
        killed_at.append(time.time())
        lab.crew.renew(*lab.crew.roles)
    lab.wait_until("sent", size.limit)
    return _verdict(lab, bound=size.workers * lab.connections * len(killed_at)) | {"kills": len(killed_at)} | _recovery(lab, killed_at)


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


def _recovery(lab: Lab, faults: list[float]) -> Figures:
    """How long after each fault the rate of a window was back; measured only where the run went on long enough to tell."""
    times = sorted(letter["at"] for letter in lab.witness.letters())
    before = [at for at in times if at <= faults[0]] if faults else times
    seconds = before[-1] - before[0] if len(before) > 1 else 0.0
    usual = len(before) / seconds if seconds else 0.0
    slowest = 0.0
    for fault, following in pairwise([*faults, times[-1]]):
        slowest = max(slowest, _back_after(times, fault, usual, until=max(following, fault + 90)))
    longest = max((later - earlier for earlier, later in pairwise(times)), default=0.0)
    return {"rate_before": round(usual), "slowest_recovery_s": round(slowest, 1), "longest_silence_s": round(longest, 1)}


def _back_after(times: list[float], fault: float, usual: float, *, until: float) -> float:
    """Seconds from the fault to the beginning of the first window at the usual rate; 0 when the letters ran out before."""
    here = [at for at in times if fault <= at <= until + WINDOW]
    start = fault
    while start <= until and here and start + WINDOW <= times[-1]:
        if sum(start <= at < start + WINDOW for at in here) >= RECOVERED * usual * WINDOW:
            return start - fault
        start += 0.5
    return until - fault if here and until + WINDOW <= times[-1] else 0.0
