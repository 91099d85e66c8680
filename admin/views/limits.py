"""Sending limits: how fast and how many a day, for a mail server, the readers' domains, a list, an issue; and what they do just now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import issue_pages, limit_forms
from admin.context import desk, person, reading, tell, transaction
from admin.forms import Form, text
from admin.limit_words import rule_in_words
from admin.permissions import permission
from admin.speaking import tp
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput
from newsroom.issues import Issue, get_issue
from newsroom.mailing_lists import MailingList
from newsroom.relays import load_relays
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.throttle import ThrottleRow, ThrottleState, list_throttles, remove_throttle, throttle_state
from newsroom.sendqueue.throttle_view import rules_in_use

routes = Blueprint("limits", __name__)

MOST_SHOWN = 50
NO_RULE = {"per": "60"}


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One rule as the page shows it; `states` are the buckets that it fills, those that hold letters back first."""

    row: ThrottleRow
    title: str
    words: Markup
    states: Sequence[ThrottleState]
    issue_id: int | None = None

    @property
    def target(self) -> str:
        return f"{self.row.scope}:{self.row.key}"


@routes.get("/settings/limits")
@permission("manage_limits", of="everywhere")
def index() -> str:
    with reading() as session:
        scope, _, key = request.args.get("change", "").partition(":")
        row = next((row for row in list_throttles(session) if (row.scope, row.key) == (scope, key)), None)
        values = limit_forms.shown(row.scope, row.key, row.rule) if row else {**NO_RULE, "what": request.args.get("what", "")}
        return _page(session, Form(values=values), is_change=row is not None)


@routes.post("/settings/limits")
@permission("manage_limits", of="everywhere")
def save() -> Response | tuple[str, int]:
    try:
        with transaction() as session:
            scope, key = limit_forms.target_of(request.form)
            _check_known(session, scope, key)
            limit_forms.apply(session, scope, key, request.form, by=person().actor, now=utc_now())
    except InvalidInput as error:
        with reading() as session:
            return _page(session, Form(values=request.form.to_dict()).refused(error, limit_forms.FIELDS), is_change=False), 422
    tell(tp("limits.saved"))
    return redirect(url_for("limits.index"))


@routes.post("/settings/limits/remove")
@permission("manage_limits", of="everywhere")
def remove() -> Response:
    scope, _, key = text(request.form, "target").partition(":")
    with transaction() as session:
        removed = remove_throttle(session, scope, key, by=person().actor, now=utc_now())
    tell(tp("limits.removed") if removed else tp("limits.was_gone"), "good" if removed else "warn")
    return redirect(url_for("limits.index"))


@routes.get("/issues/<int:issue_id>/limit")
@permission("limit_issue", of="issue")
def ask(issue_id: int) -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        own = _own_rule(session, issue_id)
        return _issue_page(session, issue, Form(values=limit_forms.shown("issue", str(issue_id), own.rule) if own else NO_RULE))


@routes.post("/issues/<int:issue_id>/limit")
@permission("limit_issue", of="issue")
def limit_issue(issue_id: int) -> Response | tuple[str, int]:
    """Both fields empty: no limit of its own any more."""
    try:
        with transaction() as session:
            issue = get_issue(session, issue_id)
            if not (text(request.form, "rate") or text(request.form, "daily")):
                remove_throttle(session, "issue", str(issue.id), by=person().actor, now=utc_now())
            else:
                limit_forms.apply(session, "issue", str(issue.id), request.form, by=person().actor, now=utc_now())
    except InvalidInput as error:
        with reading() as session:
            issue = issue_pages.load_issue(session, issue_id)
            return _issue_page(session, issue, Form(values=request.form.to_dict()).refused(error, limit_forms.FIELDS)), 422
    desk().ring(issue_id)
    tell(tp("limits.saved"))
    return redirect(url_for("issues.show", issue_id=issue_id))


def _page(session: Session, form: Form, *, is_change: bool) -> str:
    now = read_clock(session)
    return render_template(
        "limits/index.html", limits=_limits(session, now), form=form, is_change=is_change, targets=_targets(session),
        spans=limit_forms.spans(), now=now, most=MOST_SHOWN,
    )  # fmt: skip


def _issue_page(session: Session, issue: Issue, form: Form) -> str:
    now = read_clock(session)
    states = [state for state in throttle_state(session, now) if (state.scope, state.key) == ("issue", str(issue.id))]
    listed = next((row for row in list_throttles(session) if (row.scope, row.key) == ("list", str(issue.list_id))), None)
    return render_template(
        "limits/issue.html", issue=issue, form=form, spans=limit_forms.spans(), own=_own_rule(session, issue.id), states=states, now=now,
        of_list=rule_in_words(listed.rule) if listed else "",
        subject=issue_pages.plain_subject(issue.subject, issue.original, original=issue.original),
    )  # fmt: skip


def _own_rule(session: Session, issue_id: int) -> ThrottleRow | None:
    return next((row for row in list_throttles(session) if (row.scope, row.key) == ("issue", str(issue_id))), None)


def _limits(session: Session, now: datetime) -> list[Limit]:
    rules = rules_in_use(session, now=now)
    lists = {str(found.id): found.slug for found in session.scalars(select(MailingList))}
    numbers = [int(rule.row.key) for rule in rules if rule.row.scope == "issue"]
    issues = {str(number): slug for number, slug in session.execute(select(Issue.id, Issue.slug).where(Issue.id.in_(numbers))).all()}
    return [
        Limit(
            row=rule.row, states=rule.states, title=_title(rule.row, lists, issues), words=rule_in_words(rule.row.rule),
            issue_id=int(rule.row.key) if rule.row.scope == "issue" and rule.row.key in issues else None,
        )
        for rule in rules
    ]  # fmt: skip


def _title(row: ThrottleRow, lists: Mapping[str, str], issues: Mapping[str, str]) -> str:
    if row.scope == "domain":
        return tp("limits.every_domain") if row.key == "*" else row.key
    if row.scope == "relay":
        return tp("limits.server", name=row.key)
    if row.scope == "list":
        return tp("limits.each_issue_of", name=lists.get(row.key, row.key))
    return tp("limits.the_issue", name=issues.get(row.key, row.key))


def _targets(session: Session) -> list[tuple[str, str]]:
    """What a limit can be for."""
    house = desk().house
    servers = [(f"relay:{relay.name}", tp("limits.server", name=relay.name)) for relay in load_relays(session, house.settings, house.keys)]
    lists = session.scalars(select(MailingList).order_by(MailingList.slug))
    return [
        ("", tp("send.choose")),
        *servers,
        ("domain:*", tp("limits.every_domain")),
        (limit_forms.ONE_DOMAIN, tp("limits.one_domain")),
        *((f"list:{found.id}", tp("limits.each_issue_of", name=found.slug)) for found in lists),
    ]


def _check_known(session: Session, scope: str, key: str) -> None:
    """A slip of the pen would be a limit that never holds anything."""
    known = {target for target, _ in _targets(session)}
    if scope != "domain" and f"{scope}:{key}" not in known | {f"{row.scope}:{row.key}" for row in list_throttles(session)}:
        raise InvalidInput.of(tp("limits.choose_one"), place="what")
