"""A database that people worked with comes up whole on the newest schema: letters to the byte, numbers never given twice."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, select

from newsroom import schema
from newsroom.db import Base, Database
from newsroom.issues import Actor, Issue
from newsroom.mailing_lists import MailingList
from newsroom.renditions import Rendition, load_plans
from newsroom.section_versions import newest_at, versions_of
from newsroom.section_writing import FRONT, FieldChange, Written, change_front, change_section
from tests.conftest import NOON

BEFORE = "0002"
PLAN = bytes(range(256)) * 40


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a schema, on each kind in turn."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path}/old.db")
        yield database
        database.close()
        return
    server = request.getfixturevalue("postgresql")
    database = Database(server.create("newsroom_old"))
    yield database
    database.close()
    server.drop("newsroom_old")


@pytest.fixture
def upgraded(empty: Database) -> Database:
    """Filled as version 0002 left it, then upgraded."""
    schema.upgrade(empty, BEFORE)
    with empty.engine.begin() as connection:
        (found := MetaData()).reflect(connection)
        for table, row in ROWS:
            known = {name: value for name, value in row.items() if name in found.tables[table].columns}
            connection.execute(found.tables[table].insert().values(**known))
    schema.upgrade(empty)
    return empty


A_LIST = {
    "id": 1, "slug": "cities", "title": {"en": "Cities"}, "from_name": "City Network", "from_address": "news@example.org", "reply_to": "",
    "postal_address": "1 Quay Street", "footer": "", "languages": ["en", "fr"], "timezone": "UTC", "logo": "", "accent": "",
    "missing_translation": "fallback", "arabic_months": "both", "hold_seconds": 60, "created_at": NOON,
}  # fmt: skip
AN_ISSUE = {
    "id": 1, "list_id": 1, "slug": "spring", "state": "approved", "languages": ["en", "fr"], "subject": {"en": "Spring"},
    "preview_text": "", "renditions": {"en": 5}, "content_hash": "x", "created_at": NOON, "updated_at": NOON, "notice": "",
}  # fmt: skip
A_DRAFT = {**AN_ISSUE, "id": 2, "slug": "summer", "state": "draft", "subject": {"en": "Summer", "fr": "Été"}, "renditions": {}}
A_SECTION = {
    "id": 1, "issue_id": 2, "uid": "opening", "position": 0, "kind": "text", "version": 3, "updated_at": NOON, "updated_by": 7,
    "content": {"title": {"en": "Hello", "fr": "Bonjour"}, "text": "<p>One</p>"},
}  # fmt: skip
A_LETTER = {
    "id": 5, "issue_id": 1, "language": "en", "fingerprint": "f" * 64, "subject": "Spring", "preview_text": "", "plan": PLAN, "size": 9,
    "compiled_at": NOON,
}  # fmt: skip
A_PERSON = {
    "id": 7,
    "email": "ana@example.org",
    "email_key": "ana@example.org",
    "name": "Ana",
    "role": "editor",
    "password_hash": "x",
    "created_at": NOON,
}
A_LOG_IN = {"id": 1, "digest": "d" * 64, "user_id": 7, "created_at": NOON, "seen_at": NOON, "agent": "", "expires_at": NOON}
A_TOPIC = {"id": 1, "list_id": 1, "slug": "trees", "title": "Trees", "position": 0}
ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("mailing_lists", A_LIST), ("topics", A_TOPIC), ("issues", AN_ISSUE), ("issues", A_DRAFT), ("issue_sections", A_SECTION),
    ("renditions", A_LETTER), ("users", A_PERSON), ("user_sessions", A_LOG_IN),
)  # fmt: skip


def test_a_table_made_anew_gives_no_number_twice(upgraded: Database) -> None:
    """SQLite forgets that when a table is copied."""
    if upgraded.is_sqlite:
        with upgraded.engine.connect() as connection:
            made = dict(connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall())
        kept = [name for name, table in Base.metadata.tables.items() if table.dialect_options["sqlite"]["autoincrement"]]
        assert "mailing_lists" in kept
        assert [name for name in kept if "AUTOINCREMENT" not in made[name]] == []


def test_what_was_approved_is_the_same_to_the_byte(upgraded: Database) -> None:
    with upgraded.transaction() as session:
        issue = session.get_one(Issue, 1)
        assert load_plans(session, issue.renditions.values()) == {5: PLAN}
        assert (issue.front_version, issue.front_by, issue.front_sources, issue.mailing_list.fallbacks) == (1, None, None, {})


def test_a_number_of_a_letter_is_not_given_again(upgraded: Database) -> None:
    with upgraded.transaction() as session:
        session.delete(session.get_one(Rendition, 5))
    with upgraded.transaction() as session:
        facts = {"issue_id": 1, "language": "en", "fingerprint": "e" * 64, "subject": "", "plan": b"", "size": 0, "compiled_at": NOON}
        if not upgraded.is_sqlite:
            # PostgreSQL counts by itself only what it numbered by itself.
            session.connection().exec_driver_sql("SELECT setval(pg_get_serial_sequence('renditions', 'id'), 5)")
        session.add(made := Rendition(**facts))
        session.flush()
        assert made.id > 5


def test_the_first_write_keeps_what_stood_before_versions_were_kept(upgraded: Database) -> None:
    by, now = Actor(name="Ana", user_id=1), NOON + timedelta(days=1)
    with upgraded.transaction() as session:
        issue = session.get_one(Issue, 2)
        change = FieldChange(path=("title", "en"), was="Hello", now="Welcome")
        outcome = change_section(session, issue, "opening", [change], base=3, by=by, now=now)
        assert isinstance(outcome, Written)
        assert outcome.version == 4
        change_front(session, issue, [FieldChange(path=("subject", "en"), was="Summer", now="High summer")], base=1, by=by, now=now)
    with upgraded.transaction() as session:
        assert [(row.version, row.user_id, row.at) for row in versions_of(session, 2, "opening")] == [(4, 1, now), (3, 7, NOON)]
        assert newest_at(session, 2, NOON)["opening"].content["title"] == {"en": "Hello", "fr": "Bonjour"}
        assert newest_at(session, 2, NOON)[FRONT].content["subject"] == {"en": "Summer", "fr": "Été"}


def test_one_who_still_runs_the_old_program_may_add_a_list(upgraded: Database) -> None:
    """During an upgrade old workers write: every new column has a value of its own."""
    with upgraded.engine.begin() as connection:
        (found := MetaData()).reflect(connection)
        connection.execute(found.tables["mailing_lists"].insert().values(**{**A_LIST, "id": 2, "slug": "mayors"}))
        connection.execute(found.tables["issues"].insert().values(**{**A_DRAFT, "id": 3, "list_id": 2}))
    with upgraded.transaction() as session:
        assert session.scalars(select(MailingList).where(MailingList.slug == "mayors")).one().fallbacks == {}
        assert session.get_one(Issue, 3).front_version == 1
