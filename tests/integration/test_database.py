"""The database on both systems: times, words, and who commits."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from newsroom.db import Database
from newsroom.errors import ConfigurationError
from newsroom.house import House, open_house
from newsroom.mailing_lists import MailingList, Topic, add_list
from newsroom.settings import Settings
from subscribers.models import Subscriber, Subscription

PLUS_TWO = timezone(timedelta(hours=2))


def new_list(house: House, now: datetime) -> None:
    with house.database.transaction() as session:
        add_list(
            session, slug="city", title="City", from_name="City", from_address="a@example.org", postal_address="Street 1", now=now
        )  # fmt: skip


def test_a_time_comes_back_as_the_same_instant_in_utc(house: House) -> None:
    written = datetime(2026, 3, 2, 14, 30, 15, 123456, tzinfo=PLUS_TWO)
    new_list(house, written)
    with house.database.reading() as session:
        read = session.scalars(select(MailingList.created_at)).one()
    assert read == written
    assert read.tzinfo is UTC or read.utcoffset() == timedelta(0)


def test_a_naive_time_is_refused_before_it_reaches_a_table(house: House) -> None:
    with pytest.raises(StatementError, match="a naive time reached the database"):
        new_list(house, datetime(2026, 3, 2, 12, 0))
    with house.database.reading() as session:
        assert session.scalars(select(MailingList)).all() == []


def test_words_are_stored_sorted_and_nothing_differs_from_none(house: House, now: datetime) -> None:
    new_list(house, now)
    with house.database.transaction() as session:
        person = {"language": "en", "domain": "example.org", "created_at": now, "updated_at": now}
        for number, topics in enumerate([("finance", "climate", "climate"), (), None], start=1):
            session.execute(
                insert(Subscriber).values(id=number, address=f"{number}@example.org", address_key=str(number), address_hash="", **person)
            )
            session.execute(insert(Subscription).values(subscriber_id=number, list_id=1, topics=topics, created_at=now, updated_at=now))
    with house.database.reading() as session:
        assert session.scalars(select(Subscription.topics).order_by(Subscription.subscriber_id)).all() == [("climate", "finance"), (), None]
        assert session.execute(text("SELECT topics FROM subscriptions ORDER BY subscriber_id")).scalars().all() == [
            "climate,finance",
            "",
            None,
        ]


def test_an_error_takes_the_whole_transaction_back(house: House, now: datetime) -> None:
    def fail() -> None:
        with house.database.transaction() as session:
            session.add(MailingList(slug="x", title="", from_name="", from_address="", postal_address="", languages=["en"], created_at=now))
            session.flush()
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    with house.database.reading() as session:
        assert session.scalars(select(MailingList)).all() == []


def test_looking_changes_nothing(house: House, now: datetime) -> None:
    new_list(house, now)
    try:
        with house.database.reading() as session:
            session.execute(text("UPDATE mailing_lists SET slug = 'changed'"))
    except DBAPIError:
        pass  # PostgreSQL refuses at once, SQLite rolls back
    with house.database.reading() as session:
        assert session.scalars(select(MailingList.slug)).one() == "city"


@pytest.mark.postgresql
def test_a_database_set_to_read_only_is_not_written_by_who_has_read_from_it(postgresql_settings: Settings, now: datetime) -> None:
    """Before a maintenance: every reader's line would have gone on writing, while new ones are refused."""
    house = open_house(postgresql_settings)
    with house.database.engine.begin() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    house.database.close()
    for _ in range(2):
        with pytest.raises(DBAPIError, match="read-only transaction"):
            new_list(house, now)
        with house.database.reading() as session:
            assert session.scalar(text("SHOW transaction_read_only")) == "on"
    house.database.close()


@pytest.mark.postgresql
def test_a_line_on_which_was_read_is_written_on_afterwards(postgresql_settings: Settings, now: datetime) -> None:
    house = open_house(postgresql_settings)
    with house.database.reading() as session, pytest.raises(DBAPIError, match="read-only transaction"):
        session.execute(text("UPDATE mailing_lists SET slug = 'changed'"))
    new_list(house, now)
    assert house.database.engine.pool.checkedin() == 1  # type: ignore[attr-defined]
    house.database.close()


def test_foreign_keys_hold(house: House) -> None:
    with pytest.raises(DBAPIError), house.database.transaction() as session:
        session.add(Topic(list_id=999, slug="nowhere", title="Nowhere"))


def test_sqlite_is_durable_and_waits_its_turn(sqlite_house: House) -> None:
    with sqlite_house.database.reading() as session:
        pragmas = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nonsense", "is not a database address"),
        ("postgresql://u:p@hush@h/d", "write it as %40"),
        ("mysql://u:hush@h/d", "names 'mysql'; Newsroom runs on"),
    ],
)
def test_another_database_is_refused_without_its_password(url: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence) as refusal:
        Database(url)
    assert "hush" not in str(refusal.value)
