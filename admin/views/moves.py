"""What staff do with an issue short of sending it: one route per move of its life, each asking for the permission of its name."""

from collections.abc import Callable, Iterator

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import approving, issue_pages, life, notifying, signing
from admin.context import desk, person, reading, tell, transaction
from admin.forms import text
from admin.permissions import permission
from admin.speaking import tp
from admin.wording import spoken
from newsroom import issues
from newsroom.clock import utc_now
from newsroom.deliveries import DELIVERY_LIFECYCLE
from newsroom.errors import InvalidInput, NewsroomError
from newsroom.given_signoffs import signoffs_of
from newsroom.issues import Issue, get_issue
from newsroom.sendqueue.progress import progress_of
from newsroom.sendqueue.way_out import refuse_without_way_out

routes = Blueprint("moves", __name__)

LONGEST_REASON = 1_000
Move = Callable[[Session, Issue], object]


@routes.post("/issues/<int:issue_id>/submit")
@permission("submit", of="issue")
def submit(issue_id: int) -> Response:
    def move(session: Session, issue: Issue) -> None:
        issues.submit(session, issue, by=person().actor, now=utc_now())
        notifying.submitted(session, issue)

    return _moved(issue_id, move, tp("moved.submitted"))


@routes.post("/issues/<int:issue_id>/recall")
@permission("recall", of="issue")
def recall(issue_id: int) -> Response:
    def move(session: Session, issue: Issue) -> None:
        issues.recall(session, issue, by=person().actor, now=utc_now())
        notifying.taken_back(session, issue)

    return _moved(issue_id, move, tp("moved.recalled"))


@routes.post("/issues/<int:issue_id>/discard")
@permission("discard", of="issue")
def discard(issue_id: int) -> Response:
    return _moved(issue_id, _by_me(issues.discard), tp("moved.discarded"))


@routes.post("/issues/<int:issue_id>/request-changes")
@permission("request_changes", of="issue")
def request_changes(issue_id: int) -> Response:
    def move(session: Session, issue: Issue) -> None:
        reason = text(request.form, "reason")
        if not reason:
            raise InvalidInput.of(tp("moved.say_what"))
        issues.request_changes(session, issue, by=person().actor, now=utc_now(), reason=reason)
        notifying.sent_back(session, issue, reason)

    return _moved(issue_id, move, tp("moved.sent_back"))


@routes.post("/issues/<int:issue_id>/approve")
@permission("approve", of="issue")
def approve(issue_id: int) -> Response | tuple[str, int]:
    """Every sign-off that this person may give; the last one approves the issue."""
    return signing.give(issue_id, back="issues.show")


@routes.post("/issues/<int:issue_id>/reopen")
@permission("reopen", of="issue")
def reopen(issue_id: int) -> Response:
    told: list[str] = []

    def move(session: Session, issue: Issue) -> None:
        told.extend(_lost(session, issue))
        was_scheduled = issue.state == "scheduled"
        issues.reopen(session, issue, by=person().actor, now=utc_now())
        notifying.reopened(session, issue, was_scheduled=was_scheduled)

    return _moved(issue_id, move, lambda: " ".join(told))


@routes.post("/issues/<int:issue_id>/pause")
@permission("pause", of="issue")
def pause(issue_id: int) -> Response:
    reason = text(request.form, "reason")[:LONGEST_REASON]

    def move(session: Session, issue: Issue) -> None:
        issues.pause(session, issue, by=person().actor, now=utc_now(), reason=reason)

    return _moved(issue_id, move, tp("moved.paused"))


@routes.post("/issues/<int:issue_id>/resume")
@permission("resume", of="issue")
def resume(issue_id: int) -> Response:
    def move(session: Session, issue: Issue) -> None:
        refuse_without_way_out(session, desk().house)
        issues.resume(session, issue, by=person().actor, now=utc_now())

    answer = _moved(issue_id, move, tp("moved.resumed"))
    desk().ring(issue_id)
    return answer


@routes.get("/issues/<int:issue_id>/stop/<any(cancel, discard):action>")
@permission("read", of="issue")
def ask(issue_id: int, action: str) -> str:
    """A page between the button and what cannot be undone."""
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        subject = issue_pages.plain_subject(issue.subject, issue.original, original=issue.original)
        ways = [way.action for way in life.ways_for(issue, person())]
        progress = progress_of(session, issue_id)
        waiting = sum(progress.counts.get(state, 0) for state in DELIVERY_LIFECYCLE.sources("cancel"))
        return render_template(
            "issues/stop.html", issue=issue, subject=subject, action=action, progress=progress, waiting=waiting, may_pause="pause" in ways
        )


@routes.post("/issues/<int:issue_id>/cancel")
@permission("cancel", of="issue")
def cancel(issue_id: int) -> Response:
    return _moved(issue_id, _by_me(issues.cancel), tp("moved.cancelled"))


def _lost(session: Session, issue: Issue) -> Iterator[str]:
    """What reopening takes away: who will have to approve it once more, and the time it would have gone out."""
    counting = [one for one in signoffs_of(session, issue.id) if one.void_at is None]
    names = tuple(dict.fromkeys(one.actor for one in counting))
    guests = tuple(dict.fromkeys(one.actor for one in counting if one.guest_id))
    yield tp("moved.sign_again", who=approving.listed(names, alone=False)) if names else tp("moved.reopened")
    if issue.state == "scheduled" and issue.scheduled_at:
        yield tp("moved.not_leaving", when=spoken(issue.scheduled_at, issue.mailing_list.timezone))
    if guests:
        yield tp("moved.ask_guests", who=approving.listed(guests, alone=False))


def _by_me(move: Callable[..., object]) -> Move:
    return lambda session, issue: move(session, issue, by=person().actor, now=utc_now())


def _moved(issue_id: int, move: Move, told: str | Callable[[], str]) -> Response:
    """Try the move; a refusal comes back as its own sentence, to the page where the button was: the issue's, or `back=review`."""
    try:
        with transaction() as session:
            move(session, get_issue(session, issue_id))
        tell(told if isinstance(told, str) else told())
    except NewsroomError as error:
        _tell_refusal(error, issue_id)
    page = "reviews.show" if request.args.get("back") == "review" else "issues.show"
    return redirect(url_for(page, issue_id=issue_id))


def _tell_refusal(error: NewsroomError, issue_id: int) -> None:
    with reading() as session:
        get_issue(session, issue_id)  # one that does not exist is a page not found, not a sentence
    tell(str(error), "bad")
