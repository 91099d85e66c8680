"""A file that is no backup of ours, or not all of one: refused in a sentence, and nothing is touched."""

import json
import zipfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from newsroom.backups.archive import MANIFEST
from newsroom.backups.making import back_up
from newsroom.backups.restoring import restore
from newsroom.clock import utc_now
from newsroom.db import Database
from newsroom.errors import InvalidInput, Refused
from newsroom.house import House
from newsroom.settings import Settings
from tests.sending import make_sendable_issue
from tests.services import PostgreSQL

Facts = dict[str, Any]
Parts = dict[str, bytes]


@pytest.fixture
def saved(house: House, tmp_path: Path) -> Path:
    with house.database.transaction() as session:
        make_sendable_issue(session, house, people=3, now=utc_now())
    back_up(house, tmp_path / "saved", now=utc_now())
    return tmp_path / "saved"


@pytest.fixture
def empty(house: House, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    place = house.settings.model_copy(update={"data_dir": tmp_path / "other"})
    if house.database.is_sqlite:
        yield place
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = house.settings.database.rpartition("/")[2] + "_odd"
    yield place.model_copy(update={"database_url": type(place.database_url)(server.create(name))})
    server.drop(name)


def rewritten(saved: Path, change: Callable[[Facts, Parts], object]) -> Path:
    """The same backup with other facts or parts, whose hashes are right."""
    with zipfile.ZipFile(saved) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    facts = json.loads(parts.pop(MANIFEST))
    change(facts, parts)
    target = saved.with_name("odd")
    with zipfile.ZipFile(target, "w") as new:
        for name, data in parts.items():
            new.writestr(name, data)
        facts["entries"] = {name: sha256(data).hexdigest() for name, data in parts.items()}
        new.writestr(MANIFEST, json.dumps(facts))
    return target


def is_untouched(place: Settings) -> bool:
    if list(place.data_dir.glob("*")):
        return False
    if place.database.startswith("sqlite"):
        return True
    database = Database(place.database)
    try:
        return not inspect(database.engine).get_table_names()
    finally:
        database.close()


@pytest.mark.parametrize("name", ["database", "revision", "newsroom", "made_at", "counts", "keys", "keys_in_file"])
@pytest.mark.parametrize("value", [None, 7, "yesterday", {"people": "many"}], ids=["none", "number", "word", "mapping"])
def test_facts_that_cannot_be_are_refused(sqlite_house: House, tmp_path: Path, name: str, value: object) -> None:
    if value == "yesterday" and name in ("revision", "newsroom"):
        return
    back_up(sqlite_house, tmp_path / "saved", now=utc_now())
    odd = rewritten(tmp_path / "saved", lambda facts, _: facts.update({name: value}))
    place = sqlite_house.settings.model_copy(update={"data_dir": tmp_path / "other"})
    with pytest.raises(InvalidInput, match="is not a whole backup: what it says of its"):
        restore(place, odd, now=utc_now())
    assert is_untouched(place)


def test_a_backup_without_a_part_of_its_database_is_refused(house: House, saved: Path, empty: Settings) -> None:
    gone = "database.sqlite3" if house.database.is_sqlite else "tables/subscribers"
    with pytest.raises(InvalidInput, match="is missing"):
        restore(empty, rewritten(saved, lambda _, parts: parts.pop(gone)), now=utc_now())
    assert is_untouched(empty)


def test_an_empty_database_is_not_called_restored(house: House, saved: Path, empty: Settings) -> None:
    hollow = "database.sqlite3" if house.database.is_sqlite else "tables/subscriptions"

    def change(facts: Facts, parts: Parts) -> None:
        parts[hollow] = b""
        facts["counts"]["people"] += house.database.is_sqlite is False

    with pytest.raises(InvalidInput, match=r"it says it holds \d people, and there are \d"):
        restore(empty, rewritten(saved, change), now=utc_now())
    assert is_untouched(empty)


def test_a_database_that_is_none_is_refused_in_a_sentence(house: House, saved: Path, empty: Settings) -> None:
    part = "database.sqlite3" if house.database.is_sqlite else "tables/subscribers"
    with pytest.raises(InvalidInput, match="is not a whole backup: its") as refused:
        restore(empty, rewritten(saved, lambda _, parts: parts.update({part: b"ada@example.org\tno row"})), now=utc_now())
    assert "ada@" not in str(refused.value)
    assert is_untouched(empty)


@pytest.mark.parametrize("name", ["data//etc/evil", "data/../evil", "data/installation.json", "data/journal/1", "/evil"])
def test_a_name_that_leads_elsewhere_is_refused(sqlite_house: House, tmp_path: Path, name: str) -> None:
    back_up(sqlite_house, tmp_path / "saved", now=utc_now())
    odd = rewritten(tmp_path / "saved", lambda _, parts: parts.update({name: b"x"}))
    place = sqlite_house.settings.model_copy(update={"data_dir": tmp_path / "other"})
    with pytest.raises(Refused, match="holds the name"):
        restore(place, odd, now=utc_now())
    assert is_untouched(place)


@pytest.mark.parametrize(("place", "value"), [(6, 1), (8, 99)], ids=["encrypted", "packed otherwise"])
def test_a_part_that_cannot_be_unpacked_is_refused_in_a_sentence(sqlite_house: House, tmp_path: Path, place: int, value: int) -> None:
    back_up(sqlite_house, tmp_path / "saved", now=utc_now())
    data = bytearray((tmp_path / "saved").read_bytes())
    # The flags and the method of the first part, in its local header (at 0) and in the directory at the end (APPNOTE 4.3.12).
    directory = data.index(b"PK\x01\x02")
    data[place] |= value
    data[directory + place + 2] |= value
    (tmp_path / "odd").write_bytes(data)
    with pytest.raises(InvalidInput, match="is not a whole backup"):
        restore(sqlite_house.settings.model_copy(update={"data_dir": tmp_path / "other"}), tmp_path / "odd", now=utc_now())
