"""What would make a page slow comes after it: the page stands at once, with a note in the place, and asks for itself once more."""

from flask import request
from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from newsroom.issues import Issue
from subscribers.models import Subscription

#: A letter of so many sections is compiled while somebody waits for the page; a longer one after it.
SECTIONS_AT_ONCE = 12
#: So many people are counted for the page itself.
PEOPLE_AT_ONCE = 5_000


def asks_again() -> bool:
    """The page itself, or a step within it, by htmx: now everything is wanted."""
    return request.headers.get("HX-Request") == "true"


def may_compile(issue: Issue) -> bool:
    """Whether its letters are soon made, or soon read by the checks."""
    return asks_again() or len(issue.sections) <= SECTIONS_AT_ONCE


def may_show(issue: Issue) -> bool:
    """Whether a letter of it is at hand as it was approved, or soon made."""
    return bool(issue.renditions) or may_compile(issue)


def may_count(session: Session, list_id: int | None = None) -> bool:
    """Whether the people of this list (None: of all of them) are few enough to be counted for the page."""
    if asks_again():
        return True
    people = select(literal(1)).select_from(Subscription)
    chosen = people if list_id is None else people.where(Subscription.list_id == list_id)
    return session.scalar(chosen.offset(PEOPLE_AT_ONCE).limit(1)) is None
