"""What people may change themselves: leave a list, their name, their language, their topics.

Each change locks the person, gives them a new version, changes, and then moves the letters not yet past the mark.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from newsroom.db import change
from newsroom.deliveries import DELIVERY_LIFECYCLE, Delivery, hold_in_order, suppress_open
from newsroom.errors import InvalidInput
from newsroom.issues import Actor, Issue
from newsroom.localized import checked_language
from newsroom.mailing_lists import MailingList
from subscribers.consent import THE_PERSON, record
from subscribers.locking import bump, locked
from subscribers.models import Subscriber, Subscription
from subscribers.names import checked_name


def subscription_of(session: Session, subscriber_id: int, list_id: int) -> Subscription | None:
    """This person on this list, as committed now."""
    chosen = select(Subscription).where(Subscription.subscriber_id == subscriber_id, Subscription.list_id == list_id)
    return session.scalar(chosen.execution_options(populate_existing=True))


def withdraw(
    session: Session,
    subscriber: Subscriber,
    list_id: int,
    *,
    source: str,
    now: datetime,
    by: Actor = THE_PERSON,
    language: str = "",
    wording: str = "",
    evidence: Mapping[str, Any] | None = None,
) -> bool:
    """Leave a list for good, letters under way included; False when the person was not on it any more. May be repeated."""
    if locked(session, subscriber.id) is None:
        return False
    subscription = subscription_of(session, subscriber.id, list_id)
    if subscription is None:
        return False
    changed = (subscription.consent, subscription.state) != ("withdrawn", "left")
    if changed:
        bump(session, subscriber, now=now)
        subscription.consent, subscription.state, subscription.updated_at = "withdrawn", "left", now
        record(
            session, subscriber, list_id, action="withdrawn", source=source, by=by, now=now,
            language=language, wording=wording, evidence=evidence,
        )  # fmt: skip
        session.flush()
    suppress_open(session, subscriber.id, list_id=list_id, reason="the person left the list", now=now)
    return changed


def change_name(session: Session, subscriber: Subscriber, name: str, *, now: datetime) -> bool:
    """Take a new name (empty: none); False when it is the same."""
    wanted = checked_name(name, place="name")
    if locked(session, subscriber.id) is None or subscriber.name == wanted:
        return False
    bump(session, subscriber, now=now)
    subscriber.name = wanted
    session.flush()
    return True


def change_language(session: Session, subscriber: Subscriber, language: str, *, now: datetime) -> bool:
    """Read in another language from now on, letters under way included where they exist in it."""
    checked_language(language, place="language")
    if locked(session, subscriber.id) is None or subscriber.language == language:
        return False
    bump(session, subscriber, now=now)
    subscriber.language = language
    session.flush()
    _turn_open_deliveries(session, subscriber.id, language)
    return True


def choose_topics(
    session: Session, subscriber: Subscriber, mailing_list: MailingList, topics: Iterable[str] | None, *, now: datetime
) -> bool:
    """Read about these topics only (None: about everything); letters under way are cut anew."""
    wanted = None if topics is None else tuple(sorted(set(topics)))
    unknown = set(wanted or ()) - {topic.slug for topic in mailing_list.topics}
    if unknown:
        raise InvalidInput.of(f"The list has no topic {', '.join(sorted(unknown))}.", place="topics")
    if locked(session, subscriber.id) is None:
        return False
    subscription = subscription_of(session, subscriber.id, mailing_list.id)
    if subscription is None or subscription.topics == wanted:
        return False
    bump(session, subscriber, now=now)
    subscription.topics, subscription.updated_at = wanted, now
    session.flush()
    under_way = _open_deliveries(subscriber.id, mailing_list.id)
    hold_in_order(session.connection(), *under_way)
    _change_open(session, under_way, cut=wanted)
    return True


def _turn_open_deliveries(session: Session, subscriber_id: int, language: str) -> None:
    under_way = select(Issue).join(Delivery, Delivery.issue_id == Issue.id).where(*_open_deliveries(subscriber_id, None)).distinct()
    # JSON columns cannot be compared on PostgreSQL: DISTINCT over ids, then the issues.
    ids = session.scalars(under_way.with_only_columns(Issue.id)).all()
    if len(ids) > 1:
        hold_in_order(session.connection(), *_open_deliveries(subscriber_id, None))
    for issue in session.scalars(select(Issue).where(Issue.id.in_(ids))):
        chosen = language if language in issue.renditions else issue.original
        if chosen in issue.renditions:
            where = (*_open_deliveries(subscriber_id, None), Delivery.issue_id == issue.id)
            _change_open(session, where, language=chosen, rendition_id=issue.renditions[chosen])


def _open_deliveries(subscriber_id: int, list_id: int | None) -> tuple[Any, ...]:
    # The states before the mark: exactly those that an unsubscription could still stop.
    where = (
        Delivery.subscriber_id == subscriber_id,
        Delivery.kind == "issue",
        Delivery.state.in_(DELIVERY_LIFECYCLE.sources("suppress")),
    )
    return where if list_id is None else (*where, Delivery.list_id == list_id)


def _change_open(session: Session, where: tuple[Any, ...], **values: Any) -> None:
    change(session, update(Delivery).where(*where).values(**values))
