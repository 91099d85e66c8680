"""What the checks find in an issue: a page and a panel, each finding with the way to its field; warnings pass with a reason."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin import checked_issues, issue_pages
from admin.after_the_page import may_compile
from admin.context import desk, person, reading, tell, transaction
from admin.forms import text
from admin.permissions import permission
from admin.speaking import tp
from newsroom.checks.accepting import accept
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput
from newsroom.issues import get_issue
from newsroom.link_asking import ask_all
from newsroom.link_states import keep_round, last_round

routes = Blueprint("checks", __name__)


@routes.get("/issues/<int:issue_id>/checks")
@permission("read", of="issue")
def panel(issue_id: int) -> str:
    """The page, or for htmx the panel alone: letters are compiled for it, so it is loaded after the page it stands in."""
    return _shown(issue_id)


@routes.post("/issues/<int:issue_id>/checks/accept")
@permission("approve", of="issue")
def let_pass(issue_id: int) -> Response | str:
    """The warnings that are ticked, with the reason."""
    said = ""
    try:
        with transaction() as session:
            issue = get_issue(session, issue_id)
            chosen = set(" ".join(request.form.getlist("warning")).split())  # a box stands for one, or for those of a whole section
            found = [one for one in checked_issues.findings(session, issue) if one.id in chosen]
            if not found:
                raise InvalidInput.of(tp("checks.none_chosen"))
            accept(issue, found, reason=_reason(), by=person().actor, now=utc_now())
    except InvalidInput as error:
        said = error.problems[0].message
    if request.headers.get("HX-Request") == "true":
        return _shown(issue_id, said=said)
    if said:
        tell(said, "bad")
    return redirect(url_for("checks.panel", issue_id=issue_id))


@routes.post("/issues/<int:issue_id>/links")
@permission("write", of="issue")
def try_links(issue_id: int) -> Response | str:
    """Whether readers can open the links, tried now; the database waits for no other server."""
    with reading() as session:
        urls = checked_issues.links_of(session, issue_pages.load_issue(session, issue_id))
    found = ask_all(urls, inside_hosts=desk().house.settings.inside_hosts)
    with transaction() as session:
        keep_round(session, issue_id, found.answers, is_offline=found.is_offline, now=utc_now())
    return _shown(issue_id) if request.headers.get("HX-Request") == "true" else redirect(url_for("checks.panel", issue_id=issue_id))


def _reason() -> str:
    reason = text(request.form, "reason")
    if not reason:
        raise InvalidInput.of(tp("checks.reason_needed"))
    return reason


def _shown(issue_id: int, said: str = "") -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        bare = request.headers.get("HX-Request") == "true"
        return render_template(
            "checks/panel.html" if bare else "checks/page.html", issue=issue, said=said,
            places=checked_issues.places(session, issue) if may_compile(issue) else None,
            tried=last_round(session, issue_id), may_try=person().may("write", issue.list_id),
            may_accept=person().may("approve", issue.list_id) and issue.state in ("draft", "in_review"),
            subject=issue_pages.plain_subject(issue.subject, issue.original, original=issue.original),
        )  # fmt: skip
