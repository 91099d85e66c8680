"""A replica takes over: it is the same database in everything but its timeline, and may lack the last commits."""

import copy
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from newsroom.clock import utc_now
from newsroom.house import House, open_house
from newsroom.installation import fingerprint_of
from newsroom.issues import get_issue
from newsroom.sendqueue.belonging import doubt_about
from newsroom.sendqueue.ledger import Group
from newsroom.sendqueue.settling import NotSettled, open_line
from newsroom.settings import Settings
from tests.sending import make_sendable_issue
from tests.services import PostgreSQL, free_port


@contextmanager
def replica_of(server: PostgreSQL) -> Iterator[PostgreSQL]:
    """A hot standby that follows the server."""
    folder = Path(tempfile.mkdtemp(prefix="newsroom-replica-"))
    replica = copy.copy(server)
    replica.folder, replica.port, replica.process = folder, free_port(), None
    try:
        if server.user:
            shutil.chown(folder, server.user)
        source = f"host=127.0.0.1 port={server.port} user=newsroom"
        program = (server.programs / "initdb").resolve().with_name("pg_basebackup")
        replica._run(str(program), "-D", str(folder / "data"), "-R", "-X", "stream", "-c", "fast", "-d", source)
        replica.start()
        try:
            yield replica
        finally:
            replica.stop()
    finally:
        shutil.rmtree(folder)


def promote(replica: PostgreSQL) -> None:
    with psycopg.connect(replica.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        assert connection.execute("SELECT pg_promote()").fetchone() == (True,)


def fingerprint(house: House) -> dict[str, str]:
    with house.database.reading() as session:
        return fingerprint_of(session)


@pytest.mark.slow
@pytest.mark.postgresql
def test_a_replica_that_took_over_comes_up_paused(postgresql: PostgreSQL, postgresql_settings: Settings) -> None:
    house = open_house(postgresql_settings)
    with house.database.transaction() as session:
        issue_id = make_sendable_issue(session, house, people=3, now=utc_now(), state="sending").id
    for _ in range(2):
        assert doubt_about(house) is None
    with replica_of(postgresql) as replica:
        promote(replica)
        url = SecretStr(replica.url(postgresql_settings.database.rpartition("/")[2]))
        taken_over = open_house(postgresql_settings.model_copy(update={"database_url": url}))
        before, after = fingerprint(house), fingerprint(taken_over)
        assert {name for name in before if before[name] != after[name]} == {"timeline"}
        with pytest.raises(NotSettled, match="Another database server has taken over"):
            open_line(taken_over.database, lambda: doubt_about(taken_over)).settle(Group("token", [], []))
        with taken_over.database.reading() as session:
            assert get_issue(session, issue_id).state == "paused"
        taken_over.database.close()
    assert doubt_about(house) is None
    house.database.close()
