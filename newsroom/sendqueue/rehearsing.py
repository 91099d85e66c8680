"""Rehearsals and test letters: prepared at the caller's side, since only here anything is compiled; the sender finds ready bytes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from newsroom.addresses import parse_address
from newsroom.db import change
from newsroom.deliveries import Delivery, DeliveryEvent, hold_in_order
from newsroom.errors import InvalidInput, Refused
from newsroom.issues import Actor, Issue, IssueEvent
from newsroom.keys import KeyRing
from newsroom.preparing import prepare_renditions
from newsroom.sendqueue import refreshing
from newsroom.sendqueue.fanout import insert_audience

MOST_TEST_ADDRESSES = 20


def rehearse(session: Session, issue: Issue, *, keys: KeyRing, public_url: str, by: Actor, now: datetime) -> int:
    """Make everybody's letter and keep it in the outbox: nothing leaves the machine, the issue stays as it is; how many people.

    Replaces the previous rehearsal. Ring the sender once the transaction is committed.
    """
    renditions = _renditions(session, issue, keys, public_url, now)
    forget_rehearsal(session, issue.id)
    people = insert_audience(session, issue, "rehearsal", renditions, now=now)
    refreshing.begin(session, issue.id, "rehearsal", {"queued": people}, now=now)
    session.add(IssueEvent(issue_id=issue.id, at=now, action="rehearse", actor=by.name, user_id=by.user_id, detail=str(people)))
    return people


def forget_rehearsal(session: Session, issue_id: int) -> None:
    letters = (Delivery.issue_id == issue_id, Delivery.kind == "rehearsal")
    hold_in_order(session.connection(), *letters)
    rehearsed = select(Delivery.id).where(*letters)
    change(session, delete(DeliveryEvent).where(DeliveryEvent.delivery_id.in_(rehearsed)))
    change(session, delete(Delivery).where(Delivery.id.in_(rehearsed)))


def send_test(
    session: Session,
    issue: Issue,
    language: str,
    addresses: Sequence[str],
    *,
    keys: KeyRing,
    public_url: str,
    by: Actor,
    now: datetime,
) -> list[int]:
    """One marked letter to each address, its personal links inert; the deliveries' ids. Ring the sender after the commit."""
    if language not in issue.languages:
        raise InvalidInput.of(f"This issue has no {language} version.", place="language", hint=f"It has {', '.join(issue.languages)}.")
    if not addresses:
        raise InvalidInput.of("Give at least one address.", place="addresses")
    if len(addresses) > MOST_TEST_ADDRESSES:
        raise Refused(f"A test goes to at most {MOST_TEST_ADDRESSES} addresses; rehearse the issue to see everybody's letter.")
    rendition_id = _renditions(session, issue, keys, public_url, now)[language]
    tests = [_test_letter(issue, language, rendition_id, address, now) for address in dict.fromkeys(addresses)]
    session.add_all(tests)
    session.add(IssueEvent(issue_id=issue.id, at=now, action="test", actor=by.name, user_id=by.user_id, detail=", ".join(addresses)))
    session.flush()
    return [test.id for test in tests]


def _renditions(session: Session, issue: Issue, keys: KeyRing, public_url: str, now: datetime) -> dict[str, int]:
    """The approved bytes where there are any, else those of the content as it is now."""
    if issue.renditions:
        return dict(issue.renditions)
    return {language: made.id for language, made in prepare_renditions(session, keys, public_url, issue, now=now).items()}


def _test_letter(issue: Issue, language: str, rendition_id: int, text: str, now: datetime) -> Delivery:
    address = parse_address(text, place="addresses")
    return Delivery(
        kind="test", issue_id=issue.id, list_id=issue.list_id, rendition_id=rendition_id, address=address.addr_spec,
        domain=address.domain, language=language, state="queued", due_at=now, created_at=now,
    )  # fmt: skip
