"""The outbox: captured letters, as a mail reader shows them."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from admin import captured_letters, issue_pages, people_pages
from admin.context import desk, person, reading
from admin.permissions import permission
from admin.row_numbers import row_number
from newsroom.deliveries import Delivery
from newsroom.issues import Issue
from newsroom.messages import Parts, parts_of
from newsroom.sendqueue.transports.outbox import read_captured

routes = Blueprint("outbox", __name__)

VIEWS = ("letter", "text", "headers", "source")


@dataclass(frozen=True, kw_only=True)
class Captured:
    """One letter on the table; no parts when its file is gone."""

    delivery: Delivery
    parts: Parts | None

    def header(self, name: str) -> str:
        return self.parts.header(name) if self.parts else ""


@routes.get("/outbox")
@permission("see_people", of="any")
def index() -> str:
    return _page(None)


@routes.get("/outbox/<int:delivery_id>")
@permission("see_people", of="delivery")
def show(delivery_id: int) -> str:
    return _page(delivery_id)


def _page(delivery_id: int | None) -> str:
    issue_id = request.args.get("issue", None, row_number)
    after, view = request.args.get("after", 0, row_number), request.args.get("view", "letter")
    with reading() as session:
        issue = _issue(session, issue_id) if issue_id else None
        page = people_pages.page_of_captured(
            session, lists=person().lists("see_people"), issue_id=issue_id, after=after,
            with_staff_letters=captured_letters.sees_staff_letters(),
        )  # fmt: skip
        chosen = delivery_id or (page.rows[0][0].id if page.rows else None)
        return render_template(
            "outbox/index.html", page=page, open=_captured(session, chosen) if chosen else None, is_open=delivery_id is not None,
            view=view if view in VIEWS else "letter", views=VIEWS, issue=issue, subject=_subject, about=_about, after=after or None,
        )  # fmt: skip


def _issue(session: Session, issue_id: int) -> Issue | None:
    """The issue whose letters are shown, unless it is foreign."""
    issue = session.get(Issue, issue_id)
    return issue if issue and person().may("see_people", issue.list_id) else None


def _captured(session: Session, delivery_id: int) -> Captured:
    delivery = captured_letters.delivery_of(session, delivery_id)
    data = read_captured(desk().house.outbox_dir, delivery_id)
    return Captured(delivery=delivery, parts=parts_of(data) if data is not None else None)


def _subject(issue: Issue | None, language: str) -> str:
    return issue_pages.plain_subject(issue.subject, language, original=issue.original) if issue else ""


def _about(delivery: Delivery, issue: Issue | None) -> str:
    """What a letter is about: its issue's subject; of an invitation or a confirmation, which have none, its own."""
    if issue:
        return _subject(issue, delivery.language)
    data = read_captured(desk().house.outbox_dir, delivery.id)
    return parts_of(data).header("Subject") if data is not None else ""
