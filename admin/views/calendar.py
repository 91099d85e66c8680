"""The editorial calendar: a month of milestones and send times, what is late, and the plan of one issue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response

from admin import issue_pages, reminding
from admin.composer.cards import names_of
from admin.context import person, reading, tell, transaction
from admin.forms import Form, text
from admin.own_lists import within
from admin.permissions import permission
from admin.reached import Reached, reached_by
from admin.speaking import page_language, tp
from admin.who_may import who_may
from newsroom import milestones
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput
from newsroom.issues import Issue
from newsroom.local_times import instants_of, locally
from newsroom.milestones import KINDS, Milestone, Wish

routes = Blueprint("calendar", __name__)

FIELDS = ("kind", "title", "language", "day", "owner", "remind_days")
#: What is due on a day is due when people go home.
END_OF_WORK = time(18)
A_DAY = timedelta(days=1)
MOST_ISSUES = 200


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing in the calendar, on the clock of its list: a milestone, or a send time. `wrong`: late, or stopped half way."""

    at: datetime
    issue: Issue
    title: str
    kind: str
    language: str = ""
    owner: str = ""
    done: bool = False
    wrong: bool = False

    @property
    def day(self) -> date:
        return self.at.date()


@routes.get("/calendar")
@permission("read", of="any")
def index() -> str:
    first = _month(request.args.get("month", ""))
    with reading() as session:
        entries = _entries(session, first, _next(first))
        days = [(day, list(found)) for day, found in groupby(entries, key=lambda entry: entry.day)]
        late = _told(session, milestones.open_before(session, person().lists("read"), utc_now()))
        return render_template(
            "calendar/index.html", first=first, before=_previous(first), after=_next(first),
            days=days, late=late, today=utc_now().date(), subject=issue_pages.name_of,
        )  # fmt: skip


@routes.get("/issues/<int:issue_id>/plan")
@permission("read", of="issue")
def plan_of(issue_id: int) -> str:
    return _plan_page(issue_id, Form(values={"kind": "contributions", "remind_days": "2"}))


@routes.post("/issues/<int:issue_id>/milestones")
@permission("plan", of="issue")
def add(issue_id: int) -> Response | tuple[str, int]:
    try:
        with transaction() as session:
            issue = issue_pages.load_issue(session, issue_id)
            reminding.remind(session, milestones.plan(session, issue, _wish(session, issue)))
    except InvalidInput as error:
        return _plan_page(issue_id, Form(values=request.form.to_dict()).refused(error, FIELDS)), 422
    tell(tp("calendar.planned"))
    return redirect(url_for("calendar.plan_of", issue_id=issue_id))


@routes.post("/issues/<int:issue_id>/milestones/<int:milestone_id>/<any(done,open):state>")
@permission("write", of="issue")
def move(issue_id: int, milestone_id: int, state: str) -> Response:
    with transaction() as session:
        found = milestones.milestone_of(session, issue_id, milestone_id)
        if state == "done":
            milestones.finish(found, by=person().actor, now=utc_now())
        else:
            milestones.take_up(found)
        reminding.remind(session, found)
    return redirect(url_for("calendar.plan_of", issue_id=issue_id))


@routes.post("/issues/<int:issue_id>/milestones/<int:milestone_id>/remove")
@permission("plan", of="issue")
def remove(issue_id: int, milestone_id: int) -> Response:
    with transaction() as session:
        found = milestones.milestone_of(session, issue_id, milestone_id)
        reminding.forget(session, found)
        session.delete(found)
    tell(tp("calendar.removed"))
    return redirect(url_for("calendar.plan_of", issue_id=issue_id))


def _plan_page(issue_id: int, form: Form) -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        owners = [(str(user.id), user.name or user.email) for user in who_may(session, "read", issue.list_id)]
        return render_template(
            "calendar/plan.html", issue=issue, form=form, kinds=[(kind, tp(f"milestone.{kind}")) for kind in KINDS], owners=owners,
            owner_names={int(key): name for key, name in owners}, milestones=milestones.milestones_of(session, issue_id), now=utc_now(),
            subject=issue_pages.name_of(issue), title_of=lambda milestone: reminding.called(milestone, page_language()),
        )  # fmt: skip


def _wish(session: Session, issue: Issue) -> Wish:
    kind, days, owner = text(request.form, "kind"), text(request.form, "remind_days"), text(request.form, "owner")
    readers = {str(user.id): user.id for user in who_may(session, "read", issue.list_id)}
    return Wish(
        kind=kind, due_at=_due(text(request.form, "day"), issue.mailing_list.timezone), title=text(request.form, "title"),
        language=text(request.form, "language") if kind == "translation" else "", owner_id=readers.get(owner),
        remind_days=int(days) if days.isascii() and days.isdecimal() and len(days) < 4 else -1,
    )  # fmt: skip


def _due(day: str, zone: str) -> datetime:
    try:
        return instants_of(date.fromisoformat(day), END_OF_WORK, zone)[0]
    except (ValueError, IndexError):
        raise InvalidInput.of("Choose a day.", place="day") from None


def _month(asked: str) -> date:
    """The present month for what is none, and at the very ends of time, where none comes before or after."""
    try:
        first = date.fromisoformat(f"{asked}-01")
    except ValueError:
        first = date.min
    return first if date.min.year < first.year < date.max.year else utc_now().date().replace(day=1)


def _next(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _previous(first: date) -> date:
    return (first - A_DAY).replace(day=1)


def _entries(session: Session, first: date, end: date) -> list[Entry]:
    """What falls into these days on the clock of its list."""
    # A day more on either side: the month begins earlier in Auckland than in Honolulu.
    start, stop = (datetime.combine(day, time(), UTC) for day in (first - A_DAY, end + A_DAY))
    lists = person().lists("read")
    found = [*_told(session, milestones.between(session, lists, start, stop)), *_sendings(session, lists, start, stop)]
    return sorted((entry for entry in found if first <= entry.day < end), key=lambda entry: (entry.day, entry.at))


def _told(session: Session, found: Sequence[Milestone]) -> list[Entry]:
    names = names_of(session, [milestone.owner_id for milestone in found])
    return [_of_milestone(milestone, names.get(milestone.owner_id or 0, "")) for milestone in found]


def _of_milestone(milestone: Milestone, owner: str) -> Entry:
    issue = milestone.issue
    return Entry(
        at=locally(milestone.due_at, issue.mailing_list.timezone), issue=issue, kind=milestone.kind, owner=owner,
        title=reminding.called(milestone, page_language()), language=milestone.language, done=milestone.done_at is not None,
        wrong=milestone.done_at is None and milestone.due_at < utc_now() and issue.state not in milestones.OVER,
    )  # fmt: skip


def _sendings(session: Session, lists: frozenset[int] | None, start: datetime, stop: datetime) -> list[Entry]:
    """Issues that go out then, or began to."""
    planned = (Issue.scheduled_at >= start) & (Issue.scheduled_at < stop) & (Issue.state == "scheduled")
    sent = (Issue.started_at >= start) & (Issue.started_at < stop)
    wanted = select(Issue).where(within(Issue.list_id, lists), or_(planned, sent)).options(joinedload(Issue.mailing_list))
    found = session.scalars(wanted.order_by(Issue.id).limit(MOST_ISSUES)).all()
    reached = reached_by(session, [issue for issue in found if issue.state in ("paused", "cancelled")])
    return [_of_sending(issue, reached.get(issue.id)) for issue in found]


def _of_sending(issue: Issue, reached: Reached | None) -> Entry:
    moment = issue.started_at or issue.scheduled_at or issue.updated_at
    return Entry(
        at=locally(moment, issue.mailing_list.timezone), issue=issue, title=_said_of(issue, reached), kind="sending",
        done=issue.state in milestones.OVER, wrong=issue.state == "paused",
    )  # fmt: skip


def _said_of(issue: Issue, reached: Reached | None) -> str:
    numbers = {"done": reached.handed_over, "all": issue.audience} if reached else {}
    match issue.state:
        case "sent":
            return tp("calendar.went_out")
        case "starting" | "sending":
            return tp("calendar.going_out")
        case "paused" | "cancelled" as stopped:
            return tp(f"calendar.{stopped}_after", **numbers) if numbers else tp(f"issue_state.{stopped}")
        case _:
            return tp("calendar.goes_out")
