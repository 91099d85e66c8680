"""A database of a newer version, met by this one after a rollback or on a forgotten machine: nothing in it is touched."""

import threading

import pytest
from sqlalchemy import text

from newsroom import schema
from newsroom.errors import ConfigurationError
from newsroom.house import House
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.tick import run_tick_forever
from tests.processes import newsroom
from tests.sending import eventually

SENTENCE = "The database was upgraded by a newer version of Newsroom; install that version."
WRITTEN = ("installation", "worker_sessions", "heartbeats", "installation_events")


def make_newer(house: House) -> None:
    with house.database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))


def rows(house: House) -> dict[str, int]:
    with house.database.reading() as session:
        return {table: session.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in WRITTEN}  # noqa: S608 - our own names


def test_an_upgrade_of_a_newer_database_is_refused_and_not_a_traceback(house: House) -> None:
    make_newer(house)
    with pytest.raises(ConfigurationError, match=f"^{SENTENCE} Nothing was changed.$"):
        schema.upgrade(house.database)


@pytest.mark.parametrize("verb", [("db", "upgrade"), ("up",), ("adopt", "--yes"), ("adopt", "--dry-run")])
def test_verbs_that_would_write_to_a_newer_database_say_so(verb: tuple[str, ...], sqlite_house: House) -> None:
    make_newer(sqlite_house)
    before = rows(sqlite_house)
    done = newsroom(*verb, settings={"data_dir": sqlite_house.settings.data_dir})
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert "upgraded by a newer version of Newsroom" in done.stderr
    assert done.stderr.endswith("Nothing was changed.\n")
    assert rows(sqlite_house) == before


def test_nobody_adopts_a_database_before_it_is_upgraded(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    done = newsroom("adopt", "--yes", settings={"data_dir": sqlite_house.settings.data_dir})
    assert (done.returncode, "Run `newsroom db upgrade`. Nothing was changed." in done.stderr) == (1, True), done.stderr


def test_sender_and_clock_wait_before_a_newer_database_and_begin_once_it_is_known(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with house.database.reading() as session:
        known = session.scalar(text("SELECT version_num FROM alembic_version"))
    make_newer(house)
    before, stop, sender = rows(house), threading.Event(), Sender(house)
    clock = threading.Thread(target=run_tick_forever, args=(house, stop), daemon=True)
    clock.start()
    sender.start()
    try:
        eventually(lambda: caplog.text.count(f"nothing is sent: {SENTENCE}") >= 3)
        assert rows(house) == before
        with house.database.transaction() as session:
            session.execute(text("UPDATE alembic_version SET version_num = :known"), {"known": known})
        eventually(lambda: rows(house)["worker_sessions"] == 1 and rows(house)["heartbeats"] == 1)
    finally:
        stop.set()
        assert sender.stop()
        clock.join(20)


def test_a_sender_that_runs_goes_on_while_the_schema_grows(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Also through a new session of its own: only whoever starts anew meets the sentence."""
    sender = Sender(house)
    sender.start()
    try:
        eventually(lambda: rows(house)["worker_sessions"] == 1)
        make_newer(house)
        with house.database.transaction() as session:
            session.execute(text("UPDATE worker_sessions SET ended_at = started_at"))
        eventually(lambda: rows(house)["worker_sessions"] == 2)
    finally:
        assert sender.stop()
    assert SENTENCE not in caplog.text
