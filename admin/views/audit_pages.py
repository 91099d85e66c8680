"""The audit log: who did what, and when; filtered by person, deed, issue and day, and taken along as a table."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, Response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin import audit
from admin.accounts import User
from admin.audit import AuditEntry, Wanted
from admin.context import desk, note, reading, transaction
from admin.permissions import permission
from admin.row_numbers import row_number
from admin.speaking import tp
from admin.wording import ROLES
from admin.words.catalogue import CATALOGUE, FIRST
from newsroom.house import House
from newsroom.issues import Issue
from newsroom.mailing_lists import MailingList

routes = Blueprint("audit_pages", __name__)

FILTERS = ("person", "action", "issue", "since", "until")
HEAD = ("at", "who", "user_id", "action", "list", "issue_id", "about", "detail")


@routes.get("/settings/audit")
@permission("see_audit", of="everywhere")
def index() -> str:
    with reading() as session:
        entries, older = audit.page_of(session, _wanted(), before=request.args.get("before", None, row_number))
        return render_template(
            "audit/index.html", entries=entries, older=older, asked=request.args.to_dict(), filters=_filters(), people=_people(session),
            actions=sorted(((deed(action), action) for action in audit.actions(session)), key=lambda pair: pair[0].casefold()),
            lists=_lists(session), issues=_issues(session, entries), deed=deed, facts=facts,
        )  # fmt: skip


@routes.get("/settings/audit.csv")
@permission("see_audit", of="everywhere")
def as_csv() -> Response:
    with transaction() as session:
        note(session, "audit_pages.as_csv")
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response(_lines(desk().house, _wanted()), mimetype="text/csv", headers=headers)


def deed(action: str) -> str:
    """An action in words, where there are some for it."""
    return tp(key) if (key := f"audit.action.{action}") in CATALOGUE[FIRST] else action


def facts(entry: AuditEntry) -> list[tuple[str, str]]:
    """The details of a deed: what each is, and its value."""
    return [(_named(name), _shown(name, value)) for name, value in entry.detail.items()]


def _named(name: str) -> str:
    return tp(key) if (key := f"audit.fact.{name}") in CATALOGUE[FIRST] else name.replace("_", " ").capitalize()


def _shown(name: str, value: object) -> str:
    if isinstance(value, bool):
        return tp("common.yes") if value else tp("common.no")
    return ROLES[value] if name == "role" and isinstance(value, str) and value in ROLES else str(value)


def _wanted() -> Wanted:
    until = _day("until")
    return Wanted(
        user_id=request.args.get("person", None, row_number), action=request.args.get("action", ""),
        issue_id=request.args.get("issue", None, row_number), since=_day("since"), until=until + timedelta(days=1) if until else None,
    )  # fmt: skip


def _filters() -> dict[str, str]:
    """What the page was asked for, without its place in the log."""
    return {name: value for name, value in request.args.items() if name in FILTERS and value}


def _day(name: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(request.args.get(name, "")), time(), UTC)
    except ValueError:
        return None


def _people(session: Session) -> list[User]:
    return list(session.scalars(select(User).order_by(User.name, User.email_key)))


def _lists(session: Session) -> Mapping[int, MailingList]:
    return {found.id: found for found in session.scalars(select(MailingList))}


def _issues(session: Session, entries: list[AuditEntry]) -> Mapping[int, str]:
    numbers = {entry.issue_id for entry in entries if entry.issue_id is not None}
    return dict(session.execute(select(Issue.id, Issue.slug).where(Issue.id.in_(numbers))).all())


def _lines(house: House, wanted: Wanted) -> Iterator[str]:
    """As it streams out; the byte order mark tells spreadsheets that this is UTF-8."""
    yield "\ufeff" + _line(HEAD)
    with house.database.reading() as session:
        slugs = {number: found.slug for number, found in _lists(session).items()}
        for entry in audit.all_of(session, wanted):
            at, detail = entry.at.isoformat(timespec="seconds"), "; ".join(f"{name}: {value}" for name, value in entry.detail.items())
            cells = (at, entry.actor, entry.user_id, entry.action, slugs.get(entry.list_id or 0), entry.issue_id, entry.about, detail)
            yield _line([_harmless(cell) for cell in cells])


def _line(cells: object) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerow(cells)  # type: ignore[arg-type]
    return file.getvalue()


def _harmless(cell: object) -> str:
    """No spreadsheet takes what somebody called themselves for a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
