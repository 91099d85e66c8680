"""A language out to its translator as a Word document, and back: first a look at what it changes, then the word to take it."""

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from admin import issue_pages, papers
from admin.context import person, reading, tell, transaction
from admin.permissions import permission
from newsroom.errors import InvalidInput, Refused
from newsroom.issues import Issue

routes = Blueprint("papers", __name__)


@routes.get("/issues/<int:issue_id>/languages/<language>/paper.docx")
@permission("write", of="issue")
def out(issue_id: int, language: str) -> Response:
    with reading() as session:
        return papers.word_file(_issue_in(issue_pages.load_issue(session, issue_id), language), language)


@routes.post("/issues/<int:issue_id>/languages/<language>/paper")
@permission("write", of="issue")
def look(issue_id: int, language: str) -> str | AnyResponse:
    """What the document that came back would change."""
    try:
        ticket = papers.keep_upload(person().id)
        with reading() as session:
            issue = _issue_in(issue_pages.load_issue(session, issue_id), language)
            return render_template("papers/look.html", **papers.look_at(issue, language, ticket, person().id))
    except (InvalidInput, Refused) as error:
        return _refused(issue_id, language, error)


@routes.post("/issues/<int:issue_id>/languages/<language>/paper/take")
@permission("write", of="issue")
def take(issue_id: int, language: str) -> AnyResponse:
    """Take the texts that were marked, each only if nobody changed it since the look."""
    keys = set(request.form.getlist("take"))
    try:
        with transaction() as session:
            issue = _issue_in(issue_pages.load_issue(session, issue_id), language)
            number = papers.take(session, issue, language, keys, owner=person().id, by=person().actor)
    except (InvalidInput, Refused) as error:
        return _refused(issue_id, language, error)
    papers.taken(person().id, number, len(keys) - number)
    return redirect(url_for("languages.show", issue_id=issue_id, language=language))


def _issue_in(issue: Issue, language: str) -> Issue:
    if language not in issue.languages[1:]:
        abort(404)
    return issue


def _refused(issue_id: int, language: str, error: InvalidInput | Refused) -> AnyResponse:
    tell(str(error), "bad")
    return redirect(url_for("languages.show", issue_id=issue_id, language=language, paper="refused"))
