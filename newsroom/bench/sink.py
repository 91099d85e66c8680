"""The mail server that a benchmark sends to, and smtp-source sending to the same one."""

import itertools
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from newsroom.bench.children import cpu_seconds, refuse_dead, running
from newsroom.bench.ports import free_port, listens
from newsroom.bench.programs import postfix_program, runs_as_root
from newsroom.errors import Refused

COUNTED = re.compile(rb"mesg=(\d+)\r")
LAST = 400
SESSIONS = (8, 16, 32)
MODES: Mapping[str, tuple[str, ...]] = {"headers": (), "no headers (-o)": ("-o",)}
TIME_LIMIT = 120
AT_REST_FOR = 0.5


@dataclass(frozen=True, kw_only=True)
class Sink:
    """A running sink. `taken` is what it says itself."""

    port: int
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def taken(self) -> int:
        """Letters since it started."""
        with self.log.open("rb") as told:
            told.seek(max(0, self.log.stat().st_size - LAST))
            counts = COUNTED.findall(told.read())
        return int(counts[-1]) if counts else 0

    def at_rest(self) -> int:
        """As `taken`, once it has told the last of what it took: on a busy machine it tells late."""
        seen, since = self.taken, time.monotonic()
        while time.monotonic() - since < AT_REST_FOR:
            time.sleep(0.05)
            if self.taken != seen:
                seen, since = self.taken, time.monotonic()
        return seen

    @property
    def cpu_seconds(self) -> float:
        return cpu_seconds(self.process.pid)


@dataclass(frozen=True, kw_only=True)
class Rival:
    """smtp-source at its best: how many letters per second, and in which mode."""

    mails_per_s: float
    mode: str
    sessions: int


@contextmanager
def running_sink(folder: Path, delay_ms: int = 0) -> Iterator[Sink]:
    """smtp-sink; our own slow one where it shall take its time."""
    port = free_port()
    log = folder / f"sink-{port}.log"
    with running(_slow(port, delay_ms) if delay_ms else _smtp_sink(port), log=log) as process:
        for _ in range(200):
            refuse_dead(process, "the sink", log)
            if listens(port):
                break
            time.sleep(0.05)
        yield Sink(port=port, log=log, process=process)


def _smtp_sink(port: int) -> list[str]:
    # As root it must be told whom to become.
    user = ["-u", "nobody"] if runs_as_root() else []
    return [postfix_program("smtp-sink"), "-c", *user, f"127.0.0.1:{port}", "500"]


def _slow(port: int, delay_ms: int) -> list[str]:
    return [sys.executable, "-m", "newsroom.bench.slow_sink", str(port), str(delay_ms)]


def best_rival(sink: Sink, *, letters: int, size: int) -> Rival:
    """The best of every mode and number of sessions that makes sense on a small machine."""
    tries = (
        Rival(mails_per_s=_rate(sink, letters, size, sessions, options), mode=mode, sessions=sessions)
        for (mode, options), sessions in itertools.product(MODES.items(), SESSIONS)
    )
    return max(tries, key=lambda rival: rival.mails_per_s)


def again(sink: Sink, rival: Rival, *, letters: int, size: int) -> Rival:
    """What it does now, in its best mode."""
    return replace(rival, mails_per_s=_rate(sink, letters, size, rival.sessions, MODES[rival.mode]))


def _rate(sink: Sink, letters: int, size: int, sessions: int, options: tuple[str, ...]) -> float:
    words = ["-d", *options, "-s", str(sessions), "-m", str(letters), "-l", str(size)]
    people = ["-f", "news@example.org", "-t", "reader@example.org"]
    begun = time.perf_counter()
    try:
        subprocess.run(
            [postfix_program("smtp-source"), *words, *people, f"127.0.0.1:{sink.port}"], check=True, capture_output=True, timeout=TIME_LIMIT
        )
    except subprocess.CalledProcessError as error:
        raise Refused(f"smtp-source failed: {error.stderr.decode(errors='replace').strip()[-200:]}") from None
    except subprocess.TimeoutExpired:
        raise Refused(f"smtp-source took longer than {TIME_LIMIT} s; is the machine very busy?") from None
    return letters / (time.perf_counter() - begun)
