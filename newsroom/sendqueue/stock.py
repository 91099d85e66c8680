"""What a sender has claimed and not yet begun, by relay, and who waits for it.

Nothing here is awaited or locked while there is something to take: that costs every letter. Only a carrier that finds its
shelves empty waits, and a round of claims wakes as many as it brought letters for.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

from newsroom.sendqueue.ledger import EXPRESS_KINDS, Claim
from newsroom.sendqueue.room import Room
from newsroom.sendqueue.shares import Shares

Sort = Literal["express", "rehearsal", "bulk"]
SMALL = 64
PER_CONNECTION = 32
MOST = 1024
NO_LIMIT = 1_000_000
STANDS_STILL_AFTER = 5.0
HOUSE = "the outbox of the house"


def sort_of(claim: Claim) -> Sort:
    if claim.kind in EXPRESS_KINDS:
        return "express"
    return "rehearsal" if claim.kind == "rehearsal" else "bulk"


@dataclass(eq=False)
class Shelf:
    """Claims in the order they came, and the carriers that found nothing here."""

    claims: deque[Claim] = field(default_factory=deque)
    waiting: dict[asyncio.Future[None], None] = field(default_factory=dict)

    def put(self, claim: Claim) -> None:
        self.claims.append(claim)
        self.wake_one()

    def wake_one(self) -> None:
        while self.waiting:
            future, _ = self.waiting.popitem()
            if not future.done():
                future.set_result(None)
                return

    def emptied(self) -> list[Claim]:
        found, self.claims = list(self.claims), deque()
        return found


Shelves = tuple[Shelf, ...]


@dataclass(eq=False)
class Counter:
    """Where the carriers of one relay are served. `most`: how many letters they may have in hand at once, 0 while the relay rests."""

    stock: "Stock"
    name: str
    capacity: int
    weight: int = 1
    most: int = NO_LIMIT
    closed: bool = False
    express: Shelf = field(default_factory=Shelf)
    bulk: Shelf = field(default_factory=Shelf)
    in_hand: set[int] = field(default_factory=set)
    taken: int = 0
    low: int = field(init=False)
    _seen: int = -1
    _moved_at: float = 0.0

    def __post_init__(self) -> None:
        self.low = max(1, self.capacity // 3)

    def shelves(self, *sorts: Sort) -> Shelves:
        """What to hand to a carrier of these sorts, the most urgent first."""
        found: list[Shelf] = []
        for sort in sorts:
            found += (self.express, self.stock.express) if sort == "express" else (self.bulk,)
        return tuple(found)

    def take(self, shelves: Shelves) -> Claim | None:
        """The next claim of the first of these shelves that has one."""
        if len(self.in_hand) >= self.most:
            return None
        for shelf in shelves:
            if claims := shelf.claims:
                claim = claims.popleft()
                self.in_hand.add(claim.delivery_id)
                self.taken += 1
                if len(claims) < self.low:
                    self.stock.runs_low(shelf, self.low)
                return claim
        return None

    def after(self, claim: Claim) -> Collection[Claim]:
        """What lies behind this one, just taken; behind an urgent letter nothing, since each goes at once."""
        return () if claim.kind in EXPRESS_KINDS else self.bulk.claims

    async def next(self, shelves: Shelves) -> Claim | None:
        """As `take`, waiting for one; None when the counter is closed."""
        while not self.closed:
            if (claim := self.take(shelves)) is not None:
                return claim
            await _woken(shelves)
        return None

    def put_back(self, claim: Claim) -> None:
        """Taken, and not begun after all: it is the next again."""
        self.done(claim)
        shelf = self.bulk if sort_of(claim) != "express" else self.express if claim.relay == self.name else self.stock.express
        shelf.claims.appendleft(claim)
        shelf.wake_one()

    def done(self, claim: Claim) -> None:
        self.in_hand.discard(claim.delivery_id)
        if self.most == 1:
            self._wake_everybody()

    def limit(self, most: int) -> None:
        """So many letters at once from now on."""
        self.most = most
        self._wake_everybody()

    def close(self) -> None:
        """No more letters; whoever waits is told."""
        self.closed = True
        self.limit(0)

    def _wake_everybody(self) -> None:
        for shelf in (self.express, self.stock.express, self.bulk):
            while shelf.waiting:
                shelf.wake_one()

    def emptied(self) -> list[Claim]:
        """Everything that waits for this relay alone."""
        return self.express.emptied() + self.bulk.emptied()

    @property
    def space(self) -> int:
        """How many more to claim: few while only one at a time may be tried."""
        return max(0, min(self.capacity, 2 * self.most) - len(self.bulk.claims))

    def moves(self, now: float) -> bool:
        """False when letters are in hand and none was taken for a while."""
        if self.taken != self._seen or not self.in_hand:
            self._seen, self._moved_at = self.taken, now
        return now - self._moved_at < STANDS_STILL_AFTER


async def _woken(shelves: Shelves) -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    for shelf in shelves:
        shelf.waiting[future] = None
    try:
        await future
    finally:
        for shelf in shelves:
            shelf.waiting.pop(future, None)


class Stock:
    """Claims by relay and sort. `wanted` is set when it is time for another round of claims."""

    def __init__(self) -> None:
        self.wanted = asyncio.Event()
        self.exhausted = True
        self._asking = False
        self._ran_low: dict[Shelf, int] = {}
        self.express = Shelf()
        self.house = Counter(self, HOUSE, SMALL)
        self.counters: dict[str, Counter] = {}
        self._shares = Shares()

    def open_counter(self, relay: str, *, connections: int, weight: int = 1, takes_bulk: bool = True) -> Counter:
        """Letters for this relay find their shelf from now on. Newsletters go only where they reach people (`takes_bulk`)."""
        capacity = min(MOST, PER_CONNECTION * connections) if takes_bulk else 0
        self.counters[relay] = Counter(self, relay, capacity, weight)
        return self.counters[relay]

    def close_counter(self, counter: Counter) -> list[Claim]:
        """This relay is no longer used; what waited for it and has to be given back."""
        if self.counters.get(counter.name) is counter:
            del self.counters[counter.name]
        counter.close()
        return counter.emptied()

    def close(self) -> None:
        for counter in (self.house, *self.counters.values()):
            counter.close()

    def runs_low(self, shelf: Shelf, low: int) -> None:
        """Time for another round, unless one is under way: each costs about the same, however much it brings."""
        self._ran_low[shelf] = low
        if not (self._asking or self.exhausted):
            self.wanted.set()

    def room(self, now: float) -> Room:
        """By what the shelves hold, and for newsletters by weight too; nothing for relays that rest. A round of claims begins."""
        self._asking = True
        self._ran_low.clear()
        bulk = {name: counter for name, counter in self.counters.items() if counter.capacity}
        fit = {name: counter for name, counter in bulk.items() if counter.most}
        moving = frozenset(name for name, counter in fit.items() if counter.moves(now))
        space = {name: counter.space for name, counter in fit.items()}
        weights = {name: counter.weight for name, counter in fit.items()}
        return Room(
            express=SMALL - len(self.express.claims) if self._any_open else 0,
            rehearsal=SMALL - len(self.house.bulk.claims),
            bulk={**dict.fromkeys(bulk, 0), **self._shares.of(space, weights, moving)},
            resting=frozenset(bulk.keys() - fit.keys()),
        )

    @property
    def held(self) -> list[int]:
        """Everything claimed and not done: on the shelves and in the carriers' hands."""
        counters = (self.house, *self.counters.values())
        shelves = [self.express, *(shelf for counter in counters for shelf in (counter.express, counter.bulk))]
        lying = [claim.delivery_id for shelf in shelves for claim in shelf.claims]
        return lying + [number for counter in counters for number in counter.in_hand]

    def put(self, claims: Sequence[Claim], *, asked: Room) -> list[Claim]:
        """What a round of claims brought; those that nobody can take are handed back.

        Nothing, with a full shelf somewhere, does not mean that there is nothing more.
        """
        self._asking = False
        self.exhausted = not claims and asked.everywhere
        left = dict(asked.bulk)
        unplaced = []
        for claim in claims:
            shelf = self._shelf_for(claim, left)
            if shelf is None:
                unplaced.append(claim)
            else:
                shelf.put(claim)
        if not self.exhausted and any(len(shelf.claims) < low for shelf, low in self._ran_low.items()):
            self.wanted.set()
        return unplaced

    def _shelf_for(self, claim: Claim, left: dict[str, int]) -> Shelf | None:
        sort = sort_of(claim)
        if sort == "rehearsal":
            return self.house.bulk
        name = claim.relay or ("" if sort == "express" else max(left, key=left.__getitem__, default=""))
        counter = self.counters.get(name)
        if counter is None or not counter.most:
            return self.express if sort == "express" and self._any_open else None
        if sort == "express":
            return counter.express
        left[name] = left.get(name, 0) - 1
        self._shares.gave(name)
        return counter.bulk

    @property
    def _any_open(self) -> bool:
        return any(counter.most for counter in self.counters.values())

    def drop_issue(self, issue_id: int | None) -> list[int]:
        """Take out what belongs to an issue that was stopped; the deliveries to give back."""
        dropped = []
        for counter in self.counters.values():
            lying = counter.bulk.emptied()
            dropped += [claim.delivery_id for claim in lying if claim.issue_id == issue_id]
            counter.bulk.claims.extend(claim for claim in lying if claim.issue_id != issue_id)
        return dropped
