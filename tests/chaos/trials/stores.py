"""T3, T4, T11: what the installation stands on goes away: Redis, PostgreSQL, the room on the disk."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import redis

from tests.chaos.crew import shim
from tests.chaos.lab import Lab
from tests.chaos.trials.road import Figures, finish, sound, start
from tests.services import PostgreSQL, free_port

LONGEST_STALL = 60.0


@dataclass(frozen=True, kw_only=True)
class Loss:
    """How much, how often each kind of loss, and for how long the long ones."""

    people: int
    times: int
    outages: int
    outage: float
    workers: int = 2
    limit: float = 120


def redis_lost(lab: Lab, size: Loss) -> Figures:
    """T3: flushed, killed and back empty, away for a while. Nobody notices: the row is the queue."""
    server = lab.redis_server
    assert server is not None

    def flush() -> None:
        with redis.Redis.from_url(server.url) as client:
            client.flushall()

    def killed() -> None:
        server.kill()
        server.start()

    def away() -> None:
        server.kill()
        time.sleep(size.outage)
        server.start()

    faults = [flush] * size.times + [killed] * size.times + [away] * size.outages
    struck = _struck(lab, size, faults)
    account = sound(lab, uncertain_at_most=0)
    stall = _longest_stall(lab)
    assert stall <= LONGEST_STALL, f"nothing went out for {stall:.0f} s"
    return account.figures | {"losses": struck, "longest_stall_s": round(stall, 1)}


def postgresql_lost(lab: Lab, size: Loss) -> Figures:
    """T4: restarted, killed, away for a while. The workers live on, and nobody is in doubt when it is back."""
    server = lab.cluster
    assert server is not None

    def restarted() -> None:
        server.stop()
        server.start()

    def killed() -> None:
        server.kill()
        server.start()

    def away() -> None:
        server.stop()
        time.sleep(size.outage)
        server.start()

    faults = [restarted] * size.times + [killed] * size.times + [away] * size.outages
    struck = _struck(lab, size, faults)
    account = sound(lab, uncertain_at_most=0)
    return account.figures | {"losses": struck, "longest_stall_s": round(_longest_stall(lab), 1)}


def _struck(lab: Lab, size: Loss, faults: list[Callable[[], None]]) -> int:
    """The faults in an order by lot, spread over the sending; then to the end without a hand laid on."""
    lab.chance.shuffle(faults)
    lab.issue(size.people)
    start(lab, workers=size.workers)
    for number, fault in enumerate(faults, start=1):
        lab.wait_for_letters(number * size.people // (len(faults) + 1), size.limit)
        fault()
    lab.wait_until("sent", size.limit)
    return len(faults)


def _longest_stall(lab: Lab) -> float:
    times = sorted(letter["at"] for letter in lab.witness.letters())
    return max((later - earlier for earlier, later in pairwise(times)), default=0.0)


@dataclass(frozen=True, kw_only=True)
class Disk:
    """How many people, for how long there is no room, and whose disk it is: PostgreSQL's, or that of the data folder."""

    people: int
    full_for: float
    of_postgresql: bool = False
    workers: int = 2
    limit: float = 120


def disk_full(lab: Lab, size: Disk) -> Figures:
    """T11: no room for a while, for whoever writes there; no dot goes out without its mark, and nobody lays a hand on it after.

    The calls of the C library say ENOSPC (shim.c).
    """
    server = lab.cluster if size.of_postgresql else None
    under = server.folder / "data" if server is not None else Path(lab.facts["data_dir"])
    flag = lab.shared / "full"
    environment = shim(lab.shared) | {"CHAOS_FULL": str(flag), "CHAOS_UNDER": str(under)}
    lab.issue(size.people)
    with _under(server, environment):
        _start_under(lab, size, {} if server else environment)
        lab.wait_for_letters(size.people // 4, size.limit)
        flag.touch()
        when_full = lab.witness.kept()
        time.sleep(size.full_for)
        beyond = lab.witness.kept() - when_full
        flag.unlink()
        if server is not None and server.process is not None and server.process.poll() is not None:
            server.start()  # it gives up on a full disk, and a supervisor brings it back
        finish(lab, limit=size.limit)
        account = sound(lab, uncertain_at_most=0)
    return account.figures | {"sent_while_full": beyond, "full_for_s": size.full_for}


@contextmanager
def _under(server: PostgreSQL | None, environment: dict[str, str]) -> Iterator[None]:
    """This server, started again with the shim below it; and without it at the end."""
    if server is None:
        yield
        return
    server.stop()
    server.environment = environment
    server.start()
    try:
        yield
    finally:
        server.environment = {}


def _start_under(lab: Lab, size: Disk, environment: dict[str, str]) -> None:
    if not environment:
        start(lab, workers=size.workers)
    elif lab.house.database.is_sqlite:
        lab.crew.start("up", "--port", str(free_port()), environment=environment)
    else:
        lab.crew.start("tick", environment=environment)
        for _ in range(size.workers):
            lab.crew.start("worker", environment=environment)
