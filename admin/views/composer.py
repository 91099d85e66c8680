"""The composer: an issue is written here, section by section, with the letter beside it."""

from flask import Blueprint, Response, render_template
from werkzeug.exceptions import NotFound as NoPage

from admin import framing, issue_pages, previews
from admin.composer.cards import cards_of
from admin.composer.fields import kinds
from admin.composer.forms import form_of, front_form
from admin.composer.scripts import script_words
from admin.composer.waiting import waiting_of
from admin.context import desk, person, reading
from admin.permissions import permission
from admin.previews import Preview
from admin.speaking import tp
from newsroom.clock import utc_now
from newsroom.issues import ISSUE_LIFECYCLE, Issue
from newsroom.local_times import zones_to_choose
from newsroom.section_writing import MOST_SECTIONS

routes = Blueprint("composer", __name__)
LETTER_VIEWS = ("desktop", "phone", "text")


@routes.get("/issues/<int:issue_id>/write")
@permission("write", of="issue")
def page(issue_id: int) -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        return render_template(
            "composer/page.html", issue=issue, cards=cards_of(session, issue), front=front_form(issue), kinds=kinds(), views=LETTER_VIEWS,
            subject=issue_pages.plain_subject(issue.subject, issue.original, original=issue.original), most=MOST_SECTIONS,
            zones=zones_to_choose(), may_change=issue.state == "draft", script_words=script_words(), locked=_locked(issue),
        )  # fmt: skip


@routes.get("/issues/<int:issue_id>/write/front")
@permission("write", of="issue")
def front(issue_id: int) -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        return render_template("composer/opened.html", form=front_form(issue), issue=issue)


@routes.get("/issues/<int:issue_id>/waiting")
@permission("write", of="issue")
def waiting(issue_id: int) -> str:
    """What waits on each card: asked for after the page, for letters are compiled to know it."""
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        return render_template("composer/waiting.html", waiting=waiting_of(session, issue))


@routes.get("/issues/<int:issue_id>/write/<uid>")
@permission("write", of="issue")
def section(issue_id: int, uid: str) -> str:
    """The form of one section."""
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        row = next((row for row in issue.sections if row.uid == uid), None)
        if row is None:
            raise NoPage
        return render_template("composer/opened.html", form=form_of(session, issue, row), issue=issue)


@routes.get("/issues/<int:issue_id>/write/letter/<language>/<any(letter,text):kind>")
@permission("write", of="issue")
def letter(issue_id: int, language: str, kind: str) -> Response:
    """The letter as it stands now; a note in its place while there is none."""
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        preview = previews.preview_of(session, issue, language, house=desk().house, now=utc_now(), anchors=True)
    if preview.parts is None:
        return framing.framed_note(preview.fault)
    if kind == "text":
        return framing.framed_text(preview.parts.text)
    return framing.framed(preview.parts.html, note=_not_shown(preview))


def _locked(issue: Issue) -> str:
    """Why nothing can be written now and what would change that, for the person who asks; "" for a draft."""
    way_back = next((way for way in ("recall", "reopen") if way in ISSUE_LIFECYCLE.ways(issue.state)), "")
    if not way_back:
        return "" if issue.state == "draft" else tp("composer.not_a_draft")
    said = tp(f"composer.locked.{issue.state}")
    return said if person().may(way_back, issue.list_id) else f"{said} {tp('composer.locked.ask')}"


def _not_shown(preview: Preview) -> str:
    """Which sections wait to be finished before they show."""
    numbers = ", ".join(map(str, preview.unfinished))
    return tp("composer.not_shown", numbers=numbers) if numbers else ""
