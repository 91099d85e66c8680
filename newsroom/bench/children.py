"""Processes that a benchmark starts: what they cost, and that each of them is gone when it ends, however it ends."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from newsroom.errors import Refused

TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 90


@contextmanager
def running(
    arguments: Sequence[str | Path], *, log: Path, environment: Mapping[str, str] | None = None, user: str | None = None,
    folder: Path | None = None, ends_on: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:  # fmt: skip
    """A child while the block runs; what it says goes to the log. Whoever interrupts us interrupts it through us alone."""
    with log.open("wb") as output:
        child = subprocess.Popen(
            [str(word) for word in arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env=environment, user=user, group=user, cwd=folder, start_new_session=True,
        )  # fmt: skip
    try:
        yield child
    finally:
        _end(child, ends_on)


def _end(child: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    if child.poll() is None:
        child.send_signal(number)
    try:
        child.wait(PATIENCE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        child.kill()
        child.wait()


def refuse_dead(child: "subprocess.Popen[bytes]", name: str, log: Path) -> None:
    """Refused with its last words when it has ended by itself."""
    if child.poll() is not None:
        words = " ".join(log.read_text(errors="replace").split())[-300:]
        raise Refused(f"{name} ended with status {child.returncode} and said: {words or 'nothing'}")


def cpu_seconds(pid: int) -> float:
    """User and system time of one process, all its threads; 0 for one that is gone."""
    times = _stat(pid)
    return (int(times[11]) + int(times[12])) / TICKS if times else 0.0


def family_cpu_seconds(pid: int) -> float:
    """The same of a process, its living children, and those it has outlived."""
    times = _stat(pid)
    gone = (int(times[13]) + int(times[14])) / TICKS if times else 0.0
    return cpu_seconds(pid) + gone + sum(cpu_seconds(child) for child in _children(pid))


def peak_memory_mb(pid: int) -> float:
    """The most that was ever resident (VmHWM)."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def parent_of(pid: int) -> int:
    times = _stat(pid)
    return int(times[1]) if times else 0


def name_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on; none for a process that is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def _children(pid: int) -> list[int]:
    found = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())
    return [other for other in found if parent_of(other) == pid]
