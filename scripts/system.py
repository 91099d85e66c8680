"""The machine below: which Debian packages are there, and installing them without a question where we may."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable


class Stop(Exception):
    """The set-up cannot go on; its text tells what to do."""


def say(sentence: str) -> None:
    print(f"-> {sentence}", flush=True)


def run(*command: str, cwd: str | None = None) -> bool:
    """Run it in plain sight; True if it ended well."""
    return subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, check=False).returncode == 0


def administrator() -> list[str] | None:
    """The words before a command that needs root: none as root, sudo where it asks no password, None where we may not."""
    if os.geteuid() == 0:
        return []
    asks_nothing = shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    return ["sudo", "-n"] if asks_nothing else None


def install_packages(packages: list[str]) -> bool:
    """Install Debian packages where we may; False where we may not or where it did not work."""
    prefix = administrator()
    if prefix is None or not shutil.which("apt-get"):
        return False
    say(f"installing the system packages {', '.join(packages)}")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
    if run(*apt, "install", "--no-install-recommends", *packages):
        return True
    return run(*apt, "update") and run(*apt, "install", "--no-install-recommends", *packages)


def exit_with(work: Callable[[], int]) -> None:
    """Run a script's main function; a Stop becomes its sentence and exit status 1."""
    try:
        sys.exit(work())
    except Stop as reason:
        print(f"\n{reason}\n", file=sys.stderr)
        sys.exit(1)
