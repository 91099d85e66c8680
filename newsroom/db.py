"""The database: base class, column types, and the only place that commits."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, DateTime, Delete, Dialect, Engine, Integer, MetaData, String, Update, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from newsroom.errors import ConfigurationError

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC; SQLite, which keeps no zone, stores it bare."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive time reached the database: {value!r}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[tuple[str, ...]]):
    """A few sorted slugs in one text column, so that SQL can copy and compare them: 'climate,finance'."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        return None if value is None else ",".join(sorted(set(value)))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(word for word in value.split(",") if word)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012 - SQLAlchemy reads it as is


Json = JSON().with_variant(JSONB(), "postgresql")
BigId = BigInteger().with_variant(Integer(), "sqlite")

PrimaryKey = Annotated[int, mapped_column(BigId, primary_key=True)]
Word = Annotated[str, mapped_column(String(40))]


def change(session: Session, statement: Update | Delete) -> int:
    """Change or delete rows past the objects that the session holds of them; how many."""
    done = session.execute(statement, execution_options={"synchronize_session": False})
    return int(done.rowcount)  # type: ignore[attr-defined]


class Database:
    """One engine and its transactions. Views, actors and commands enter them; domain functions never commit."""

    def __init__(self, url: str, **engine_options: Any) -> None:
        self.engine = _open_engine(url, **engine_options)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits when the block ends well and rolls back when it does not."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for looking: takes no write lock and is always rolled back."""
        options = {"newsroom_reading": True} if self.is_sqlite else {"postgresql_readonly": True}
        with self.engine.connect().execution_options(**options) as connection, Session(connection) as session:
            yield session

    def close(self) -> None:
        self.engine.dispose()


def said_by(error: Exception) -> str:
    """What the database said, on one line, with the next step where there is one; never a statement or its values."""
    cause = getattr(error, "orig", None) or error
    lines = [line.strip() for line in str(cause).strip().splitlines() if line.strip()]
    said = (lines or [type(error).__name__])[0]
    if "no such table" in said or "no such column" in said or type(cause).__name__ in _UNMIGRATED:
        return f"{said} (its schema is not current: if it is the right database, run `newsroom db upgrade`)"
    return f"{said} (is the disk full, or the folder not writable?)" if any(words in said for words in _OF_THE_DISK) else said


def may_be_repeated(error: DBAPIError) -> bool:
    """The database broke the transaction off, since two stood in each other's way: nothing of it was kept, and it may go well now."""
    return getattr(error.orig, "sqlstate", None) in _IN_EACH_OTHERS_WAY


_IN_EACH_OTHERS_WAY = frozenset({"40P01", "40001"})
#: SQLite's words, which name neither the disk nor the folder.
_OF_THE_DISK = ("disk I/O error", "disk is full", "readonly database")
_UNMIGRATED = frozenset({"UndefinedTable", "UndefinedColumn"})


def _open_engine(url: str, **options: Any) -> Engine:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            "NEWSROOM_DATABASE_URL is not a database address; for example postgresql+psycopg://user:password@host/newsroom"
        ) from None
    if "@" in (address.host or ""):
        # What stands before the last @ would be shown as the name of a machine: in errors, in logs.
        raise ConfigurationError("NEWSROOM_DATABASE_URL holds an @ in its user or password; write it as %40")
    dialect, _, driver = address.drivername.partition("+")
    if driver not in ("", "psycopg", "pysqlite"):
        raise ConfigurationError(f"NEWSROOM_DATABASE_URL names the driver {driver!r}; write postgresql+psycopg://...")
    if dialect == "sqlite":
        return _prepare_sqlite(create_engine(url, connect_args={"timeout": 30}, **options))
    if dialect == "postgresql":
        return _prepare_postgresql(create_engine(url, pool_pre_ping=True, connect_args=_patience(url), **options))
    raise ConfigurationError(
        f"NEWSROOM_DATABASE_URL names {dialect!r}; Newsroom runs on SQLite and PostgreSQL: write postgresql+psycopg://..."
    )


def _patience(url: str) -> dict[str, int]:
    """How long to wait for a database machine that has gone silent, in seconds; the address may say otherwise."""
    ours = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
    return {name: value for name, value in ours.items() if name not in make_url(url).query}


def _prepare_postgresql(engine: Engine) -> Engine:
    @event.listens_for(engine, "connect")
    def set_limits(connection: Any, _: Any) -> None:
        # A process that was frozen, or whose machine is gone, must not hold its locks until TCP gives up after hours.
        connection.execute("SET SESSION idle_in_transaction_session_timeout = '10min'")
        connection.commit()

    @event.listens_for(engine, "checkin")
    def begin_as_the_server_says(connection: Any, _: Any) -> None:
        # After a reader SQLAlchemy leaves False here: from then on the driver begins READ WRITE, whatever the role may.
        if connection is not None and connection.read_only is False:
            connection.read_only = None

    return engine


def _prepare_sqlite(engine: Engine) -> Engine:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _: Any) -> None:
        # The driver must not open transactions by itself: a deferred BEGIN fails with "database is locked" when it upgrades.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        reading = connection.get_execution_options().get("newsroom_reading")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine
