"""What the pages about subscribers, deliveries and captured letters read: by key, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, not_, select, text
from sqlalchemy.orm import Session

from admin.own_lists import within
from newsroom.deliveries import DELIVERY_LIFECYCLE, OPEN_STATES, TROUBLES, Delivery, in_state
from newsroom.issues import Issue
from newsroom.mailing_lists import MailingList
from newsroom.staff_letters import is_staff_letter
from subscribers.models import CONSENT, DELIVERABILITY, SUBSCRIPTION, UNUSUAL, Subscriber, Subscription, Suppression
from subscribers.searching import is_called

PAGE = 50
#: Up to so many people are looked up one by one; of more, some are soon met by walking.
FEW = 2_000


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some rows, and the key after which the next ones come."""

    rows: Sequence[Any]
    after: int | None


def page_of_people(session: Session, wanted: Mapping[str, str], *, lists: frozenset[int] | None, after: int) -> Page:
    """Subscriptions to these lists (None: to all) with their persons, newest first.

    `wanted` holds list, q, consent, subscription, deliverability. A few queries, whatever is asked: who is rare is looked up by
    an index, who is frequent is met soon by walking.
    """
    chosen = (
        select(Subscription, Subscriber, MailingList)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .join(MailingList, MailingList.id == Subscription.list_id)
        .where(within(Subscription.list_id, lists))
        .order_by(Subscription.id.desc())
    )
    chosen = chosen.where(Subscription.id < after) if after else chosen
    page = _page(session, _searched(session, chosen, wanted), key=lambda row: int(row[0].id))
    hashes = {person.address_hash for _, person, _ in page.rows}
    never = set(session.scalars(select(Suppression.address_hash).where(Suppression.address_hash.in_(hashes))))
    return Page(rows=[(*row, row[1].address_hash in never) for row in page.rows], after=page.after)


def page_of_deliveries(session: Session, issue_id: int, *, kind: str, state: str, after: int, counts: Mapping[str, int]) -> Page:
    """In the order of the audience; what waits from its end, where the sender has not been yet. Each by an index, however great.

    `counts` are those of the states: to learn that none of a million is in one would take a walk past all of them.
    """
    if state in DELIVERY_LIFECYCLE.states and state not in TROUBLES and not counts.get(state):
        return Page(rows=(), after=None)
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
        # No letter of an issue is ever captured: only its rehearsal is. The condition leads to the index.
        .where(Delivery.kind != "issue", Delivery.relay == "outbox", Delivery.state == "accepted", within(Delivery.list_id, lists))
        .order_by(Delivery.id.desc())
    )
    if issue_id:
        chosen = chosen.where(Delivery.issue_id == issue_id)
    if not with_staff_letters:
        chosen = chosen.where(not_(is_staff_letter()))
    return _page(session, chosen.where(Delivery.id < after) if after else chosen, key=lambda row: int(row[0].id))


def _searched(session: Session, chosen: Select[*tuple[Any, ...]], wanted: Mapping[str, str]) -> Select[*tuple[Any, ...]]:
    if wanted["list"]:
        chosen = chosen.where(Subscription.list_id == select(MailingList.id).where(MailingList.slug == wanted["list"]).scalar_subquery())
    if wanted["q"]:
        chosen = chosen.where(_those(session, is_called(wanted["q"])))
    if wanted["deliverability"] in DELIVERABILITY:
        chosen = chosen.where(_those(session, Subscriber.deliverability == wanted["deliverability"]))
    for name, column, known in (("consent", Subscription.consent, CONSENT), ("subscription", Subscription.state, SUBSCRIPTION)):
        if wanted[name] in known:
            chosen = chosen.where(column == wanted[name])
    if wanted["consent"] in ("unknown", "withdrawn") or wanted["subscription"] in ("paused", "left"):
        # It follows from these, and leads to the index.
        chosen = chosen.where(text(f"({UNUSUAL})"))
    return chosen


def _those(session: Session, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Where only a few people are so, those by their numbers; of many, the condition itself."""
    few = session.scalars(select(Subscriber.id).where(condition).limit(FEW + 1)).all()
    return Subscription.subscriber_id.in_(few) if len(few) <= FEW else condition


def _page(session: Session, chosen: Select[*tuple[Any, ...]], *, key: Any) -> Page:
    found = session.execute(chosen.limit(PAGE + 1)).all()
    return Page(rows=found[:PAGE], after=key(found[PAGE - 1]) if len(found) > PAGE else None)
