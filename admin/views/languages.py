"""Languages side by side: how far each is, the original beside its translation, and the word that a text is still right."""

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin import issue_pages
from admin.composer.scripts import script_words
from admin.context import person, reading, tell, transaction
from admin.permissions import permission
from admin.side_by_side import Ways, path_in, rich, sides_and_tallies, sides_of, state_words, states_told, tallies_of, text_row
from admin.speaking import tp
from newsroom.clock import utc_now
from newsroom.issues import Issue
from newsroom.section_writing import FRONT, confirm_translation

routes = Blueprint("languages", __name__)


@routes.get("/issues/<int:issue_id>/languages")
@permission("write", of="issue")
def index(issue_id: int) -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        return render_template(
            "languages/index.html", issue=issue, subject=_subject(issue), tallies=tallies_of(issue), chains=_chains(issue)
        )


@routes.get("/issues/<int:issue_id>/languages/<language>")
@permission("write", of="issue")
def show(issue_id: int, language: str) -> str | Response:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        if language not in issue.languages[1:]:
            return redirect(url_for("languages.index", issue_id=issue_id))
        sides, tallies = sides_and_tallies(issue, language)
        return render_template(
            "languages/show.html", issue=issue, subject=_subject(issue), shown=language, sides=sides, rich=rich,
            tallies=tallies, only_open=request.args.get("show") == "open", writable=issue.state == "draft",
            state_words=state_words(), script_words=script_words(), ways=_ways(issue, language),
        )  # fmt: skip


@routes.get("/issues/<int:issue_id>/languages/<language>/states")
@permission("write", of="issue")
def states(issue_id: int, language: str) -> Response:
    """Where every text stands now: what the page shows after it saved something."""
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        return jsonify(states_told(sides_of(issue, language)))


@routes.post("/issues/<int:issue_id>/sections/<uid>/confirm")
@permission("write", of="issue")
def confirm(issue_id: int, uid: str) -> str | Response:
    """Still right: the translation stands, though its original has changed."""
    return _confirmed(issue_id, uid)


@routes.post("/issues/<int:issue_id>/front/confirm")
@permission("write", of="issue")
def confirm_front(issue_id: int) -> str | Response:
    return _confirmed(issue_id, FRONT)


def _confirmed(issue_id: int, uid: str) -> str | Response:
    path, language = path_in(request.form.get("field", "")), request.form.get("language", "")
    if path is None:
        abort(400)
    with transaction() as session:
        issue = issue_pages.load_issue(session, issue_id)
        found = confirm_translation(session, issue, uid, path, language, now=utc_now())
        row = text_row(issue, uid, path, language)
    if request.headers.get("HX-Request") and row:
        return render_template("languages/state.html", row=row, state_words=state_words())
    tell(tp("languages.confirmed") if found else tp("languages.gone"), "good" if found else "warn")
    return redirect(url_for("languages.show", issue_id=issue_id, language=language or "-"))


def _ways(issue: Issue, language: str) -> Ways:
    change = url_for("sections.change", issue_id=issue.id, uid="-").removesuffix("-")  # once: a page may have 300 of them
    return Ways(
        owner=f"{person().id}.{issue.id}", user=person().id, session=url_for("session.facts"),
        states=url_for("languages.states", issue_id=issue.id, language=language),
        change=lambda uid: f"{change}{uid}" if uid else url_for("sections.change_front", issue_id=issue.id),
        confirm=lambda uid: (
            url_for("languages.confirm", issue_id=issue.id, uid=uid) if uid else url_for("languages.confirm_front", issue_id=issue.id)
        ),
    )  # fmt: skip


def _chains(issue: Issue) -> dict[str, list[str]]:
    """For each translation where its readers find what it lacks; nothing where the section is left out."""
    if issue.mailing_list.missing_translation == "hide":
        return {}
    wished = issue.mailing_list.fallbacks
    return {
        language: [
            other for other in dict.fromkeys([*wished.get(language, ()), *issue.languages]) if other in set(issue.languages) - {language}
        ]
        for language in issue.languages
    }


def _subject(issue: Issue) -> str:
    return issue_pages.plain_subject(issue.subject, issue.original, original=issue.original)
