"""newsroom backup, restore and adopt, as an operator types them."""

import resource
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from admin.audit import AuditEntry
from newsroom import schema, schema_version
from newsroom.clock import utc_now
from newsroom.db import Database
from newsroom.house import House, open_house
from newsroom.installation import Installation
from newsroom.issues import get_issue
from newsroom.keys import open_key_ring
from newsroom.sendqueue.belonging import doubt_about
from newsroom.settings import load_settings
from tests.processes import ROOT, environment_of, newsroom
from tests.sending import make_sendable_issue
from tests.services import PostgreSQL

LITTLE_ROOM = 100_000


@pytest.fixture
def issue_id(sqlite_house: House) -> int:
    """An issue under way in a house that is in use."""
    for _ in range(2):
        assert doubt_about(sqlite_house) is None
    with sqlite_house.database.transaction() as session:
        return make_sendable_issue(session, sqlite_house, people=3, now=utc_now(), state="sending").id


def facts(folder: Path) -> dict[str, object]:
    return {"data_dir": folder, "public_url": "https://news.example.org"}


def typed(words: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "newsroom", *arguments], input=words, env=environment_of(facts(folder)), cwd=ROOT, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip


def test_saved_restored_and_adopted_by_hand(sqlite_house: House, issue_id: int, tmp_path: Path) -> None:
    saved, other = tmp_path / "one.backup", tmp_path / "other"
    done = newsroom("backup", str(saved), settings=facts(sqlite_house.settings.data_dir))
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 people, 1 issues" in done.stdout
    again = newsroom("backup", str(saved), settings=facts(sqlite_house.settings.data_dir))
    assert (again.returncode, again.stdout) == (1, "")
    assert "never written over" in again.stderr
    done = newsroom("restore", str(saved), settings=facts(other))
    assert (done.returncode, done.stderr) == (0, "")
    assert "newsroom adopt" in done.stdout
    assert f"issue {issue_id} (spring): stays paused" in done.stdout
    assert typed("adopt\n", "adopt", folder=other).returncode == 0
    status = newsroom("issue", "status", str(issue_id), settings=facts(other))
    assert "is paused" in status.stdout


def test_backup_and_restore_stand_in_the_audit_log_of_their_house(sqlite_house: House, issue_id: int, tmp_path: Path) -> None:
    saved, other = tmp_path / "one.backup", tmp_path / "other"
    newsroom("backup", str(saved), settings=facts(sqlite_house.settings.data_dir))
    assert deeds(sqlite_house) == [("operator", None, "backup", "one.backup")]
    # The first upgrade of an empty database is nobody's deed, so that it stays a place to restore into.
    newsroom("db", "upgrade", settings=facts(other))
    newsroom("restore", str(saved), settings=facts(other))
    # What a backup holds was written before it was made.
    ((actor, _, action, about),) = deeds_in(other)
    assert (actor, action, about.startswith("one.backup, 20")) == ("operator", "restore", True)


def test_a_backup_made_before_an_upgrade_is_made_although_there_is_no_log_yet(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    open_key_ring(folder)
    database = Database(f"sqlite:///{folder}/newsroom.db")
    schema.upgrade(database, "0002")
    done = newsroom("backup", str(tmp_path / "one.backup"), settings=facts(folder))
    assert (done.returncode, (tmp_path / "one.backup").exists(), "audit log" in done.stderr) == (0, True, True)
    newsroom("db", "upgrade", settings=facts(folder))
    newsroom("db", "upgrade", settings=facts(folder))
    assert deeds_in(folder) == [("operator", None, "db upgrade", f"0002 → {schema_version.newest()}")]
    database.close()


def deeds_in(folder: Path) -> list[tuple[str, int | None, str, str]]:
    house = open_house(load_settings({}, **facts(folder)))
    with closing(house.database):
        return deeds(house)


def deeds(house: House) -> list[tuple[str, int | None, str, str]]:
    with house.database.reading() as session:
        found = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(one.actor, one.user_id, one.action, one.about) for one in found]


@pytest.mark.parametrize(("words", "options"), [("yes\n", []), ("", []), ("", ["--dry-run"])])
def test_without_the_word_nothing_is_adopted(words: str, options: list[str], sqlite_house: House, issue_id: int) -> None:
    with sqlite_house.database.transaction() as session:
        session.get_one(Installation, 1).doubt = "This installation was restored."
    done = typed(words, "adopt", *options, folder=sqlite_house.settings.data_dir)
    assert "This installation was restored." in done.stdout
    assert f"issue {issue_id} (spring): is paused" in done.stdout
    assert done.returncode == (0 if options else 1)
    with sqlite_house.database.reading() as session:
        assert session.get_one(Installation, 1).doubt
        assert get_issue(session, issue_id).state == "sending"


def test_a_backup_goes_through_a_pipe_and_comes_back_through_one(sqlite_house: House, issue_id: int, tmp_path: Path) -> None:
    def piped(*arguments: str, folder: Path, given: bytes = b"") -> bytes:
        command = [sys.executable, "-m", "newsroom", *arguments]
        done = subprocess.run(
            command, input=given, env=environment_of(facts(folder)), cwd=ROOT, capture_output=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout

    saved = piped("backup", "-", folder=sqlite_house.settings.data_dir)
    told = piped("restore", "-", folder=tmp_path / "other", given=saved)
    assert f"issue {issue_id} (spring): stays paused".encode() in told


def test_a_restored_database_is_readable_for_nobody_else(sqlite_house: House, issue_id: int, tmp_path: Path) -> None:
    """Whatever the operator's habit: it holds addresses and log-ins."""
    saved, other = tmp_path / "one.backup", tmp_path / "other"
    newsroom("backup", str(saved), settings=facts(sqlite_house.settings.data_dir))
    other.mkdir(mode=0o755)
    assert newsroom("restore", str(saved), settings=facts(other)).returncode == 0
    open_to_others = [path.name for path in other.rglob("*") if path.stat().st_mode & 0o007]
    assert open_to_others == []


def test_a_pipe_without_a_backup_is_not_called_by_a_name_nobody_gave_it(tmp_path: Path) -> None:
    done = typed("no backup", "restore", "-", folder=tmp_path / "other")
    assert (done.returncode, done.stderr.startswith("What came through the pipe is not a whole backup")) == (1, True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
@pytest.mark.parametrize("verb", [("backup", "-"), ("status",), ("issue", "deliveries", "1", "--format", "csv")])
def test_a_full_disk_under_what_is_written_out_is_one_sentence(verb: tuple[str, ...], sqlite_house: House, issue_id: int) -> None:
    settings = environment_of(facts(sqlite_house.settings.data_dir))
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "newsroom", *verb], env=settings, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
            check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "No space left on device" in done.stderr


@pytest.mark.parametrize("target", ["one.backup", "-"])
def test_a_disk_without_room_for_the_copy_is_one_sentence(target: str, sqlite_house: House, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: what is written beyond it is refused by the machine."""

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (LITTLE_ROOM, LITTLE_ROOM))

    folder = sqlite_house.settings.data_dir
    done = subprocess.run(
        [sys.executable, "-m", "newsroom", "backup", target if target == "-" else str(tmp_path / target)],
        env=environment_of(facts(folder)), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, preexec_fn=little_room,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert f"could not be written in {folder if target == '-' else tmp_path}: " in done.stderr
    assert "name a file on another disk" in done.stderr
    assert [path for path in (tmp_path, folder) if list(path.glob(".*"))] == []


@pytest.mark.postgresql
def test_what_a_driver_says_by_itself_is_one_sentence(postgresql: PostgreSQL, tmp_path: Path) -> None:
    """Tables are copied past SQLAlchemy: a role that may not read one of them is told so."""
    url = postgresql.create("half_seen", "newsroom_template")
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE ROLE half_seer LOGIN")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO half_seer")
        connection.execute("REVOKE SELECT ON users FROM half_seer")
    settings = {**facts(tmp_path / "data"), "database_url": url.replace("newsroom@", "half_seer@")}
    done = newsroom("backup", str(tmp_path / "one.backup"), settings=settings)
    assert (done.returncode, done.stderr) == (1, "The database refused: permission denied for table users\n")
    postgresql.drop("half_seen")


def test_a_backup_of_a_place_where_nothing_is_has_no_traceback(tmp_path: Path) -> None:
    """A cron job without its settings: nothing may look like a backup."""
    done = newsroom("backup", str(tmp_path / "one.backup"), settings=facts(tmp_path / "empty"))
    assert (done.returncode, done.stderr.count("\n"), (tmp_path / "one.backup").exists()) == (1, 1, False), done.stderr
    assert "right database" in done.stderr
