"""Notices of the person who asks: what waits for them, and what they were told before."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import notifying
from admin.context import person, reading, tell, transaction, visitor
from admin.permissions import permission
from admin.speaking import tp
from newsroom import notices
from newsroom.clock import utc_now
from newsroom.issues import Issue
from newsroom.mailing_lists import MailingList
from newsroom.notices import Notice

routes = Blueprint("notices", __name__)


@routes.get("/notices")
@permission("own_account", of="self")
def index() -> str:
    with reading() as session:
        found = _mine(session)
        return render_template(
            "notices/index.html", notices=found, zones=_zones(session, found), page_of=notifying.page_of, facts_of=notifying.facts_of
        )


@routes.post("/notices/read")
@permission("own_account", of="self")
def read() -> Response:
    with transaction(quiet=True) as session:
        notices.mark_read(session, person().id, now=utc_now())
    tell(tp("notices.all_read"))
    return redirect(url_for("notices.index"))


routes.after_app_request(notifying.ring_for_letters)


@routes.app_context_processor
def _count() -> dict[str, object]:
    return {"unread_notices": _unread}


def _unread() -> int:
    """For the rail: one query by an index that holds only what is unread."""
    asking = visitor()
    if asking is None:
        return 0
    with reading() as session:
        return notices.unread(session, asking.id, utc_now())


def _mine(session: Session) -> list[Notice]:
    """Without those about issues of lists that this person may no longer read."""
    found = notices.notices_of(session, person().id, now=utc_now())
    numbers = {notice.issue_id for notice in found if notice.issue_id is not None}
    lists: dict[int, int] = dict(session.execute(select(Issue.id, Issue.list_id).where(Issue.id.in_(numbers))).all())
    return [one for one in found if one.issue_id is None or (one.issue_id in lists and person().may("read", lists[one.issue_id]))]


def _zones(session: Session, found: Sequence[Notice]) -> Mapping[int | None, str]:
    """By issue, the clock that its own pages show."""
    numbers = {notice.issue_id for notice in found if notice.issue_id is not None}
    chosen = select(Issue.id, MailingList.timezone).join(MailingList, MailingList.id == Issue.list_id).where(Issue.id.in_(numbers))
    zones: dict[int | None, str] = dict(session.execute(chosen).all())
    return zones
