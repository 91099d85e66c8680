"""Who got it, who did not, and why."""

import csv
import io
from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request

from admin import issue_pages, people_pages
from admin.context import desk, note, reading, transaction
from admin.permissions import permission
from admin.row_numbers import row_number
from newsroom.house import House
from newsroom.issues import get_issue
from newsroom.sendqueue.delivery_rows import explained
from newsroom.sendqueue.delivery_table import delivery_table
from newsroom.sendqueue.progress import progress_of

routes = Blueprint("deliveries", __name__)

KINDS = ("issue", "rehearsal")


@routes.get("/issues/<int:issue_id>/deliveries")
@permission("see_people", of="issue")
def index(issue_id: int) -> str:
    kind, state = _kind(), request.args.get("state", "")
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        subject = issue_pages.plain_subject(issue.subject, issue.original, original=issue.original)
        progress = progress_of(session, issue_id, kind=kind)
        after = request.args.get("after", 0, row_number)
        page = people_pages.page_of_deliveries(session, issue_id, kind=kind, state=state, after=after, counts=progress.counts)
        return render_template(
            "issues/deliveries.html",
            issue=issue,
            page=page,
            state=state,
            kind=kind,
            subject=subject,
            progress=progress,
            explained=explained,
        )


@routes.get("/issues/<int:issue_id>/deliveries.csv")
@permission("see_people", of="issue")
def as_csv(issue_id: int) -> Response:
    with transaction() as session:
        slug = get_issue(session, issue_id).slug
        note(session, "deliveries.as_csv")
    lines = _lines(desk().house, issue_id, request.args.get("state") or None, _kind())
    return Response(lines, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{slug}-deliveries.csv"'})


def _kind() -> str:
    asked = request.args.get("kind", "issue")
    return asked if asked in KINDS else "issue"


def _lines(house: House, issue_id: int, state: str | None, kind: str) -> Iterator[str]:
    """The table as it streams out; the byte order mark tells spreadsheets that this is UTF-8."""
    yield "\ufeff"
    with house.database.reading() as session:
        yield from map(_line, delivery_table(session, issue_id, state, kind))


def _line(cells: list[str]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerow(cells)
    return file.getvalue()
