"""Builders of lists and people for tests."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from newsroom.addresses import address_hash, parse_address
from newsroom.keys import KeyRing
from newsroom.mailing_lists import MailingList, Topic, add_list
from subscribers.models import Subscriber, Subscription

LANGUAGES = ("en", "fr", "es", "ar")


def make_list(session: Session, *, now: datetime, slug: str = "cities", topics: tuple[str, ...] = (), **facts: Any) -> MailingList:
    given: dict[str, Any] = {
        "title": {"en": "City Letter", "fr": "Lettre des villes", "es": "Carta de las ciudades", "ar": "رسالة المدن"},
        "from_name": "City Network",
        "from_address": "news@example.org",
        "postal_address": "1 Harbour Street, Exampleton",
        "languages": LANGUAGES,
    }
    mailing_list = add_list(session, slug=slug, now=now, **{**given, **facts})
    mailing_list.topics = [Topic(slug=topic, title=topic.title(), position=place) for place, topic in enumerate(topics)]
    session.flush()
    return mailing_list


def make_subscriber(session: Session, keys: KeyRing, mailing_list: MailingList, address: str, *, now: datetime, **facts: Any) -> Subscriber:
    """A person who consented to the list; `consent`, `state` and `topics` go to the subscription, the rest to the person."""
    parsed = parse_address(address)
    chosen = {name: facts.pop(name) for name in ("consent", "state", "topics") if name in facts}
    subscriber = Subscriber(
        address=parsed.addr_spec, address_key=parsed.key, address_hash=address_hash(keys, parsed.key), domain=parsed.domain,
        created_at=now, updated_at=now, **{"language": "en", **facts},
    )  # fmt: skip
    subscription = Subscription(list_id=mailing_list.id, created_at=now, updated_at=now, **{"consent": "given", **chosen})
    subscriber.subscriptions = [subscription]
    session.add(subscriber)
    session.flush()
    return subscriber
