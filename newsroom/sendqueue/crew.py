"""One relay at work: its connections, what they are told to do, and the way out of trouble and back."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from sqlalchemy import Connection as Ledger
from sqlalchemy import update

from newsroom.deliveries import OPEN_STATES, Delivery
from newsroom.sendqueue import relay_troubles
from newsroom.sendqueue.carrier import Carrier
from newsroom.sendqueue.committer import Committer, Withheld
from newsroom.sendqueue.database_clock import ahead
from newsroom.sendqueue.events import set_within
from newsroom.sendqueue.ledger import Claim, set_back
from newsroom.sendqueue.letters import LetterMaker
from newsroom.sendqueue.letters_ahead import LettersAhead
from newsroom.sendqueue.lines import Lines
from newsroom.sendqueue.pace import Pace
from newsroom.sendqueue.relay_health import RelayHealth
from newsroom.sendqueue.stock import Counter, Sort
from newsroom.sendqueue.transports.base import NotSent, Transport

log = logging.getLogger(__name__)
BEFORE_THE_MARK = 1.0
ASKED_AGAIN_AFTER = 1.0
AFTER_A_FAULT = 2.0


class Dispatcher(Protocol):
    """What a crew asks of the sender it belongs to."""

    @property
    def stopping(self) -> bool: ...

    def ring(self) -> None:
        """There may be work for somebody."""

    async def rest(self, seconds: float) -> None: ...

    async def in_ledger(self, work: Callable[[Ledger], object]) -> None: ...

    async def give_back(self, claims: Sequence[Claim]) -> None:
        """Claimed, not marked, and not to be carried by whoever had them."""

    async def drop_issue(self, issue_id: int | None) -> None: ...

    async def relay_is_out(self, crew: "Crew") -> None:
        """This relay cannot be used now, or still cannot."""


@dataclass(kw_only=True, eq=False)
class Crew:
    """`start`, then `look` about once a second, and `finish` once."""

    transport: Transport
    sorts: tuple[Sort, ...]
    counter: Counter
    health: RelayHealth
    letters: LetterMaker
    committer: Committer
    dispatcher: Dispatcher
    pace: Pace
    _leaving: bool = False
    _carriers: list[tuple[Carrier, asyncio.Task[None]]] = field(default_factory=list)
    _returning: asyncio.Task[None] | None = None
    _ahead: LettersAhead = field(init=False)
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _lines: Lines = field(init=False)
    _told: tuple[int, int | None] = (0, None)

    def __post_init__(self) -> None:
        self._ahead = LettersAhead(self.letters)
        self._lines = Lines(
            title=self.health.title, connect=self.transport.connect, resting=lambda: self.health.resting, clock=self.pace.clock,
            rest_factor=self.pace.rest_factor,
        )  # fmt: skip

    def start(self) -> None:
        """The first connection is kept for urgent letters, unless it is the only one."""
        self.health.on_change = self._changed
        for number in range(self.transport.connections):
            kept = number == 0 and self.transport.connections > 1 and "express" in self.sorts
            carrier = self._carrier(("express",) if kept else self.sorts)
            self._lines.members.append(carrier)
            if kept:
                self._lines.kept = carrier
            self._carriers.append((carrier, asyncio.create_task(carrier.run())))

    def _carrier(self, sorts: tuple[Sort, ...]) -> Carrier:
        return Carrier(
            lines=self._lines, relay=self.transport.name, sorts=self.counter.shelves(*sorts), stock=self.counter, letters=self._ahead,
            committer=self.committer, office=self, health=self.health, clock=self.pace.clock, idle_for=self.pace.idle_for,
            letters_per_connection=self.pace.letters_per_connection,
        )  # fmt: skip

    @property
    def connections(self) -> int:
        """How many may be of use, as far as is known."""
        return self._lines.limit or self.transport.connections

    # ---- what carriers ask ---------------------------------------------------------------------------------------------

    @property
    def stopping(self) -> bool:
        return self._leaving or self.dispatcher.stopping

    async def rest(self, seconds: float) -> None:
        await self.dispatcher.rest(seconds)

    async def withheld(self, claim: Claim, answer: Withheld) -> None:
        if answer.issue_stopped:
            await self.dispatcher.drop_issue(claim.issue_id)
        while not self.committer.reaches_database and not self.stopping:
            await self.rest(0.2)
        self.dispatcher.ring()

    async def not_written(self, claim: Claim, reason: str) -> None:
        await self.dispatcher.in_ledger(lambda connection: set_back(connection, claim, reason))

    # ---- trouble, and back ---------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Somebody needs this relay: do not rest much longer."""
        self._asked.set()

    async def look(self) -> None:
        """What only time can tell."""
        if not self.counter.in_hand and not self.counter.bulk.claims:
            for record in self.health.look(self.pace.clock()):
                self.committer.record(record)
        if self.health.resting is None:
            await self._put_last()
        self._lines.look()
        await self._tell_trouble()

    async def _tell_trouble(self) -> None:
        tries, limit = known = self.health.tries, self._lines.limit
        if known != self._told:
            self._told = known
            words = self.health.words if tries else "" if limit is None else relay_troubles.lets_in(limit, self.transport.connections)
            token, name = self.committer.token, self.transport.name
            await self.dispatcher.in_ledger(lambda connection: relay_troubles.note(connection, token, name, tries=tries, words=words))

    def _changed(self) -> None:
        self.counter.limit(self.health.most)
        if self.health.resting is not None and (self._returning is None or self._returning.done()):
            self._returning = asyncio.create_task(self._out_and_back())

    async def _out_and_back(self) -> None:
        log.warning("the mail server %s is out of use for now: %s", self.health.title, self.health.words)
        while not self.stopping:
            try:
                await self.dispatcher.give_back(self.counter.emptied())
                await self._put_last()
                await self.dispatcher.relay_is_out(self)
                await self._pause()
                if await self._has_a_connection():
                    self.health.back(self.pace.clock())
                    self.dispatcher.ring()
                    return
            except Exception:
                log.exception("trying the mail server %s again failed", self.health.title)
                await self.rest(AFTER_A_FAULT)

    async def _has_a_connection(self) -> bool:
        line = await self.transport.connect()
        if isinstance(line, NotSent):
            self.health.still_out(line, self.pace.clock())
            return False
        await line.leave()
        await self._put_last()
        log.warning("the mail server %s is tried again", self.health.title)
        return True

    async def _pause(self) -> None:
        whole = self.health.rest() * self.pace.rest_factor
        least = min(whole, ASKED_AGAIN_AFTER)
        await self.rest(least)
        self._asked.clear()
        await set_within(self._asked, whole - least)

    async def _put_last(self) -> None:
        """Letters that met a refusal of everybody, or of us: others first, so that whoever is refused alone stops nobody for ever."""
        while self.health.doubted:
            number = self.health.doubted.pop()
            await self.dispatcher.in_ledger(partial(put_last, delivery_id=number, seconds=self.pace.doubt_for))

    # ---- the end -------------------------------------------------------------------------------------------------------

    async def finish(self, seconds: float) -> None:
        """No new marks from here on; letters past their mark get their reply, for at most so long. May be called twice."""
        self._leaving = True
        self.counter.close()
        self._lines.close()
        if self._returning is not None:
            self._returning.cancel()
        tasks = [task for _, task in self._carriers]
        await asyncio.wait(tasks, timeout=min(BEFORE_THE_MARK, seconds))
        for carrier, task in self._carriers:
            if not carrier.past_the_mark:
                task.cancel()
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("a connection's work broke down", exc_info=outcome)
        for record in self.health.end():
            self.committer.record(record)


def put_last(ledger: Ledger, *, delivery_id: int, seconds: float) -> None:
    """Due again only when the others have had their turn."""
    mine = update(Delivery).where(Delivery.id == delivery_id, Delivery.state.in_(OPEN_STATES))
    ledger.execute(mine.values(due_at=ahead(seconds)))
