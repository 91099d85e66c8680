"""The `newsroom` command as real processes, started the way an operator starts them."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parent.parent
Found = TypeVar("Found")


def environment_of(settings: Mapping[str, object]) -> dict[str, str]:
    """This machine's environment with exactly these NEWSROOM_ settings and no other."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("NEWSROOM_")}
    return {**bare, "PYTHONUNBUFFERED": "1", **{f"NEWSROOM_{name.upper()}": str(value) for name, value in settings.items()}}


def newsroom(*arguments: str, settings: Mapping[str, object]) -> subprocess.CompletedProcess[str]:
    """One verb, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "newsroom", *arguments],
        env=environment_of(settings), cwd=ROOT, capture_output=True, text=True, timeout=110, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


class Role:
    """A process that runs until it is told to stop; what it says is kept in a file."""

    def __init__(
        self, *arguments: str, settings: Mapping[str, object], log: Path, environment: Mapping[str, str] | None = None, cwd: Path = ROOT,
        before: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.command, self.log = arguments, log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [*before, sys.executable, "-m", "newsroom", *arguments],
                env={**environment_of(settings), **(environment or {})}, cwd=cwd,
                stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, look: Callable[[], Found | None], *, seconds: float = 90) -> Found:
        """What `look` finds at last; fails with the process's own words when it ends or takes too long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if (found := look()) is not None:
                return found
            if self.process.poll() is not None:
                raise AssertionError(f"the process ended with status {self.process.returncode} and said:\n{self.said}")
            time.sleep(0.05)
        raise AssertionError(f"waited {seconds} s in vain; the process said:\n{self.said}")

    def wait_for_words(self, words: str) -> str:
        return self.wait_for(lambda: self.said if words in self.said else None)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the process did not end within 60 s of the signal; it said:\n{self.said}") from None


@contextmanager
def running(*arguments: str, settings: Mapping[str, object], log: Path) -> Iterator[Role]:
    role = Role(*arguments, settings=settings, log=log)
    try:
        yield role
    finally:
        role.stop()


def answer(url: str) -> tuple[int, str] | None:
    """Status and body, or None while nobody listens."""
    try:
        with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - our own loopback address
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except (urllib.error.URLError, OSError):
        return None
