"""Fixtures: a house on either database, real services, the users' samples."""

import itertools
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsroom import schema
from newsroom.db import Database
from newsroom.house import House, open_house
from newsroom.keys import open_key_ring
from newsroom.settings import Settings, load_settings
from tests.services import PostgreSQL, running_postgresql, running_redis

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SAMPLES = Path(__file__).parent.parent.parent / "shared" / "samples"
_counter = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On several processes a file stays on one of them, and the chaos trials, which want the machine, come one after the other."""
    for item in items:
        folder = item.path.parent.name
        item.add_marker(pytest.mark.xdist_group(folder if folder == "chaos" else str(item.path)))


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture(scope="session")
def samples() -> Path:
    """The users' own documents; they stand beside the project, not in it."""
    if not SAMPLES.is_dir():
        pytest.skip("the users' sample documents are not beside this checkout")
    return SAMPLES


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A cluster with a migrated template database called newsroom_template."""
    with running_postgresql() as server:
        template = Database(server.create("newsroom_template"))
        schema.upgrade(template)
        template.close()
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    template = Database(f"sqlite:///{path}")
    schema.upgrade(template)
    template.close()
    return path


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def sqlite_settings(tmp_path: Path, sqlite_template: Path) -> Settings:
    """A fresh migrated SQLite installation in a folder of its own; mail is captured."""
    data_dir = tmp_path / "data"
    open_key_ring(data_dir)
    shutil.copy(sqlite_template, data_dir / "newsroom.db")
    return load_settings({}, data_dir=data_dir, public_url="https://news.example.org")


@pytest.fixture
def postgresql_settings(tmp_path: Path, postgresql: PostgreSQL) -> Iterator[Settings]:
    """A fresh migrated PostgreSQL installation; mail is captured."""
    name = f"newsroom_{next(_counter)}"
    url = postgresql.create(name, "newsroom_template")
    yield load_settings({}, data_dir=tmp_path / "data", database_url=url, public_url="https://news.example.org")
    postgresql.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def settings(request: pytest.FixtureRequest) -> Settings:
    """Settings of a fresh installation, on each database in turn."""
    found: Settings = request.getfixturevalue(f"{request.param}_settings")
    return found


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    """An open house on each database in turn."""
    opened = open_house(settings)
    yield opened
    opened.database.close()


@pytest.fixture
def sqlite_house(sqlite_settings: Settings) -> Iterator[House]:
    """An open house on SQLite, for what does not depend on the database."""
    opened = open_house(sqlite_settings)
    yield opened
    opened.database.close()
