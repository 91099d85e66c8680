"""The programs the tests run against: PostgreSQL, Redis, Chromium and fonts for four scripts."""

import glob
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from system import install_packages, say


@dataclass(frozen=True)
class Service:
    """What it is for, the Debian packages that bring it, and how to see that it is there."""

    name: str
    packages: tuple[str, ...]
    is_there: Callable[[], bool]


def _has_postgresql() -> bool:
    return bool(shutil.which("initdb") or glob.glob("/usr/lib/postgresql/*/bin/initdb"))  # noqa: PTH207


def _has_redis() -> bool:
    return bool(shutil.which("redis-server") or shutil.which("valkey-server"))


def _has_chromium() -> bool:
    return any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))


def _has_fonts() -> bool:
    listed = (
        subprocess.run(["fc-list", ":lang=ar", "family"], capture_output=True, text=True, check=False) if shutil.which("fc-list") else None
    )
    return listed is not None and "Noto" in listed.stdout


SERVICES = (
    Service("PostgreSQL", ("postgresql",), _has_postgresql),
    Service("Redis", ("redis-server",), _has_redis),
    Service("Chromium", ("chromium",), _has_chromium),
    Service("strace", ("strace",), lambda: shutil.which("strace") is not None),
    Service("a C compiler", ("gcc", "libc6-dev"), lambda: shutil.which("cc") is not None),
    Service("the Noto fonts", ("fontconfig", "fonts-noto-core"), _has_fonts),
)


# A mail server that a test run puts on somebody's own machine would be a surprise; on a machine for tests it is none.
FOR_MACHINES = (Service("Postfix's smtp-sink", ("postfix",), lambda: shutil.which("smtp-sink", path="/usr/sbin") is not None),)


def prepare() -> None:
    """Install what is missing where we may; say plainly what stays missing. Tests that need it then skip themselves."""
    wanted = [*SERVICES, *(FOR_MACHINES if os.environ.get("CI") == "true" else ())]
    missing = [service for service in wanted if not service.is_there()]
    if not missing:
        return
    packages = [package for service in missing for package in service.packages]
    if not install_packages(packages):
        for service in missing:
            install_packages(list(service.packages))
    for service in missing:
        if not service.is_there():
            say(f"{service.name} is missing: the tests that need it are skipped.")
            say(f"Install it with: sudo apt-get install {' '.join(service.packages)}")
