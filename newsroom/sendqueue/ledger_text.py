"""What every group does, as SQL text: hold the issues, accept, mark. A group of any size is one statement on PostgreSQL, and so
one round trip that commits itself; on SQLite, where a change cannot stand inside a statement, it is three.

They run some hundred times a second, and are written out because building, and on PostgreSQL also planning, them anew would
cost more than running them. What is rare in the ledger is written with SQLAlchemy, in ledger.py and recording.py.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from newsroom.deliveries import DELIVERY_LIFECYCLE

Value = int | str | None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a group asks for. accepted: delivery, attempt, reply code, enhanced status, reply, relay; marks: delivery, person, version."""

    token: str
    issues: Sequence[int]
    accepted: Sequence[tuple[int, int, int | None, str, str, str]]
    marks: Sequence[tuple[int, int | None, int]]


@dataclass(frozen=True, kw_only=True)
class Done:
    """The issues of these that are being sent, how many acceptances took, and which deliveries were marked."""

    sending: frozenset[int]
    accepted: int
    marked: frozenset[int]


def carry_out(connection: Connection, wanted: Wanted) -> Done:
    """Within the connection's open transaction."""
    if connection.dialect.name == "sqlite":
        return _carry_out_by_steps(connection, wanted)
    text, values = in_one(wanted)
    return read(connection.exec_driver_sql(text, values).one())


def in_one(wanted: Wanted) -> tuple[str, tuple[str, ...]]:
    """The statement for PostgreSQL and its values, as psycopg takes them. Its one row is for `read`."""
    return _whole(), (
        _array(wanted.issues),
        *_arrays(wanted.marks, len(_MARKS)),
        *_arrays(wanted.accepted, len(_ACCEPTED)),
        wanted.token,
        wanted.token,
    )


def read(row: Sequence[Any]) -> Done:
    sending, accepted, marked = row
    return Done(sending=frozenset(sending), accepted=accepted, marked=frozenset(marked))


def _carry_out_by_steps(connection: Connection, wanted: Wanted) -> Done:
    """SQLite: always in this order, each left out where there is nothing to do."""
    accepted, sending, marked = 0, frozenset[int](), frozenset[int]()
    if wanted.issues:
        sending = frozenset(connection.exec_driver_sql(_HOLD, (json.dumps(list(wanted.issues)),)).scalars())
    if wanted.accepted:
        accepted = connection.exec_driver_sql(_accepting(_rows(*_ACCEPTED), _SQLITE_NOW), (json.dumps(wanted.accepted),)).rowcount
    if wanted.marks:
        marks = _marking_by_steps()
        marked = frozenset(connection.exec_driver_sql(marks, (json.dumps(wanted.marks), wanted.token, wanted.token)).scalars())
    return Done(sending=sending, accepted=accepted, marked=marked)


def _arrays(rows: Sequence[tuple[Value, ...]], width: int) -> list[str]:
    return [_array(column) for column in zip(*rows, strict=True)] if rows else ["{}"] * width


def _array(column: Sequence[Value]) -> str:
    """As PostgreSQL writes an array. A Python list would change its type, and with it the prepared statement, by its largest number."""
    if column and isinstance(column[0], str):
        return f"{{{','.join(map(_quoted, column))}}}"
    return f"{{{','.join(map(str, column))}}}".replace("None", "NULL")


@lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    """Remembered: most letters go by one relay, which says the same words."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_ACCEPTED = ("id", "attempt", "code", "enhanced", "reply", "relay")
_MARKS = ("id", "person", "version")
_TYPES = {"attempt": "integer", "code": "integer", "enhanced": "text", "reply": "text", "relay": "text"}
# As newsroom.sendqueue.database_clock has it.
_NOW = "clock_timestamp()"
_SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


def _arrayed(*columns: str) -> str:
    """PostgreSQL: the rows of one array a column, as a table named g."""
    types = [_TYPES.get(name, "bigint") for name in columns]
    return f"unnest({', '.join(f'%s::{kind}[]' for kind in types)}) AS g({', '.join(columns)})"


def _rows(*columns: str) -> str:
    """SQLite: the rows of one JSON value, as a table named g."""
    fields = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(columns))
    return f"(SELECT {fields} FROM json_each(?)) AS g"  # noqa: S608 - names of columns, no values


def _sources(action: str) -> str:
    return ", ".join(f"'{state}'" for state in DELIVERY_LIFECYCLE.sources(action))


_SENDING = "SELECT id FROM issues WHERE state = 'sending'"
_HOLD = f"{_SENDING} AND id IN (SELECT value FROM json_each(?))"  # noqa: S608


@lru_cache(maxsize=2)
def _accepting(given: str, now: str) -> str:
    return f"""
        UPDATE deliveries AS d
        SET state = '{DELIVERY_LIFECYCLE.target("accept")}', reply_code = g.code, enhanced_status = g.enhanced, reply = g.reply,
            relay = g.relay, closed_at = {now}, worker_token = NULL, reason = ''
        FROM {given}
        WHERE d.id = g.id AND d.attempt = g.attempt AND d.state IN ({_sources("accept")})
    """  # noqa: S608


def _people(given: str, *, first: str = "", lock: str = "") -> str:
    """Three tables: the marks asked for, their people as they are, and those whose person has not changed."""
    return f"""
        given AS MATERIALIZED (SELECT g.id, g.person, g.version FROM {given}),
        people AS MATERIALIZED (SELECT s.id, s.version FROM subscribers AS s WHERE {first}s.id IN (SELECT person FROM given){lock}),
        fit AS MATERIALIZED (
            SELECT g.id AS number FROM given AS g LEFT JOIN people AS p ON p.id = g.person
            WHERE g.person IS NULL OR p.version = g.version
        )
    """  # noqa: S608


def _marking(now: str, own: str, sending: str) -> str:
    """Marks those that this living session still holds, whose issue is being sent and whose person has not changed."""
    return f"""
        UPDATE deliveries AS d
        SET state = '{DELIVERY_LIFECYCLE.target("mark")}', attempt = d.attempt + 1, marked_at = {now},
            first_tried_at = coalesce(d.first_tried_at, {now})
        FROM fit
        WHERE d.id = fit.number AND d.state IN ({_sources("mark")}) AND coalesce(d.worker_token, '') = {own}
            AND (d.kind <> 'issue' OR d.issue_id IN ({sending}))
            AND EXISTS (SELECT 1 FROM worker_sessions AS w WHERE w.token = {own} AND w.ended_at IS NULL AND w.alive_until > {now})
        RETURNING id
    """  # noqa: S608


@lru_cache(maxsize=1)
def _marking_by_steps() -> str:
    return f"WITH {_people(_rows(*_MARKS))} {_marking(_SQLITE_NOW, '?', _SENDING)}"


@lru_cache(maxsize=1)
def _whole() -> str:
    """The rows of issues and people are held FOR SHARE: a stop or a change either waits for this group or is seen by it.

    A condition reads `held` before any person is held, so that locks are taken in the ledger's one order; the last SELECT reads
    what was accepted before what is marked, which makes it happen in this order.
    """
    people = _people(_arrayed(*_MARKS), first="(SELECT count(*) FROM held) >= 0 AND ", lock=" ORDER BY s.id FOR SHARE OF s")
    return f"""
        WITH held AS MATERIALIZED (
            SELECT id FROM issues WHERE id = ANY (%s::bigint[]) AND state = 'sending' ORDER BY id FOR SHARE
        ), {people},
        accepted AS ({_accepting(_arrayed(*_ACCEPTED), _NOW)} RETURNING 1),
        marked AS ({_marking(_NOW, "%s", "SELECT id FROM held")})
        SELECT ARRAY(SELECT id FROM held), (SELECT count(*) FROM accepted), ARRAY(SELECT id FROM marked)
    """  # noqa: S608
