"""What happens during one worker session: claims come in, crews take them out, relays come and go, troubles are told."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from newsroom.db import Database, said_by
from newsroom.errors import ConfigurationError
from newsroom.relay_urls import Relay
from newsroom.sendqueue.claiming import Claimer
from newsroom.sendqueue.committer import Committer
from newsroom.sendqueue.crew import Crew
from newsroom.sendqueue.events import set_within
from newsroom.sendqueue.halting import halt_all, work_waits
from newsroom.sendqueue.ledger import Claim, release
from newsroom.sendqueue.letters import LetterMaker
from newsroom.sendqueue.pace import Pace
from newsroom.sendqueue.relay_book import Way
from newsroom.sendqueue.relay_health import RelayHealth
from newsroom.sendqueue.stock import Counter, Sort, Stock
from newsroom.sendqueue.transports.base import Transport

log = logging.getLogger(__name__)
AFTER_A_FAULT = 2.0
UNTIL_THE_LAST_REPLY = 900.0
#: As each relay's sentence says it; of several it is told once.
MARKED_NOBODY = "Nobody's address was marked."
NO_WAY_OUT = "There is no mail server that letters could go to. Set one up under Settings, Mail servers, then resume."


class Ways(Protocol):
    """Which relays count at present."""

    def ways(self) -> Sequence[Way]: ...


@dataclass(kw_only=True, eq=False)
class Dispatch:
    """`run` until cancelled, then `finish`."""

    database: Database
    book: Ways
    outbox: Transport
    claimer: Claimer
    letters: LetterMaker
    committer: Committer
    pace: Pace
    stock: Stock = field(default_factory=Stock)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _telling: asyncio.Lock = field(default_factory=asyncio.Lock)
    _crews: dict[Relay, Crew] = field(default_factory=dict)
    _all_crews: list[Crew] = field(default_factory=list)
    _parting: set[asyncio.Task[None]] = field(default_factory=set)
    _unreadable: str = ""
    _in_doubt: bool = False

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def ring(self) -> None:
        self.stock.wanted.set()

    async def run(self) -> None:
        self._begin(self.outbox, ("bulk",), self.stock.house)
        await self._read_book()
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._keep_stocked())
            parts.create_task(self._every(self.pace.relays_every, self._read_book))
            parts.create_task(self._every(self.pace.look_every, self._look))

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while not self.stopping:
            await self.rest(seconds)
            await work()

    # ---- relays that count -----------------------------------------------------------------------------------------------

    async def _read_book(self) -> None:
        """Begin with relays that are new, part from those that are gone; what cannot be read changes nothing."""
        try:
            ways = await asyncio.to_thread(self.book.ways)
        except SQLAlchemyError as error:
            log.warning("the mail servers cannot be looked up: %s", said_by(error))
            return
        except ConfigurationError as error:
            if self._unreadable != str(error):
                log.warning("the mail servers stay as they were: %s", error)
            self._unreadable = str(error)
            return
        self._unreadable = ""
        self._follow({way.relay: way for way in ways})

    def _follow(self, wanted: dict[Relay, Way]) -> None:
        for relay in self._crews.keys() - wanted.keys():
            parting = asyncio.create_task(self._part(self._crews.pop(relay)))
            self._parting.add(parting)
            parting.add_done_callback(self._parting.discard)
        for relay, way in wanted.items():
            if relay not in self._crews:
                connections = way.transport.connections
                takes_bulk = way.transport.reaches_people
                counter = self.stock.open_counter(relay.name, connections=connections, weight=relay.weight, takes_bulk=takes_bulk)
                self._crews[relay] = self._begin(way.transport, ("express", "bulk"), counter, is_named=relay.is_kept)
                self.ring()
        self._count_lines()

    def _count_lines(self) -> None:
        """Marks are waited for as long as there may be more of them."""
        self.committer.together = max(1, sum(crew.connections for crew in self._crews.values()) * 3 // 4)

    def _begin(self, transport: Transport, sorts: tuple[Sort, ...], counter: Counter, *, is_named: bool = False) -> Crew:
        health = RelayHealth(
            transport.name, transport.label, away_for=self.pace.away_for, quiet=self.pace.quiet, is_named=is_named
        )  # fmt: skip
        crew = Crew(
            transport=transport, sorts=sorts, counter=counter, health=health, letters=self.letters, committer=self.committer,
            dispatcher=self, pace=self.pace,
        )  # fmt: skip
        crew.start()
        self._all_crews.append(crew)
        return crew

    async def _part(self, crew: Crew) -> None:
        """A relay that is no longer used, or used otherwise: letters past their mark get their reply, the others go another way."""
        log.info("the mail server %s is no longer used as it was", crew.health.title)
        lying, in_hand = self.stock.close_counter(crew.counter), list(crew.counter.in_hand)
        await self.give_back(lying)
        await crew.finish(UNTIL_THE_LAST_REPLY)
        await self._release(in_hand)
        self._all_crews.remove(crew)
        self.ring()

    # ---- claims in -------------------------------------------------------------------------------------------------------

    async def _keep_stocked(self) -> None:
        while not self.stopping:
            self.stock.wanted.clear()
            room = self.stock.room(self.pace.clock())
            in_doubt, self._in_doubt = self._in_doubt, False
            try:
                claims = await asyncio.to_thread(self.claimer.claim_round, room, self.stock.held, in_doubt=in_doubt)
            except SQLAlchemyError as error:
                log.warning("nothing can be claimed: %s", said_by(error))
                await self.rest(AFTER_A_FAULT)
                continue
            await self.give_back(self.stock.put(claims, asked=room))
            if len(room.resting) == len(room.bulk):
                await self._nobody_can_carry()
            await set_within(self.stock.wanted, min(self.pace.poll_every, self.claimer.wake_in))

    async def give_back(self, claims: Iterable[Claim]) -> None:
        await self._release([claim.delivery_id for claim in claims])

    async def _release(self, deliveries: Sequence[int]) -> None:
        if deliveries:
            await self.in_ledger(lambda ledger: release(ledger, self.committer.token, deliveries))

    async def drop_issue(self, issue_id: int | None) -> None:
        await self._release(self.stock.drop_issue(issue_id))

    async def rest(self, seconds: float) -> None:
        if seconds > 0:
            await set_within(self._stopping, seconds)

    async def in_ledger(self, work: Callable[[Connection], object]) -> None:
        """A small write of its own; what it did not give back, the next round of claims does."""
        try:
            await asyncio.to_thread(self._write, work)
        except SQLAlchemyError as error:
            log.warning("the ledger could not be written: %s", said_by(error))
            self._in_doubt = True
            self.ring()

    def _write(self, work: Callable[[Connection], object]) -> None:
        with self.database.engine.begin() as connection:
            work(connection)

    # ---- relays in trouble -----------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        for crew in tuple(self._all_crews):
            await crew.look()
        self._count_lines()

    @property
    def _carrying(self) -> list[Crew]:
        """The crews whose letters reach people."""
        return [crew for crew in self._crews.values() if crew.transport.reaches_people]

    async def relay_is_out(self, crew: Crew) -> None:
        """With the last one, the issues are halted: with a sentence for each relay."""
        if any(other.counter.most for other in self._crews.values()):
            self.ring()
        else:
            await self.give_back(self.stock.express.emptied())
        async with self._telling:
            # Relays that fall together tell it once: a second halt would undo what somebody resumed meanwhile.
            now = self.pace.clock()
            sentences = [sentence for each in self._carrying if (sentence := each.health.sentence(now))]
            if crew in self._carrying and len(sentences) == len(self._carrying):
                await self.halt_everything(_together(sentences))

    async def _nobody_can_carry(self) -> None:
        """Before every relay has had its pause: is anybody waiting?"""
        with contextlib.suppress(SQLAlchemyError):
            if not await asyncio.to_thread(work_waits, self.database):
                return
            if not self._carrying:
                await self.halt_everything(self._unreadable or NO_WAY_OUT)
            for crew in self._crews.values():
                crew.ask()

    async def halt_everything(self, reason: str) -> None:
        try:
            halted = await asyncio.to_thread(halt_all, self.database, reason)
        except SQLAlchemyError as error:
            log.warning("the issues could not be halted: %s", said_by(error))
            return
        for crew in self._carrying:
            crew.health.told()
        for issue_id in halted:
            log.error("issue %d is halted: %s", issue_id, reason)
            await self.drop_issue(issue_id)

    # ---- the end ---------------------------------------------------------------------------------------------------------

    async def finish(self, seconds: float) -> None:
        """No new marks from here on; letters past their dot get their reply, for at most so long."""
        self._stopping.set()
        self.stock.close()
        await asyncio.gather(*(crew.finish(seconds) for crew in tuple(self._all_crews)))


def _together(sentences: Sequence[str]) -> str:
    """One server to a line; what is true of all is said once."""
    lines = [sentence.replace(f" {MARKED_NOBODY}", "") for sentence in sentences]
    above = ["None of the mail servers can be used."] if len(lines) > 1 else []
    below = [MARKED_NOBODY] if any(MARKED_NOBODY in sentence for sentence in sentences) else []
    return "\n".join([*above, *lines, *below])
