"""A backup is one whole file; what comes back from it is all of it, and sends nothing by itself."""

import json
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, literal_column, select, table, text

from newsroom import schema
from newsroom.backups.archive import MANIFEST
from newsroom.backups.making import back_up, write_backup
from newsroom.backups.restoring import restore
from newsroom.clock import utc_now
from newsroom.db import Database
from newsroom.deliveries import Delivery
from newsroom.errors import InvalidInput, Refused
from newsroom.house import House, open_house
from newsroom.issues import Issue
from newsroom.sendqueue.belonging import doubt_about
from newsroom.sendqueue.tick import tick_once
from newsroom.settings import Settings
from tests.sending import make_sendable_issue
from tests.services import PostgreSQL

PICTURE = "0123456789abcdef0123456789abcdef.png"


@pytest.fixture
def used(house: House) -> House:
    """A house with people, an issue under way and a picture."""
    with house.database.transaction() as session:
        make_sendable_issue(session, house, people=30, now=utc_now(), state="scheduled")
        issue = make_sendable_issue(session, house, people=20, now=utc_now(), state="sending", slug="autumn")
        session.add(
            Delivery(
                kind="issue", issue_id=issue.id, list_id=issue.list_id, address="a@example.org", domain="example.org", language="en",
                state="queued", due_at=utc_now(), created_at=utc_now(), reply='tab\there, a line\nbreak, \\ and "quotes"',
            )
        )  # fmt: skip
    house.media_dir.mkdir()
    (house.media_dir / PICTURE).write_bytes(b"\x89PNG picture")
    (house.settings.data_dir / "outbox").mkdir(exist_ok=True)
    (house.settings.data_dir / "outbox" / "1.eml").write_bytes(b"captured")
    doubt_about(house)
    doubt_about(house)
    return house


@pytest.fixture
def empty(used: House, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Another place of the same kind, with nothing in it."""
    if used.database.is_sqlite:
        yield used.settings.model_copy(update={"data_dir": tmp_path / "other"})
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = used.settings.database.rpartition("/")[2] + "_other"
    url = type(used.settings.database_url)(server.create(name))
    yield used.settings.model_copy(update={"data_dir": tmp_path / "other", "database_url": url})
    server.drop(name)


@pytest.fixture
def saved(used: House, tmp_path: Path) -> Path:
    back_up(used, tmp_path / "one.backup", now=utc_now())
    return tmp_path / "one.backup"


def rows(database: Database) -> dict[str, list[str]]:
    """Everything that is in it, but for what tells one database from another."""
    with database.engine.connect() as connection:
        names = connection.dialect.get_table_names(connection)
        return {
            name: sorted(map(repr, connection.execute(table(name, literal_column("*")).select()).all()))
            for name in names
            if not name.startswith(("installation", "issue_events", "alarms", "alert_messages", "sqlite_"))
        }


def test_what_was_saved_comes_back_row_for_row_and_file_for_file(used: House, saved: Path, empty: Settings) -> None:
    done = restore(empty, saved, now=utc_now())
    assert done.counts == {"people": 50, "issues": 2, "pictures": 0, "open letters": 1}
    back = open_house(empty)
    before, after = rows(used.database), rows(back.database)
    assert after.pop("issues") != before.pop("issues"), "what was being sent is paused"
    assert after == before
    assert len(before) > 10
    assert (back.media_dir / PICTURE).read_bytes() == b"\x89PNG picture"
    assert back.keys == used.keys
    assert not (empty.data_dir / "outbox").exists()
    back.database.close()


def test_a_restored_installation_starts_nothing_and_what_was_being_sent_is_paused(saved: Path, empty: Settings) -> None:
    restore(empty, saved, now=utc_now())
    back = open_house(empty)
    assert tick_once(back, utc_now()).started == ()
    assert "was restored from a backup of" in str(doubt_about(back))
    with back.database.reading() as session:
        assert {issue.slug: issue.state for issue in session.scalars(select(Issue))} == {"spring": "scheduled", "autumn": "paused"}
    back.database.close()


def test_new_rows_after_a_restore_get_numbers_that_were_never_given(used: House, empty: Settings, tmp_path: Path) -> None:
    with used.database.transaction() as session:
        last = session.scalar(select(func.max(Delivery.id))) or 0
        session.execute(text("DELETE FROM deliveries WHERE id = :last"), {"last": last})
    back_up(used, tmp_path / "two.backup", now=utc_now())
    restore(empty, tmp_path / "two.backup", now=utc_now())
    back = open_house(empty)
    with back.database.transaction() as session:
        letter = Delivery(
            kind="notice", address="b@example.org", domain="example.org", language="en", state="queued", due_at=utc_now(),
            created_at=utc_now(),
        )  # fmt: skip
        session.add(letter)
        session.flush()
        assert letter.id > last
    back.database.close()


def test_a_backup_is_for_its_owner_alone_and_never_written_over_another(used: House, saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    before = saved.read_bytes()
    with pytest.raises(Refused, match="never written over"):
        back_up(used, saved, now=utc_now())
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir() if path.name.startswith(".")] == []


def test_a_backup_that_cannot_be_written_leaves_nothing_behind(used: House, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is not there"):
        back_up(used, tmp_path / "nowhere" / "one.backup", now=utc_now())
    assert not (tmp_path / "nowhere").exists()


def test_a_backup_goes_through_a_pipe_too(used: House, empty: Settings, tmp_path: Path) -> None:
    target = tmp_path / "piped.backup"
    with target.open("wb") as file:
        write_backup(used, Pipe(file), beside=tmp_path, now=utc_now())  # type: ignore[arg-type]
    assert restore(empty, target, now=utc_now()).counts["people"] == 50


class Pipe:
    """Takes bytes and cannot go back."""

    def __init__(self, file: object) -> None:
        self.write, self.flush = file.write, file.flush  # type: ignore[attr-defined]


@pytest.mark.parametrize("place", [0.2, 0.5, 0.9])
def test_one_changed_byte_is_found_before_anything_is_touched(sqlite_house: House, tmp_path: Path, place: float) -> None:
    saved = a_small_backup(sqlite_house, tmp_path)
    data = bytearray(saved.read_bytes())
    data[int(len(data) * place)] ^= 1
    saved.write_bytes(data)
    refused_untouched(sqlite_house, saved, tmp_path)


def test_a_backup_cut_short_is_refused(sqlite_house: House, tmp_path: Path) -> None:
    saved = a_small_backup(sqlite_house, tmp_path)
    saved.write_bytes(saved.read_bytes()[:-100])
    refused_untouched(sqlite_house, saved, tmp_path)


def test_a_file_that_is_no_backup_is_refused(sqlite_house: House, tmp_path: Path) -> None:
    other = tmp_path / "holiday.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("beach.jpg", b"x")
    refused_untouched(sqlite_house, other, tmp_path)


def a_small_backup(house: House, folder: Path) -> Path:
    with house.database.transaction() as session:
        make_sendable_issue(session, house, people=3, now=utc_now())
    back_up(house, folder / "small.backup", now=utc_now())
    return folder / "small.backup"


def refused_untouched(house: House, saved: Path, tmp_path: Path) -> None:
    target = house.settings.model_copy(update={"data_dir": tmp_path / "other"})
    with pytest.raises(InvalidInput, match="is not a whole backup"):
        restore(target, saved, now=utc_now())
    assert not (tmp_path / "other").exists()


def test_a_place_in_use_is_not_restored_into(used: House, saved: Path) -> None:
    before = rows(used.database)
    with pytest.raises(Refused, match=r"already: restore into an empty one"):
        restore(used.settings, saved, now=utc_now())
    assert rows(used.database) == before
    assert (used.media_dir / PICTURE).exists()


def test_a_database_in_use_is_not_restored_into_from_an_empty_folder(postgresql_settings: Settings, tmp_path: Path) -> None:
    house = open_house(postgresql_settings)
    saved = a_small_backup(house, tmp_path)
    with pytest.raises(Refused, match=r"The database holds .* already"):
        restore(house.settings.model_copy(update={"data_dir": tmp_path / "other"}), saved, now=utc_now())
    house.database.close()


def test_what_a_first_start_left_gives_way(saved: Path, empty: Settings, used: House) -> None:
    """`docker compose up` has migrated the empty database and made a key ring before anybody thought of restoring."""
    first = open_house(empty)
    assert first.keys != used.keys
    schema.upgrade(first.database)
    assert doubt_about(first) is None
    first.database.close()
    restore(empty, saved, now=utc_now())
    back = open_house(empty)
    assert back.keys == used.keys
    back.database.close()


def test_a_backup_without_its_keys_asks_for_them(sqlite_house: House, tmp_path: Path) -> None:
    secret = type(sqlite_house.settings.secret_key)("x" * 40)
    settings = sqlite_house.settings.model_copy(update={"secret_key": secret})
    house = open_house(settings)
    saved = a_small_backup(house, tmp_path)
    house.database.close()
    target = sqlite_house.settings.model_copy(update={"data_dir": tmp_path / "other"})
    (sqlite_house.settings.data_dir / "keys.json").unlink()
    with pytest.raises(Refused, match="set NEWSROOM_SECRET_KEY to what it was then"):
        restore(target, saved, now=utc_now())
    assert restore(target.model_copy(update={"secret_key": secret}), saved, now=utc_now()).counts["people"] == 3


def test_a_backup_of_the_other_database_is_told_apart(sqlite_house: House, postgresql_settings: Settings, tmp_path: Path) -> None:
    saved = a_small_backup(sqlite_house, tmp_path)
    with pytest.raises(Refused, match="This backup is of a SQLite database, and NEWSROOM_DATABASE_URL names PostgreSQL"):
        restore(postgresql_settings.model_copy(update={"data_dir": tmp_path / "other"}), saved, now=utc_now())


def test_a_backup_of_a_newer_version_is_told(sqlite_house: House, tmp_path: Path) -> None:
    saved = a_small_backup(sqlite_house, tmp_path)
    newer = tmp_path / "newer.backup"
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(newer, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "manifest.json":
                data = json.dumps({**json.loads(data), "revision": "9999"}).encode()
            target.writestr(name, data)
    with pytest.raises(Refused, match="which is newer"):
        restore(sqlite_house.settings.model_copy(update={"data_dir": tmp_path / "other"}), newer, now=utc_now())


def rewritten(backup: Path, target: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The same backup with another manifest, as somebody with ill intent would make it."""
    with zipfile.ZipFile(backup) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == MANIFEST:
                facts = json.loads(data)
                change(facts)
                data = json.dumps(facts).encode()
            new.writestr(name, data)
    return target


@pytest.mark.postgresql
def test_the_names_in_a_backup_never_become_commands(postgresql_settings: Settings, postgresql: PostgreSQL, tmp_path: Path) -> None:
    house = open_house(postgresql_settings)
    back_up(house, tmp_path / "good", now=utc_now())
    house.database.close()
    touched = tmp_path / "touched"

    def program(facts: dict[str, Any]) -> None:
        facts["columns"]["subscribers"] = f"id) FROM PROGRAM 'touch {touched}' --"

    def table(facts: dict[str, Any]) -> None:
        facts["tables"].append('issues" WHERE false; DROP TABLE "users')
        facts["columns"][facts["tables"][-1]] = ""

    name = postgresql_settings.database.rpartition("/")[2] + "_bad"
    url = type(postgresql_settings.database_url)(postgresql.create(name))
    place = postgresql_settings.model_copy(update={"data_dir": tmp_path / "other", "database_url": url})
    try:
        for number, evil in enumerate((program, table)):
            with pytest.raises((Refused, InvalidInput), match=r"no backup of Newsroom's|is not a whole backup"):
                restore(place, rewritten(tmp_path / "good", tmp_path / f"bad{number}", evil), now=utc_now())
    finally:
        postgresql.drop(name)
    assert not touched.exists()


@pytest.mark.parametrize("facts", [b"[]", b"{}", b'{"entries": {}}', b'{"entries": 1, "format": 1}', b"no json"])
def test_a_list_of_contents_that_is_none_is_refused_in_a_sentence(sqlite_settings: Settings, tmp_path: Path, facts: bytes) -> None:
    with zipfile.ZipFile(tmp_path / "bad", "w") as archive:
        archive.writestr(MANIFEST, facts)
    with pytest.raises(InvalidInput, match="is not a whole backup"):
        restore(sqlite_settings.model_copy(update={"data_dir": tmp_path / "other"}), tmp_path / "bad", now=utc_now())
