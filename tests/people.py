"""Builders of lists and people for tests."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from newsroom.addresses import address_hash, parse_address
from newsroom.deliveries import Delivery
from newsroom.house import House
from newsroom.issues import Issue, IssueSection
from newsroom.keys import KeyRing
from newsroom.mailing_lists import MailingList, Topic, add_list
from newsroom.preparing import prepare_renditions
from newsroom.renditions import Rendition
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


def make_issue(session: Session, mailing_list: MailingList, *, now: datetime, slug: str = "spring", state: str = "sending") -> Issue:
    """An issue in every language of its list, with a rendition for each (their plan is no real letter)."""
    issue = Issue(
        list_id=mailing_list.id,
        slug=slug,
        state=state,
        languages=list(mailing_list.languages),
        subject="Spring",
        created_at=now,
        updated_at=now,
    )
    session.add(issue)
    session.flush()
    renditions = [
        Rendition(issue_id=issue.id, language=language, fingerprint=language, subject="Spring", plan=b"", size=0, compiled_at=now)
        for language in mailing_list.languages
    ]
    session.add_all(renditions)
    session.flush()
    issue.renditions = {rendition.language: rendition.id for rendition in renditions}
    return issue


def make_delivery(
    session: Session, issue: Issue, subscriber: Subscriber, *, now: datetime, state: str = "queued", **facts: Any
) -> Delivery:
    delivery = Delivery(
        issue_id=issue.id, list_id=issue.list_id, subscriber_id=subscriber.id, subscriber_version=subscriber.version,
        address=subscriber.address, domain=subscriber.domain, state=state, due_at=now, created_at=now,
        **{"kind": "issue", "language": "en", "rendition_id": issue.renditions["en"], **facts},
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    return delivery


def publish_issue(
    session: Session, house: House, mailing_list: MailingList, *, now: datetime, slug: str = "spring", state: str = "sent"
) -> Issue:
    """A real issue, compiled, in every language of its list: a greeting for all, a section on climate."""
    texts = {language: f"<p>{word} [[ name | reader ]].</p>" for language, word in GREETINGS.items()}
    issue = Issue(
        list_id=mailing_list.id, slug=slug, state=state, languages=list(mailing_list.languages), subject=SUBJECTS, created_at=now,
        updated_at=now, started_at=now if state in ("sending", "paused", "sent") else None,
    )  # fmt: skip
    issue.sections = [
        _section(0, "welcome", {"title": GREETINGS, "text": texts}, now),
        _section(
            1, "text", {"title": CLIMATE, "text": {code: f"<p>{word}</p>" for code, word in CLIMATE.items()}, "topics": ["climate"]}, now
        ),
    ]
    session.add(issue)
    session.flush()
    renditions = prepare_renditions(session, house.keys, house.settings.public_url, issue, now=now)
    issue.renditions = {language: rendition.id for language, rendition in renditions.items()}
    session.flush()
    return issue


def _section(position: int, kind: str, content: dict[str, Any], now: datetime) -> IssueSection:
    return IssueSection(uid=f"section{position}", position=position, kind=kind, content=content, updated_at=now)


GREETINGS = {"en": "Welcome", "fr": "Bienvenue", "es": "Bienvenidas", "ar": "أهلًا وسهلًا"}
CLIMATE = {"en": "Cooler streets", "fr": "Des rues plus fraîches", "es": "Calles más frescas", "ar": "شوارع أبرد"}
SUBJECTS = {"en": "Spring in the cities", "fr": "Le printemps des villes", "es": "Primavera en las ciudades", "ar": "الربيع في المدن"}
