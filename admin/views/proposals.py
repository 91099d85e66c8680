"""A Word document becomes sections: what it would become is shown piece by piece, and each is accepted or refused."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import issue_pages
from admin.context import person, reading, tell, transaction
from admin.field_names import kind_label
from admin.permissions import permission
from admin.side_by_side import rich
from admin.speaking import count, page_language, tp
from newsroom import guests, proposals
from newsroom.clock import utc_now
from newsroom.drafting.word_documents import read_word
from newsroom.errors import InvalidInput, Refused
from newsroom.issues import Issue
from newsroom.localized import best_wording
from newsroom.proposals import Proposal

routes = Blueprint("proposals", __name__)


@routes.get("/issues/<int:issue_id>/proposals")
@permission("write", of="issue")
def index(issue_id: int) -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        return render_template(
            "proposals/index.html", issue=issue, subject=_subject(issue), waiting=proposals.open_proposals(session, issue.id),
            kind_label=kind_label, unfinished=guests.still_writing(session, issue.id),
            said=lambda proposal, name: _said(proposal, issue, name), rich=rich, writable=issue.state == "draft",
        )  # fmt: skip


@routes.post("/issues/<int:issue_id>/documents")
@permission("write", of="issue")
def read(issue_id: int) -> Response:
    """Read the document and keep what it proposes."""
    file = request.files.get("file")
    language = request.form.get("language", "")
    try:
        with transaction() as session:
            issue = issue_pages.load_issue(session, issue_id)
            made = _propose(session, issue, language)
    except (InvalidInput, Refused) as error:
        tell(str(error), "bad")
    else:
        tell(count(page_language(), "proposals.found", made, name=file.filename if file else "").striptags())
    return redirect(url_for("proposals.index", issue_id=issue_id))


@routes.post("/issues/<int:issue_id>/proposals/<int:proposal_id>/<any(accept,refuse):answer>")
@permission("write", of="issue")
def decide(issue_id: int, proposal_id: int, answer: str) -> Response:
    with transaction() as session:
        issue = issue_pages.load_issue(session, issue_id)
        _answer(session, issue, proposal_id, answer)
        left = len(proposals.open_proposals(session, issue_id))
    done = tp("proposals.accepted") if answer == "accept" else tp("proposals.refused")
    tell(done if left else tp("proposals.all_done"))
    return redirect(url_for("proposals.index", issue_id=issue_id))


@routes.post("/issues/<int:issue_id>/proposals/<any(accept,refuse):answer>-all")
@permission("write", of="issue")
def decide_all(issue_id: int, answer: str) -> Response:
    """The same answer to all that were shown."""
    shown = request.form.getlist("proposal", type=int)
    with transaction() as session:
        issue = issue_pages.load_issue(session, issue_id)
        waiting = [proposal.id for proposal in proposals.open_proposals(session, issue_id)]
        for proposal_id in waiting:
            if proposal_id in shown:
                _answer(session, issue, proposal_id, answer)
    tell(tp("proposals.all_done"))
    return redirect(url_for("proposals.index", issue_id=issue_id))


def _propose(session: Session, issue: Issue, language: str) -> int:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise InvalidInput.of("Choose a file first.")
    chosen = language if language in issue.languages else issue.original
    found = read_word(file.read(), name=file.filename, language=chosen, original=issue.original)
    made = proposals.propose(session, issue, found, source=file.filename, language=chosen, by=person().actor, now=utc_now())
    return len(made)


def _answer(session: Session, issue: Issue, proposal_id: int, answer: str) -> None:
    act: Any = proposals.accept if answer == "accept" else proposals.refuse
    act(session, issue, proposal_id, by=person().actor, now=utc_now())


def _said(proposal: Proposal, issue: Issue, name: str) -> str:
    """A text of what is proposed, in the language of its document."""
    wording = best_wording(proposal.content.get(name), (proposal.language,), original=issue.original)
    return wording.text if wording else ""


def _subject(issue: Issue) -> str:
    return issue_pages.plain_subject(issue.subject, issue.original, original=issue.original)
