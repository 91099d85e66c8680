"""Languages side by side: how far each is, the original beside its translation, and the word that a text is still right."""

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin import issue_pages
from admin.composer.scripts import script_words
from admin.context import reading, tell, transaction
from admin.permissions import permission
from admin.side_by_side import rich, sides_of, tallies_of, text_row
from admin.speaking import tp
from newsroom.clock import utc_now
from newsroom.issues import Issue
from newsroom.section_writing import FRONT, confirm_translation
from newsroom.sections.walking import Path
from newsroom.translations import Tally

routes = Blueprint("languages", __name__)

TONES = {"missing": "hollow", "stale": "work", "done": "good", "shared": "hollow"}


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
        sides = sides_of(issue, language)
        return render_template(
            "languages/show.html", issue=issue, subject=_subject(issue), shown=language, sides=sides, rich=rich,
            tallies=tallies_of(issue), only_open=request.args.get("show") == "open", writable=issue.state == "draft",
            state_words=_state_words(), script_words=script_words(),
        )  # fmt: skip


@routes.get("/issues/<int:issue_id>/languages/<language>/states")
@permission("write", of="issue")
def states(issue_id: int, language: str) -> Response:
    """Where every text stands now: what the page shows after it saved something."""
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        sides = sides_of(issue, language)
    total = sum((side.tally for side in sides), Tally())
    return jsonify(
        sections={side.uid: {row.dotted: row.state for row in side.rows} for side in sides},
        tally={"missing": total.missing, "stale": total.stale, "done": total.done},
    )


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
    path, language = _path(request.form.get("field", "")), request.form.get("language", "")
    with transaction() as session:
        issue = issue_pages.load_issue(session, issue_id)
        found = confirm_translation(session, issue, uid, path, language, now=utc_now())
        row = text_row(issue, uid, path, language)
    if request.headers.get("HX-Request") and row:
        return render_template("languages/state.html", row=row, state_words=_state_words())
    tell(tp("languages.confirmed") if found else tp("languages.gone"), "good" if found else "warn")
    return redirect(url_for("languages.show", issue_id=issue_id, language=language or "-"))


def _path(dotted: str) -> Path:
    steps = dotted.split(".")
    if not dotted or len(steps) > 20:
        abort(400)
    return tuple(int(step) if step.isdigit() else step for step in steps)


def _state_words() -> dict[str, dict[str, str]]:
    return {state: {"tone": tone, "word": tp(f"languages.state.{state}")} for state, tone in TONES.items()}


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
