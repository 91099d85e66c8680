"""A new issue: for which list, what it is about, in which languages."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin.context import person, reading, tell, transaction
from admin.forms import Form, text
from admin.issue_pages import name_of
from admin.own_lists import own_lists
from admin.permissions import permission
from admin.row_numbers import row_number
from admin.speaking import tp
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput, NotFound
from newsroom.issue_making import new_issue
from newsroom.mailing_lists import MailingList
from newsroom.skeletons import candidate, candidates, open_from

routes = Blueprint("new_issue", __name__)

FIELDS = ("subject", "slug", "languages")


@routes.get("/issues/new")
@permission("write", of="any")
def ask() -> str:
    with reading() as session:
        lists = own_lists(session, "write")
        chosen = _chosen(lists, request.args.get("list", ""))
        values = {"languages": chosen.languages, "original": chosen.original} if chosen else {}
        return _page(session, lists, chosen, Form(values=values))


@routes.post("/issues/new")
@permission("write", of="any")
def make() -> Response | tuple[str, int]:
    try:
        with transaction() as session:
            issue_id = _make(session)
    except InvalidInput as error:
        return _refused(error), 422
    tell(tp("new_issue.opened" if request.form.get("earlier") else "new_issue.made"))
    return redirect(url_for("composer.page", issue_id=issue_id))


def _make(session: Session) -> int:
    mailing_list = _chosen(own_lists(session, "write"), request.form.get("list", ""))
    if mailing_list is None:
        raise NotFound(tp("new_issue.no_such_list"))
    facts: dict[str, Any] = {"slug": text(request.form, "slug"), "subject": text(request.form, "subject")}
    facts |= {"languages": _languages(mailing_list), "by": person().actor, "now": utc_now()}
    earlier = candidate(session, mailing_list.id, request.form.get("earlier", 0, row_number) or 0)
    return (open_from(session, earlier, **facts) if earlier else new_issue(session, mailing_list, **facts)).id


def _languages(mailing_list: MailingList) -> list[str]:
    """The one it is written in first, the others in the order of the list; what was not offered goes through, to be refused."""
    first, chosen = request.form.get("original", ""), request.form.getlist("languages")
    known = [language for language in mailing_list.languages if language in chosen and language != first]
    return [first, *known] if first else known


def _refused(error: InvalidInput) -> str:
    values: dict[str, Any] = request.form.to_dict() | {"languages": request.form.getlist("languages")}
    with reading() as session:
        lists = own_lists(session, "write")
        chosen = _chosen(lists, request.form.get("list", ""))
        return _page(session, lists, chosen, Form(values=values).refused(error, FIELDS))


def _page(session: Session, lists: Sequence[MailingList], chosen: MailingList | None, form: Form) -> str:
    earlier = [(str(issue.id), name_of(issue)) for issue in candidates(session, chosen.id)] if chosen else []
    return render_template("issues/new.html", lists=lists, list=chosen, form=form, earlier=earlier)


def _chosen(lists: Sequence[MailingList], slug: str) -> MailingList | None:
    """The list named, or the only one there is."""
    if len(lists) == 1 and not slug:
        return lists[0]
    return next((each for each in lists if each.slug == slug), None)
