"""Things for tests to work with: each factory makes one, complete, in the given session; name only the facts a test is about."""

import itertools
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import update
from sqlalchemy.orm import Session

from admin import accounts
from admin.accounts import User
from newsroom import approval, issues
from newsroom.addresses import address_hash, parse_address
from newsroom.deliveries import Delivery
from newsroom.house import House
from newsroom.issues import OPERATOR, Issue, IssueSection
from newsroom.mailing_lists import MailingList, Topic, add_list
from newsroom.sections.registry import new_uid
from subscribers.models import ConsentRecord, Subscriber, Subscription, Suppression
from tests.conftest import NOON

PASSWORD = "four plain words here"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
LANGUAGES = ("en", "fr", "es", "ar")
_numbers = itertools.count(1)


def a_list(session: Session, *, topics: Mapping[str, Any] | Sequence[str] = (), **facts: Any) -> MailingList:
    """A list in English, unless the facts say otherwise; topics are slug -> title, or slugs."""
    number = next(_numbers)
    late = {
        name: facts.pop(name) for name in ("reply_to", "footer", "logo", "accent", "missing_translation", "arabic_months") if name in facts
    }
    wanted = {
        "slug": f"list-{number}",
        "title": f"Cities {number}",
        "from_name": "City Network",
        "from_address": "news@cities.example.org",
        "postal_address": "1 Quay Street, 1000 Riverton",
        "now": NOON,
    }
    mailing_list = add_list(session, **{**wanted, **facts})
    for name, value in late.items():
        setattr(mailing_list, name, value)
    titles = topics if isinstance(topics, Mapping) else {slug: slug.title() for slug in topics}
    for position, (slug, title) in enumerate(titles.items()):
        mailing_list.topics.append(Topic(slug=slug, title=title, position=position))
    session.flush()
    return mailing_list


def cities(session: Session, **facts: Any) -> MailingList:
    """The list `cities`, in four languages."""
    titles = {"en": "City Letter", "fr": "Lettre des villes", "es": "Carta de las ciudades", "ar": "رسالة المدن"}
    return a_list(session, **{"slug": "cities", "title": titles, "from_address": "news@example.org", "languages": LANGUAGES, **facts})


def a_user(
    session: Session, *, role: str = "administrator", email: str | None = None, name: str = "", password: str = PASSWORD, **facts: Any
) -> User:
    """A person of the staff who logs in with PASSWORD; its hash is a cheap one, for argon2 is slow on purpose."""
    address = parse_address(email or f"{role}-{next(_numbers)}@example.org")
    user = User(
        **{"created_at": NOON, "password_hash": _hash_of(password), **facts},
        email=address.addr_spec, email_key=address.key, name=name, role=role,
    )  # fmt: skip
    session.add(user)
    session.flush()
    return user


def a_subscriber(
    session: Session, house: House, *lists: MailingList, address: str | None = None, consent: str = "given", state: str = "active",
    topics: tuple[str, ...] | None = None, suppressed: bool = False, **facts: Any,
) -> Subscriber:  # fmt: skip
    """A person subscribed to these lists, with the consent that is said."""
    found = parse_address(address or f"reader-{next(_numbers)}@example.org")
    hashed = address_hash(house.keys, found.key)
    subscriber = Subscriber(
        **{"language": "en", "created_at": NOON, "updated_at": NOON} | facts,
        address=found.addr_spec, address_key=found.key, address_hash=hashed, domain=found.domain,
    )  # fmt: skip
    session.add(subscriber)
    session.flush()
    for mailing_list in lists:
        session.add(
            Subscription(
                subscriber_id=subscriber.id, list_id=mailing_list.id, consent=consent, state=state, topics=topics,
                created_at=NOON, updated_at=NOON,
            )
        )  # fmt: skip
        if consent != "unknown":
            session.add(_proof(subscriber, mailing_list, consent))
    if suppressed:
        session.add(Suppression(address_hash=hashed, reason="asked never to be written to", at=NOON))
    session.flush()
    return subscriber


def an_issue(
    session: Session, mailing_list: MailingList, *, sections: Sequence[tuple[str, Mapping[str, Any]]] | None = None, state: str = "draft",
    house: House | None = None, **facts: Any,
) -> Issue:  # fmt: skip
    """An issue of two short sections. States past approval go the real way and need the house; later ones are set as they are."""
    number = next(_numbers)
    wanted = {
        "slug": f"issue-{number}",
        "languages": list(mailing_list.languages),
        "subject": _in_each(mailing_list.languages, f"What cities did, part {number}"),
        "created_at": NOON,
        "updated_at": NOON,
    }
    issue = Issue(**{**wanted, **facts}, list_id=mailing_list.id)
    for position, (kind, content) in enumerate(sections or PLAIN_SECTIONS):
        row = IssueSection(uid=new_uid(), position=position, kind=kind, content=dict(content), updated_at=NOON)
        issue.sections.append(row)
    session.add(issue)
    session.flush()
    session.refresh(issue, ["mailing_list"])
    if state != "draft":
        _bring_to(session, issue, state, house)
    return issue


def a_delivery(
    session: Session, issue: Issue, *, to: Subscriber | None = None, state: str = "accepted", kind: str = "issue", **facts: Any
) -> Delivery:
    """A letter of this issue, to this person or to nobody we know."""
    wanted = {
        "list_id": issue.list_id, "language": issue.original, "rendition_id": issue.renditions.get(issue.original),
        "due_at": NOON, "created_at": NOON,
    }  # fmt: skip
    delivery = Delivery(**{**wanted, **_receiver(to), **facts}, issue_id=issue.id, kind=kind, state=state)
    session.add(delivery)
    session.flush()
    return delivery


PLAIN_SECTIONS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("welcome", {"title": "Dear colleagues", "text": "<p>Here is what happened.</p>"}),
    ("update", {"title": "The river festival returns", "text": "<p>Seven cities met by the water.</p>"}),
)


def _in_each(languages: Sequence[str], text: str) -> str | dict[str, str]:
    return text if len(languages) == 1 else dict.fromkeys(languages, text)


def _receiver(person: Subscriber | None) -> dict[str, Any]:
    if person is None:
        number = next(_numbers)
        return {"subscriber_id": 1_000_000 + number, "address": f"reader-{number}@example.org", "domain": "example.org"}
    return {"subscriber_id": person.id, "subscriber_version": person.version, "address": person.address, "domain": person.domain}


@cache
def _hash_of(password: str) -> str:
    return CHEAP.hash(accounts.checked_password(password))


def _proof(subscriber: Subscriber, mailing_list: MailingList, consent: str) -> ConsentRecord:
    return ConsentRecord(
        subscriber_id=subscriber.id, list_id=mailing_list.id, purpose="mail", action=consent, source="import", evidence={}, at=NOON
    )


def _bring_to(session: Session, issue: Issue, state: str, house: House | None) -> None:
    """Along the real road as far as it goes without a sender; beyond it the state is set."""
    if state == "discarded":
        issues.discard(session, issue, by=OPERATOR, now=NOON)
        return
    issues.submit(session, issue, by=OPERATOR, now=NOON)
    if state == "in_review":
        return
    if house is None:
        raise AssertionError("an approved issue needs the house: its bytes are made with its keys")
    approval.approve_issue(session, issue, keys=house.keys, public_url=house.settings.public_url, by=OPERATOR, now=NOON)
    if state not in ("approved", "cancelled"):
        issues.schedule(session, issue, at=NOON, by=OPERATOR, now=NOON)
    if state == "cancelled":
        issues.cancel(session, issue, by=OPERATOR, now=NOON)
    elif state not in ("approved", "scheduled"):
        session.execute(update(Issue).where(Issue.id == issue.id).values(state=state, started_at=NOON))
        session.refresh(issue)
