"""Real services for the tests, each started on a free port by the test run itself and ended with it."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

IN_CI = os.environ.get("CI") == "true"
STARTS_WITHIN = 100


def missing(service: str) -> None:
    """A laptop may go without; CI may not."""
    if IN_CI:
        pytest.fail(f"{service} is not installed, and CI tests with the real thing")
    pytest.skip(f"{service} is not installed here; `make test` installs it where it can")


def free_port() -> int:
    """Below the range that outgoing connections are given, so that a service stopped by a test finds its port free again."""
    while True:
        port = random.randint(15_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _postgresql_programs() -> Path | None:
    if found := shutil.which("initdb"):
        return Path(found).parent
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return homes[-1].parent if homes else None


class PostgreSQL:
    """A cluster of its own in a folder; may be stopped, killed and started again by chaos tests."""

    def __init__(self, folder: Path) -> None:
        programs = _postgresql_programs()
        if programs is None:
            missing("PostgreSQL")
        self.programs, self.folder, self.port = programs, folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.environment: dict[str, str] = {}
        self.before: tuple[str, ...] = ()
        # PostgreSQL refuses to run as root: there it runs as the system's postgres user.
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(folder, self.user)
        self._run("initdb", "-D", str(folder / "data"), "-U", "newsroom", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.programs / program, *arguments], check=True, capture_output=True, user=self.user, group=self.user, cwd=self.folder
        )

    def start(self) -> None:
        settings = {
            "port": self.port,
            "unix_socket_directories": "",
            "listen_addresses": "127.0.0.1",
            "max_connections": 200,
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        self.process = subprocess.Popen(
            [*self.before, self.programs / "postgres", "-D", str(self.folder / "data"), *options],
            stdout=subprocess.DEVNULL, stderr=(self.folder / "log").open("ab"),
            user=self.user, group=self.user, cwd=self.folder, env={**os.environ, **self.environment},
        )  # fmt: skip
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until:
            try:
                psycopg.connect(self.url("postgres").replace("+psycopg", ""), connect_timeout=10).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.1)
        raise RuntimeError(f"PostgreSQL did not come up within {STARTS_WITHIN} seconds")

    def stop(self) -> None:
        """As an operator stops it: connections are ended, nothing is lost."""
        if self.process:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(timeout=60)
            self.process = None

    def kill(self) -> None:
        """As a machine dies: SIGKILL for the server and every process of its connections."""
        if self.process:
            postmaster = self.process.pid
            children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
            self.process.kill()
            for child in map(int, children):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://newsroom@127.0.0.1:{self.port}/{name}"

    def create(self, name: str, template: str = "template1") -> str:
        with psycopg.connect(self.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, name: str) -> None:
        with psycopg.connect(self.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def running_postgresql() -> Iterator[PostgreSQL]:
    """A cluster of one's own, running.

    Not in pytest's own folder: every other run of pytest on the machine closes that to the user PostgreSQL runs as.
    """
    folder = Path(tempfile.mkdtemp(prefix="newsroom-postgresql-"))
    try:
        server = PostgreSQL(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


class RedisServer:
    """A Redis that keeps nothing on disk; may be killed and come back empty."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        if program is None:
            missing("Redis")
        self.program, self.folder, self.port = program, folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        with redis.Redis(port=self.port) as client:
            until = time.monotonic() + STARTS_WITHIN
            while time.monotonic() < until:
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    time.sleep(0.05)
        raise RuntimeError(f"Redis did not come up within {STARTS_WITHIN} seconds")

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(timeout=60)
            self.process = None


@contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    server = RedisServer(folder)
    server.start()
    try:
        yield server.url
    finally:
        server.kill()
