"""When an issue goes out: now after a hold, at a time on the list's clock, or not yet after all."""

from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from admin import issue_pages
from admin.after_the_page import may_count
from admin.context import desk, person, reading, tell, transaction
from admin.countdown import countdown_of
from admin.forms import Form, text
from admin.freshness import refuse_if_changed
from admin.permissions import permission
from admin.speaking import tp
from admin.wording import spoken
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput, NewsroomError, Problem, Refused
from newsroom.issues import Issue, get_issue
from newsroom.local_times import abbreviation_of, instant_of, instants_of, locally, zone_at
from newsroom.scheduling import is_counting_down, schedule_at, send_soon, take_back
from newsroom.sendqueue.way_out import obstacle, refuse_without_way_out
from subscribers.audience import Reach, count_left_out, count_reach

routes = Blueprint("scheduling", __name__)

FIELDS = ("date", "time", "fold")


@routes.get("/issues/<int:issue_id>/send")
@permission("schedule", of="issue")
def ask(issue_id: int) -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        return _page(session, issue, Form(values=_wish(issue, utc_now())))


@routes.post("/issues/<int:issue_id>/send")
@permission("schedule", of="issue")
def send(issue_id: int) -> AnyResponse:
    """Send now: schedule at the end of the hold, the one road. The start decides the audience, by who may receive at that moment."""
    try:
        with transaction() as session:
            issue = get_issue(session, issue_id)
            refuse_if_changed(session, issue)
            refuse_without_way_out(session, desk().house)
            now = utc_now()
            held = send_soon(session, issue, by=person().actor, now=now) > now
    except NewsroomError as refusal:
        return _refused(issue_id, refusal)
    desk().ring(issue_id)
    if not held:
        tell(tp("send.on_its_way"))
    return redirect(url_for("issues.show", issue_id=issue_id))


@routes.post("/issues/<int:issue_id>/schedule")
@permission("schedule", of="issue")
def schedule(issue_id: int) -> AnyResponse | tuple[str, int]:
    try:
        with transaction() as session:
            issue = get_issue(session, issue_id)
            refuse_if_changed(session, issue)
            refuse_without_way_out(session, desk().house)
            zone = issue.mailing_list.timezone
            at = _instant(zone)
            schedule_at(session, issue, at=at, by=person().actor, now=utc_now(), place="date")
    except InvalidInput as error:
        return _asked_again(issue_id, error), 422
    except Refused as refusal:
        return _refused(issue_id, refusal)
    tell(tp("send.scheduled", when=spoken(at, zone)))
    return redirect(url_for("issues.show", issue_id=issue_id))


@routes.post("/issues/<int:issue_id>/unschedule")
@permission("unschedule", of="issue")
def unschedule(issue_id: int) -> AnyResponse:
    """Undo: it wins against the start, or says that it came too late."""
    try:
        with transaction() as session:
            take_back(session, get_issue(session, issue_id), by=person().actor, now=utc_now())
    except NewsroomError as refusal:
        return _refused(issue_id, refusal)
    tell(tp("send.taken_back"))
    return redirect(url_for("issues.show", issue_id=issue_id))


@routes.get("/issues/<int:issue_id>/countdown")
@permission("read", of="issue")
def countdown(issue_id: int) -> Response:
    """The panel alone, for polling. Once its time has come the whole page is loaded again."""
    with reading() as session:
        issue, now = issue_pages.load_issue(session, issue_id), utc_now()
        response = make_response(render_template("issues/countdown.html", issue=issue, countdown=countdown_of(issue, now)))
    if not is_counting_down(issue, now):
        response.headers["HX-Refresh"] = "true"
    return response


def _page(session: Session, issue: Issue, form: Form) -> str:
    reach, left_out = None, {}
    if issue.state in ("approved", "scheduled") and may_count(session, issue.list_id):
        reach = count_reach(session, issue, issue_pages.topics_of(issue))
        left_out = _left_out(session, issue, reach)
    return render_template(
        "issues/send.html", issue=issue, reach=reach, left_out=left_out,
        subject=_subject(issue), obstacle=obstacle(session, desk().house), form=form, choices=_choices(form, issue.mailing_list.timezone),
        zone=zone_at(issue.scheduled_at or utc_now(), issue.mailing_list.timezone),
    )  # fmt: skip


def _left_out(session: Session, issue: Issue, reach: Reach) -> dict[str, int]:
    chose_others = {"nothing_chosen": reach.nothing_chosen} if reach.nothing_chosen else {}
    return chose_others | count_left_out(session, issue.list_id)


def _wish(issue: Issue, now: datetime) -> dict[str, str]:
    """The time it has, or had before it was taken back, while that lies ahead."""
    if issue.scheduled_at is None or issue.scheduled_at <= now:
        return {}
    local = locally(issue.scheduled_at, issue.mailing_list.timezone)
    return {"date": local.date().isoformat(), "time": f"{local:%H:%M}", "fold": str(local.fold)}


def _instant(zone: str) -> datetime:
    day, hour = _day_and_hour(request.form)
    problems = [Problem(place=name, message=message) for name, value, message in (
        ("date", day, tp("send.choose_day")), ("time", hour, tp("send.choose_hour")),
    ) if value is None]  # fmt: skip
    if day is None or hour is None:
        raise InvalidInput(problems)
    fold = request.form.get("fold", None, int)
    if fold not in (0, 1) and len(instants_of(day, hour, zone)) > 1:
        raise InvalidInput.of(tp("send.twice", zone=zone), place="time")
    return instant_of(day, hour, zone, fold=fold, place="time")


def _day_and_hour(given: Any) -> tuple[date | None, time | None]:
    return _read(date.fromisoformat, text(given, "date")), _read(time.fromisoformat, text(given, "time"))


def _read(parse: Any, words: str) -> Any:
    try:
        found = parse(words)
    except ValueError:
        return None
    return None if getattr(found, "tzinfo", None) else found


def _choices(form: Form, zone: str) -> list[tuple[str, str]]:
    """Where clocks show the hour twice: which of the two is meant."""
    day, hour = (
        _read(parse, str(form.values.get(name, ""))) for parse, name in ((date.fromisoformat, "date"), (time.fromisoformat, "time"))
    )
    if day is None or hour is None or len(instants := instants_of(day, hour, zone)) < 2:
        return []
    names = [f"{local:%H:%M} {abbreviation_of(local)}" for local in (locally(instant, zone) for instant in instants)]
    return [("0", tp("send.before_change", hour=names[0])), ("1", tp("send.hour_later", hour=names[1]))]


def _asked_again(issue_id: int, error: InvalidInput) -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        return _page(session, issue, Form(values=request.form.to_dict()).refused(error, FIELDS))


def _refused(issue_id: int, error: NewsroomError) -> AnyResponse:
    with reading() as session:
        get_issue(session, issue_id)  # one that does not exist is a page not found, not a sentence
    tell(str(error), "bad")
    return redirect(url_for("issues.show", issue_id=issue_id))


def _subject(issue: Issue) -> str:
    return issue_pages.plain_subject(issue.subject, issue.original, original=issue.original)
