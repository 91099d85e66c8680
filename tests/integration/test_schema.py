"""The migrations and the models say the same, on both databases."""

import importlib
import pkgutil

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import admin
import newsroom
import subscribers
from newsroom import schema
from newsroom.db import Base
from newsroom.house import House

NOT_IMPORTABLE = {"newsroom.migrations.env"}


def import_everything() -> None:
    for package in (newsroom, subscribers, admin):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name not in NOT_IMPORTABLE and not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def test_the_migrations_build_what_the_models_describe(house: House) -> None:
    import_everything()
    with house.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_twice_changes_nothing(house: House) -> None:
    schema.upgrade(house.database)
    assert schema.is_current(house.database)
