"""A database that neither answers nor closes its connections: a frozen machine, a full disk, a network that swallows packets."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from admin.readiness import Readiness
from newsroom import schema
from newsroom.cli.opening import opened_house
from newsroom.cli.patience import waiting_at_most
from newsroom.db import Database
from newsroom.errors import NewsroomError
from newsroom.sendqueue.settling import open_ledger
from newsroom.settings import Settings
from tests.processes import running
from tests.sending import eventually
from tests.services import PostgreSQL, free_port, running_postgresql

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]


@pytest.fixture
def server() -> Iterator[PostgreSQL]:
    """A PostgreSQL of this test's own, which it may freeze."""
    with running_postgresql() as found:
        yield found


def signal_all(server: PostgreSQL, number: int) -> None:
    """The server and the processes of its connections."""
    assert server.process is not None
    postmaster = server.process.pid
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    for process in (postmaster, *map(int, children)):
        os.kill(process, number)


@contextmanager
def frozen(server: PostgreSQL) -> Iterator[None]:
    signal_all(server, signal.SIGSTOP)
    try:
        yield
    finally:
        signal_all(server, signal.SIGCONT)


def test_every_role_leaves_when_told_to_although_the_database_hangs(server: PostgreSQL, tmp_path: Path) -> None:
    url = server.create("newsroom")
    database = Database(url)
    schema.upgrade(database)
    database.close()
    settings = {"data_dir": tmp_path / "data", "database_url": url}
    port = str(free_port())
    with ExitStack() as stack:
        started = [("worker",), ("tick",), ("public", "--port", port)]
        roles = [stack.enter_context(running(*role, settings=settings, log=tmp_path / f"{role[0]}.log")) for role in started]
        for role, words in zip(roles, ("is running.", "is running.", "listen on"), strict=True):
            role.wait_for_words(words)
        time.sleep(2)  # into the midst of their work
        with frozen(server):
            time.sleep(1.5)
            assert [role.stop() for role in roles] == [0, 0, 0]


def test_a_sender_that_froze_in_its_commit_does_not_keep_the_others_waiting_for_hours(postgresql: PostgreSQL) -> None:
    database = Database(postgresql.url("newsroom_template"))
    with open_ledger(database) as ledger:
        shown = ledger.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one()
        ledger.invalidate()
    with database.engine.connect() as other:
        elsewhere = other.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one()
    database.close()
    assert (shown, elsewhere) == ("15s", "10min")


def test_readyz_says_within_seconds_that_a_frozen_database_does_not_answer(server: PostgreSQL, tmp_path: Path) -> None:
    database = Database(server.create("newsroom"))
    schema.upgrade(database)
    readiness = Readiness(within=1.0)
    assert readiness.is_current(database) is True
    began = time.monotonic()
    with frozen(server):
        assert [readiness.is_current(database) for _ in range(3)] == [None, None, None]
        assert time.monotonic() - began < 60
    eventually(lambda: readiness.is_current(database) is True)
    database.close()


def test_a_one_shot_command_gives_up_on_a_frozen_database_with_a_sentence(
    server: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.create("newsroom")
    database = Database(url)
    schema.upgrade(database)
    database.close()
    monkeypatch.setenv("NEWSROOM_DATABASE_URL", url)
    monkeypatch.setenv("NEWSROOM_DATA_DIR", str(tmp_path / "data"))
    with pytest.raises(NewsroomError, match="has not answered for 2 seconds"):
        _ask_while_it_freezes(server)


def _ask_while_it_freezes(server: PostgreSQL) -> None:
    with ExitStack() as frost, opened_house(patience=2) as house, house.database.reading() as session:
        assert session.execute(text("SELECT 1")).scalar_one() == 1
        frost.enter_context(frozen(server))
        session.execute(text("SELECT 1"))


def test_a_statement_of_a_one_shot_command_that_runs_too_long_is_ended_by_the_database(postgresql_settings: Settings) -> None:
    database = Database(postgresql_settings.database)
    with waiting_at_most(database, 1), pytest.raises(OperationalError, match="statement timeout"), database.reading() as session:
        session.execute(text("SELECT pg_sleep(30)"))
    database.close()
