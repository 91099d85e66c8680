"""Builders for tests of sending: a list, its people and an issue with real bytes, none of it compiled."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import Session

from newsroom.addresses import address_hash
from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.headers import Masthead, letter_head
from newsroom.house import House
from newsroom.issues import Issue, get_issue
from newsroom.rendering.compiled import CompiledLetter, SlotSpec, SpanSpec, slot_token, span_end, span_start
from newsroom.rendering.plan import Plan, dump
from newsroom.rendering.planning import build_plan
from newsroom.renditions import Rendition
from newsroom.sendqueue.fanout import start_issue
from newsroom.sendqueue.pace import Pace
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.sessions import open_session
from subscribers.models import Subscriber, Subscription
from tests.factories import cities

NONCE = "0badcafe"
PUBLIC_URL = "https://news.example.org"
Starter = Callable[..., Sender]


def letter_plan(language: str = "en", *, topics: tuple[str, ...] = (), padding: int = 0) -> Plan:
    """A short letter that greets by name and carries personal links; with topics, one section is about them."""
    slots = (SlotSpec(field="name", fallback="colleague"), SlotSpec(field="unsubscribe_url"), SlotSpec(field="view_url"))
    hello, leave, view = (slot_token(NONCE, number) for number in range(3))
    filler = "Words that fill a line of the letter.\n" * (padding // 38)
    begin, end = (span_start(NONCE, 0), span_end(NONCE, 0)) if topics else ("", "")
    html_section = f"<!--{begin}--><p>About topics</p><!--{end}-->" if topics else ""
    text_section = f"{begin}\nAbout topics\n{end}\n" if topics else ""
    compiled = CompiledLetter(
        language=language, subject=f"News for {hello}", preview_text="",
        html=f'<p lang="{language}">Dear {hello}</p>{html_section}<p>{filler}</p><a href="{leave}">x</a> <a href="{view}">v</a>',
        text=f"Dear {hello} ({language})\n{text_section}{filler}\n{leave}\n{view}\n",
        slots=slots, spans=(SpanSpec(topics=topics),) if topics else (), links=(),
    )  # fmt: skip
    masthead = Masthead(
        list_slug="cities", list_title="City Letter", from_name="City Network", from_address="news@example.org", reply_to="",
        issue_slug="spring", language=language, public_url=PUBLIC_URL, archive_url=f"{PUBLIC_URL}/archive/cities/",
    )  # fmt: skip
    return build_plan(
        compiled, nonce=NONCE, head=letter_head(masthead), domain="example.org", list_slug="cities", issue_slug="spring"
    )  # fmt: skip


def make_sendable_issue(
    session: Session, house: House, *, people: int, now: datetime, state: str = "scheduled", languages: Sequence[str] = ("en",),
    topics: tuple[str, ...] = (), padding: int = 0, slug: str = "spring",
) -> Issue:  # fmt: skip
    """A list of so many consenting people, and an issue whose approved bytes are there."""
    mailing_list = cities(session, slug=f"cities-{slug}", languages=tuple(languages), topics=topics)
    add_people(session, house, mailing_list.id, people, now=now, language=languages[0])
    issue = Issue(
        list_id=mailing_list.id, slug=slug, state=state, languages=list(languages), subject="News", created_at=now, updated_at=now,
        approved_at=now, scheduled_at=now, content_hash="0",
    )  # fmt: skip
    session.add(issue)
    session.flush()
    add_renditions(session, issue, now=now, topics=topics, padding=padding)
    return issue


def add_renditions(session: Session, issue: Issue, *, now: datetime, topics: tuple[str, ...] = (), padding: int = 0) -> None:
    made = {}
    for language in issue.languages:
        plan = dump(letter_plan(language, topics=topics, padding=padding))
        made[language] = Rendition(
            issue_id=issue.id, language=language, fingerprint=language, subject="News", plan=plan, size=len(plan), compiled_at=now
        )  # fmt: skip
    session.add_all(made.values())
    session.flush()
    issue.renditions = {language: rendition.id for language, rendition in made.items()}


def add_people(session: Session, house: House, list_id: int, number: int, *, now: datetime, language: str = "en") -> None:
    """person1@city1.example and so on, all consenting, in one statement each."""
    last = session.scalar(select(Subscriber.id).order_by(Subscriber.id.desc()).limit(1)) or 0
    people = []
    for place in range(last + 1, last + number + 1):
        address = f"person{place}@city{place % 7}.example"
        people.append(
            {
                "address": address, "address_key": address, "address_hash": address_hash(house.keys, address),
                "domain": address.partition("@")[2], "name": f"Person {place}", "language": language, "deliverability": "deliverable",
                "version": 1, "created_at": now, "updated_at": now,
            }
        )  # fmt: skip
    ids = session.scalars(insert(Subscriber).returning(Subscriber.id), people).all() if people else []
    joined = {"list_id": list_id, "consent": "given", "state": "active", "created_at": now, "updated_at": now}
    if ids:
        session.execute(insert(Subscription), [{"subscriber_id": number, **joined} for number in ids])


def worker_token(connection: Connection) -> str:
    return open_session(connection, host="test", process=1)


def states(session: Session, issue_id: int, kind: str = "issue") -> dict[str, int]:
    """How many letters are in each state."""
    found: dict[str, int] = {}
    for state in session.scalars(select(Delivery.state).where(Delivery.issue_id == issue_id, Delivery.kind == kind)):
        found[state] = found.get(state, 0) + 1
    return found


def started_issue(house: House, people: int = 10, **facts: Any) -> int:
    """An issue that is being sent, by whoever comes along."""
    with house.database.transaction() as session:
        issue = make_sendable_issue(session, house, people=people, now=utc_now(), **facts)
        start_issue(session, issue, now=utc_now())
        return issue.id


def add_urgent(house: House, issue_id: int) -> None:
    """A test letter, due now."""
    with house.database.transaction() as session:
        issue = get_issue(session, issue_id)
        session.add(
            Delivery(
                kind="test", issue_id=issue.id, list_id=issue.list_id, rendition_id=issue.renditions["en"], address="staff@example.org",
                domain="example.org", language="en", state="queued", due_at=utc_now(), created_at=utc_now(),
            )
        )  # fmt: skip


def states_of(house: House, issue_id: int, kind: str = "issue") -> dict[str, int]:
    with house.database.reading() as session:
        return states(session, issue_id, kind)


def eventually(holds: Callable[[], object], *, seconds: float = 60) -> None:
    """Wait until it holds; fails when it does not in time."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise AssertionError(f"it did not come true within {seconds} s")
        time.sleep(0.02)


@contextmanager
def senders(house: House, pace: Pace, **usual: Any) -> Iterator[Starter]:
    """A function that starts a sender, at this pace unless it is told another; each ends with the block."""
    running: list[Sender] = []

    def start(pace: Pace = pace, **facts: Any) -> Sender:
        sender = Sender(house, pace=pace, **{**usual, **facts})
        running.append(sender)
        sender.start()
        return sender

    try:
        yield start
    finally:
        for sender in running:
            sender.stop()
