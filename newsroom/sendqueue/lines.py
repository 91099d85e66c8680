"""How many lines a relay lets in at once, found out by whom it turns away while others are served.

A relay may allow fewer connections than are set. As long as some line serves, turning away one more says no more than that: the
letter goes back to its place, its carrier stands aside, and now and then one further line is tried. The lines that may be open are
used as if so many were set, so one is kept for urgent letters. Nothing here is asked between the letters of one line.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from newsroom.sendqueue.transports.base import Connection, NotSent, Reply

log = logging.getLogger(__name__)
CONNECTING_AT_ONCE = 8
FIRST_WAIT, LONGEST_WAIT = 1.0, 900.0
#: Turned away so often in a row at the same number of lines: then staff are told. Once may be a place that was left a moment ago.
TELLING = 2
FULL = NotSent(reply=Reply(text="the mail server lets in no more lines for now"), stale=True)


class Member(Protocol):
    """A carrier, as seen from here."""

    @property
    def has_line(self) -> bool: ...

    @property
    def serves(self) -> bool:
        """Its line is open and was of use a short time ago."""

    def renew(self) -> None:
        """Part with the line after the letter in hand."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """So often in a row one more line was turned away; `until`: when it may be tried again."""

    refusals: int
    until: float


@dataclass(kw_only=True, eq=False)
class Lines:
    """The lines of one relay in this worker; `look` about once a second. `rest_factor` scales how long nothing further is tried."""

    title: str
    connect: Callable[[], Awaitable[Connection | NotSent]]
    resting: Callable[[], NotSent | None]
    clock: Callable[[], float]
    rest_factor: float = 1.0
    members: list[Member] = field(default_factory=list)
    #: The carrier that is kept for urgent letters, where there is one.
    kept: Member | None = None
    _bars: dict[int, Bar] = field(default_factory=dict)
    _at_the_door: set[Member] = field(default_factory=set)
    _aside: dict[Member, asyncio.Future[None]] = field(default_factory=dict)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTING_AT_ONCE))
    _word: asyncio.Event = field(default_factory=asyncio.Event)
    _told: int | None = None

    @property
    def limit(self) -> int | None:
        """How many it lets in at once, where that is certain and fewer than are set."""
        return min((lines for lines, bar in self._bars.items() if bar.refusals >= TELLING), default=None)

    # ---- a new line ------------------------------------------------------------------------------------------------------

    async def open(self, member: Member) -> Connection | NotSent:
        """A few at a time: a server that refuses the log-in is not asked hundredfold before anybody knows. Then `answered`."""
        async with self._turns:
            if (resting := self.resting()) is not None:
                return resting
            if self._room(member) <= 0:
                return FULL
            self._at_the_door.add(member)
            return await self.connect()

    def answered(self, member: Member, *, served: bool) -> None:
        """What the first letter of the line got, or that there was no line."""
        self._at_the_door.discard(member)
        if served and self._bars:
            taken = self._taken()
            self._bars = {lines: bar for lines, bar in self._bars.items() if lines >= taken}
        self._word.set()

    async def turned_away(self, refusal: NotSent) -> NotSent:
        """FULL where other lines serve, else this very refusal: an absence. Who came at the same moment is waited for."""
        if taken := self._taken():
            self._bar(taken)
        while self._at_the_door and not self._somebody_serves:
            self._word.clear()
            await self._word.wait()
        if (resting := self.resting()) is not None:
            return resting
        if not self._somebody_serves:
            return refusal
        self._tell(refusal)
        return FULL

    def _bar(self, taken: int) -> None:
        known = self._bars.get(taken)
        refusals = 1 if known is None else known.refusals + 1
        wait = min(LONGEST_WAIT, FIRST_WAIT * float(1 << min(refusals - 1, 12)))
        self._bars[taken] = Bar(refusals=refusals, until=self.clock() + wait * self.rest_factor)

    def _tell(self, refusal: NotSent) -> None:
        if self.limit is not None and self.limit != self._told:
            self._told = self.limit
            log.warning("the mail server %s lets in %d connections at once: %s", self.title, self.limit, refusal.reply)

    # ---- who may have one ------------------------------------------------------------------------------------------------

    @property
    def _somebody_serves(self) -> bool:
        return any(member.serves for member in self.members if member not in self._at_the_door)

    def _takes_a_place(self, member: Member) -> bool:
        return member.has_line or member in self._at_the_door

    def _taken(self) -> int:
        return sum(self._takes_a_place(member) for member in self.members)

    def _room(self, member: Member) -> int:
        """How many more lines may be opened for letters such as this one carries."""
        if not self._bars:
            return len(self.members)
        lowest = min(self._bars)
        if member is self.kept and lowest == 1:
            return 0  # the only line carries everything
        free = lowest - self._taken()
        if self.clock() >= self._bars[lowest].until:
            return free + 1
        return free if member is self.kept else free - self._kept_free

    @property
    def _kept_free(self) -> bool:
        """A place is held for urgent letters and not taken now."""
        return self.kept is not None and min(self._bars) > 1 and not self._takes_a_place(self.kept)

    # ---- who has none ----------------------------------------------------------------------------------------------------

    async def stand_aside(self, member: Member) -> None:
        """Until it is worth another try."""
        self._aside[member] = asyncio.get_running_loop().create_future()
        try:
            await self._aside[member]
        finally:
            del self._aside[member]

    def look(self) -> None:
        """A place that became free finds somebody; one that urgent letters should have is left."""
        if not self._bars and not self._aside:
            return
        called = 0
        for member, future in self._aside.items():
            if self._room(member) > called and not future.done():
                future.set_result(None)
                called += 1
        self._share()

    def _share(self) -> None:
        """Once it is certain: newsletters leave the urgent one of several places, and the urgent leave them the only one."""
        limit = self.limit
        if limit is None or limit > self._taken() or self.kept is None:
            return
        if limit == 1:
            self.kept.renew()
        elif self._kept_free:
            next(member for member in self.members if self._takes_a_place(member)).renew()

    def close(self) -> None:
        """Nobody stands aside any longer."""
        for future in self._aside.values():
            if not future.done():
                future.set_result(None)
