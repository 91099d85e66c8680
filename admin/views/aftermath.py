"""After the first try: trying again, sending to who joined since, settling what is uncertain, copies. Each asks before it sends."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import issue_pages
from admin.after_the_page import may_count
from admin.context import desk, person, reading, tell, transaction
from admin.forms import Form, text
from admin.permissions import permission
from admin.row_numbers import row_number
from admin.speaking import tn, tp
from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.errors import InvalidInput, NewsroomError, NotFound, Refused
from newsroom.issues import Issue, get_issue
from newsroom.sendqueue import copying, repeating
from newsroom.sendqueue.explaining import by_class
from newsroom.sendqueue.progress import progress_of, refusals_of
from newsroom.sendqueue.way_out import obstacle, refuse_without_way_out

routes = Blueprint("aftermath", __name__)

COPY_FIELDS = ("address", "language")
Work = Callable[[Session], str]


@routes.get("/issues/<int:issue_id>/retry")
@permission("extend", of="issue")
def ask_retry(issue_id: int) -> str:
    chosen = set(request.args.getlist("class"))
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        classes = [one for one in by_class(refusals_of(session, issue_id)) if one.failed]
        return _page("retry", session, issue, classes=classes, chosen=chosen, total=sum(one.failed for one in classes))


@routes.post("/issues/<int:issue_id>/retry")
@permission("extend", of="issue")
def retry(issue_id: int) -> Response:
    def work(session: Session) -> str:
        classes = set(request.form.getlist("class"))
        retried = repeating.retry_failed(session, issue_id, classes=classes, by=person().actor, now=utc_now())
        return str(tn("retry.done", retried))

    return _done(issue_id, work)


@routes.get("/issues/<int:issue_id>/extend")
@permission("extend", of="issue")
def ask_extend(issue_id: int) -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        waits = issue.state == "sent" and not may_count(session, issue.list_id)
        missing = repeating.missing(session, issue) if issue.state == "sent" and not waits else None
        return _page("extend", session, issue, missing=missing, waits=waits)


@routes.post("/issues/<int:issue_id>/extend")
@permission("extend", of="issue")
def extend(issue_id: int) -> Response:
    def work(session: Session) -> str:
        chosen = "uncertain" in request.form
        done = repeating.extend(session, issue_id, uncertain=chosen, by=person().actor, now=utc_now())
        joined = tn("extend.goes_to", done.joined) if done.joined else ""
        return f"{joined} {tn('resend.goes_again', done.resent) if done.resent else ''}".strip()

    return _done(issue_id, work)


@routes.get("/issues/<int:issue_id>/resend")
@permission("extend", of="issue")
def ask_resend(issue_id: int) -> str:
    """One letter, or all that may be sent again."""
    number = request.args.get("delivery", None, row_number)
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        letter = _letter(session, issue_id, number) if number else None
        doubtful = repeating.doubtful(session, issue, number)
        why_not = "" if doubtful.resendable else repeating.why_not_resent(session, issue_id, [number] if number else None)
        return _page("resend", session, issue, letter=letter, missing=doubtful, why_not=why_not)


@routes.post("/issues/<int:issue_id>/resend")
@permission("extend", of="issue")
def resend(issue_id: int) -> Response:
    def work(session: Session) -> str:
        number = request.form.get("delivery", None, row_number)
        resent = repeating.resend(session, issue_id, [number] if number else None, by=person().actor, now=utc_now())
        return str(tn("resend.goes_again", resent))

    return _done(issue_id, work)


@routes.get("/issues/<int:issue_id>/resolve/<int:delivery_id>")
@permission("extend", of="issue")
def ask_resolve(issue_id: int, delivery_id: int) -> str:
    return _resolve_page(issue_id, delivery_id, Form(values={}))


@routes.post("/issues/<int:issue_id>/resolve/<int:delivery_id>")
@permission("extend", of="issue")
def resolve(issue_id: int, delivery_id: int) -> Response | tuple[str, int]:
    try:
        with transaction() as session:
            evidence = text(request.form, "evidence")
            repeating.accept_uncertain(session, delivery_id, evidence=evidence, by=person().actor, now=utc_now(), issue_id=issue_id)
    except InvalidInput as error:
        return _resolve_page(issue_id, delivery_id, Form(values=request.form.to_dict()).refused(error, ("evidence",))), 422
    except Refused as refusal:
        tell(str(refusal), "bad")
    else:
        tell(tp("resolve.settled"))
    return redirect(url_for("issues.show", issue_id=issue_id))


@routes.get("/issues/<int:issue_id>/copy")
@permission("copy", of="issue")
def ask_copy(issue_id: int) -> str:
    return _copy_page(issue_id, Form(values={"address": request.args.get("address", "")}))


@routes.post("/issues/<int:issue_id>/copy")
@permission("copy", of="issue")
def copy(issue_id: int) -> Response | tuple[str, int]:
    address, language = text(request.form, "address"), request.form.get("language", "")
    try:
        with transaction() as session:
            get_issue(session, issue_id)
            refuse_without_way_out(session, desk().house)
            keys = desk().house.keys
            copying.send_copy(session, issue_id, address, language=language, keys=keys, by=person().actor, now=utc_now())
    except (InvalidInput, Refused) as error:
        invalid = error if isinstance(error, InvalidInput) else InvalidInput.of(str(error))
        return _copy_page(issue_id, Form(values=request.form.to_dict()).refused(invalid, COPY_FIELDS)), 422
    desk().ring(issue_id)
    tell(tp("copy.sent", address=address))
    return redirect(url_for("issues.show", issue_id=issue_id))


def _copy_page(issue_id: int, form: Form) -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        form = Form(values={"language": issue.original, **form.values}, errors=form.errors)
        return _page("copy", session, issue, form=form)


def _resolve_page(issue_id: int, delivery_id: int, form: Form) -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        return _page("resolve", session, issue, letter=_letter(session, issue_id, delivery_id), form=form)


def _letter(session: Session, issue_id: int, delivery_id: int) -> Delivery:
    letter = session.get(Delivery, delivery_id)
    if letter is None or letter.issue_id != issue_id or letter.kind != "issue":
        raise NotFound("There is no such letter of this issue.")
    return letter


def _page(name: str, session: Session, issue: Issue, **facts: object) -> str:
    subject = issue_pages.plain_subject(issue.subject, issue.original, original=issue.original)
    progress = progress_of(session, issue.id)
    return render_template(
        f"issues/after/{name}.html", issue=issue, subject=subject, progress=progress, obstacle=obstacle(session, desk().house), **facts
    )  # fmt: skip


def _done(issue_id: int, work: Work) -> Response:
    """Do it, ring, and say what was done; a refusal comes back to the issue's page as its own sentence."""
    try:
        with transaction() as session:
            get_issue(session, issue_id)
            refuse_without_way_out(session, desk().house)
            told = work(session)
    except NotFound:
        raise
    except NewsroomError as error:
        tell(str(error), "bad")
    else:
        desk().ring(issue_id)
        tell(told)
    return redirect(url_for("issues.show", issue_id=issue_id))
