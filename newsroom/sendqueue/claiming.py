"""One round of claims: what is due, for whom as they are now, by which relay, in which bytes, as far as the throttles allow."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from newsroom.db import Database
from newsroom.deliveries import DELIVERY_LIFECYCLE, Delivery
from newsroom.issues import Issue
from newsroom.sendqueue.claim_rounds import PRUNE_EVERY, held_by, prune
from newsroom.sendqueue.claims import (
    Picked,
    as_claimed,
    as_of_now,
    differs,
    pick_back,
    pick_express,
    pick_fresh,
    pick_kinds,
    plan_by_keys,
    seconds_to_next,
    take,
    write_changes,
)
from newsroom.sendqueue.ledger import Claim, moving, suppress_claimed
from newsroom.sendqueue.letters import LetterMaker
from newsroom.sendqueue.limits import Limits, open_limits
from newsroom.sendqueue.number_lists import among, listed
from newsroom.sendqueue.room import Room
from newsroom.sendqueue.sweeping import requeue_deferred
from newsroom.sendqueue.throttle_buckets import give_back
from newsroom.sendqueue.walking import Walk
from newsroom.sendqueue.ways import Ways

REQUEUE_EVERY = 10.0
NOT_BEFORE_ASKED = 3600.0
SOONEST = 0.1
GONE = "this person no longer receives the list"
NOTHING_CHOSEN = "none of the topics that this person chose is in this issue"


@dataclass(frozen=True, kw_only=True)
class Sending:
    """What a claim needs to know of an issue that is being sent."""

    id: int
    languages: Sequence[str]
    renditions: Mapping[str, int]
    updated_at: datetime


@dataclass
class Claimer:
    """Claims for one worker session. Used by one thread at a time; remembers how far into each issue it has claimed.

    `wake_in`: after so many seconds there may be something to claim that no bell announces, since a throttle opens then.
    """

    database: Database
    token: str
    letters: LetterMaker
    wake_in: float = NOT_BEFORE_ASKED
    _walks: dict[int, Walk] = field(default_factory=dict)
    _requeued_at: float = float("-inf")
    _turn: int = 0
    _in_doubt: bool = False

    def claim_round(self, room: Room, held: Collection[int], *, in_doubt: bool = False) -> list[Claim]:
        """Claims by the room there is, ready to be made into letters. `held` are those the sender has already.

        `in_doubt`: something that the sender no longer holds may not have been given back.
        """
        in_doubt, self._in_doubt = in_doubt or self._in_doubt, True
        with self.database.engine.begin() as connection:
            plan_by_keys(connection)
            if in_doubt:
                self._give_back_strays(connection, held)
            self._keep_house(connection)
            found = self._claim(connection, room)
        self._in_doubt = False
        return found

    def _give_back_strays(self, connection: Connection, held: Collection[int]) -> None:
        """What this session has claimed and nobody here holds: of a round committed without our knowing, or never given back."""
        self._walks.clear()
        unmarked = Delivery.state.in_(DELIVERY_LIFECYCLE.sources("mark"))
        mine = connection.scalars(select(Delivery.id).where(held_by(connection, self.token), unmarked)).all()
        if strays := set(mine) - set(held):
            give_back(connection, self.token, strays)
            back = moving("release").where(among(Delivery.__table__.c.id, "numbers"), unmarked, Delivery.worker_token == self.token)
            connection.execute(back.values(worker_token=None, claimed_at=None), {"numbers": listed(strays)})

    def _keep_house(self, connection: Connection) -> None:
        self._turn += 1
        if self._turn % PRUNE_EVERY == 0:
            prune(connection, self.token)
        if time.monotonic() - self._requeued_at > REQUEUE_EVERY:
            requeue_deferred(connection)
            self._requeued_at = time.monotonic()

    def _claim(self, connection: Connection, room: Room) -> list[Claim]:
        issues = {row.id: Sending(**row._mapping) for row in connection.execute(_SENDING)}  # noqa: SLF001 - SQLAlchemy's public name
        ways, limits = Ways.by(room), open_limits(connection)
        if limits is not None:
            limits.hold(issues, ways.fit)
            ways.narrow(limits.room_of_relay)
        rows = self._pick(connection, room, issues, ways, limits)
        if gone := [row for row in rows if row.is_gone]:
            rows = [row for row in rows if not row.is_gone]
        if limits is not None:
            rows = limits.admit(rows)
        chosen = [(row, relay) for row in rows if (relay := ways.place(row)) is not None]
        found = self._take(connection, [(row, _claimed(self.token, row, issues, relay)) for row, relay in chosen], gone, limits)
        self.wake_in = NOT_BEFORE_ASKED if limits is None else max(SOONEST, self._wake_in(connection, issues, limits, found))
        return found

    def _pick(self, connection: Connection, room: Room, issues: Mapping[int, Sending], ways: Ways, limits: Limits | None) -> list[Picked]:
        """Every issue gets its share of the room; what one does not need, the next may use."""
        rows = pick_express(connection, room.express) + pick_kinds(connection, ("rehearsal",), room.rehearsal)
        bulk: list[Picked] = []
        self._walks = {issue_id: walk for issue_id, walk in self._walks.items() if issue_id in issues}
        in_turn = sorted(issues)
        for place in range(len(in_turn)):
            issue_id = in_turn[(place + self._turn) % len(in_turn)]
            share = (ways.room - len(bulk)) // (len(in_turn) - place)
            most = share if limits is None else min(share, limits.room_of("issue", str(issue_id)))
            bulk += self._pick_of(connection, issues[issue_id], most, ways)
        return rows + bulk

    def _pick_of(self, connection: Connection, issue: Sending, most: int, ways: Ways) -> list[Picked]:
        if most <= 0:
            return []
        walk = self._walks.get(issue.id)
        if walk is None or walk.moved_at != issue.updated_at:
            walk = self._walks[issue.id] = Walk(issue.updated_at)
        rows = pick_back(connection, issue.id, most, full=ways.full)
        now, left = time.monotonic(), most - len(rows)
        if left and not walk.rests(now):
            fresh = pick_fresh(connection, issue.id, left, after=walk.reached)
            walk.stepped(fresh, left, now)
            rows += fresh
        return rows

    def _take(
        self, connection: Connection, chosen: Sequence[tuple[Picked, Claim]], gone: Sequence[Picked], limits: Limits | None
    ) -> list[Claim]:
        """Hold them all; who gets no letter is told so at once, and what the others are sent stands in their rows."""
        numbers = [row.delivery_id for row in gone] + [row.delivery_id for row, _ in chosen]
        if not take(connection, self.token, numbers):
            return []
        self.letters.learn(connection, {one.rendition_id for _, one in chosen})
        empty = {one.delivery_id for _, one in chosen if one.cut is not None and not self.letters.has_content(one)}
        if gone:
            suppress_claimed(connection, self.token, [row.delivery_id for row in gone], GONE)
        if empty:
            suppress_claimed(connection, self.token, empty, NOTHING_CHOSEN)
        write_changes(connection, [one for row, one in chosen if differs(row, one)])
        found = [one for _, one in chosen if one.delivery_id not in empty]
        if limits is not None:
            limits.settle(found)
        return found

    def _wake_in(self, connection: Connection, issues: Mapping[int, Sending], limits: Limits, found: Sequence[Claim]) -> float:
        """When the next letter may go that is held back now; at once where this round only lined letters up."""
        if limits.postponed and not found:
            return 0.0
        moments = [limits.opens_in(), *(seconds_to_next(connection, issue_id) for issue_id in issues)]
        return min((moment for moment in moments if moment is not None), default=NOT_BEFORE_ASKED)


_SENDING = select(Issue.id, Issue.languages, Issue.renditions, Issue.updated_at).where(Issue.state == "sending")


def _claimed(token: str, row: Picked, issues: Mapping[int, Sending], relay: str) -> Claim:
    """A rehearsal or a copy keeps the bytes it was made with, and so its language; what has no list, all that it was written with."""
    if row.kind == "issue" and row.issue_id is not None:
        issue = issues[row.issue_id]
        own = row.language_now or ""
        language = own if own in issue.languages else issue.languages[0]
        return as_of_now(token, row, language, issue.renditions.get(language), relay)
    if row.is_of_the_list:
        return as_of_now(token, row, row.language, row.rendition_id, relay)
    return as_claimed(token, row, relay)
