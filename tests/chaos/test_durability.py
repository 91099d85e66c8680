"""Every mark is on the disk before its final dot is on the wire: seen in the system calls, not believed.

The worker, and on PostgreSQL the server too, run under strace. Between the last bytes of each letter's body and its dot the log
that holds the mark must have been flushed. Broken on purpose, and caught here: a carrier that gives the dot before its mark is
answered (40 dots of 40), PostgreSQL with synchronous_commit off for the ledger; and over SQLite with synchronous=NORMAL nothing is sent.
"""

import re
import shutil
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chaos.lab import Lab, laboratory
from tests.processes import Role
from tests.services import RedisServer, free_port, missing, running_postgresql

PEOPLE = 40
CALLS = "trace=fsync,fdatasync,write,writev,sendto,sendmsg"
_CALL = re.compile(r"(?P<pid>\d+) +(?P<at>[\d.]+) (?P<name>\w+)\((?P<fd>\d+)<(?P<path>[^>]*)>(?P<rest>.*)")
_RESUMED = re.compile(r"(?P<pid>\d+) +(?P<at>[\d.]+) <\.\.\. (?P<name>\w+) resumed>.*= 0")
_LASTED = re.compile(r"= 0 <(?P<seconds>[\d.]+)>$")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


@dataclass(frozen=True, kw_only=True)
class Dot:
    """When it was written, and when the bytes before it on the same line were."""

    body_at: float
    at: float


def under_strace(trace: Path) -> tuple[str, ...]:
    """The words before a command; -D leaves the command the process that was started."""
    if (program := shutil.which("strace")) is None:
        missing("strace")
    return (program, "-D", "-f", "-q", "-ttt", "-T", "-y", "-s", "12", "-e", CALLS, "-o", str(trace))


def dots_in(trace: Path) -> list[Dot]:
    found, last = [], {}
    for call in _calls(trace):
        if call["name"] in ("sendto", "sendmsg", "write", "writev") and "socket:" in call["path"]:
            line = (call["path"], call["fd"])
            if '".\\r\\n' in call["rest"] and line in last:
                found.append(Dot(body_at=last[line], at=float(call["at"])))
            last[line] = float(call["at"])
    return found


def flushes_in(trace: Path, of: str) -> list[float]:
    """When each flush of such a file had succeeded."""
    begun: dict[str, bool] = {}
    found = []
    for line in trace.read_text(errors="replace").splitlines():
        if (call := _CALL.match(line)) and call["name"] in ("fsync", "fdatasync"):
            begun[call["pid"]] = of in call["path"]
            if (lasted := _LASTED.search(line)) and of in call["path"]:
                found.append(float(call["at"]) + float(lasted["seconds"]))
        elif (resumed := _RESUMED.match(line)) and resumed["name"] in ("fsync", "fdatasync") and begun.get(resumed["pid"]):
            found.append(float(resumed["at"]))
    return sorted(found)


def _calls(trace: Path) -> Iterator[re.Match[str]]:
    return filter(None, map(_CALL.match, trace.read_text(errors="replace").splitlines()))


def assert_each_dot_follows_a_flush(dots: list[Dot], flushes: list[float]) -> None:
    assert len(dots) >= PEOPLE, f"{len(dots)} dots were seen for {PEOPLE} letters"
    bare = [dot for dot in dots if bisect_left(flushes, dot.at) <= bisect_left(flushes, dot.body_at)]
    assert bare == [], f"{len(bare)} of {len(dots)} dots were written with no flush between body and dot"


def send(lab: Lab, trace: Path) -> None:
    lab.issue(PEOPLE)
    command = ("up", "--port", str(free_port())) if lab.house.database.is_sqlite else ("worker",)
    worker = Role(*command, settings=lab.facts, log=lab.folder / "logs" / "traced.log", before=under_strace(trace))
    if command == ("worker",):
        lab.crew.start("tick")
    lab.crew.roles.append(worker)
    lab.wait_until("sent")
    assert worker.stop() == 0
    lab.crew.roles.remove(worker)


def test_on_sqlite_the_log_is_flushed_between_body_and_dot(tmp_path: Path) -> None:
    trace = tmp_path / "worker.trace"
    with laboratory(tmp_path, seed=1, connections=2, delay=0) as lab:
        send(lab, trace)
    assert_each_dot_follows_a_flush(dots_in(trace), flushes_in(trace, "newsroom.db-wal"))


@pytest.mark.postgresql
@pytest.mark.redis
def test_on_postgresql_the_server_flushes_its_log_between_body_and_dot(tmp_path: Path) -> None:
    trace = tmp_path / "worker.trace"
    with running_postgresql() as cluster:
        url = cluster.create("newsroom")
        redis_server = RedisServer(tmp_path)
        redis_server.start()
        try:
            with laboratory(tmp_path, seed=1, connections=2, delay=0, database_url=url, redis_server=redis_server) as lab:
                cluster.stop()
                server_trace = cluster.folder / "server.trace"
                cluster.before = under_strace(server_trace)
                cluster.start()
                send(lab, trace)
        finally:
            redis_server.kill()
        cluster.stop()
        flushes = flushes_in(server_trace, "pg_wal")
    assert_each_dot_follows_a_flush(dots_in(trace), flushes)
