"""The sign-off page of an issue: what was signed and what is lacking, who gets it, what changed, what will leave when."""

from io import BytesIO

from flask import Blueprint, current_app, redirect, render_template, request, send_file, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import approving, issue_pages, life, notifying, signing
from admin.comment_threads import by_section, places
from admin.context import desk, person, reading, tell, transaction
from admin.field_names import kind_label
from admin.forms import Form, text
from admin.freshness import refuse_if_changed
from admin.permissions import permission
from admin.speaking import tp
from newsroom.checks.accepting import print_of
from newsroom.comments import comments_of
from newsroom.errors import InvalidInput, NewsroomError, NotFound, Problem
from newsroom.given_signoffs import Signoff
from newsroom.issue_changes import changes_since
from newsroom.issues import Actor, Issue, events_of, get_issue
from newsroom.signoffs import BY_MAIL, Paper, Unaccepted
from subscribers.audience import count_left_out, count_reach

routes = Blueprint("reviews", __name__)

LARGEST_MAIL = 5 * 1024 * 1024
LONGEST_NAME, LONGEST_NOTE = 200, 2_000
#: What is loaded after the page.
BLOCKS = (("checks", "checks"), ("changes", "review/changes"), ("people", "review/people"))
MAIL_FIELDS = ("name", "place", "mail", "note")


@routes.get("/issues/<int:issue_id>/review")
@permission("read", of="issue")
def show(issue_id: int) -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        review = approving.review_of(session, issue, user_id=person().id)
        events = events_of(session, issue.id)
        outline = issue_pages.outline(issue)
        return render_template(
            "review/page.html", issue=issue, subject=signing.subject_of(issue), review=review, outline=outline,
            hold=issue.mailing_list.hold_seconds,
            steps=life.life_of(issue, events, waiting_for=review.waiting_for), wanted=life.changes_wanted(issue, events),
            sections=by_section(comments_of(session, issue.id), issue), places=places(issue), may=_may(issue),
            only_captures=desk().only_captures,
            subjects={code: issue_pages.plain_subject(issue.subject, code, original=issue.original) for code in issue.languages},
            blocks=_blocks(),
            numbers={section.uid: number for number, section in enumerate(issue.sections, start=1)},
        )  # fmt: skip


@routes.get("/issues/<int:issue_id>/review/people")
@permission("read", of="issue")
def people(issue_id: int) -> str:
    """Loaded after the page: counting a million people takes its time."""
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        reach = count_reach(session, issue, issue_pages.topics_of(issue))
        return render_template(
            "review/people.html", issue=issue, reach=reach, left_out=count_left_out(session, issue.list_id),
            titles={topic.slug: topic.title for topic in issue.mailing_list.topics},
        )  # fmt: skip


@routes.get("/issues/<int:issue_id>/review/changes")
@permission("read", of="issue")
def changes(issue_id: int) -> str:
    """What is new since the letters were last approved."""
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        approval = next((event for event in reversed(events_of(session, issue.id)) if event.action == "approve"), None)
        found = changes_since(session, issue, approval.at) if approval else None
        titles = {one.uid: issue_pages.heading_of(one, issue.original).text for one in found.sections} if found else {}
        titles |= {row.uid: issue_pages.heading_of(row, issue.original).text or kind_label(row.kind) for row in issue.sections}
        return render_template("review/changes.html", issue=issue, approval=approval, changes=found, titles=titles)


@routes.post("/issues/<int:issue_id>/sign")
@permission("approve", of="issue")
def sign(issue_id: int) -> Response | tuple[str, int]:
    return signing.give(issue_id, back="reviews.show")


@routes.get("/issues/<int:issue_id>/sign/by-mail")
@permission("record_approval", of="issue")
def ask_by_mail(issue_id: int) -> str:
    with reading() as session:
        return _mail_page(session, issue_id, Form(values={}))


@routes.post("/issues/<int:issue_id>/sign/by-mail")
@permission("record_approval", of="issue")
def by_mail(issue_id: int) -> Response | tuple[str, int]:
    """An approval that came by e-mail, with the mail kept beside it; it counts for the person who wrote the mail."""
    try:
        with transaction() as session:
            issue = get_issue(session, issue_id)
            refuse_if_changed(session, issue)
            name, paper, note = _mail()
            by = Actor(name=name, user_id=person().id)
            reason = text(request.form, "reason")
            done = approving.sign_here(
                session, issue, only=signing.place(), by=by, way=BY_MAIL, reason=reason, warned=request.form.get("warned", ""), note=note,
                paper=paper,
            )  # fmt: skip
            if not isinstance(done, Unaccepted):
                notifying.signed(session, issue, done)
                said = approving.said(session, issue, done)
    except InvalidInput as error:
        with reading() as session:
            return _mail_page(session, issue_id, Form(values=request.form.to_dict()).refused(error, MAIL_FIELDS)), 422
    except NewsroomError as error:
        tell(str(error), "bad")
        return _back(issue_id)
    if isinstance(done, Unaccepted):
        with reading() as session:
            return _mail_page(session, issue_id, Form(values=request.form.to_dict()), done), 422
    tell(said)
    return _back(issue_id)


@routes.get("/issues/<int:issue_id>/signoffs/<int:signoff_id>/mail")
@permission("read", of="issue")
def mail(issue_id: int, signoff_id: int) -> Response:
    """The mail of an approval, to be kept; never shown in the browser."""
    with reading() as session:
        found = session.scalar(select(Signoff).where(Signoff.id == signoff_id, Signoff.issue_id == issue_id))
        if found is None or found.paper is None:
            raise NotFound(f"There is no mail of sign-off {signoff_id}.")
        return send_file(BytesIO(found.paper), "application/octet-stream", as_attachment=True, download_name=found.paper_name)


def _blocks() -> list[tuple[str, str]]:
    """Those that have a page behind them, with its endpoint."""
    known = {rule.rule: rule.endpoint for rule in current_app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    paths = {key: f"/admin/issues/<int:issue_id>/{path}" for key, path in BLOCKS}
    return [(key, known[path]) for key, path in paths.items() if path in known]


def _may(issue: Issue) -> dict[str, bool]:
    asked = ("approve", "record_approval", "request_changes", "comment", "submit", "schedule", "reopen", "manage_guests")
    return {name: person().may(name, issue.list_id) for name in asked}


def _mail() -> tuple[str, Paper, str]:
    name, upload, note = text(request.form, "name"), request.files.get("mail"), text(request.form, "note")
    data = upload.read(LARGEST_MAIL + 1) if upload else b""
    found = {
        "name": "" if 0 < len(name) <= LONGEST_NAME else tp("by_mail.name_needed"),
        "mail": tp("by_mail.mail_needed") if not data else tp("by_mail.mail_large") if len(data) > LARGEST_MAIL else "",
        "note": tp("by_mail.note_long", most=LONGEST_NOTE) if len(note) > LONGEST_NOTE else "",
    }
    if problems := [Problem(place=place, message=message) for place, message in found.items() if message]:
        raise InvalidInput(problems)
    file_name = ((upload.filename if upload else "") or "mail.eml").replace("\\", "/").rpartition("/")[2]
    return name, Paper(name="".join(letter for letter in file_name if letter.isprintable())[-LONGEST_NAME:], data=data), note


def _mail_page(session: Session, issue_id: int, form: Form, warned: Unaccepted | None = None) -> str:
    issue = issue_pages.load_issue(session, issue_id)
    review = approving.review_of(session, issue, user_id=None)
    still = [entry for entry in review.entries if not entry.standing.is_complete]
    return render_template(
        "review/by_mail.html", issue=issue, subject=signing.subject_of(issue), form=form, entries=still,
        groups=signing.gathered(warned.findings) if warned else [], warned=print_of(warned.findings) if warned else "",
    )  # fmt: skip


def _back(issue_id: int) -> Response:
    return redirect(url_for("reviews.show", issue_id=issue_id))
