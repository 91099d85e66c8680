"""Which list a page is about, and which lists are those of the person who asks."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from admin.context import person
from newsroom.deliveries import Delivery
from newsroom.errors import NotFound
from newsroom.issues import Issue
from newsroom.mailing_lists import MailingList, get_list

#: The list of a letter that is of none, as those to colleagues are.
NO_LIST = 0
#: What is foreign is told in the words for what does not exist.
NO_SUCH = {"issue": "There is no issue {}.", "list": "There is no mailing list {!r}.", "delivery": "There is no captured letter {}."}


def list_asked(session: Session, of: str, value: object) -> int | None:
    """The list of this issue, slug or letter; None where there is no such thing."""
    column, key = {
        "issue": (Issue.list_id, Issue.id),
        "list": (MailingList.id, MailingList.slug),
        "delivery": (func.coalesce(Delivery.list_id, NO_LIST), Delivery.id),
    }[of]
    return session.scalar(select(column).where(key == value))


def no_such(of: str, value: object) -> NotFound:
    return NotFound(NO_SUCH[of].format(value))


def own_lists(session: Session, permission: str) -> Sequence[MailingList]:
    """By slug, the lists on which the person who asks may do this."""
    mine = within(MailingList.id, person().lists(permission))
    return session.scalars(select(MailingList).where(mine).order_by(MailingList.slug)).all()


def own_list(session: Session, slug: str, permission: str) -> MailingList:
    """The list of this name, where this person may do this."""
    found = get_list(session, slug)
    if not person().may(permission, found.id):
        raise no_such("list", slug)
    return found


def within(column: InstrumentedAttribute[int] | InstrumentedAttribute[int | None], lists: frozenset[int] | None) -> ColumnElement[bool]:
    """The condition that something is of one of these lists; None is all of them."""
    return true() if lists is None else column.in_(sorted(lists))
