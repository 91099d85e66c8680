"""What the composer's scripts do to an issue: change, add, order, remove and bring back its sections."""

from flask import Blueprint, Response, jsonify, render_template, request
from sqlalchemy.orm import Session

from admin import issue_pages
from admin.composer import answers
from admin.composer.cards import card_of
from admin.composer.forms import front_of
from admin.context import person, transaction
from admin.permissions import permission
from newsroom import section_order, section_writing
from newsroom.clock import utc_now
from newsroom.issues import Issue
from newsroom.section_order import Ordered
from newsroom.section_writing import FRONT, Conflict, Gone, Written

routes = Blueprint("sections", __name__)
Answer = Response | tuple[Response, int]


@routes.post("/issues/<int:issue_id>/sections/<uid>")
@permission("write", of="issue")
def change(issue_id: int, uid: str) -> Answer:
    """Save what was typed; every field that somebody else changed meanwhile comes back for a choice."""
    patch = answers.read_patch(request)
    with transaction(quiet=True) as session:
        issue = issue_pages.load_issue(session, issue_id)
        outcome = section_writing.change_section(session, issue, uid, patch.changes, base=patch.base, by=person().actor, now=utc_now())
        match outcome:
            case Written():
                return answers.written(outcome, card=_card(session, issue, uid))
            case Conflict():
                content = next(row.content for row in issue.sections if row.uid == uid)
                return answers.conflict(outcome, content, card=_card(session, issue, uid))
            case Gone():
                return answers.gone(outcome)


@routes.post("/issues/<int:issue_id>/front")
@permission("write", of="issue")
def change_front(issue_id: int) -> Answer:
    """The same for subject, preview text and languages."""
    patch = answers.read_patch(request)
    with transaction(quiet=True) as session:
        issue = issue_pages.load_issue(session, issue_id)
        outcome = section_writing.change_front(session, issue, patch.changes, base=patch.base, by=person().actor, now=utc_now())
        match outcome:
            case Written():
                return jsonify(version=outcome.version, saved_at=outcome.at.isoformat(), content=front_of(issue))
            case Conflict():
                return answers.conflict(outcome, front_of(issue))


@routes.post("/issues/<int:issue_id>/sections")
@permission("write", of="issue")
def add(issue_id: int) -> Response:
    kind, after, uid = (answers.read_text(request, name) for name in ("kind", "after", "uid"))
    with transaction() as session:
        issue = issue_pages.load_issue(session, issue_id)
        row = section_writing.add_section(session, issue, kind or "", after=after, by=person().actor, now=utc_now(), uid=uid or "")
        return _placed(session, issue, row.uid)


@routes.post("/issues/<int:issue_id>/sections/<uid>/duplicate")
@permission("write", of="issue")
def duplicate(issue_id: int, uid: str) -> Response:
    with transaction() as session:
        issue = issue_pages.load_issue(session, issue_id)
        return _placed(session, issue, section_writing.duplicate_section(session, issue, uid, by=person().actor, now=utc_now()).uid)


@routes.post("/issues/<int:issue_id>/sections/<uid>/remove")
@permission("write", of="issue")
def remove(issue_id: int, uid: str) -> Answer:
    """Taken out, and easily brought back; refused where somebody wrote in it since this page saw it."""
    base = answers.read_base(request)
    with transaction() as session:
        issue = issue_pages.load_issue(session, issue_id)
        outcome = section_writing.remove_section(session, issue, uid, base=base, by=person().actor, now=utc_now())
        match outcome:
            case Written():
                return answers.written(outcome)
            case Conflict():
                return answers.conflict(outcome, {})
            case Gone():
                return answers.gone(outcome)


@routes.post("/issues/<int:issue_id>/sections/<uid>/bring-back")
@permission("write", of="issue")
def bring_back(issue_id: int, uid: str) -> Response:
    with transaction() as session:
        issue = issue_pages.load_issue(session, issue_id)
        return _placed(session, issue, section_writing.bring_back(session, issue, uid, by=person().actor, now=utc_now()).uid)


@routes.post("/issues/<int:issue_id>/sections/~/order")
@permission("write", of="issue")
def order(issue_id: int) -> Answer:
    uids = answers.read_texts(request, "uids")
    with transaction() as session:
        issue = issue_pages.load_issue(session, issue_id)
        outcome = section_order.order_sections(session, issue, uids, by=person().actor, now=utc_now())
        if isinstance(outcome, Ordered):
            return jsonify(uids=outcome.uids, saved_at=outcome.at.isoformat())
        return jsonify(uids=outcome.uids), 409


def _placed(session: Session, issue: Issue, uid: str) -> Response:
    """The card of a section that is new on the page, and the one that it stands after (FRONT for none)."""
    session.flush()
    session.expire(issue, ["sections"])
    uids = [row.uid for row in issue.sections]
    place = uids.index(uid)
    return jsonify(uid=uid, card=_card(session, issue, uid), after=uids[place - 1] if place else FRONT, saved_at=utc_now().isoformat())


def _card(session: Session, issue: Issue, uid: str) -> str:
    session.refresh(issue, ["sections"])
    return render_template("composer/card.html", issue=issue, card=card_of(session, issue, uid))
