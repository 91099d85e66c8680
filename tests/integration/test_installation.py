"""Copies, restored and set back databases send nothing; what is only new, moved on or shared works without ado."""

import dataclasses
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text

from newsroom.clock import utc_now
from newsroom.data_folder import FILE, recall, remember
from newsroom.deliveries import Delivery
from newsroom.house import House, open_house
from newsroom.installation import SILENCE, Installation, InstallationEvent
from newsroom.issues import OPERATOR, Issue, get_issue
from newsroom.sendqueue.adopting import Survey, adopt, survey
from newsroom.sendqueue.belonging import doubt_about
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.tick import tick_once
from newsroom.sendqueue.transports.memory import MemoryTransport
from newsroom.settings import Settings
from tests.sending import eventually, make_sendable_issue, worker_token
from tests.services import PostgreSQL


@pytest.fixture
def house(house: House) -> House:
    """A house whose mail would go to a server, in use for a while."""
    return in_use(house)


def in_use(house: House) -> House:
    settings = house.settings.model_copy(update={"transport_url": SecretStr("smtp://127.0.0.1:9")})
    opened = dataclasses.replace(house, settings=settings)
    for _ in range(3):
        beat(opened)
    return opened


def beat(house: House) -> None:
    """Ten seconds go by."""
    with house.database.transaction() as session:
        row = session.get(Installation, 1)
        if row is not None:
            row.beat_at -= timedelta(seconds=11)
    assert doubt_about(house) is None


def an_issue(house: House, state: str, people: int = 3) -> int:
    with house.database.transaction() as session:
        return make_sendable_issue(session, house, people=people, now=utc_now(), state=state, slug=state).id


def issue_of(house: House, issue_id: int) -> Issue:
    with house.database.reading() as session:
        return get_issue(session, issue_id)


def elsewhere(house: House, data_dir: Path, database_url: str = "") -> House:
    """The same installation as another data folder sees it, which has its key ring."""
    data_dir.mkdir(exist_ok=True)
    if not (data_dir / "keys.json").exists():
        shutil.copy(house.settings.data_dir / "keys.json", data_dir)
    changes = {"data_dir": data_dir} | ({"database_url": SecretStr(database_url)} if database_url else {})
    return open_house(house.settings.model_copy(update=changes))


def survey_of(house: House, *evidence: Path) -> Survey:
    with house.database.reading() as session:
        folders = (house.settings.data_dir, *evidence)
        return survey(session, recall(house.settings.data_dir), folders, house.keys, now=read_clock(session))


def take_over(house: House, *evidence: Path) -> None:
    """What `newsroom adopt --yes` does."""
    folders = (house.settings.data_dir, *evidence)
    with house.database.transaction() as session:
        now = read_clock(session)
        found = survey(session, recall(house.settings.data_dir), folders, house.keys, now=now)
        row = adopt(session, found, folders, house.keys, by=OPERATOR, now=now)
    remember(house.settings.data_dir, identity=row.identity, beat=row.beat, at=row.beat_at)
    assert doubt_about(house) is None


def copy_database(house: House, target: Path) -> None:
    """What `sqlite3 newsroom.db ".backup target"` does."""
    with sqlite3.connect(house.settings.data_dir / "newsroom.db") as source, sqlite3.connect(target) as copy:
        source.backup(copy)


def cause(house: House) -> str:
    doubt = doubt_about(house)
    assert doubt is not None
    return doubt.cause


def test_a_first_start_a_second_one_and_a_restart_are_its_own(house: House) -> None:
    again = open_house(house.settings)
    assert doubt_about(again) is None
    again.database.close()
    remembered = recall(house.settings.data_dir)
    with house.database.reading() as session:
        row = session.get_one(Installation, 1)
    assert remembered is not None
    assert (remembered.identity, remembered.beat) == (row.identity, row.beat)
    assert row.beat == 2


def test_while_it_is_its_own_a_look_writes_nothing(house: House) -> None:
    before = recall(house.settings.data_dir)
    assert doubt_about(house) is None
    assert recall(house.settings.data_dir) == before


def test_a_database_set_back_while_its_data_folder_was_not_starts_nothing(house: House) -> None:
    due, sending = an_issue(house, "scheduled"), an_issue(house, "sending")
    beat(house)
    with house.database.transaction() as session:
        session.get_one(Installation, 1).beat -= 1
    assert tick_once(house, utc_now()).started == ()
    assert (issue_of(house, due).state, issue_of(house, sending).state) == ("scheduled", "paused")
    assert "was set back to" in issue_of(house, sending).notice
    assert "newsroom adopt" in issue_of(house, sending).notice


def test_a_doubt_stays_until_it_is_adopted_even_when_its_sign_is_gone(house: House) -> None:
    with house.database.transaction() as session:
        session.get_one(Installation, 1).beat -= 1
    assert "was set back" in cause(house)
    (house.settings.data_dir / FILE).unlink()
    assert "was set back" in cause(house)
    take_over(house)


def test_two_workers_with_folders_of_their_own_share_one_database_without_ado(postgresql_settings: Settings, tmp_path: Path) -> None:
    first = in_use(open_house(postgresql_settings))
    second = elsewhere(first, tmp_path / "second")
    for each in (second, first, second, first):
        beat(each)
    with first.database.reading() as session:
        assert session.get_one(Installation, 1).doubt == ""
    first.database.close()
    second.database.close()


def test_one_adoption_does_for_every_worker(postgresql_settings: Settings, tmp_path: Path) -> None:
    first = in_use(open_house(postgresql_settings))
    second = elsewhere(first, tmp_path / "second")
    beat(second)
    with first.database.transaction() as session:
        session.get_one(Installation, 1).beat -= 2
    assert "was set back" in cause(first)
    assert "was set back" in cause(second)
    take_over(first)
    assert doubt_about(second) is None
    first.database.close()
    second.database.close()


def test_a_dump_read_back_into_another_database_is_noticed(postgresql: PostgreSQL, postgresql_settings: Settings, tmp_path: Path) -> None:
    """A database made with another one as its template holds what a dump read back holds."""
    house = in_use(open_house(postgresql_settings))
    sending = an_issue(house, "sending")
    house.database.close()
    name = postgresql_settings.database.rpartition("/")[2]
    url = postgresql.create(f"{name}_copy", name)
    copies = [elsewhere(house, tmp_path / "fresh", url), elsewhere(house, house.settings.data_dir, url)]
    for copy in copies:
        assert cause(copy) == "This database is a copy, or was restored from a backup."
    assert issue_of(copies[0], sending).state == "paused"
    assert doubt_about(house) is None, "the original is not concerned"
    for each in (*copies, house):
        each.database.close()
    postgresql.drop(f"{name}_copy")


def test_a_dump_read_back_into_the_same_database_is_noticed_even_with_its_data_folder_set_back(postgresql_settings: Settings) -> None:
    house = in_use(open_house(postgresql_settings))
    with house.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE installation RENAME TO before"))
        connection.execute(text("CREATE TABLE installation AS SELECT * FROM before"))
    assert cause(house) == "This database is a copy, or was restored from a backup."
    house.database.close()


def test_a_sqlite_file_put_into_another_folder_is_noticed(sqlite_house: House, tmp_path: Path) -> None:
    house = in_use(sqlite_house)
    due = an_issue(house, "scheduled")
    (tmp_path / "new").mkdir()
    copy_database(house, tmp_path / "new" / "newsroom.db")
    moved = elsewhere(house, tmp_path / "new")
    assert cause(moved) == "This database was put into another data folder."
    assert tick_once(moved, utc_now()).started == ()
    assert issue_of(moved, due).state == "scheduled"
    moved.database.close()


def test_an_older_sqlite_file_put_back_is_noticed(sqlite_house: House) -> None:
    house = in_use(sqlite_house)
    path = house.settings.data_dir / "newsroom.db"
    copy_database(house, path.with_name("friday.db"))
    beat(house)
    house.database.close()
    for name in ("newsroom.db-wal", "newsroom.db-shm"):
        path.with_name(name).unlink(missing_ok=True)
    path.with_name("friday.db").replace(path)
    restored = open_house(house.settings)
    assert "was set back to" in cause(restored)
    restored.database.close()


def test_a_copy_of_folder_and_database_on_a_test_machine_sends_nothing(sqlite_house: House, tmp_path: Path) -> None:
    house = in_use(sqlite_house)
    an_issue(house, "scheduled")
    sending = an_issue(house, "sending")
    house.database.close()
    shutil.copytree(house.settings.data_dir, tmp_path / "copy", copy_function=shutil.copy2)
    copy = elsewhere(house, tmp_path / "copy")
    assert cause(copy) == "This data folder was copied, or moved to another disk or machine."
    assert tick_once(copy, utc_now()).started == ()
    assert issue_of(copy, sending).state == "paused"
    take_over(copy)
    assert doubt_about(house) is None, "the original goes on"
    assert issue_of(house, sending).state == "sending"
    for each in (house, copy):
        each.database.close()


def test_the_folder_of_a_copy_never_halts_the_database_that_others_use(postgresql_settings: Settings, tmp_path: Path) -> None:
    """A cloned worker machine, or a test machine whose address still names the real database."""
    house = in_use(open_house(postgresql_settings))
    sending = an_issue(house, "sending")
    shutil.copytree(house.settings.data_dir, tmp_path / "copy")
    copy = elsewhere(house, tmp_path / "copy")
    assert "was copied" in cause(copy)
    assert issue_of(house, sending).state == "sending"
    assert doubt_about(house) is None
    for each in (house, copy):
        each.database.close()


def test_where_others_are_at_work_adopting_only_makes_the_folder_known(postgresql_settings: Settings, tmp_path: Path) -> None:
    house = in_use(open_house(postgresql_settings))
    sending = an_issue(house, "sending")
    shutil.copytree(house.settings.data_dir, tmp_path / "copy")
    copy = elsewhere(house, tmp_path / "copy")
    with house.database.engine.begin() as connection:
        worker_token(connection)
    known = survey_of(copy)
    assert known.joins
    take_over(copy)
    assert issue_of(house, sending).state == "sending"
    for each in (house, copy):
        each.database.close()


def test_a_folder_moved_within_its_disk_is_no_copy(sqlite_house: House, tmp_path: Path) -> None:
    house = in_use(sqlite_house)
    house.database.close()
    house.settings.data_dir.rename(tmp_path / "moved")
    moved = elsewhere(house, tmp_path / "moved")
    assert doubt_about(moved) is None
    moved.database.close()


def test_a_folder_of_another_installation_holds_only_itself(postgresql_settings: Settings, tmp_path: Path) -> None:
    house = in_use(open_house(postgresql_settings))
    remember(tmp_path / "foreign", identity="somebody else", beat=7, at=utc_now())
    mixed = elsewhere(house, tmp_path / "foreign")
    assert cause(mixed) == "This data folder belongs to another installation than this database."
    assert doubt_about(house) is None
    for each in (house, mixed):
        each.database.close()


def test_a_promoted_replica_comes_up_paused(postgresql_settings: Settings) -> None:
    """The timeline moves when a replica takes over; here the row remembers another one than the server is on."""
    house = in_use(open_house(postgresql_settings))
    sending = an_issue(house, "sending")
    with house.database.transaction() as session:
        row = session.get_one(Installation, 1)
        assert set(row.fingerprint) == {"system", "database", "table", "timeline"}
        row.fingerprint = {**row.fingerprint, "timeline": "0000000F"}
    assert cause(house).startswith("Another database server has taken over")
    assert issue_of(house, sending).state == "paused"
    house.database.close()


def test_what_a_provider_does_not_tell_is_not_missed(postgresql_settings: Settings) -> None:
    house = in_use(open_house(postgresql_settings))
    with house.database.transaction() as session:
        row = session.get_one(Installation, 1)
        row.fingerprint = {"table": row.fingerprint["table"], "told by no server": "1"}
    assert doubt_about(house) is None
    house.database.close()


def test_a_new_database_for_an_old_data_folder_is_taken_as_it_is(sqlite_house: House, sqlite_template: Path) -> None:
    house = in_use(sqlite_house)
    fresh(house, sqlite_template)
    assert doubt_about(house) is None


def test_a_database_from_before_identities_put_back_is_noticed(sqlite_house: House, sqlite_template: Path) -> None:
    house = in_use(sqlite_house)
    fresh(house, sqlite_template)
    sending = an_issue(house, "sending")
    assert "older than what its data folder remembers" in cause(house)
    assert issue_of(house, sending).state == "paused"
    take_over(house)


def fresh(house: House, template: Path) -> None:
    house.database.close()
    path = house.settings.data_dir / "newsroom.db"
    for name in ("newsroom.db-wal", "newsroom.db-shm"):
        path.with_name(name).unlink(missing_ok=True)
    shutil.copy(template, path)


def test_after_a_long_silence_what_was_being_sent_does_not_go_on_by_itself(house: House) -> None:
    """A server back on Sunday with Friday's letters half sent, or a machine rolled back whole to Friday."""
    sending, due = an_issue(house, "sending"), an_issue(house, "scheduled")
    with house.database.transaction() as session:
        session.get_one(Installation, 1).beat_at -= 2 * SILENCE
        get_issue(session, due).scheduled_at = utc_now() - 2 * SILENCE
    report = tick_once(house, utc_now())
    assert (report.started, report.refused) == ((), (due,))
    assert issue_of(house, sending).state == "paused"
    assert "Newsroom was away from" in issue_of(house, sending).notice
    assert doubt_about(house) is None, "what comes next goes out as ever"
    with house.database.reading() as session:
        assert session.scalar(select(func.count()).where(InstallationEvent.action == "silence")) == 1


def test_a_short_silence_changes_nothing(house: House) -> None:
    sending = an_issue(house, "sending")
    with house.database.transaction() as session:
        session.get_one(Installation, 1).beat_at -= SILENCE - timedelta(minutes=1)
    tick_once(house, utc_now())
    assert issue_of(house, sending).state == "sending"


def test_in_doubt_no_mail_of_any_kind_leaves_and_after_adopting_it_does(house: House) -> None:
    transport = MemoryTransport()
    with house.database.transaction() as session:
        session.get_one(Installation, 1).beat -= 1
        issue = make_sendable_issue(session, house, people=3, now=utc_now(), state="sending")
        session.add(
            Delivery(
                kind="test", issue_id=issue.id, list_id=issue.list_id, rendition_id=issue.renditions["en"], address="staff@example.org",
                domain="example.org", language="en", state="queued", due_at=utc_now(), created_at=utc_now(),
            )
        )  # fmt: skip
    sender = Sender(house, transport=transport)
    sender.start()
    try:
        eventually(lambda: issue_of(house, issue.id).state == "paused")
        assert transport.kept == []
        take_over(house)
        eventually(lambda: len(transport.kept) == 1)
    finally:
        sender.stop()
    assert issue_of(house, issue.id).state == "paused"


def test_a_sender_at_work_stops_when_its_database_is_set_back(house: House) -> None:
    sender = Sender(house, transport=MemoryTransport())
    sender.start()
    try:
        eventually(lambda: survey_of(house).workers)
        with house.database.transaction() as session:
            session.get_one(Installation, 1).beat -= 1
        eventually(lambda: not survey_of(house).workers, seconds=60)
    finally:
        sender.stop()
