"""A chunk of an import against what is stored: first what would change (reading only), then the change, set by set.

An import never lowers a withdrawn consent to given, never lifts a suppression, and changes nothing when it is run again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Row, and_, insert, select, update
from sqlalchemy.orm import Session

from newsroom.db import change
from newsroom.deliveries import suppress_open_of
from newsroom.issues import Actor
from subscribers.locking import bump_all
from subscribers.models import ConsentRecord, Subscriber, Subscription
from subscribers.rows import Person
from subscribers.suppression import suppressed_among
from subscribers.writing import insert_new

MODES = ("active", "withdrawn", "undeliverable")

Stored = Row[int, str, str, str, str, int | None, str | None, tuple[str, ...] | None]


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the people of an import come from: the evidence of their consent."""

    list_id: int
    original: str
    mode: str
    file: str
    digest: str
    by: Actor
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What a chunk would do. `changed` pairs the id of a person we know with what the file says now."""

    added: list[Person] = field(default_factory=list)
    changed: list[tuple[Stored, Person]] = field(default_factory=list)
    unchanged: int = 0
    withdrawn: int = 0
    suppressed: int = 0


def changes_of(session: Session, people: Sequence[Person], source: Source) -> Changes:
    """Compare a chunk with what is stored; reads only."""
    known = {row.address_key: row for row in _stored(session, source.list_id, [person.address.key for person in people])}
    suppressed = suppressed_among(session, [person.hash for person in people])
    sorted_out: dict[str, list[tuple[Stored | None, Person]]] = {}
    for person in people:
        row = known.get(person.address.key)
        sorted_out.setdefault(_fate(row, person, source, suppressed), []).append((row, person))
    return Changes(
        added=[person for _, person in sorted_out.get("added", [])],
        changed=[(row, person) for row, person in sorted_out.get("changed", []) if row is not None],
        **{fate: len(sorted_out.get(fate, [])) for fate in ("unchanged", "withdrawn", "suppressed")},
    )


def store(session: Session, changes: Changes, source: Source) -> None:
    """Make the changes; people who became withdrawn or undeliverable leave the letters under way."""
    ids = _known_ids(changes) | _insert_people(session, changes.added, source)
    bump_all(session, [row.id for row, _ in changes.changed], now=source.now)
    if source.mode == "undeliverable":
        _mark_undeliverable(session, [row.id for row, _ in changes.changed], source)
    if source.mode == "active":
        _update_people(session, changes, source)
    people = changes.added if source.mode == "undeliverable" else [*changes.added, *(person for _, person in changes.changed)]
    decided = _subscribe(session, people, ids, source)
    _record(session, [person for person in people if ids[person.address.key] in decided], ids, source)


def _stored(session: Session, list_id: int, keys: Collection[str]) -> Sequence[Stored]:
    joined = and_(Subscription.subscriber_id == Subscriber.id, Subscription.list_id == list_id)
    return session.execute(
        select(
            Subscriber.id, Subscriber.address_key, Subscriber.name, Subscriber.language, Subscriber.deliverability,
            Subscription.id.label("subscription_id"), Subscription.consent, Subscription.topics,
        ).outerjoin(Subscription, joined).where(Subscriber.address_key.in_(keys))
    ).all()  # fmt: skip


def _fate(row: Stored | None, person: Person, source: Source, suppressed: Collection[str]) -> str:
    if person.hash in suppressed and source.mode == "active":
        return "suppressed"
    if row is None:
        return "suppressed" if person.hash in suppressed else "added"
    if source.mode == "undeliverable":
        return "unchanged" if row.deliverability == "undeliverable" else "changed"
    if source.mode == "withdrawn":
        return "unchanged" if row.consent == "withdrawn" else "changed"
    if row.consent == "withdrawn":
        return "withdrawn"
    return "changed" if row.consent != "given" or _facts(row, person) != _facts(row, None) else "unchanged"


def _facts(row: Stored, person: Person | None) -> tuple[str, str, tuple[str, ...] | None]:
    """Name, language and topics after the import: what the file leaves open stays."""
    if person is None:
        return row.name, row.language, row.topics
    return person.name or row.name, person.language or row.language, person.topics if person.says_topics else row.topics


def _known_ids(changes: Changes) -> dict[str, int]:
    return {person.address.key: row.id for row, person in changes.changed}


def _insert_people(session: Session, people: Sequence[Person], source: Source) -> dict[str, int]:
    if not people:
        return {}
    deliverability = "undeliverable" if source.mode == "undeliverable" else "deliverable"
    rows = [
        {
            "address": person.address.addr_spec, "address_key": person.address.key, "address_hash": person.hash,
            "domain": person.address.domain, "name": person.name, "language": person.language or source.original,
            "deliverability": deliverability, "version": 1, "created_at": source.now, "updated_at": source.now,
        }
        for person in people
    ]  # fmt: skip
    session.execute(insert_new(session, Subscriber, unique=("address_key",)), rows)
    # Read back rather than RETURNING: a rival may have added some of them a moment ago.
    chosen = select(Subscriber.address_key, Subscriber.id).where(Subscriber.address_key.in_([row["address_key"] for row in rows]))
    return dict(session.execute(chosen).all())


def _update_people(session: Session, changes: Changes, source: Source) -> None:
    people, subscriptions = [], []
    for row, person in changes.changed:
        name, language, topics = _facts(row, person)
        if (name, language) != (row.name, row.language):
            people.append({"id": row.id, "name": name, "language": language})
        if row.subscription_id is not None and topics != row.topics:
            subscriptions.append({"id": row.subscription_id, "topics": topics, "updated_at": source.now})
    if people:
        session.execute(update(Subscriber), people)
    if subscriptions:
        session.execute(update(Subscription), subscriptions)


def _mark_undeliverable(session: Session, ids: Sequence[int], source: Source) -> None:
    change(session, update(Subscriber).where(Subscriber.id.in_(ids)).values(deliverability="undeliverable"))
    suppress_open_of(session, ids, reason="the address was imported as undeliverable", now=source.now)


def _subscribe(session: Session, people: Sequence[Person], ids: dict[str, int], source: Source) -> set[int]:
    """Put people on the list, or off it; the ids of those whose consent this import decided."""
    if not people:
        return set()
    consent, state = _STANDINGS[source.mode]
    rows = [
        {
            "subscriber_id": ids[person.address.key], "list_id": source.list_id, "consent": consent, "state": state,
            "topics": person.topics, "created_at": source.now, "updated_at": source.now,
        }
        for person in people
    ]  # fmt: skip
    adding = insert_new(session, Subscription, unique=("subscriber_id", "list_id")).returning(Subscription.subscriber_id)
    decided = set(session.scalars(adding, rows))
    rest = {ids[person.address.key] for person in people} - decided
    return decided | _change_consent(session, sorted(rest), source)


def _change_consent(session: Session, ids: Sequence[int], source: Source) -> set[int]:
    if not ids:
        return set()
    consent, state = _STANDINGS[source.mode]
    onto_list = update(Subscription).where(Subscription.list_id == source.list_id, Subscription.subscriber_id.in_(ids))
    if source.mode == "active":
        # The condition stands in the statement itself: a withdrawal committed a moment ago is not overwritten.
        chosen = onto_list.where(Subscription.consent == "unknown").values(consent=consent, updated_at=source.now)
    else:
        chosen = onto_list.where(Subscription.consent != "withdrawn").values(consent=consent, state=state, updated_at=source.now)
    decided = set(session.scalars(chosen.returning(Subscription.subscriber_id), execution_options={"synchronize_session": False}))
    if source.mode == "withdrawn":
        suppress_open_of(session, ids, list_id=source.list_id, reason="the person left the list", now=source.now)
    return decided


def _record(session: Session, people: Sequence[Person], ids: dict[str, int], source: Source) -> None:
    """The proof: which file, which line of it, its digest, who brought it, and when."""
    if source.mode == "undeliverable" or not people:
        return
    action = "given" if source.mode == "active" else "withdrawn"
    rows = [
        {
            "subscriber_id": ids[person.address.key], "list_id": source.list_id, "purpose": "mail", "action": action,
            "source": "import", "language": person.language or source.original, "wording": "",
            "evidence": {"file": source.file, "line": person.line, "sha256": source.digest},
            "actor": source.by.name, "at": source.now,
        }
        for person in people
    ]  # fmt: skip
    session.execute(insert(ConsentRecord), rows)


_STANDINGS = {"active": ("given", "active"), "withdrawn": ("withdrawn", "left"), "undeliverable": ("unknown", "active")}
