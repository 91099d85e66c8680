"""Starting an issue: its audience becomes rows, one per person, and is fixed from then on."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, func, literal, null, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from newsroom.deliveries import Delivery, in_state
from newsroom.errors import Refused
from newsroom.issues import NEWSROOM, Issue, move
from subscribers.audience import audience

CHUNK = 10_000


def start_issue(session: Session, issue: Issue, *, now: datetime) -> int:
    """One winner takes the issue from scheduled to sending, with a row for each person of its audience; how many."""
    begin(session, issue, now=now)
    add_people(session, issue, now=now, limit=None)
    return complete(session, issue, now=now)


def begin(session: Session, issue: Issue, *, now: datetime) -> None:
    """The first step, after which the start is carried on by whoever finds the issue `starting`."""
    if missing := set(issue.languages) - set(issue.renditions):
        raise Refused(f"The {', '.join(sorted(missing))} version was not approved; reopen the issue and have it approved again.")
    move(session, issue, "start", by=NEWSROOM, now=now)
    issue.started_at = now


def add_people(session: Session, issue: Issue, *, now: datetime, limit: int | None = CHUNK) -> int:
    """Rows for people who have none yet, at most `limit`; how many were added. The third step begins when it is 0."""
    if _some_have_it(session, issue):
        return insert_audience(session, issue, "issue", issue.renditions, now=now, limit=limit, besides=Delivery.kind == "issue")
    return insert_audience(
        session, issue, "issue", issue.renditions, now=now, limit=limit, after=_last_added(session, issue) if limit else 0
    )


def _some_have_it(session: Session, issue: Issue) -> bool:
    """People who were handed it before this database was set back have their row, an uncertain one, before the start."""
    uncertain = select(literal(1)).where(Delivery.issue_id == issue.id, Delivery.kind == "issue", in_state("uncertain"))
    return session.scalar(select(uncertain.exists())) or False


def _last_added(session: Session, issue: Issue) -> int:
    """A start goes on behind the last person that it has added: it adds in their order."""
    last = select(func.max(Delivery.subscriber_id)).where(Delivery.issue_id == issue.id, Delivery.kind == "issue")
    return session.scalar(last) or 0


def complete(session: Session, issue: Issue, *, now: datetime) -> int:
    """Count the audience, and begin to send."""
    counted = select(func.count()).where(Delivery.issue_id == issue.id, Delivery.kind == "issue")
    move(session, issue, "fanned_out", by=NEWSROOM, now=now)
    issue.audience = session.scalar(counted) or 0
    return issue.audience


def insert_audience(
    session: Session, issue: Issue, kind: str, renditions: Mapping[str, int], *, now: datetime, limit: int | None = None,
    after: int = 0, besides: ColumnElement[bool] | None = None,
) -> int:  # fmt: skip
    """INSERT ... SELECT of everyone behind `after` who may receive now: nobody there may have a row of this kind yet.

    With `besides`, everyone who has neither a row of this kind nor one that meets this condition.
    """
    rows = _rows(issue, kind, renditions, now=now, after=after, besides=besides)
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    if is_postgresql:
        # Whatever the statistics say of yesterday's table: a million people are joined by hashing, not one by one.
        session.execute(text("SET LOCAL enable_nestloop = off"))
    add = postgresql.insert if is_postgresql else sqlite.insert
    statement = add(Delivery).from_select(list(rows.selected_columns.keys()), rows.limit(limit))
    if besides is not None:
        statement = statement.on_conflict_do_nothing()
    # An INSERT's row count is thrown away unless one asks for it; PostgreSQL would answer -1.
    added = session.execute(statement, execution_options={"preserve_rowcount": True})
    if is_postgresql:
        session.execute(text("SET LOCAL enable_nestloop TO DEFAULT"))
    return int(added.rowcount)  # type: ignore[attr-defined]


def _rows(
    issue: Issue, kind: str, renditions: Mapping[str, int], *, now: datetime, after: int, besides: ColumnElement[bool] | None
) -> Select[*tuple[object, ...]]:
    """With `besides` a person who has a row of this kind is left out by the unique key; else nobody behind `after` has one."""
    people = audience(issue.list_id, languages=issue.languages, original=issue.original).subquery("people")
    fixed = {"kind": kind, "issue_id": issue.id, "list_id": issue.list_id, "state": "queued", "due_at": now, "created_at": now}
    zero = {"attempt": 0, "setbacks": 0, "relay": "", "enhanced_status": "", "reply": "", "reason": ""}
    columns = Delivery.__table__.c
    rows = (
        select(
            *(literal(value, columns[name].type).label(name) for name, value in {**fixed, **zero}.items()),
            people.c.subscriber_id, people.c.subscriber_version, people.c.address, people.c.domain, people.c.language,
            people.c.topics.label("cut"), _rendition(people.c.language, renditions).label("rendition_id"),
        )
        .where(people.c.subscriber_id > after)
        .order_by(people.c.subscriber_id)
    )  # fmt: skip
    if besides is None:
        return rows
    known = select(literal(1)).where(Delivery.issue_id == issue.id, besides, Delivery.subscriber_id == people.c.subscriber_id)
    return rows.where(~known.exists())


def _rendition(language: ColumnElement[str], renditions: Mapping[str, int]) -> ColumnElement[int | None]:
    return case(*((language == code, number) for code, number in renditions.items()), else_=null())
