"""History: every version of every section, compared in words, and any of them brought back."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin import history_pages, issue_pages
from admin.context import person, reading, tell, transaction
from admin.permissions import permission
from admin.row_numbers import row_number
from admin.speaking import tp
from newsroom.clock import utc_now
from newsroom.issues import Issue
from newsroom.section_order import Ordered, Side, put_back_order
from newsroom.section_writing import Conflict, Gone, Outcome, Written, go_back_to

routes = Blueprint("history", __name__)


@routes.get("/issues/<int:issue_id>/history")
@permission("read", of="issue")
def index(issue_id: int) -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        found = history_pages.steps_of_issue(session, issue, before=request.args.get("before", None, row_number))
        return render_template("history/index.html", issue=issue, subject=_subject(issue), found=found)


@routes.get("/issues/<int:issue_id>/history/<uid>")
@permission("read", of="issue")
def section(issue_id: int, uid: str) -> str:
    """The newest version of one section beside the one before it."""
    return _page(issue_id, uid, None)


@routes.get("/issues/<int:issue_id>/history/<uid>/<int:version>")
@permission("read", of="issue")
def version(issue_id: int, uid: str, version: int) -> str:
    return _page(issue_id, uid, version)


@routes.post("/issues/<int:issue_id>/history/<uid>/<int:version>/restore")
@permission("write", of="issue")
def restore(issue_id: int, uid: str, version: int) -> Response:
    """This version becomes the newest one; what stood in between stays in the history."""
    base = request.form.get("base", 0, row_number)
    with transaction() as session:
        issue = issue_pages.load_issue(session, issue_id)
        outcome = go_back_to(session, issue, history_pages.uid_of(uid), version, base=base, by=person().actor, now=utc_now())
    _tell(outcome)
    return redirect(url_for("history.section", issue_id=issue_id, uid=uid))


@routes.get("/issues/<int:issue_id>/history/~")
@routes.get("/issues/<int:issue_id>/history/~/<int:version>")
@permission("read", of="issue")
def order(issue_id: int, version: int | None = None) -> str:
    """What somebody moved, and the order that came of it; without a version the newest."""
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        found = history_pages.orders_of(session, issue, version, before=request.args.get("before", None, row_number))
        return render_template("history/order.html", issue=issue, subject=_subject(issue), found=found, may_restore=_may_restore(issue))


@routes.post("/issues/<int:issue_id>/history/~/<int:version>/<any(before,after):side>")
@permission("write", of="issue")
def restore_order(issue_id: int, version: int, side: Side) -> Response:
    """The order as it was before this change of it, or after it."""
    base = request.form.get("base", 0, row_number)
    with transaction() as session:
        issue = issue_pages.load_issue(session, issue_id)
        outcome = put_back_order(session, issue, version, side=side, base=base, by=person().actor, now=utc_now())
    if isinstance(outcome, Ordered):
        tell(tp("history.order.restored"))
    else:
        tell(tp("history.order.changed_meanwhile"), "warn")
    return redirect(url_for("history.order", issue_id=issue_id))


def _page(issue_id: int, uid: str, version: int | None) -> str:
    with_now = request.args.get("with") == "now"
    before = request.args.get("before", None, row_number)
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        found = history_pages.steps_of_section(session, issue, history_pages.uid_of(uid), before=before)
        shown = found.steps[0].version if version is None else version
        comparison = history_pages.comparison_of(session, issue, history_pages.uid_of(uid), shown, with_now=with_now)
        return render_template(
            "history/section.html", issue=issue, subject=_subject(issue), found=found, comparison=comparison, with_now=with_now, place=uid,
            may_restore=_may_restore(issue),
        )  # fmt: skip


def _may_restore(issue: Issue) -> bool:
    return issue.state == "draft" and person().may("write", issue.list_id)


def _tell(outcome: Outcome) -> None:
    match outcome:
        case Written():
            tell(tp("history.restored"))
        case Conflict() | Gone():
            tell(tp("history.changed_meanwhile"), "warn")


def _subject(issue: Issue) -> str:
    return issue_pages.plain_subject(issue.subject, issue.original, original=issue.original)
