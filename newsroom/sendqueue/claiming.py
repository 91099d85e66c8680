"""One round of claims: what is due, for whom as they are now, in which bytes."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from newsroom.db import Database
from newsroom.deliveries import DELIVERY_LIFECYCLE, Delivery
from newsroom.issues import Issue
from newsroom.sendqueue.ledger import EXPRESS_KINDS, Claim, Position, claim, moving, suppress_claimed
from newsroom.sendqueue.letters import LetterMaker
from newsroom.sendqueue.room import Room
from newsroom.sendqueue.sweeping import requeue_deferred
from subscribers.audience import audience
from subscribers.models import Subscriber

REQUEUE_EVERY = 10.0
GONE = "this person no longer receives the list"
NOTHING_CHOSEN = "none of the topics that this person chose is in this issue"


@dataclass
class Claimer:
    """Claims for one worker session. Used by one thread at a time; remembers how far into each issue it has claimed."""

    database: Database
    token: str
    letters: LetterMaker
    _reached: dict[int, Position] = field(default_factory=dict)
    _requeued_at: float = float("-inf")
    _turn: int = 0
    _in_doubt: bool = False

    def claim_round(self, room: Room, held: Collection[int]) -> list[Claim]:
        """Claims by the room there is, ready to be made into letters. `held` are those the sender has already."""
        in_doubt, self._in_doubt = self._in_doubt, True
        with self.database.engine.begin() as connection:
            if in_doubt:
                self._give_back_strays(connection, held)
            self._requeue(connection)
            issues = connection.execute(_SENDING).all()
            bulk = sum(room.bulk.values())
            claims = [*self._claim_small(connection, room), *self._claim_bulk(connection, [issue.id for issue in issues], bulk)]
            claims = self._as_they_are_now(connection, claims)
            claims = self._with_content(connection, claims)
        self._in_doubt = False
        return claims

    def _give_back_strays(self, connection: Connection, held: Collection[int]) -> None:
        """The last round may have been committed without our knowing: what this session has claimed and nobody here holds."""
        self._reached.clear()
        mine = moving("release").where(Delivery.worker_token == self.token, Delivery.state.in_(DELIVERY_LIFECYCLE.sources("mark")))
        connection.execute(mine.where(Delivery.id.not_in(held)).values(worker_token=None, claimed_at=None))

    def _requeue(self, connection: Connection) -> None:
        if time.monotonic() - self._requeued_at > REQUEUE_EVERY:
            requeue_deferred(connection)
            self._requeued_at = time.monotonic()
            self._reached.clear()

    def _claim_small(self, connection: Connection, room: Room) -> list[Claim]:
        claims = claim(connection, self.token, kinds=EXPRESS_KINDS, limit=room.express) if room.express > 0 else []
        if room.rehearsal > 0:
            claims += claim(connection, self.token, kinds=("rehearsal",), limit=room.rehearsal)
        return claims

    def _claim_bulk(self, connection: Connection, issues: Sequence[int], room: int) -> list[Claim]:
        """Every issue gets its share; what one does not need, the next may use."""
        claims: list[Claim] = []
        self._turn += 1
        for place in range(len(issues)):
            issue_id = issues[(place + self._turn) % len(issues)]
            share = (room - len(claims)) // (len(issues) - place)
            if share > 0:
                claims += self._claim_of(connection, issue_id, share)
        return claims

    def _claim_of(self, connection: Connection, issue_id: int, limit: int) -> list[Claim]:
        after = self._reached.get(issue_id)
        claims = claim(connection, self.token, kinds=("issue",), issue_id=issue_id, limit=limit, after=after)
        if len(claims) < limit and after is not None:
            # The end of the walk: look once more from the beginning for rows that came back.
            claims += claim(connection, self.token, kinds=("issue",), issue_id=issue_id, limit=limit - len(claims))
        if len(claims) < limit:
            self._reached.pop(issue_id, None)
        else:
            self._reached[issue_id] = claims[-1].position
        return claims

    def _as_they_are_now(self, connection: Connection, claims: Sequence[Claim]) -> list[Claim]:
        """Name, address, language and topics as of this moment; who may no longer receive gets nothing."""
        current = [found for found in claims if found.subscriber_id is None]
        for issue_id in {found.issue_id for found in claims if found.subscriber_id is not None}:
            of_issue = [found for found in claims if found.issue_id == issue_id and found.subscriber_id is not None]
            current += self._people_of(connection, issue_id, of_issue)
        return current

    def _people_of(self, connection: Connection, issue_id: int | None, claims: Sequence[Claim]) -> list[Claim]:
        issue = connection.execute(_ISSUE, {"issue": issue_id}).first() if issue_id is not None else None
        if issue is None:
            return list(claims)
        people = _people(connection, issue, [found.subscriber_id for found in claims])
        gone = [found.delivery_id for found in claims if found.subscriber_id not in people]
        if gone:
            suppress_claimed(connection, self.token, gone, GONE)
        current = [(found, _now(found, people[found.subscriber_id], issue)) for found in claims if found.subscriber_id in people]
        _write_changes(connection, [after for before, after in current if replace(after, name=before.name) != before])
        return [after for _, after in current]

    def _with_content(self, connection: Connection, claims: Sequence[Claim]) -> list[Claim]:
        self.letters.learn(connection, (found.rendition_id for found in claims))
        empty = {found.delivery_id for found in claims if not self.letters.has_content(found)}
        if empty:
            suppress_claimed(connection, self.token, empty, NOTHING_CHOSEN)
        return [found for found in claims if found.delivery_id not in empty]


_FACTS = (Issue.id, Issue.list_id, Issue.languages, Issue.renditions)
_SENDING = select(*_FACTS).where(Issue.state == "sending").order_by(Issue.id)
_ISSUE = select(*_FACTS).where(Issue.id == bindparam("issue"))


def _people(connection: Connection, issue: Any, subscribers: Iterable[int | None]) -> Mapping[int | None, Row[Any]]:
    receiving = audience(issue.list_id, languages=issue.languages, original=issue.languages[0]).subquery("receiving")
    wanted = (
        select(receiving, Subscriber.name)
        .join(Subscriber, Subscriber.id == receiving.c.subscriber_id)
        .where(receiving.c.subscriber_id.in_([number for number in subscribers if number is not None]))
    )
    return {row.subscriber_id: row for row in connection.execute(wanted)}


def _now(found: Claim, person: Any, issue: Any) -> Claim:
    """A rehearsal keeps the bytes it was prepared with, and so its language."""
    language, rendition_id = found.language, found.rendition_id
    if found.kind == "issue":
        language, rendition_id = person.language, issue.renditions.get(person.language)
    return replace(
        found, subscriber_version=person.subscriber_version, address=person.address, domain=person.domain, name=person.name,
        language=language, rendition_id=rendition_id, cut=person.topics,
    )  # fmt: skip


def _write_changes(connection: Connection, changed: Sequence[Claim]) -> None:
    if changed:
        names = ("subscriber_version", "address", "domain", "language", "rendition_id", "cut")
        connection.execute(_CHANGE, [{"the_id": c.delivery_id} | {f"the_{name}": getattr(c, name) for name in names} for c in changed])


_DELIVERIES = Delivery.metadata.tables[Delivery.__tablename__]
_CHANGE = (
    update(_DELIVERIES)
    .where(_DELIVERIES.c.id == bindparam("the_id"))
    .values(
        {
            name: bindparam(f"the_{name}", type_=_DELIVERIES.c[name].type)
            for name in ("subscriber_version", "address", "domain", "language", "rendition_id", "cut")
        }
    )
)
