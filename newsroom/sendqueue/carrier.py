"""One connection's work: take a claim, offer its letter, have it marked, give the dot, write down the reply."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from newsroom.clock import utc_now
from newsroom.errors import NewsroomError
from newsroom.sendqueue.committer import Committer, Granted, Withheld, no_dot
from newsroom.sendqueue.ledger import Claim
from newsroom.sendqueue.letters_ahead import LettersAhead
from newsroom.sendqueue.lines import FULL, Lines
from newsroom.sendqueue.provisional import released
from newsroom.sendqueue.recording import Record
from newsroom.sendqueue.relay_health import RelayHealth
from newsroom.sendqueue.stock import Counter, Shelves
from newsroom.sendqueue.transports.base import (
    Connection,
    Envelope,
    NotSent,
    Offered,
    Outcome,
    Refusal,
    Reply,
    Uncertain,
)

log = logging.getLogger(__name__)
DOT_WITHIN = 5.0
SERVES_FOR = 60.0
WAITS = NotSent(reply=Reply(text="one letter at a time is tried for now"), stale=True)
BROKEN = Uncertain(reply=Reply(text="the sender broke down after the mark"))


Job = tuple[Claim, Envelope]


class Office(Protocol):
    """What a carrier asks of and tells to its sender."""

    @property
    def stopping(self) -> bool: ...

    async def rest(self, seconds: float) -> None:
        """Sleep, or less when it is time to stop."""

    async def withheld(self, claim: Claim, answer: Withheld) -> None:
        """This letter got no mark."""

    async def not_written(self, claim: Claim, reason: str) -> None:
        """This person's letter could not be made."""


@dataclass(kw_only=True, eq=False)
class Carrier:
    """Carries claims from these shelves over one connection to the relay, opened when there is something to carry.

    `past_the_mark`: the letter in hand may be marked; ending the carrier now would leave its person uncertain.
    """

    lines: Lines
    relay: str
    sorts: Shelves
    stock: Counter
    letters: LettersAhead
    committer: Committer
    health: RelayHealth
    office: Office
    clock: Callable[[], float]
    idle_for: float
    letters_per_connection: int
    past_the_mark: bool = False
    _may_be_theirs: bool = False
    _line: Connection | None = None
    _turned_away: bool = False
    _carried: int = 0
    _ahead: Job | None = None
    _began: float = 0.0
    _ahead_began: float = 0.0
    _unwritten: list[tuple[Claim, str]] = field(default_factory=list)

    async def run(self) -> None:
        """Until the stock is closed. An unforeseen error costs the connection, never the carrier."""
        try:
            await self._carry_on()
        finally:
            self._drop_line()

    async def _carry_on(self) -> None:
        while (job := await self._next()) is not None:
            try:
                await self._carry(*job)
            except Exception:
                log.exception("carrying delivery %d failed", job[0].delivery_id)
                self.past_the_mark = False
                self.committer.record(self._broken_down(job[0]))
                self._drop_line()
                await self.office.rest(1)
            if self._turned_away:
                await self._stand_aside(job[0])
            else:
                self.stock.done(job[0])
        await self._leave()

    async def _stand_aside(self, claim: Claim) -> None:
        """The letter goes to the next carrier that has a line."""
        self._turned_away = False
        self.stock.put_back(claim)
        await self.lines.stand_aside(self)

    def _broken_down(self, claim: Claim) -> Record:
        """Of a letter that may have its dot nobody can know; without one it surely was not accepted."""
        return no_dot(claim)._replace(outcome=BROKEN) if self._may_be_theirs else no_dot(claim)

    async def _next(self) -> Job | None:
        while not self.office.stopping:
            if self._unwritten:
                await self._tell_unwritten()
            if self._ahead is not None:
                job, self._ahead = self._ahead, None
                return job
            if (claim := await self._wait_for_claim()) is None:
                return None
            self._ahead = self._written(claim)
        return None

    async def _wait_for_claim(self) -> Claim | None:
        """The next claim; a line that has had nothing to do for a while is given up meanwhile."""
        try:
            async with asyncio.timeout(self.idle_for if self._line else None):
                return await self.stock.next(self.sorts)
        except TimeoutError:
            await self._leave()
            return await self.stock.next(self.sorts)

    def _written(self, claim: Claim) -> Job | None:
        try:
            return claim, self.letters.make(claim, self.stock.after(claim), now=utc_now())
        except Exception as error:
            if not isinstance(error, NewsroomError):
                log.exception("the letter of delivery %d could not be made", claim.delivery_id)
            self._unwritten.append((claim, f"the letter could not be made: {error}"))
            return None

    async def _tell_unwritten(self) -> None:
        while self._unwritten:
            claim, reason = self._unwritten.pop()
            await self.office.not_written(claim, reason)
            self.stock.done(claim)

    async def _carry(self, claim: Claim, envelope: Envelope) -> None:
        rode, self._ahead_began, self._may_be_theirs = self._ahead_began, 0.0, False
        self._began = rode or self.clock()
        # Of a letter whose commands rode ahead the server has heard already: at least its answer is read.
        offered = WAITS if self._must_wait and not rode else await self._offer(envelope)
        if isinstance(offered, Offered) and self._must_wait:
            offered = WAITS
        if offered is WAITS:
            self._drop_line()
        if offered is FULL:
            self._drop_line()
            self._turned_away = True
        elif isinstance(offered, NotSent):
            if offered.fault and self._line is not None:
                self.health.met_a_fault(claim.delivery_id)
            self._record(claim, offered)
        elif self.office.stopping:
            self._drop_line()
        else:
            self.past_the_mark = True
            await self._mark(claim, offered)
            self.past_the_mark = False
        if self._has_served_enough():
            await self._leave()

    @property
    def _must_wait(self) -> bool:
        """The relay is in doubt, and somebody else's letter is tried."""
        return len(self.stock.in_hand) > self.stock.most

    async def _offer(self, envelope: Envelope) -> Offered | Refusal:
        """On the open line, else on a new one; a relay taken out meanwhile gets nothing more."""
        if self.health.resting is not None:
            self._drop_line()
            return self.health.resting
        if self._line is not None:
            offered = await self._line.offer(envelope)
            if not (isinstance(offered, NotSent) and offered.stale):
                return offered
            self._drop_line()
        await self.office.rest(self.health.pause())
        offered = await self._offer_on_a_new_line(envelope)
        if isinstance(offered, NotSent) and not (offered.fault or offered.stale):
            return await self.lines.turned_away(offered)
        return offered

    async def _offer_on_a_new_line(self, envelope: Envelope) -> Offered | Refusal:
        offered: Offered | Refusal | None = None
        try:
            line = await self.lines.open(self)
            if isinstance(line, NotSent):
                return line
            self._line, self._carried = line, 0
            offered = await line.offer(envelope)
            return offered
        finally:
            self.lines.answered(self, served=isinstance(offered, Offered))

    async def _mark(self, claim: Claim, offered: Offered | Refusal) -> None:
        """Refusals are marked too: a row gets its outcome only from handed_over, and no stop is overridden by one."""
        pending = self.committer.mark(claim)
        if isinstance(offered, Offered):
            self._look_ahead()
        answer = await pending
        if isinstance(answer, Withheld):
            if isinstance(offered, Offered):
                self._drop_line()
            await self.office.withheld(claim, answer)
        elif isinstance(offered, Offered):
            await self._finish(claim, answer)
        else:
            self._record(claim, offered)

    def _look_ahead(self) -> None:
        """While the mark is committed, make the letter whose commands may ride behind the dot."""
        if self._ahead is None and self._carried + 1 < self.letters_per_connection:
            claim = self.stock.take(self.sorts)
            self._ahead = self._written(claim) if claim is not None else None

    async def _finish(self, claim: Claim, mark: Granted) -> None:
        line = self._line
        if line is None or self.clock() - mark.since > DOT_WITHIN:
            self._drop_line()
            self.committer.record(no_dot(claim))
            return
        self._ahead_began = self.clock() if self._ahead is not None else 0.0
        self._may_be_theirs = True
        try:
            outcome = await line.finish(self._ahead[1] if self._ahead else None)
        except Exception:
            log.exception("handing over delivery %d broke down", claim.delivery_id)
            outcome = BROKEN
        if isinstance(outcome, Uncertain):
            self.health.reply_lost(began=self._began, now=self.clock())
            self._drop_line()
        self._record(claim, outcome)
        self._carried += 1

    def _record(self, claim: Claim, outcome: Outcome) -> None:
        """What may be written down now; a refusal that may be the relay's own doing is held back."""
        record = Record(
            token=claim.token, delivery_id=claim.delivery_id, attempt=claim.attempt + 1, outcome=outcome, relay=self.relay,
            domain=claim.domain,
        )  # fmt: skip
        known = self.health.pass_on(record, claim.domain, self.clock(), self._began)
        if not known:
            # A crash forgets whether it would have counted: then it surely was not accepted, and is tried again.
            self.committer.hold_back(released(record))
        for entry in known:
            self.committer.record(entry)

    def _has_served_enough(self) -> bool:
        """The line, after this letter; one that is lost is dropped."""
        if self._line is not None and not self._line.usable:
            self._drop_line()
        return self._carried >= self.letters_per_connection and self._ahead is None

    # ---- as the other lines see it ---------------------------------------------------------------------------------------

    @property
    def has_line(self) -> bool:
        return self._line is not None and self._line.usable

    @property
    def serves(self) -> bool:
        """A line whose letter began long ago may hang: nobody relies on it."""
        return self.has_line and self.clock() - self._began < SERVES_FOR

    def renew(self) -> None:
        self._carried = self.letters_per_connection

    # ---- the end of a line -----------------------------------------------------------------------------------------------

    def _drop_line(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()

    async def _leave(self) -> None:
        if self._line is not None:
            await self._line.leave()
            self._line = None
