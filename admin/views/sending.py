"""Rehearsing, testing, and watching an issue go out."""

import re
from itertools import chain

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from admin import issue_pages
from admin.context import desk, person, reading, tell, transaction
from admin.forms import Form, text
from admin.permissions import permission
from admin.speaking import tn, tp
from admin.trial_letters import check_allowance
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput, NewsroomError
from newsroom.issues import Issue, get_issue
from newsroom.sendqueue.progress import progress_of, sender_is_alive
from newsroom.sendqueue.rehearsing import rehearse, send_test
from newsroom.sendqueue.situation import situation_of

routes = Blueprint("sending", __name__)

KINDS = ("issue", "rehearsal")
TEST_FIELDS = ("addresses", "language")


@routes.post("/issues/<int:issue_id>/rehearse")
@permission("rehearse", of="issue")
def start_rehearsal(issue_id: int) -> AnyResponse:
    house = desk().house
    try:
        with transaction() as session:
            issue = get_issue(session, issue_id)
            people = rehearse(session, issue, keys=house.keys, public_url=house.settings.public_url, by=person().actor, now=utc_now())
    except NewsroomError as error:
        return _back(issue_id, error)
    desk().ring(issue_id)
    tell(str(tn("rehearse.begun", people)))
    return redirect(url_for("issues.show", issue_id=issue_id))


@routes.get("/issues/<int:issue_id>/test")
@permission("test", of="issue")
def ask_test(issue_id: int) -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        language = request.args.get("language") or issue.original
        return _test_page(issue, Form(values={"addresses": person().email, "language": language}))


@routes.post("/issues/<int:issue_id>/test")
@permission("test", of="issue")
def test(issue_id: int) -> AnyResponse | tuple[str, int]:
    addresses = _addresses(text(request.form, "addresses"))
    language = request.form.get("language", "")
    try:
        _send_tests(issue_id, language, addresses)
    except NewsroomError as error:
        return _test_refused(issue_id, error), 422
    desk().ring(issue_id)
    tell(f"{tp('test.sent', addresses=', '.join(addresses))}{_read_here()}")
    return redirect(url_for("issues.show", issue_id=issue_id, language=language))


@routes.get("/issues/<int:issue_id>/progress/<any(issue, rehearsal):kind>")
@permission("read", of="issue")
def progress(issue_id: int, kind: str) -> Response:
    """The panel alone, for polling. When the state has moved since the page was made, the whole page is loaded again."""
    with reading() as session:
        now = progress_of(session, issue_id, kind=kind)
        issue = get_issue(session, issue_id)
        panel = {"progress": now, "kind": kind, "issue": issue, "sender": sender_is_alive(session, utc_now()), "fragment": True}
        situation = situation_of(session, issue_id, now) if kind == "issue" else None
        response = make_response(render_template("issues/progress.html", situation=situation, **panel))
    if request.args.get("was", now.state) != now.state:
        response.headers["HX-Refresh"] = "true"
    return response


def _read_here() -> str:
    """Where a captured test is read, for those who may open the outbox: it holds everybody's letters."""
    return f" {tp('test.read_here')}" if desk().only_captures and person().may("see_people") else ""


def _addresses(line: str) -> list[str]:
    """As typed one per line, or as copied from a mail program: with names, commas, semicolons. Each mailbox once."""
    pieces = re.split(r"[,;\n]", re.sub(r'"[^"\n]*"\s*(?=<)', "", line))
    found = [[named[1].strip()] if (named := re.search("<([^<>]*)>", piece)) else piece.split() for piece in pieces]
    return list(dict.fromkeys(chain.from_iterable(found)))


def _send_tests(issue_id: int, language: str, addresses: list[str]) -> None:
    house = desk().house
    with transaction() as session:
        issue = get_issue(session, issue_id)
        if language not in issue.languages:
            raise InvalidInput.of(tp("test.choose_language"), place="language")
        now = utc_now()
        check_allowance(session, addresses, user_id=person().id, now=now)
        send_test(session, issue, language, addresses, keys=house.keys, public_url=house.settings.public_url, by=person().actor, now=now)


def _test_refused(issue_id: int, error: NewsroomError) -> str:
    invalid = error if isinstance(error, InvalidInput) else InvalidInput.of(str(error))
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        return _test_page(issue, Form(values=request.form.to_dict()).refused(invalid, TEST_FIELDS))


def _test_page(issue: Issue, form: Form) -> str:
    return render_template("issues/test.html", issue=issue, form=form, subject=_subject(issue))


def _back(issue_id: int, error: NewsroomError) -> AnyResponse:
    with reading() as session:
        get_issue(session, issue_id)
    tell(str(error), "bad")
    return redirect(url_for("issues.show", issue_id=issue_id))


def _subject(issue: Issue) -> str:
    return issue_pages.plain_subject(issue.subject, issue.original, original=issue.original)
