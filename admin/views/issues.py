"""Issues: all of them, and one with its preview."""

from collections.abc import Sequence
from datetime import UTC, datetime

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import approving, issue_pages, life, link_remarks, organisation, previews
from admin.after_the_page import may_show
from admin.aftermath import aftermath_of
from admin.approving import Review
from admin.context import desk, person, reading
from admin.countdown import countdown_of
from admin.life import Way
from admin.own_lists import own_lists
from admin.permissions import permission
from admin.row_numbers import row_number
from newsroom.clock import utc_now
from newsroom.errors import NotFound
from newsroom.issues import Issue, IssueEvent, events_of
from newsroom.scheduling import was_planned
from newsroom.sendqueue import way_out
from newsroom.sendqueue.progress import progress_of, sender_is_alive
from newsroom.sendqueue.situation import situation_of

routes = Blueprint("issues", __name__)

NEVER = datetime.max.replace(tzinfo=UTC)
VIEWS = ("desktop", "phone", "text", "source")


@routes.get("/issues")
@permission("read", of="any")
def index() -> str:
    chosen = {"list": request.args.get("list", ""), "group": request.args.get("group", "")}
    with reading() as session:
        page = issue_pages.page_of_issues(
            session,
            lists=person().lists("read"),
            list_slug=chosen["list"],
            group=chosen["group"],
            before=request.args.get("before", None, row_number),
        )
        lists = own_lists(session, "read")
        unfinished = organisation.unfinished(session) if person().may_everywhere("manage_lists") else ""
        return render_template(
            "issues/index.html", page=page, lists=lists, chosen=chosen, groups=issue_pages.GROUPS, subject=_subject, unfinished=unfinished
        )


@routes.get("/issues/<int:issue_id>")
@permission("read", of="issue")
def show(issue_id: int) -> str | Response:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        language = request.args.get("language") or issue.original
        events = events_of(session, issue.id)
        preview = _preview(session, issue, language)
        progress = progress_of(session, issue.id)
        situation = situation_of(session, issue.id, progress)
        review = approving.review_of(session, issue, user_id=person().id) if issue.state == "in_review" else None
        steps = life.life_of(issue, events, waiting_for=review.waiting_for if review else "")
        return render_template(
            "issues/show.html", issue=issue, steps=steps, ways=_ways(issue, review),
            wanted=life.changes_wanted(issue, events), paused=life.paused_by(issue, events), countdown=countdown_of(issue, utc_now()),
            preview=preview, shown=language, view=_view(), views=VIEWS, outline=issue_pages.outline(issue), subject=_subject(issue),
            progress=progress, situation=situation, is_under_way=_is_under_way(issue), is_wish=_is_wish(issue, events),
            rehearsal=progress_of(session, issue.id, kind="rehearsal"), limit=previews.CLIPPED_ABOVE,
            obstacle=_obstacle(session, issue), sender=sender_is_alive(session, utc_now()), broken=link_remarks.of_issue(session, issue),
            aftermath=aftermath_of(session, issue, progress, situation, events, sees_people=person().may("see_people", issue.list_id)),
        )  # fmt: skip


def _preview(session: Session, issue: Issue, language: str) -> previews.Preview | None:
    """None where compiling it would make the page slow: it comes after it."""
    if language not in issue.languages:
        raise NotFound(f"This issue has no version in {language!r}.")
    return previews.preview_of(session, issue, language, house=desk().house, now=utc_now()) if may_show(issue) else None


def _ways(issue: Issue, review: Review | None) -> list[Way]:
    """Without the button to approve for who has nothing to sign here: it could only be refused."""
    ways = life.ways_for(issue, person())
    return [way for way in ways if way.action != "approve" or review is None or review.mine]


def _obstacle(session: Session, issue: Issue) -> str:
    """What keeps an issue that waits to be sent from leaving this installation."""
    return way_out.obstacle(session, desk().house) if issue.state in ("approved", "scheduled") else ""


def _is_under_way(issue: Issue) -> bool:
    """Whether there is something to watch: from the moment it is due."""
    return (
        issue.audience is not None
        or issue.state == "starting"
        or (issue.state == "scheduled" and (issue.scheduled_at or NEVER) <= utc_now())
    )


def _is_wish(issue: Issue, events: Sequence[IssueEvent]) -> bool:
    """Somebody chose a time ahead for it, at which nothing happens by itself."""
    at = issue.scheduled_at if issue.state in ("draft", "in_review", "approved") else None
    return at is not None and at > utc_now() and was_planned(events, at)


def _view() -> str:
    asked = request.args.get("view", "desktop")
    return asked if asked in VIEWS else "desktop"


def _subject(issue: Issue) -> str:
    return issue_pages.plain_subject(issue.subject, issue.original, original=issue.original)
