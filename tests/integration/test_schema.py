"""The migrations and the models say the same, on both databases."""

import importlib
import pkgutil
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

import admin
import newsroom
import subscribers
from newsroom import schema, search_index
from newsroom.db import Base, Database
from newsroom.house import House, open_house
from newsroom.sendqueue.doctor import examine
from newsroom.settings import Settings, load_settings
from subscribers.models import Subscriber
from subscribers.searching import is_called
from tests.services import PostgreSQL

NOT_IMPORTABLE = {"newsroom.migrations.env"}


def import_everything() -> None:
    for package in (newsroom, subscribers, admin):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name not in NOT_IMPORTABLE and not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def test_the_migrations_build_what_the_models_describe(house: House) -> None:
    import_everything()
    with house.database.engine.connect() as connection:
        # The index for searches is no migration's: it is built where the database may have it.
        opts = {"compare_type": True, "include_name": lambda name, *_: name != search_index.NAME}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_twice_changes_nothing(house: House) -> None:
    schema.upgrade(house.database)
    assert schema.is_current(house.database)


def test_a_search_for_a_name_is_by_an_index(postgresql_settings: Settings) -> None:
    house = open_house(postgresql_settings)
    with house.database.transaction() as session:
        assert search_index.is_there(session.connection())
        session.execute(text("SET LOCAL enable_seqscan = off"))
        found = select(Subscriber.id).where(is_called("Maria_50%' \\ x"))
        compiled = found.compile(house.database.engine, compile_kwargs={"render_postcompile": True, "literal_binds": True})
        plan = " ".join(session.scalars(text(f"EXPLAIN {str(compiled).replace(':', chr(92) + ':')}")))
    house.database.close()
    assert search_index.NAME in plan
    assert "Bitmap" in plan


def test_who_may_not_have_the_extension_is_upgraded_all_the_same(postgresql: PostgreSQL, tmp_path: Path) -> None:
    """Somebody who owns the tables, and no right to make anything in the database itself."""
    url = postgresql.create("modest", "newsroom_template")
    database = Database(url)
    with database.engine.begin() as connection:
        connection.execute(text(f"DROP INDEX {search_index.NAME}"))
        connection.execute(text("DROP EXTENSION pg_trgm"))
        connection.execute(text("CREATE ROLE modest LOGIN"))
        connection.execute(text("GRANT pg_read_all_data, pg_write_all_data TO modest"))
    database.close()
    modest = Database(url.replace("newsroom@", "modest@"))
    assert not search_index.build(modest)
    schema.upgrade(modest)
    with modest.engine.connect() as connection:
        assert not search_index.is_there(connection)
    modest.close()
    house = open_house(load_settings({}, data_dir=tmp_path, database_url=url, public_url="https://news.example.org"))
    assert "search" in {finding.check for finding in examine(house, cheap=True)}
    house.database.close()
    postgresql.drop("modest")


def test_an_index_that_was_left_half_built_is_built_anew(postgresql_settings: Settings) -> None:
    house = open_house(postgresql_settings)
    with house.database.engine.begin() as connection:
        half = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(:name)"
        connection.execute(text(half), {"name": search_index.NAME})
        assert not search_index.is_there(connection)
    schema.upgrade(house.database)
    with house.database.engine.connect() as connection:
        assert search_index.is_there(connection)
    house.database.close()
