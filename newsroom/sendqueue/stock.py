"""What a sender has claimed and not yet begun, and who waits for it."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Literal

from newsroom.sendqueue.claiming import Room
from newsroom.sendqueue.ledger import EXPRESS_KINDS, Claim

Sort = Literal["express", "rehearsal", "bulk"]
SMALL = 64
PER_CONNECTION = 32
MOST = 512


def sort_of(claim: Claim) -> Sort:
    if claim.kind in EXPRESS_KINDS:
        return "express"
    return "rehearsal" if claim.kind == "rehearsal" else "bulk"


class Stock:
    """Claims by sort. `wanted` is set when it is time for another round of claims."""

    def __init__(self, connections: int) -> None:
        self.capacity = min(MOST, PER_CONNECTION * connections)
        self.wanted = asyncio.Event()
        self.exhausted = True
        self._shelves: dict[Sort, deque[Claim]] = {"express": deque(), "rehearsal": deque(), "bulk": deque()}
        self._news = asyncio.Condition()
        self._closed = False
        self._in_hand: set[int] = set()

    @property
    def room(self) -> Room:
        return Room(
            express=SMALL - len(self._shelves["express"]),
            rehearsal=SMALL - len(self._shelves["rehearsal"]),
            bulk=self.capacity - len(self._shelves["bulk"]),
        )

    @property
    def held(self) -> list[int]:
        """Everything claimed and not done: on the shelves and in the carriers' hands."""
        return [claim.delivery_id for shelf in self._shelves.values() for claim in shelf] + list(self._in_hand)

    async def put(self, claims: Sequence[Claim], *, asked: Room) -> None:
        """What a round of claims brought. Nothing, on a full shelf, does not mean that there is nothing more."""
        self.exhausted = not claims and min(asked.express, asked.rehearsal, asked.bulk) > 0
        async with self._news:
            for claim in claims:
                self._shelves[sort_of(claim)].append(claim)
            self._news.notify_all()

    def take(self, sorts: Iterable[Sort]) -> Claim | None:
        """The next claim of the first of these sorts that has one."""
        if self._closed:
            return None
        for sort in sorts:
            if shelf := self._shelves[sort]:
                claim = shelf.popleft()
                self._in_hand.add(claim.delivery_id)
                if not self.exhausted and len(shelf) < self.capacity // 2:
                    self.wanted.set()
                return claim
        return None

    async def next(self, sorts: Iterable[Sort]) -> Claim | None:
        """As `take`, waiting for one; None when the stock is closed."""
        wished = tuple(sorts)
        async with self._news:
            while not self._closed:
                if (claim := self.take(wished)) is not None:
                    return claim
                await self._news.wait()
        return None

    def done(self, claim: Claim) -> None:
        self._in_hand.discard(claim.delivery_id)

    def drop_issue(self, issue_id: int | None) -> list[int]:
        """Take out what belongs to an issue that was stopped; the deliveries to give back."""
        bulk = self._shelves["bulk"]
        dropped = [claim.delivery_id for claim in bulk if claim.issue_id == issue_id]
        self._shelves["bulk"] = deque(claim for claim in bulk if claim.issue_id != issue_id)
        return dropped

    async def close(self) -> None:
        async with self._news:
            self._closed = True
            self._news.notify_all()
