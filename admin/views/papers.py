"""A language out to its translator as a Word document, and back: first a look at what it changes, then the word to take it."""

import io
from pathlib import Path

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from admin import issue_pages, uploads
from admin.context import desk, person, reading, tell, transaction
from admin.field_names import field_label
from admin.permissions import permission
from admin.side_by_side import section_name
from admin.speaking import count, page_language, plain
from admin.words.catalogue import CATALOGUE
from newsroom.clock import utc_now
from newsroom.drafting.paper_writing import PaperWords
from newsroom.drafting.translation_papers import Placed, plain_words, read_paper, write_paper
from newsroom.errors import InvalidInput, Refused
from newsroom.issues import Issue
from newsroom.sections.registry import Section
from newsroom.translating import take_texts
from newsroom.word_diff import Run, word_diff

routes = Blueprint("papers", __name__)

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
STATES = ("missing", "stale", "done", "shared")
HOW = ("paper.how_1", "paper.how_2", "paper.how_3")


@routes.get("/issues/<int:issue_id>/languages/<language>/paper.docx")
@permission("write", of="issue")
def out(issue_id: int, language: str) -> Response:
    with reading() as session:
        issue = _issue_in(issue_pages.load_issue(session, issue_id), language)
        data = write_paper(issue, language, label=field_label, words=_words(issue, language))
        name = f"{issue.slug}-{language}.docx"
    return send_file(io.BytesIO(data), mimetype=WORD, as_attachment=True, download_name=name)


@routes.post("/issues/<int:issue_id>/languages/<language>/paper")
@permission("write", of="issue")
def look(issue_id: int, language: str) -> str | AnyResponse:
    """What the document that came back would change."""
    try:
        ticket = uploads.keep(_folder(), request.files.get("file"), user_id=person().id)
        with reading() as session:
            issue = _issue_in(issue_pages.load_issue(session, issue_id), language)
            paper = read_paper(issue, language, _file(ticket).read_bytes())
            return render_template(
                "papers/look.html", issue=issue, subject=_subject(issue), shown=language, paper=paper, ticket=ticket, changes=_changes,
                plain=plain_words, field_label=field_label, section_name=section_name,
            )  # fmt: skip
    except (InvalidInput, Refused) as error:
        return _refused(issue_id, language, error)


@routes.post("/issues/<int:issue_id>/languages/<language>/paper/take")
@permission("write", of="issue")
def take(issue_id: int, language: str) -> AnyResponse:
    """Take the texts that were marked, each only if nobody changed it since the look."""
    try:
        file = _file(request.form.get("ticket", ""))
        with transaction() as session:
            issue = _issue_in(issue_pages.load_issue(session, issue_id), language)
            keys = set(request.form.getlist("take"))
            chosen = [text for text in read_paper(issue, language, file.read_bytes()).placed if text.key in keys]
            taken = take_texts(session, issue, chosen, language, by=person().actor, now=utc_now())
    except (InvalidInput, Refused) as error:
        return _refused(issue_id, language, error)
    uploads.drop(file)
    _say_what_was_taken(taken, len(keys) - taken)
    return redirect(url_for("languages.show", issue_id=issue_id, language=language))


def _say_what_was_taken(taken: int, left: int) -> None:
    if taken or left:
        tell(str(count(page_language(), "papers.taken", taken)))
    else:
        tell(plain(page_language(), "papers.nothing"), "accent")
    if left:
        tell(str(count(page_language(), "papers.left", left)), "warn")


def _words(issue: Issue, language: str) -> PaperWords:
    """In the translator's language where Newsroom speaks it, else in that of the page."""
    spoken = language if language in CATALOGUE else page_language()
    return PaperWords(
        title=plain(spoken, "paper.title", subject=_subject(issue)),
        how=[plain(spoken, key) for key in HOW],
        place=plain(spoken, "paper.place"),
        was=plain(spoken, "paper.was"),
        shared=plain(spoken, "paper.shared"),
        states={state: plain(spoken, f"languages.state.{state}") for state in STATES},
        kinds={kind: section_name(kind) for kind in ("", *Section.kinds)},
        language=spoken,
    )


def _changes(text: Placed) -> tuple[Run, ...]:
    return word_diff(text.was, text.now)


def _issue_in(issue: Issue, language: str) -> Issue:
    if language not in issue.languages[1:]:
        abort(404)
    return issue


def _refused(issue_id: int, language: str, error: InvalidInput | Refused) -> AnyResponse:
    tell(str(error), "bad")
    return redirect(url_for("languages.show", issue_id=issue_id, language=language, paper="refused"))


def _file(ticket: str) -> Path:
    return uploads.find(_folder(), ticket, user_id=person().id)


def _folder() -> Path:
    return desk().house.settings.data_dir / "uploads"


def _subject(issue: Issue) -> str:
    return issue_pages.plain_subject(issue.subject, issue.original, original=issue.original)
