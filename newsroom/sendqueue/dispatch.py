"""What happens during one worker session: claims come in, carriers take them out, troubles are told."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from newsroom.clock import utc_now
from newsroom.db import Database, said_by
from newsroom.errors import Refused
from newsroom.issues import Issue, halt
from newsroom.sendqueue.carrier import Carrier
from newsroom.sendqueue.claiming import Claimer
from newsroom.sendqueue.committer import Committer, Withheld
from newsroom.sendqueue.ledger import Claim, release, set_back
from newsroom.sendqueue.letters import LetterMaker
from newsroom.sendqueue.relay_health import RelayHealth
from newsroom.sendqueue.stock import Counter, Sort, Stock
from newsroom.sendqueue.transports.base import Transport

log = logging.getLogger(__name__)
POLL_EVERY = 15.0
AFTER_A_FAULT = 2.0


@dataclass(kw_only=True)
class Dispatch:
    """`run` until cancelled, then `finish`."""

    database: Database
    transport: Transport
    outbox: Transport
    stock: Stock
    claimer: Claimer
    letters: LetterMaker
    committer: Committer
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _carriers: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def ring(self) -> None:
        self.stock.wanted.set()

    async def run(self) -> None:
        self._carriers = [asyncio.create_task(carrier.run()) for carrier in self._all_carriers()]
        await self._keep_stocked()

    def _all_carriers(self) -> Iterator[Carrier]:
        """The first connection is kept for express mail, unless it is the only one; rehearsals never leave the house."""
        health = RelayHealth(self.transport.label)
        counter = self.stock.open_counter("main", connections=self.transport.connections)
        for number in range(self.transport.connections):
            kept = number == 0 and self.transport.connections > 1
            yield self._carrier(self.transport, counter, ("express",) if kept else ("express", "bulk"), health)
        for _ in range(self.outbox.connections):
            yield self._carrier(self.outbox, self.stock.house, ("bulk",), RelayHealth(self.outbox.label))

    def _carrier(self, transport: Transport, counter: Counter, sorts: tuple[Sort, ...], health: RelayHealth) -> Carrier:
        return Carrier(
            transport=transport, sorts=counter.shelves(*sorts), stock=counter, letters=self.letters, committer=self.committer,
            office=_Office(self, health, transport.reaches_people), health=health,
        )  # fmt: skip

    async def _keep_stocked(self) -> None:
        while not self.stopping:
            self.stock.wanted.clear()
            room = self.stock.room(time.monotonic())
            try:
                claims = await asyncio.to_thread(self.claimer.claim_round, room, self.stock.held)
            except SQLAlchemyError as error:
                log.warning("nothing can be claimed: %s", said_by(error))
                await self.rest(AFTER_A_FAULT)
                continue
            await self._give_back([claim.delivery_id for claim in self.stock.put(claims, asked=room)])
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stock.wanted.wait(), POLL_EVERY)

    async def rest(self, seconds: float) -> None:
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), seconds)

    async def in_ledger(self, work: Callable[[Connection], object]) -> None:
        """A small write of its own; what fails here is found by the next round of claims or the sweep."""
        try:
            await asyncio.to_thread(self._write, work)
        except SQLAlchemyError as error:
            log.warning("the ledger could not be written: %s", said_by(error))

    def _write(self, work: Callable[[Connection], object]) -> None:
        with self.database.engine.begin() as connection:
            work(connection)

    async def drop_issue(self, issue_id: int | None) -> None:
        await self._give_back(self.stock.drop_issue(issue_id))

    async def _give_back(self, deliveries: list[int]) -> None:
        if deliveries:
            await self.in_ledger(lambda connection: release(connection, self.committer.token, deliveries))

    async def halt_everything(self, reason: str) -> None:
        log.error("sending is halted: %s", reason)
        try:
            for issue_id in await asyncio.to_thread(self._halt, reason):
                await self.drop_issue(issue_id)
        except SQLAlchemyError as error:
            log.warning("the issues could not be halted: %s", said_by(error))

    def _halt(self, reason: str) -> list[int]:
        halted = []
        with self.database.transaction() as session:
            for issue in session.scalars(select(Issue).where(Issue.state == "sending").order_by(Issue.id)):
                with contextlib.suppress(Refused):
                    halt(session, issue, now=utc_now(), reason=reason)
                    halted.append(issue.id)
        return halted

    async def finish(self, seconds: float) -> None:
        """No new marks from here on; letters past their dot get their reply, for at most so long."""
        self._stopping.set()
        self.stock.close()
        if not self._carriers:
            return
        _, late = await asyncio.wait(self._carriers, timeout=seconds)
        for task in late:
            task.cancel()
        for outcome in await asyncio.gather(*self._carriers, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("a connection's work broke down", exc_info=outcome)


@dataclass(frozen=True)
class _Office:
    """The dispatch as one transport's carriers see it."""

    dispatch: Dispatch
    health: RelayHealth
    reaches_people: bool

    @property
    def stopping(self) -> bool:
        return self.dispatch.stopping

    async def rest(self, seconds: float) -> None:
        await self.dispatch.rest(seconds)

    async def withheld(self, claim: Claim, answer: Withheld) -> None:
        if answer.issue_stopped:
            await self.dispatch.drop_issue(claim.issue_id)
        while not self.dispatch.committer.reaches_database and not self.stopping:
            await self.rest(0.2)
        self.dispatch.ring()

    async def not_written(self, claim: Claim, reason: str) -> None:
        await self.dispatch.in_ledger(lambda connection: set_back(connection, claim, reason))

    async def relay_unfit(self, reason: str) -> None:
        self.health.told()
        if self.reaches_people:
            await self.dispatch.halt_everything(reason)
        else:
            log.error("mail cannot be kept: %s", reason)
