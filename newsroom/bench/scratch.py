"""A scratch installation: a folder, and a database of its own that nobody else uses and that is gone afterwards."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from newsroom import schema
from newsroom.bench.children import family_cpu_seconds, name_of, parent_of, refuse_dead, running
from newsroom.bench.ports import free_port
from newsroom.bench.programs import postgresql_programs, runs_as_root
from newsroom.db import Database
from newsroom.errors import InvalidInput, Refused
from newsroom.keys import open_key_ring

ADDRESS = "postgresql+psycopg://user:password@host/newsroom"


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """`label` names the database in the result; `postmaster` is the server's process, None where we cannot see it."""

    folder: Path
    database_url: str
    label: str
    postmaster: int | None = None

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def server_cpu_seconds(self) -> float | None:
        """All of PostgreSQL's processes together; None where there is none, or none within sight."""
        return family_cpu_seconds(self.postmaster) if self.postmaster else None


@contextmanager
def scratch(*, database_url: str = "", sqlite: bool = False) -> Iterator[Scratch]:
    """SQLite where wished; a new database beside the given one; else a PostgreSQL of our own where its programs are, else SQLite."""
    with _folder() as folder:
        if database_url and not sqlite:
            with _beside(folder, database_url) as made:
                yield _migrated(made)
        elif not sqlite and (programs := postgresql_programs()):
            with _cluster(folder, programs) as url, _beside(folder, url) as made:
                yield _migrated(made)
        else:
            yield _migrated(Scratch(folder=folder, database_url=f"sqlite:///{folder}/data/newsroom.db", label="SQLite"))


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="newsroom-bench-"))
    (folder / "data").mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _migrated(made: Scratch) -> Scratch:
    # A ring is made before anything else: beside a database none is made any more.
    open_key_ring(made.data_dir)
    database = Database(made.database_url)
    schema.upgrade(database)
    database.close()
    return made


@contextmanager
def _beside(folder: Path, database_url: str) -> Iterator[Scratch]:
    """A new database on the same server."""
    given = _postgresql_address(database_url)
    name = f"newsroom_bench_{os.getpid()}"
    with _connected(given) as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield Scratch(
                folder=folder, database_url=given.set(database=name).render_as_string(hide_password=False),
                label=f"PostgreSQL {server.info.server_version // 10000}", postmaster=_postmaster(server),
            )  # fmt: skip
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _postgresql_address(database_url: str) -> URL:
    try:
        given = make_url(database_url)
    except (ArgumentError, ValueError):
        given = None
    if given is None or given.get_backend_name() != "postgresql":
        raise InvalidInput.of("is not the address of a PostgreSQL database.", place="--database-url", hint=f"For example {ADDRESS}")
    return given.set(drivername="postgresql+psycopg")


def _connected(address: URL) -> psycopg.Connection:
    try:
        return psycopg.connect(address.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True)
    except psycopg.OperationalError as error:
        said = str(error).strip().splitlines()
        raise Refused(f"PostgreSQL cannot be reached: {said[0] if said else error}") from None


def _postmaster(server: psycopg.Connection) -> int | None:
    """Our connection's parent, where the server runs on this machine."""
    parent = parent_of(server.info.backend_pid)
    return parent if name_of(server.info.backend_pid).startswith("postgres") and name_of(parent).startswith("postgres") else None


@contextmanager
def _cluster(folder: Path, programs: Path) -> Iterator[str]:
    """A PostgreSQL of our own with the settings it comes with; the address of its first database."""
    # PostgreSQL refuses to run as root.
    user = "postgres" if runs_as_root() else None
    home = folder / "postgresql"
    home.mkdir()
    if user:
        folder.chmod(0o711)
        shutil.chown(home, user)
    port, log = free_port(), folder / "postgresql.log"
    _init(programs, home, user)
    options = {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    server: list[str | Path] = [programs / "postgres", "-D", home / "data", *words]
    with running(server, log=log, user=user, folder=home, ends_on=signal.SIGINT) as process:
        url = f"postgresql+psycopg://newsroom@127.0.0.1:{port}/postgres"
        _await(url, lambda: refuse_dead(process, "PostgreSQL", log))
        yield url


def _init(programs: Path, home: Path, user: str | None) -> None:
    words = ["-U", "newsroom", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    try:
        subprocess.run(
            [programs / "initdb", "-D", home / "data", *words], check=True, capture_output=True, user=user, group=user, cwd=home
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise Refused(f"initdb failed: {error.stderr.decode(errors='replace').strip()[-300:]}") from None
    except LookupError:
        raise Refused(f"There is no user {user} to run PostgreSQL as; give a server with --database-url, or use --sqlite.") from None


def _await(url: str, still_lives: Callable[[], None]) -> None:
    for _ in range(300):
        still_lives()
        try:
            _connected(make_url(url)).close()
            return
        except Refused:
            time.sleep(0.1)
    raise Refused("PostgreSQL did not come up within 30 seconds.")
