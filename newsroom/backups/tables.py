"""The tables of a PostgreSQL database as text, from one snapshot, by COPY: no program of another version is needed for it."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
from sqlalchemy import Connection, MetaData, text

from newsroom.backups.archive import PIECE, ArchiveWriter, torn
from newsroom.backups.facts import TABLES
from newsroom.errors import Refused

NOT_COPIED = frozenset({"alembic_version"})


def table_names(connection: Connection) -> list[str]:
    """Referred-to tables before those that refer to them."""
    found = MetaData()
    found.reflect(connection)
    return [table.name for table in found.sorted_tables if table.name not in NOT_COPIED]


def copy_out(connection: Connection, archive: ArchiveWriter, tables: Sequence[str]) -> None:
    for name in tables:
        statement = f"COPY {_quoted(name)} ({_columns(connection, name)}) TO STDOUT"
        with _cursor(connection) as cursor, archive.entry(f"{TABLES}{name}") as target, cursor.copy(statement) as copy:
            for piece in copy:
                target.write(piece)


def refuse_strangers(connection: Connection, tables: Sequence[str], columns: Mapping[str, str]) -> None:
    """The names come out of a file and become SQL: each must be one of our own. Refused otherwise."""
    known = set(table_names(connection))
    for name in tables:
        if name not in known or not set(columns[name].split(", ")) <= set(_columns(connection, name).split(", ")):
            raise Refused(f"The backup names the table {name!r}, or columns of it, that Newsroom never had; it is no backup of Newsroom's.")


def copy_in(connection: Connection, archive: zipfile.ZipFile, tables: Sequence[str], columns: dict[str, str]) -> None:
    for name in tables:
        statement = f"COPY {_quoted(name)} ({columns[name]}) FROM STDIN"
        try:
            with _cursor(connection) as cursor, archive.open(f"{TABLES}{name}") as source, cursor.copy(statement) as copy:
                while piece := source.read(PIECE):
                    copy.write(piece)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            # Its other lines quote the row.
            raise torn(archive, f"its table {name} holds a row that cannot be ({type(error).__name__})") from None


def columns_of(connection: Connection, tables: Sequence[str]) -> dict[str, str]:
    return {name: _columns(connection, name) for name in tables}


def sequences(connection: Connection) -> dict[str, int]:
    """How far each has got; those that never gave a number are left out."""
    query = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = current_schema() AND last_value IS NOT NULL"
    return {row.sequencename: row.last_value for row in connection.execute(text(query))}


def set_sequences(connection: Connection, reached: dict[str, int]) -> None:
    """So that no number is given twice, not even that of a row deleted since."""
    for name, value in reached.items():
        connection.execute(text("SELECT setval(CAST(:name AS regclass), :value)"), {"name": _quoted(name), "value": value})


def filled_tables(connection: Connection) -> Iterator[str]:
    """Tables with at least one row, but for what a mere `newsroom db upgrade` or a first start leaves."""
    found = MetaData()
    found.reflect(connection)
    if found.tables and not NOT_COPIED & found.tables.keys():
        yield from found.tables  # of something that is not Newsroom
        return
    for table in found.sorted_tables:
        own = table.name in NOT_COPIED or table.name.startswith("installation")
        if not own and connection.execute(table.select().limit(1)).first() is not None:
            yield table.name


def drop_tables(connection: Connection) -> None:
    found = MetaData()
    found.reflect(connection)
    found.drop_all(connection)


def _cursor(connection: Connection) -> Any:
    driver: Any = connection.connection.driver_connection
    return driver.cursor()


def _columns(connection: Connection, name: str) -> str:
    """Those that are stored, not computed."""
    rows = connection.scalars(_STORED, {"name": _quoted(name)})
    return ", ".join(_quoted(column) for column in rows)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


_STORED = text(
    "SELECT attname FROM pg_attribute "
    "WHERE attrelid = CAST(:name AS regclass) AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"
)
