"""Is it working now, as `newsroom status` tells it; and where alerts go when it is not."""

from collections.abc import Collection

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import issue_pages
from admin.context import desk, person, reading, tell, transaction
from admin.forms import Form, text
from admin.permissions import permission
from admin.speaking import tp
from newsroom.alert_hook import keep_hook, kept_host, load_hook
from newsroom.clock import utc_now
from newsroom.errors import ConfigurationError, InvalidInput, Problem, Refused
from newsroom.issues import Issue
from newsroom.outbound import read_target, refuse_leading_inside
from newsroom.sendqueue.alerting import send_test
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.status import take_status
from newsroom.settings import locked_settings

routes = Blueprint("health", __name__)


@routes.get("/settings/health")
@permission("see_settings", of="everywhere")
def index() -> str:
    with reading() as session:
        return _page(session, Form(values={}))


@routes.post("/settings/health/alerts")
@permission("manage_alerts", of="everywhere")
def keep() -> Response | tuple[str, int]:
    """Another address, or, with the field empty and the box ticked, none."""
    try:
        url = _wanted_address()
        with transaction() as session:
            keep_hook(session, url, keys=desk().house.keys, by=person().actor, now=utc_now())
    except Refused as refusal:
        tell(str(refusal), "bad")
    except InvalidInput as error:
        wrong = InvalidInput([Problem(place="url", message=problem.message, hint=problem.hint) for problem in error.problems])
        with reading() as session:
            return _page(session, Form(values={}).refused(wrong, ("url",))), 422
    else:
        tell(tp("health.kept") if url else tp("health.forgotten"))
    return redirect(url_for("health.index"))


@routes.post("/settings/health/test")
@permission("manage_alerts", of="everywhere")
def test() -> Response:
    house = desk().house
    try:
        with reading() as session:
            url = load_hook(session, house.settings, house.keys)
        trouble = send_test(house, url, now=utc_now()) if url else tp("health.no_hook")
    except ConfigurationError as error:
        trouble = tp("health.hook_unreadable", why=error)
    if trouble:
        tell(tp("health.not_arrived", why=trouble), "bad")
    else:
        tell(tp("health.arrived"))
    return redirect(url_for("health.index"))


def _wanted_address() -> str:
    if "alert_url" in locked_settings():
        raise Refused(tp("health.locked_told"))
    if request.form.get("forget"):
        return ""
    if not (url := text(request.form, "url")):
        raise InvalidInput.of(tp("health.write_hook"), place="url")
    try:
        refuse_leading_inside(url, inside_hosts=desk().house.settings.inside_hosts)
    except Refused as refusal:
        raise InvalidInput.of(str(refusal), place="url") from None
    return url


def _page(session: Session, form: Form) -> str:
    house = desk().house
    status = take_status(session, house, now=read_clock(session))
    locked = bool(house.settings.alerts)
    host = _host(house.settings.alerts) if locked else kept_host(session)
    subjects = _subjects(session, {finding.issue_id for finding in status.findings})
    return render_template("health.html", status=status, subjects=subjects, form=form, host=host, locked=locked)


def _subjects(session: Session, issue_ids: Collection[int | None]) -> dict[int, str]:
    """What staff call the issues that something was found of."""
    found = session.scalars(select(Issue).where(Issue.id.in_([number for number in issue_ids if number is not None])))
    return {issue.id: issue_pages.name_of(issue) for issue in found}


def _host(url: str) -> str:
    try:
        return read_target(url).host
    except InvalidInput:
        return tp("health.no_address")
