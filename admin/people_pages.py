"""What the pages about subscribers, deliveries and captured letters read: by key, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, exists, not_, or_, select
from sqlalchemy.orm import Session

from admin.own_lists import within
from newsroom.deliveries import DELIVERY_LIFECYCLE, OPEN_STATES, TROUBLES, Delivery, in_state
from newsroom.issues import Issue
from newsroom.mailing_lists import MailingList
from newsroom.staff_letters import is_staff_letter
from subscribers.models import CONSENT, DELIVERABILITY, SUBSCRIPTION, Subscriber, Subscription, Suppression

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some rows, and the key after which the next ones come."""

    rows: Sequence[Row[Any]]
    after: int | None


def page_of_people(session: Session, wanted: Mapping[str, str], *, lists: frozenset[int] | None, after: int) -> Page:
    """Subscriptions to these lists (None: to all) with their persons, newest first.

    `wanted` holds list, q, consent, subscription, deliverability.
    """
    suppressed = exists().where(Suppression.address_hash == Subscriber.address_hash)
    chosen = (
        select(Subscription, Subscriber, MailingList, suppressed)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .join(MailingList, MailingList.id == Subscription.list_id)
        .where(within(Subscription.list_id, lists))
        .order_by(Subscription.id.desc())
    )
    chosen = chosen.where(Subscription.id < after) if after else chosen
    return _page(session, _searched(chosen, wanted), key=lambda row: int(row[0].id))


def page_of_deliveries(session: Session, issue_id: int, *, kind: str, state: str, after: int) -> Page:
    """In the order of the audience; what waits from its end, where the sender has not been yet. Each by an index, however great."""
    chosen = select(Delivery).where(Delivery.issue_id == issue_id, Delivery.kind == kind)
    if state in TROUBLES:
        chosen = chosen.where(in_state(state), Delivery.id > after).order_by(Delivery.id)
        return _page(session, chosen, key=lambda row: int(row[0].id))
    if state in DELIVERY_LIFECYCLE.states:
        chosen = chosen.where(in_state(state))
    person = Delivery.subscriber_id
    if state in OPEN_STATES:
        chosen = chosen.where(person < after) if after else chosen
        return _page(session, chosen.order_by(person.desc()), key=_person_of)
    return _page(session, chosen.where(person > after).order_by(person), key=_person_of)


def _person_of(row: Row[Any]) -> int:
    return int(row[0].subscriber_id)


def page_of_captured(session: Session, *, lists: frozenset[int] | None, issue_id: int | None, after: int, with_staff_letters: bool) -> Page:
    """Letters of these lists (None: of all) that were kept instead of sent, newest first, with the issue they are of.

    Staff letters are of no list; they hold links that open doors.
    """
    chosen = (
        select(Delivery, Issue)
        .outerjoin(Issue, Issue.id == Delivery.issue_id)
        .where(Delivery.relay == "outbox", Delivery.state == "accepted", within(Delivery.list_id, lists))
        .order_by(Delivery.id.desc())
    )
    if issue_id:
        chosen = chosen.where(Delivery.issue_id == issue_id)
    if not with_staff_letters:
        chosen = chosen.where(not_(is_staff_letter()))
    return _page(session, chosen.where(Delivery.id < after) if after else chosen, key=lambda row: int(row[0].id))


def _searched(chosen: Select[*tuple[Any, ...]], wanted: Mapping[str, str]) -> Select[*tuple[Any, ...]]:
    if wanted["list"]:
        chosen = chosen.where(MailingList.slug == wanted["list"])
    if wanted["q"]:
        needle = wanted["q"].casefold()
        chosen = chosen.where(
            or_(Subscriber.address_key.contains(needle, autoescape=True), Subscriber.name.icontains(needle, autoescape=True))
        )
    for name, column, known in (
        ("consent", Subscription.consent, CONSENT),
        ("subscription", Subscription.state, SUBSCRIPTION),
        ("deliverability", Subscriber.deliverability, DELIVERABILITY),
    ):
        if wanted[name] in known:
            chosen = chosen.where(column == wanted[name])
    return chosen


def _page(session: Session, chosen: Select[*tuple[Any, ...]], *, key: Any) -> Page:
    found = session.execute(chosen.limit(PAGE + 1)).all()
    return Page(rows=found[:PAGE], after=key(found[PAGE - 1]) if len(found) > PAGE else None)
