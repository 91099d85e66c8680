"""The database's own clock in SQL: workers on several machines agree on it, whatever their clocks say."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Float, bindparam, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement

from newsroom.db import UtcDateTime


class clock_now(FunctionElement[datetime]):  # noqa: N801 - reads as an SQL function
    """The instant at which the statement runs, also late in a long transaction."""

    type = UtcDateTime()
    inherit_cache = True
    name = "clock_now"


class clock_ahead(FunctionElement[datetime]):  # noqa: N801
    """That instant and so many seconds: clock_ahead(bindparam or number)."""

    type = UtcDateTime()
    inherit_cache = True
    name = "clock_ahead"


class seconds_after(FunctionElement[datetime]):  # noqa: N801
    """seconds_after(column, number): so many seconds after the time in the column."""

    type = UtcDateTime()
    inherit_cache = True
    name = "seconds_after"


class query_time(FunctionElement[datetime]):  # noqa: N801
    """The statement's beginning: unlike the clock, an index may be searched by it."""

    type = UtcDateTime()
    inherit_cache = True
    name = "query_time"


def ahead(seconds: str | float) -> clock_ahead:
    """A fixed number of seconds ahead, or those of the bind parameter with this name."""
    value = bindparam(seconds, type_=Float) if isinstance(seconds, str) else bindparam(None, seconds, type_=Float)
    return clock_ahead(value)


def read_clock(session: Session | Connection) -> datetime:
    found: datetime = session.execute(select(clock_now())).scalar_one()
    return found


@compiles(clock_now, "postgresql")
def _postgresql_now(element: clock_now, compiler: SQLCompiler, **_: Any) -> str:
    return "clock_timestamp()"


@compiles(query_time, "postgresql")
def _postgresql_query_time(element: query_time, compiler: SQLCompiler, **_: Any) -> str:
    return "statement_timestamp()"


@compiles(clock_ahead, "postgresql")
def _postgresql_ahead(element: clock_ahead, compiler: SQLCompiler, **options: Any) -> str:
    return f"(clock_timestamp() + make_interval(secs => {compiler.process(element.clauses, **options)}))"


# SQLite keeps milliseconds; the zeros make its text as long as the times that Python writes, so that they compare.
@compiles(clock_now, "sqlite")
@compiles(query_time, "sqlite")
def _sqlite_now(element: clock_now, compiler: SQLCompiler, **_: Any) -> str:
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


@compiles(clock_ahead, "sqlite")
def _sqlite_ahead(element: clock_ahead, compiler: SQLCompiler, **options: Any) -> str:
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', ({compiler.process(element.clauses, **options)}) || ' seconds')"


@compiles(seconds_after, "postgresql")
def _postgresql_after(element: seconds_after, compiler: SQLCompiler, **options: Any) -> str:
    column, seconds = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} + make_interval(secs => {seconds}))"


@compiles(seconds_after, "sqlite")
def _sqlite_after(element: seconds_after, compiler: SQLCompiler, **options: Any) -> str:
    column, seconds = (compiler.process(clause, **options) for clause in element.clauses)
    return f"strftime('%Y-%m-%d %H:%M:%f000', {column}, {seconds} || ' seconds')"
