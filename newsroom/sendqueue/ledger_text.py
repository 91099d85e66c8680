"""The three statements of every group as SQL text: hold the issues, mark, accept. A group of any size is one statement each.

They run some hundred times a second, and are written out because building, and on PostgreSQL also planning, them anew would
cost more than running them. What is rare in the ledger is written with SQLAlchemy, in ledger.py and recording.py.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from newsroom.deliveries import DELIVERY_LIFECYCLE


@dataclass(frozen=True)
class Step:
    """A statement and its values, as the database's driver takes them, and whether it gives rows back."""

    text: str
    values: tuple[Any, ...]
    returns: bool = True


@dataclass(frozen=True)
class Done:
    """What a step gave back, and how many rows it changed."""

    rows: Sequence[Any]
    count: int


@dataclass(frozen=True, kw_only=True)
class LedgerText:
    """What differs between the two databases; `lists` turns columns of values into what `given` reads."""

    is_postgresql: bool

    def hold_issues(self, issue_ids: Iterable[int]) -> Step:
        """Those that are being sent. FOR SHARE: a stop either waits for this group or is seen by it."""
        return Step(_hold(self.is_postgresql), self._lists([list(issue_ids)]))

    def mark(self, token: str, deliveries: Sequence[int], people: Sequence[int | None], versions: Sequence[int]) -> Step:
        """Marks those that this living session still holds, whose issue is being sent and whose person has not changed."""
        return Step(_mark(self.is_postgresql), (*self._lists([deliveries, people, versions]), token, token))

    def accept(self, rows: Iterable[tuple[int, int, int | None, str, str, str]]) -> Step:
        """rows: delivery, attempt, reply code, enhanced status, reply, relay."""
        columns = list(zip(*rows, strict=True))
        return Step(_accept(self.is_postgresql), self._lists(columns), returns=False)

    def _lists(self, columns: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
        if not self.is_postgresql:
            return (json.dumps(list(zip(*columns, strict=True))),)
        return tuple([_array(column) for column in columns])


def _array(column: Sequence[int | str | None]) -> str:
    """As PostgreSQL writes an array. A Python list would change its type, and with it the prepared statement, by its largest number."""
    if isinstance(column[0], str):
        return f"{{{','.join(map(_quoted, column))}}}"
    return f"{{{','.join(map(str, column))}}}".replace("None", "NULL")


@lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    """Remembered: most letters go by one relay, which says the same words."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


POSTGRESQL = LedgerText(is_postgresql=True)
SQLITE = LedgerText(is_postgresql=False)


def text_for(connection: Connection) -> LedgerText:
    return SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL


def carry_out(connection: Connection, step: Step) -> Done:
    """Within the connection's open transaction."""
    result = connection.exec_driver_sql(step.text, step.values)
    return Done(result.all() if step.returns else (), result.rowcount)


def _given(is_postgresql: bool, **columns: str) -> str:
    """The rows of the values as a table named g."""
    if is_postgresql:
        return f"unnest({', '.join(f'%s::{kind}[]' for kind in columns.values())}) AS g({', '.join(columns)})"
    fields = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(columns))
    return f"(SELECT {fields} FROM json_each(?)) AS g"  # noqa: S608 - names of columns, no values


def _now(is_postgresql: bool) -> str:
    """As newsroom.sendqueue.database_clock has it."""
    return "clock_timestamp()" if is_postgresql else "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


def _sources(action: str) -> str:
    return ", ".join(f"'{state}'" for state in DELIVERY_LIFECYCLE.sources(action))


@lru_cache(maxsize=2)
def _hold(is_postgresql: bool) -> str:
    lock = " ORDER BY id FOR SHARE" if is_postgresql else ""
    given = _given(is_postgresql, id="bigint")
    return f"SELECT id FROM issues WHERE id IN (SELECT g.id FROM {given}) AND state = 'sending'{lock}"  # noqa: S608


@lru_cache(maxsize=2)
def _mark(is_postgresql: bool) -> str:
    """The person's row is held as the issue's is: whoever changes it waits for this group, or is seen by it."""
    given, now, own = (
        _given(is_postgresql, id="bigint", person="bigint", version="bigint"),
        _now(is_postgresql),
        "%s" if is_postgresql else "?",
    )
    held = " ORDER BY s.id FOR SHARE OF s" if is_postgresql else ""
    return f"""
        WITH given AS MATERIALIZED (SELECT g.id, g.person, g.version FROM {given}),
        people AS MATERIALIZED (
            SELECT s.id, s.version FROM subscribers AS s WHERE s.id IN (SELECT person FROM given){held}
        ),
        fit AS MATERIALIZED (
            SELECT g.id AS number FROM given AS g LEFT JOIN people AS p ON p.id = g.person
            WHERE g.person IS NULL OR p.version = g.version
        )
        UPDATE deliveries AS d
        SET state = '{DELIVERY_LIFECYCLE.target("mark")}', attempt = d.attempt + 1, marked_at = {now},
            first_tried_at = coalesce(d.first_tried_at, {now})
        FROM fit
        WHERE d.id = fit.number AND d.state IN ({_sources("mark")}) AND coalesce(d.worker_token, '') = {own}
            AND (d.kind <> 'issue' OR EXISTS (SELECT 1 FROM issues AS i WHERE i.id = d.issue_id AND i.state = 'sending'))
            AND EXISTS (SELECT 1 FROM worker_sessions AS w WHERE w.token = {own} AND w.ended_at IS NULL AND w.alive_until > {now})
        RETURNING id
    """  # noqa: S608


@lru_cache(maxsize=2)
def _accept(is_postgresql: bool) -> str:
    given = _given(is_postgresql, id="bigint", attempt="integer", code="integer", enhanced="text", reply="text", relay="text")
    return f"""
        UPDATE deliveries AS d
        SET state = '{DELIVERY_LIFECYCLE.target("accept")}', reply_code = g.code, enhanced_status = g.enhanced, reply = g.reply,
            relay = g.relay, closed_at = {_now(is_postgresql)}, worker_token = NULL, reason = ''
        FROM {given}
        WHERE d.id = g.id AND d.attempt = g.attempt AND d.state IN ({_sources("accept")})
    """  # noqa: S608
