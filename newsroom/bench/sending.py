"""Handing over a real issue by real workers to a real mail server, measured from the first acceptance in the ledger to the last."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from sqlalchemy import func, select

from newsroom.bench.children import cpu_seconds, peak_memory_mb, refuse_dead, running
from newsroom.bench.installation import settle_down
from newsroom.bench.letter import PUBLIC_URL
from newsroom.bench.scratch import Scratch
from newsroom.bench.sink import Sink
from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.errors import Refused
from newsroom.house import House
from newsroom.issues import OPERATOR, cancel, get_issue
from newsroom.sendqueue.fanout import start_issue
from newsroom.settings import child_environment

LOOK_EVERY = 0.02
STUCK_AFTER = 60.0


@dataclass(frozen=True, kw_only=True)
class Load:
    """`audience` people are frozen; measuring ends when `recipients` of them were handed over."""

    recipients: int
    audience: int
    connections: int
    workers: int


@dataclass(frozen=True, kw_only=True)
class Worker:
    process: "Popen[bytes]"
    log: Path


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What everybody had used by some moment."""

    taken: int
    workers: float
    server: float | None
    sink: float


@dataclass(frozen=True, kw_only=True)
class Run:
    """One issue handed over."""

    accepted: int
    taken: int
    seconds: float
    cpu_us_per_mail: float
    postgres_us_per_mail: float | None
    sink_us_per_mail: float
    rss_mb: float

    @property
    def mails_per_s(self) -> float:
        return (self.accepted - 1) / self.seconds if self.seconds else 0.0


def hand_over(house: House, made: Scratch, sink: Sink, issue_id: int, load: Load) -> Run:
    """Start the issue and the workers; Refused when the ledger and the mail server do not agree to the letter."""
    with house.database.transaction() as session:
        start_issue(session, get_issue(session, issue_id), now=utc_now())
    settle_down(house.database)
    before = sink.at_rest()
    with _workers(made, sink, load) as workers:
        first, last = _watch(made, sink, workers, before, load)
        if load.audience == load.recipients:
            _wait_until(lambda: _accepted(house, issue_id)[0] >= load.recipients, workers)
        memory = max(peak_memory_mb(worker.process.pid) for worker in workers)
    _stop_the_rest(house, issue_id)
    accepted, seconds = _accepted(house, issue_id)
    run = _run(first, last, accepted=accepted, taken=sink.at_rest() - before, seconds=seconds, rss_mb=memory)
    _refuse_disagreement(run, load)
    return run


def _stop_the_rest(house: House, issue_id: int) -> None:
    """Of an audience larger than what is measured, nobody shall be left for the workers of the next run."""
    with house.database.transaction() as session:
        cancel(session, get_issue(session, issue_id), by=OPERATOR, now=utc_now())


def _refuse_disagreement(run: Run, load: Load) -> None:
    wanted = load.recipients if load.audience == load.recipients else run.accepted
    if not run.accepted == run.taken == wanted:
        raise Refused(f"{wanted} letters were to be handed over; the ledger counts {run.accepted}, the mail server {run.taken}.")


@contextmanager
def _workers(made: Scratch, sink: Sink, load: Load) -> Iterator[list[Worker]]:
    transport = f"smtp://127.0.0.1:{sink.port}?connections={load.connections}"
    environment = child_environment(
        data_dir=made.data_dir, database_url=made.database_url, transport_url=transport, public_url=PUBLIC_URL
    )  # fmt: skip
    with ExitStack() as stack:
        workers = []
        for number in range(load.workers):
            log = made.folder / f"worker-{number}.log"
            child = stack.enter_context(running([sys.executable, "-m", "newsroom", "worker"], log=log, environment=environment))
            workers.append(Worker(process=child, log=log))
        yield workers


def _watch(made: Scratch, sink: Sink, workers: Sequence[Worker], before: int, load: Load) -> tuple[Costs, Costs]:
    """What was used by about the first letter, and by the last: starting a worker is not handing over."""
    _wait_until(lambda: sink.taken > before, workers)
    first = _costs(made, sink, workers, before)
    seen, since = 0, time.monotonic()
    while (taken := sink.taken - before) < load.recipients:
        if taken > seen:
            seen, since = taken, time.monotonic()
        _refuse_standstill(workers, since)
        time.sleep(LOOK_EVERY)
    return first, _costs(made, sink, workers, before)


def _wait_until(holds: Callable[[], bool], workers: Sequence[Worker]) -> None:
    begun = time.monotonic()
    while not holds():
        _refuse_standstill(workers, begun)
        time.sleep(LOOK_EVERY)


def _refuse_standstill(workers: Sequence[Worker], since: float) -> None:
    for worker in workers:
        refuse_dead(worker.process, "a worker", worker.log)
    if time.monotonic() - since > STUCK_AFTER:
        said = " ".join(workers[0].log.read_text(errors="replace").split())[-300:]
        raise Refused(f"Nothing was handed over for {STUCK_AFTER:g} s; a worker said: {said}")


def _costs(made: Scratch, sink: Sink, workers: Sequence[Worker], before: int) -> Costs:
    return Costs(
        taken=sink.taken - before, workers=sum(cpu_seconds(worker.process.pid) for worker in workers),
        server=made.server_cpu_seconds, sink=sink.cpu_seconds,
    )  # fmt: skip


def _accepted(house: House, issue_id: int) -> tuple[int, float]:
    """How many were accepted, and the seconds between the first and the last."""
    mine = select(func.count(), func.min(Delivery.closed_at), func.max(Delivery.closed_at)).where(
        Delivery.issue_id == issue_id, Delivery.kind == "issue", Delivery.state == "accepted"
    )
    with house.database.reading() as session:
        count, begun, ended = session.execute(mine).one()
    return count, (ended - begun).total_seconds() if begun and ended else 0.0


def _run(first: Costs, last: Costs, *, accepted: int, taken: int, seconds: float, rss_mb: float) -> Run:
    mails = max(1, last.taken - first.taken)
    server = None if last.server is None or first.server is None else (last.server - first.server) / mails * 1e6
    return Run(
        accepted=accepted, taken=taken, seconds=seconds, cpu_us_per_mail=(last.workers - first.workers) / mails * 1e6,
        postgres_us_per_mail=server, sink_us_per_mail=(last.sink - first.sink) / mails * 1e6, rss_mb=rss_mb,
    )  # fmt: skip
