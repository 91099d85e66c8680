"""The processes of an installation, and what may befall them: killed, frozen, started again as a supervisor would."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random

from tests.chaos.account import Witness
from tests.processes import ROOT, Role, environment_of
from tests.services import missing

SHIM = Path(__file__).with_name("shim.c")
LISTENS_WITHIN = 60.0


def shim(folder: Path) -> dict[str, str]:
    """The environment under which a program can be lied to about the time and the disk (shim.c), compiled once per folder."""
    library = folder / "shim.so"
    if not library.exists():
        if (compiler := shutil.which("cc")) is None:
            missing("a C compiler")
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(SHIM), "-ldl"], check=True)
        library.chmod(0o755)
    return {"LD_PRELOAD": str(library)}


class Crew:
    """Ends only what it started, by its id."""

    def __init__(self, settings: Mapping[str, str], folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.roles: list[Role] = []
        self._number = 0

    def start(self, *command: str, environment: Mapping[str, str] | None = None, cwd: Path = ROOT) -> Role:
        self._number += 1
        log = self.folder / f"{self._number:03}-{command[0]}.log"
        role = Role(*command, settings=self.settings, log=log, environment=environment or {}, cwd=cwd)
        self.roles.append(role)
        return role

    def workers(self, number: int) -> list[Role]:
        return [self.start("worker") for _ in range(number)]

    def kill(self, *roles: Role) -> None:
        """SIGKILL: no last word."""
        for role in roles:
            role.process.kill()
        for role in roles:
            role.process.wait()
            self.roles.remove(role)

    def renew(self, *roles: Role) -> list[Role]:
        """What a supervisor does with the dead."""
        self.kill(*roles)
        return [self.start(*role.command) for role in roles]

    def kill_one_of(self, chance: Random, name: str) -> Role:
        """A process of this role, by lot, and its successor."""
        victim = chance.choice([role for role in self.roles if role.command[0] == name])
        return self.renew(victim)[0]

    def freeze(self, role: Role) -> None:
        role.process.send_signal(signal.SIGSTOP)
        while Path(f"/proc/{role.process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.005)

    def thaw(self, role: Role) -> None:
        role.process.send_signal(signal.SIGCONT)

    def stop(self) -> list[int]:
        """Every process, as an operator stops it; how they ended."""
        for role in self.roles:
            with contextlib.suppress(ProcessLookupError):
                role.process.send_signal(signal.SIGCONT)
                role.process.send_signal(signal.SIGTERM)
        # Not a second signal, which asks a role to leave at once.
        ended = [role.process.wait(timeout=40) for role in self.roles]
        self.roles.clear()
        return ended

    def end(self) -> None:
        """Whatever is left."""
        for role in self.roles:
            with contextlib.suppress(ProcessLookupError):
                role.process.kill()
            role.process.wait()
        self.roles.clear()

    @property
    def last_words(self) -> str:
        """The end of every log, for a test that fails."""
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-1500:]}" for path in sorted(self.folder.glob("*.log")))


class SinkProcess:
    """The witness, running; it outlives everybody."""

    def __init__(self, folder: Path, *, port: int, seed: int, delay: float) -> None:
        self.folder, self.port, self.witness = folder, port, Witness(folder)
        folder.mkdir(parents=True, exist_ok=True)
        options = {"--port": port, "--folder": folder, "--seed": seed, "--delay": delay}
        words = [str(word) for option in options.items() for word in option]
        command = [sys.executable, "-m", "tests.chaos.sink", *words]
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment_of({}), stdin=subprocess.DEVNULL)
        self._wait_until_it_listens()

    def _wait_until_it_listens(self) -> None:
        """From then on it takes SIGHUP as well, which would end it while it starts."""
        until = time.monotonic() + LISTENS_WITHIN
        while time.monotonic() < until and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        raise AssertionError("the mail server of the trial did not start")

    def reread(self) -> None:
        os.kill(self._process.pid, signal.SIGHUP)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
