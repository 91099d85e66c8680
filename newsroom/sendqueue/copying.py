"""A copy of an issue for one person who asks for it: express mail beside the issue, whose own rows stay as they are.

A copy is a delivery of kind `notice` with the issue's approved bytes. To a person of the list it is their own letter, with their
name, topics and links; to an address that staff typed it is nobody's, and its links change nothing.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from newsroom.addresses import Address, address_hash, parse_address
from newsroom.db import change
from newsroom.deliveries import OPEN_STATES, Delivery
from newsroom.errors import InvalidInput, Refused
from newsroom.issues import Actor, Issue, IssueEvent, get_issue
from newsroom.keys import KeyRing
from newsroom.mailing_lists import MailingList
from subscribers.audience import audience
from subscribers.locking import locked
from subscribers.models import Subscriber, Subscription, Suppression

ANOTHER_AFTER = timedelta(minutes=10)
FROM_STATES = ("sending", "sent")


def send_copy(session: Session, issue_id: int, to: str, *, language: str = "", keys: KeyRing, by: Actor, now: datetime) -> int:
    """The delivery of a copy to this address; Refused within ten minutes of the last one, so that two clicks are one copy.

    `language` is for addresses that nobody of the list has. Ring the sender after the commit.
    """
    issue = _copied(session, issue_id)
    address = parse_address(to, place="address")
    # Not the issue's row: its marks would wait. Whoever copies letters of this list does it one after the other.
    session.get_one(MailingList, issue.list_id, with_for_update={"key_share": True}, populate_existing=True)
    if session.scalar(select(Suppression.id).where(Suppression.address_hash == address_hash(keys, address.key))):
        raise Refused(f"{address.addr_spec} asked never to be written to.")
    person = _person(session, issue, address)
    _refuse_a_second(session, issue, address, person, now)
    copy = _to_person(session, issue, person, now) if person is not None else _to_stranger(issue, address, language, now)
    session.add(copy)
    session.add(
        IssueEvent(issue_id=issue.id, at=now, action="copy", actor=by.name, user_id=by.user_id, detail=address.addr_spec)
    )  # fmt: skip
    session.flush()
    return copy.id


def _copied(session: Session, issue_id: int) -> Issue:
    issue = get_issue(session, issue_id)
    if issue.state not in FROM_STATES:
        raise Refused(f"The issue is {issue.state.replace('_', ' ')}: copies are sent of an issue that is going out or was sent.")
    return issue


def _person(session: Session, issue: Issue, address: Address) -> Subscriber | None:
    """Whoever of this list has the address, held until the end; None for everybody else."""
    found = session.scalar(
        select(Subscriber.id)
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(Subscriber.address_key == address.key, Subscription.list_id == issue.list_id)
    )
    return locked(session, found) if found is not None else None


def _refuse_a_second(session: Session, issue: Issue, address: Address, person: Subscriber | None, now: datetime) -> None:
    whose = Delivery.subscriber_id == person.id if person else Delivery.subscriber_id.is_(None) & (Delivery.address == address.addr_spec)
    letters = session.scalars(select(Delivery).where(Delivery.issue_id == issue.id, Delivery.kind.in_(("issue", "notice")), whose)).all()
    for letter in letters:
        if letter.kind == "issue" and letter.state in OPEN_STATES:
            raise Refused(f"{address.addr_spec} has not had the issue's own letter yet: it is still under way.")
        if letter.kind == "notice" and (letter.state in OPEN_STATES or letter.created_at > now - ANOTHER_AFTER):
            raise Refused(f"A copy for {address.addr_spec} was asked for a moment ago. Another can be sent ten minutes after it.")


def _to_person(session: Session, issue: Issue, person: Subscriber, now: datetime) -> Delivery:
    receiving = audience(issue.list_id, languages=issue.languages, original=issue.original).where(Subscriber.id == person.id)
    row = session.execute(receiving).first()
    if row is None:
        raise Refused(f"{person.address} left the list, paused it, never consented, or cannot be reached: no copy was sent.")
    _part_from_issue(session, issue, person)
    return _copy(
        issue, row.language, now, subscriber_id=person.id, subscriber_version=row.subscriber_version, address=row.address,
        domain=row.domain, cut=row.topics,
    )  # fmt: skip


def _to_stranger(issue: Issue, address: Address, language: str, now: datetime) -> Delivery:
    return _copy(issue, language or issue.original, now, address=address.addr_spec, domain=address.domain)


def _part_from_issue(session: Session, issue: Issue, person: Subscriber) -> None:
    """One copy per issue and person is unique: an earlier one that is done keeps its person, bytes and links, not its issue."""
    earlier = update(Delivery).where(Delivery.issue_id == issue.id, Delivery.kind == "notice", Delivery.subscriber_id == person.id)
    change(session, earlier.values(issue_id=None))


def _copy(issue: Issue, language: str, now: datetime, **receiver: object) -> Delivery:
    if language not in issue.renditions:
        raise InvalidInput.of(f"This issue has no {language} version.", place="language", hint=f"It has {', '.join(issue.languages)}.")
    return Delivery(
        kind="notice", issue_id=issue.id, list_id=issue.list_id, rendition_id=issue.renditions[language], language=language,
        state="queued", due_at=now, created_at=now, **receiver,
    )  # fmt: skip
