"""newsroom status and newsroom doctor: each trouble is one sentence with its next step, and the exit status says whether there is one."""

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import insert, text, update
from sqlalchemy.exc import SQLAlchemyError

from newsroom import schema_version
from newsroom.alerts import AlertMessage
from newsroom.clock import utc_now
from newsroom.db import Database, said_by
from newsroom.house import House, open_house
from newsroom.installation import distrust
from newsroom.issues import OPERATOR, get_issue, halt, pause
from newsroom.sendqueue import buckets, pulse, relay_troubles, throttle_buckets
from newsroom.sendqueue.doctor import examine
from newsroom.sendqueue.durability import forgetful
from newsroom.sendqueue.fanout import start_issue
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.sessions import WorkerSession, open_session
from newsroom.sendqueue.status import Status, take_status
from newsroom.sendqueue.throttle import set_throttle
from newsroom.sendqueue.tick import tick_once
from newsroom.sendqueue.watching import Beat, feel
from newsroom.sendqueue.writability import why_unwritable
from newsroom.settings import Settings, load_settings
from subscribers.spool import FOLDER
from tests.factories import a_delivery, a_list, an_issue
from tests.processes import ROOT, environment_of, newsroom, running
from tests.sending import eventually, make_sendable_issue
from tests.services import PostgreSQL, free_port, running_postgresql

READ_ONLY = "default_transaction_read_only"


@pytest.fixture
def house(house: House) -> House:
    """A house that works: a sender alive, the clock running, mail going to a server."""
    settings = house.settings.model_copy(update={"transport_url": SecretStr("smtp://127.0.0.1:9")})
    tick_once(house, utc_now())
    Beat(house).step(utc_now())
    with house.database.engine.begin() as connection:
        open_session(connection, host="test", process=1)
    return dataclasses.replace(house, settings=settings)


def status_of(house: House, **later: float) -> Status:
    with house.database.reading() as session:
        return take_status(session, house, now=utc_now() + timedelta(**later))


def wrong(house: House, **later: float) -> dict[str, str]:
    return {finding.check: str(finding) for finding in status_of(house, **later).findings if finding.level == "error"}


def issue_in(house: House, state: str) -> int:
    with house.database.transaction() as session:
        issue = make_sendable_issue(session, house, people=2, now=utc_now(), state="scheduled" if state == "sending" else state)
        if state == "sending":
            start_issue(session, issue, now=utc_now())
        return issue.id


def test_a_house_that_works_says_so(house: House) -> None:
    status = status_of(house)
    assert status.works, status.findings
    assert (status.facts["workers"], status.facts["schema"]) == (1, schema_version.newest())


def test_without_a_sender_no_mail_leaves(house: House) -> None:
    with house.database.transaction() as session:
        session.execute(update(WorkerSession).values(ended_at=utc_now()))
    assert "Start `newsroom worker`" in wrong(house)["worker"]


def test_a_clock_that_fell_silent_is_told(house: House) -> None:
    with house.database.transaction() as session:
        session.execute(update(pulse.Heartbeat).values(at=utc_now() - timedelta(minutes=5)))
    assert "The clock has been silent for 5 minutes" in wrong(house)["clock"]


def test_an_issue_that_was_due_and_has_not_started_is_told(house: House) -> None:
    issue_id = issue_in(house, "scheduled")
    assert "overdue" not in wrong(house, minutes=1)
    assert f"Issue {issue_id} (spring) was due on" in wrong(house, minutes=3)["overdue"]


def test_an_issue_that_does_not_move_although_letters_are_due_is_told(house: House) -> None:
    issue_id = issue_in(house, "sending")
    with house.database.transaction() as session:
        feel(session, now=utc_now())
    assert "stuck" not in wrong(house, minutes=5)
    assert "has not moved for 11 minutes" in wrong(house, minutes=11)["stuck"]
    with house.database.transaction() as session:
        a_delivery(session, get_issue(session, issue_id), state="accepted")
        feel(session, now=utc_now() + timedelta(minutes=10))
    assert "stuck" not in wrong(house, minutes=11)


def test_an_issue_that_a_limit_holds_back_is_not_stuck(house: House) -> None:
    """The day's quota is used up, as the claims write it."""
    issue_id = issue_in(house, "sending")
    with house.database.transaction() as session:
        feel(session, now=utc_now())
        set_throttle(session, "issue", str(issue_id), daily=1, by=OPERATOR, now=utc_now())
    with house.database.transaction() as session:
        now = utc_now()
        used = {"tokens": 0.0, "filled_at": now, "day": buckets.day_of(now + timedelta(minutes=11)), "used": 1, "next_slot": now}
        session.execute(insert(throttle_buckets.ThrottleBucket).values(scope="issue", key=str(issue_id), **used))
    assert "stuck" not in wrong(house, minutes=11)


def test_an_issue_stopped_by_newsroom_is_wrong_and_one_paused_by_a_colleague_is_not(house: House) -> None:
    issue_id = issue_in(house, "sending")
    with house.database.transaction() as session:
        pause(session, get_issue(session, issue_id), by=OPERATOR, now=utc_now())
    assert status_of(house).works
    with house.database.transaction() as session:
        session.execute(text("UPDATE issues SET state = 'sending'"))
    with house.database.transaction() as session:
        halt(session, get_issue(session, issue_id), now=utc_now(), reason="The mail server refuses Newsroom itself: 535 no.")
    assert "535 no. Put it right" in wrong(house)["halted"]


def test_a_test_letter_that_waits_is_told(house: House) -> None:
    issue_id = issue_in(house, "approved")
    with house.database.transaction() as session:
        a_delivery(session, get_issue(session, issue_id), kind="test", state="queued", due_at=utc_now(), rendition_id=None)
    assert "express" not in wrong(house, minutes=1)
    assert "has waited for 3 minutes" in wrong(house, minutes=3)["express"]


def test_uncertain_letters_are_counted_and_are_no_fault(house: House) -> None:
    issue_id = issue_in(house, "approved")
    with house.database.transaction() as session:
        a_delivery(session, get_issue(session, issue_id), state="uncertain")
    status = status_of(house)
    assert (status.works, status.facts["uncertain"]) == (True, 1)
    (found,) = (finding for finding in status.findings if finding.check == "uncertain")
    assert f"1 letter of issue {issue_id} (" in found.message
    assert found.issue_id == issue_id


def test_uncertain_letters_are_told_by_issue_and_of_very_many_issues_how_many(house: House) -> None:
    with house.database.transaction() as session:
        mailing_list = a_list(session)
        numbers = [an_issue(session, mailing_list).id for _ in range(12)]
        for number in numbers:
            a_delivery(session, get_issue(session, number), state="uncertain")
        a_delivery(session, get_issue(session, numbers[-1]), state="uncertain")
        a_delivery(session, get_issue(session, numbers[-1]), state="uncertain", kind="test")
    status = status_of(house)
    found = [finding for finding in status.findings if finding.check == "uncertain"]
    assert [finding.issue_id for finding in found] == [*reversed(numbers[2:]), None]
    assert found[0].message.startswith("2 letters of issue")
    assert found[-1].message.startswith("3 other letters are uncertain")
    assert status.facts["uncertain"] == 14


@pytest.mark.parametrize(("named", "hint"), [("https://hooks.example.org/x", "NEWSROOM_ALERT_URL"), ("", "under Settings")])
def test_alerts_that_do_not_arrive_lead_to_where_their_address_stands(house: House, named: str, hint: str) -> None:
    facts: dict[str, Any] = {
        "created_at": utc_now(),
        "due_at": utc_now(),
        "tries": 3,
        "sent": False,
        "trouble": "the web hook answered 500",
    }
    with house.database.transaction() as session:
        session.add(AlertMessage(kind="trouble", key="worker", facts={}, **facts))
    settings = house.settings.model_copy(update={"alert_url": SecretStr(named)})
    (found,) = (one for one in status_of(dataclasses.replace(house, settings=settings)).findings if one.check == "alerts")
    assert hint in found.hint


def test_unsubscribes_that_wait_are_told(house: House) -> None:
    folder = house.settings.data_dir / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / "1-1.json").write_text("{}")
    assert status_of(house).works
    os.utime(folder / "1-1.json", (1, 1))
    assert "1 unsubscribe waits" in wrong(house)["spool"]


def test_a_mail_server_in_trouble_is_told_in_its_own_words(house: House) -> None:
    with house.database.engine.begin() as connection:
        token = open_session(connection, host="test", process=2)
        relay_troubles.note(connection, token, "main", tries=3, words="535 5.7.8 who are you")
    assert status_of(house).works
    assert "535 5.7.8 who are you" in wrong(house, minutes=2)["relay"]


def test_a_mail_server_that_lets_in_fewer_than_are_set_is_told_and_not_called_away(house: House) -> None:
    with house.database.engine.begin() as connection:
        token = open_session(connection, host="test", process=2)
        relay_troubles.note(connection, token, "main", tries=0, words=relay_troubles.lets_in(5, 16))
    found = [finding for finding in status_of(house, minutes=200).findings if finding.check == "relay"]
    assert [(finding.level, finding.message, finding.hint) for finding in found] == [
        (
            "warning",
            "The mail server main lets in fewer connections at once than are set.",
            "It lets in 5 connections at once; 16 are set. Lower `connections` to 5.",
        )
    ]


def test_a_copy_says_that_it_sends_nothing(house: House) -> None:
    with house.database.transaction() as session:
        distrust(session, "This database was copied.", now=utc_now())
    assert wrong(house)["installation"].startswith("This database was copied. Nothing is sent and no issue is started until")


def test_a_schema_of_another_version_is_told_and_nothing_else_is_asked(house: House) -> None:
    with house.database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert "Run `newsroom db upgrade`" in wrong(house)["schema"]
    with house.database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "newer version" in wrong(house)["schema"]


def test_the_schema_wanted_is_the_newest_migration(house: House) -> None:
    with house.database.engine.connect() as connection:
        assert schema_version.applied(connection) == schema_version.newest()


def test_the_command_tells_by_its_exit_status_and_as_json(house: House) -> None:
    settings = {"data_dir": house.settings.data_dir, "database_url": house.settings.database}
    assert newsroom("status", settings=settings).returncode == 0
    with house.database.transaction() as session:
        session.execute(update(WorkerSession).values(ended_at=utc_now()))
    told = newsroom("status", "--json", settings=settings)
    found = json.loads(told.stdout)
    assert (told.returncode, found["works"], found["facts"]["workers"]) == (1, False, 0)
    assert [one["check"] for one in found["findings"] if one["level"] == "error"] == ["worker"]


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    settings = {"data_dir": tmp_path, "database_url": f"postgresql+psycopg://newsroom@127.0.0.1:{free_port()}/x"}
    for verb in ("status", "doctor"):
        told = newsroom(verb, settings=settings)
        assert told.returncode == 1
        assert "WRONG The database refuses: connection" in told.stdout
        assert "NEWSROOM_DATABASE_URL" in told.stdout
        assert told.stderr == ""
    assert "The data folder has" in newsroom("status", settings=settings).stdout


def on_a_full_disk(*arguments: str, settings: dict[str, object]) -> subprocess.CompletedProcess[str]:
    """No byte more can be written to any file; what is said goes through pipes."""
    command = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", sys.executable, "-m", "newsroom", *arguments]
    return subprocess.run(command, env=environment_of(settings), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_a_new_data_folder_on_a_full_disk_asks_for_room_and_keeps_no_draft(tmp_path: Path) -> None:
    told = on_a_full_disk("status", settings={"data_dir": tmp_path / "data"})
    assert f"{tmp_path / 'data'} cannot be used" in told.stdout, told.stderr
    assert "Make room" in told.stdout
    assert list((tmp_path / "data").iterdir()) == []


def test_a_sqlite_that_cannot_write_asks_whether_the_disk_is_full(sqlite_house: House) -> None:
    with sqlite_house.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
        with pytest.raises(SQLAlchemyError) as refused:
            connection.exec_driver_sql("DELETE FROM installation")
    assert said_by(refused.value).endswith("(is the disk full, or the folder not writable?)")


def test_a_web_hook_inside_is_wrong_unless_it_was_named(sqlite_house: House) -> None:
    inside = with_settings(sqlite_house, alert_url=SecretStr("http://10.0.0.1/s3cret"))
    level, sentence = checks(inside)["alerts"]
    assert level == "error"
    assert "NEWSROOM_INSIDE_HOSTS" in sentence
    assert "alerts" not in checks(with_settings(inside, inside_hosts=("10.0.0.1",)))


def test_an_issue_that_cannot_be_resumed_is_not_answered_with_mail_servers(sqlite_house: House) -> None:
    sent = issue_in(sqlite_house, "sent")
    told = newsroom("issue", "resume", str(sent), settings={"data_dir": sqlite_house.settings.data_dir})
    assert "The issue is sent" in told.stderr
    assert "mail server" not in told.stderr


def checks(house: House, *, cheap: bool = True) -> dict[str, tuple[str, str]]:
    return {finding.check: (finding.level, str(finding)) for finding in examine(house, cheap=cheap) if finding.level != "good"}


def with_settings(house: House, **facts: object) -> House:
    return dataclasses.replace(house, settings=house.settings.model_copy(update=facts))


def test_a_sound_set_up_has_no_error(house: House) -> None:
    assert {level for level, _ in checks(house).values()} <= {"warning"}


def test_a_data_folder_that_cannot_be_written_is_told(sqlite_house: House) -> None:
    level, sentence = checks(with_settings(sqlite_house, data_dir=Path("/proc/self")))["data_folder"]
    assert level == "error"
    assert "NEWSROOM_DATA_DIR" in sentence


def test_readers_who_could_not_unsubscribe_in_one_click_are_told(house: House) -> None:
    relay = SecretStr("smtp://mail.example.org:25")
    found = checks(with_settings(house, transport_url=relay, public_url="http://news.example.org"))
    assert found["public_url"][0] == "error"
    assert "https" in found["public_url"][1]


def test_nobody_to_tell_is_a_warning(house: House) -> None:
    assert checks(house)["alerts"][0] == "warning"
    hooked = with_settings(house, alert_url=SecretStr("https://hooks.example.org/s3cret"))
    assert "alerts" not in checks(hooked)
    assert not any("s3cret" in str(finding) for finding in examine(hooked, cheap=True))


def test_a_redis_that_is_away_is_a_warning_and_a_mail_server_that_is_away_an_error(sqlite_house: House) -> None:
    away = with_settings(
        sqlite_house,
        redis_url=SecretStr(f"redis://:s3cret@127.0.0.1:{free_port()}/0"),
        transport_url=SecretStr(f"smtp://127.0.0.1:{free_port()}"),
    )
    found = checks(away, cheap=False)
    assert found["redis"][0] == "warning"
    assert found["mail_server"][0] == "error"
    assert "s3cret" not in str(found)


@pytest.mark.redis
def test_a_redis_that_answers_is_good(sqlite_house: House, redis_url: str) -> None:
    assert "redis" not in checks(with_settings(sqlite_house, redis_url=SecretStr(redis_url)), cheap=False)


def test_a_wrong_setting_is_told_by_the_doctor_as_json_too(tmp_path: Path) -> None:
    told = newsroom("doctor", "--json", settings={"data_dir": tmp_path, "public_url": "nonsense"})
    found = json.loads(told.stdout)
    assert (told.returncode, found["sound"]) == (1, False)
    assert "NEWSROOM_PUBLIC_URL" in found["findings"][0]["message"]


def test_the_doctor_ends_well_where_all_is_well(sqlite_settings: Settings) -> None:
    told = newsroom("doctor", settings={"data_dir": sqlite_settings.data_dir})
    assert (told.returncode, "WRONG" in told.stdout) == (0, False), told.stdout


@pytest.fixture(scope="module")
def careless() -> Iterator[PostgreSQL]:
    """A PostgreSQL whose settings may be spoilt."""
    with running_postgresql() as server:
        yield server


@pytest.fixture
def careless_house(careless: PostgreSQL, tmp_path: Path) -> Iterator[House]:
    url = careless.create(f"newsroom_{tmp_path.name}"[:60].lower())
    settings = load_settings({}, data_dir=tmp_path, database_url=url)
    assert newsroom("db", "upgrade", settings={"data_dir": tmp_path, "database_url": url}).returncode == 0
    opened = open_house(settings)
    yield opened
    opened.database.close()
    set_server(careless, "fsync", "on")
    set_server(careless, "full_page_writes", "on")
    set_server(careless, "synchronous_commit", "on")


def set_server(server: PostgreSQL, name: str, value: str) -> None:
    with psycopg.connect(server.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET {name} = {value}")  # type: ignore[arg-type]
        connection.execute("SELECT pg_reload_conf()")


def broken_settings(house: House) -> list[str]:
    house.database.close()  # what a session begins with is read when it begins
    with house.database.engine.connect() as connection:
        return [one.setting for one in forgetful(connection)]


@pytest.mark.postgresql
@pytest.mark.parametrize("name", ["full_page_writes", "synchronous_commit"])
def test_a_database_that_forgets_what_it_confirmed_is_refused_by_the_doctor(careless: PostgreSQL, careless_house: House, name: str) -> None:
    assert broken_settings(careless_house) == []
    set_server(careless, name, "off")
    eventually(lambda: broken_settings(careless_house) == [name])
    level, sentence = checks(careless_house)["durability"]
    assert level == "error"
    assert f"{name} = off" in sentence
    assert f"ALTER SYSTEM SET {name} = on" in sentence
    assert f"{name} = off" in wrong(careless_house)["durability"]


@pytest.fixture
def modest(careless: PostgreSQL, careless_house: House) -> Iterator[tuple[House, str]]:
    """The house as a role of its own that is no superuser meets it, and that role's name."""
    role = f"modest_{free_port()}"
    with careless_house.database.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
        connection.exec_driver_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    as_role = dataclasses.replace(careless_house, database=Database(careless_house.settings.database.replace("newsroom@", f"{role}@")))
    yield as_role, role
    as_role.database.close()
    with careless_house.database.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER ROLE ALL RESET ALL; DROP OWNED BY {role}; DROP ROLE {role}")


def owner_of(house: House) -> tuple[str, str]:
    """A statement's names: the database, and the role that owns it."""
    with house.database.engine.connect() as connection:
        name, role = connection.execute(text("SELECT quote_ident(current_database()), quote_ident(session_user)")).one()
    return name, role


@pytest.mark.postgresql
@pytest.mark.parametrize("whose", ["ROLE {role}", "DATABASE {database}", "ROLE {role} IN DATABASE {database}", "ROLE ALL"])
@pytest.mark.parametrize("spoilt", [("synchronous_commit", "off", "durability"), (READ_ONLY, "on", "writing")], ids=lambda one: one[2])
def test_the_mend_that_is_told_mends_it_wherever_it_was_set(
    careless_house: House, modest: tuple[House, str], whose: str, spoilt: tuple[str, str, str]
) -> None:
    """ALTER SYSTEM, which was told for every source, is outdone by what a role or a database has for itself."""
    (house, role), (name, value, check) = modest, spoilt
    owner = whose.format(role=role, database=owner_of(house)[0])
    with careless_house.database.engine.begin() as connection:
        connection.exec_driver_sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
        connection.exec_driver_sql(f"ALTER {owner} SET {name} = {value}")
    house.database.close()
    careless_house.database.close()
    level, sentence = checks(house)[check]
    assert (level, f"ALTER {owner} RESET {name};" in sentence) == ("error", True), sentence
    assert sentence == wrong(house)[check]
    with psycopg.connect(careless_house.settings.database.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in sentence.split("`")[1].split(";"):
            connection.execute(statement)  # type: ignore[arg-type]
    house.database.close()
    assert check not in checks(house)


@pytest.mark.postgresql
def test_a_setting_that_the_address_of_the_database_brings_along_is_looked_for_there(careless_house: House) -> None:
    bad = f"{careless_house.settings.database}?options=-csynchronous_commit%3Doff"
    house = dataclasses.replace(careless_house, database=Database(bad))
    assert "Take synchronous_commit out of the options in NEWSROOM_DATABASE_URL" in checks(house)["durability"][1]
    house.database.close()


@pytest.mark.postgresql
def test_a_role_that_may_only_look_is_told_and_not_called_sound(modest: tuple[House, str]) -> None:
    house, _ = modest
    level, sentence = checks(house)["writing"]
    assert (level, "permission denied for table installation. Give the role" in sentence) == ("error", True), sentence
    assert sentence == wrong(house)["writing"]


@pytest.mark.postgresql
def test_whoever_asks_whether_it_can_be_written_waits_for_nobody_long(postgresql_settings: Settings) -> None:
    """Somebody upgrades meanwhile: that is no fault, and monitoring does not hang behind it."""
    house = open_house(postgresql_settings)
    with house.database.engine.begin() as connection:
        connection.execute(text("LOCK TABLE worker_sessions IN SHARE MODE"))
        begun = time.monotonic()
        assert why_unwritable(house.database) is None
        assert time.monotonic() - begun < 5
    house.database.close()


def test_whoever_writes_at_this_moment_is_no_fault_and_is_not_waited_for_long(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        session.execute(text("UPDATE installation SET beat = beat"))
        begun = time.monotonic()
        assert why_unwritable(sqlite_house.database) is None
        assert time.monotonic() - begun < 5
    with sqlite_house.database.reading() as session:
        assert session.scalar(text("PRAGMA busy_timeout")) == 30000


def test_a_database_file_that_cannot_be_written_is_told(sqlite_house: House) -> None:
    """Opened as a user opens it who may only read it."""
    path = sqlite_house.settings.data_dir / "newsroom.db"
    house = dataclasses.replace(sqlite_house, database=Database(f"sqlite:///file:{path}?mode=ro&uri=true"))
    level, sentence = checks(house)["writing"]
    assert (level, "attempt to write a readonly database" in sentence) == ("error", True), sentence
    assert sentence == wrong(house)["writing"]
    house.database.close()


@pytest.mark.postgresql
def test_no_sender_begins_on_a_database_without_fsync_and_begins_by_itself_once_it_is_put_right(
    careless: PostgreSQL, careless_house: House, caplog: pytest.LogCaptureFixture
) -> None:
    set_server(careless, "fsync", "off")
    eventually(lambda: broken_settings(careless_house) == ["fsync"])
    sender = Sender(careless_house)
    sender.start()
    try:
        eventually(lambda: "nothing is sent: PostgreSQL runs with fsync = off" in caplog.text)
        assert status_of(careless_house).facts["workers"] == 0
        set_server(careless, "fsync", "on")
        eventually(lambda: status_of(careless_house).facts["workers"] == 1)
    finally:
        assert sender.stop()


def test_a_role_that_starts_writes_warnings_into_its_log(sqlite_settings: Settings) -> None:
    """`newsroom worker` with a mail server and http: what would be refused later is said at the start."""
    settings = {
        "data_dir": sqlite_settings.data_dir,
        "public_url": "http://news.example.org",
        "transport_url": "smtp://mail.example.org:25",
    }
    log = sqlite_settings.data_dir / "worker.log"
    with running("worker", settings=settings, log=log) as role:
        role.wait_for_words("Readers could not unsubscribe in one click")


@pytest.mark.parametrize(("verb", "verdict"), [("status", "works"), ("doctor", "sound")])
def test_monitoring_reads_json_also_when_a_setting_is_wrong(verb: str, verdict: str, tmp_path: Path) -> None:
    done = newsroom(verb, "--json", settings={"data_dir": tmp_path, "public_url": "news"})
    told = json.loads(done.stdout)
    assert (done.returncode, told[verdict]) == (1, False)
    assert "NEWSROOM_PUBLIC_URL is not a web address" in told["findings"][0]["message"]


def test_a_database_without_newsroom_asks_first_whether_it_is_the_right_one(tmp_path: Path) -> None:
    """A cron job without its settings looks into an empty folder: an upgrade there would hide it."""
    done = newsroom("status", settings={"data_dir": tmp_path})
    assert (done.returncode, "name the right one?" in done.stdout) == (1, True)
