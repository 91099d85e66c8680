"""Permanent refusals that may be the relay's own doing: held back until it has shown that it tells people apart.

A refusal of the recipient's address (enhanced status x.1.x, but for the sender's, x.1.7 and x.1.8) is nobody else's doing and
never held. The thresholds and why they are what they are: docs/decisions/0035-provisional-refusals.md.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from newsroom.sendqueue.recording import Record
from newsroom.sendqueue.transports.base import Failed, NotSent, Outcome, Reply

#: So many letters of so many domains refused for one reason, and nobody served meanwhile: it is the relay. The last few of
#: them must have been tried one at a time, after the suspicion arose: what was on its way then proves little.
SUSPICIOUS, TRIED_ONE_BY_ONE = 3, 3
AT_THREE_DOMAINS, AT_TWO_DOMAINS, AT_ONE_DOMAIN = SUSPICIOUS + TRIED_ONE_BY_ONE, 10, 20
_ADDRESS_STATUS = re.compile(r"5\.1\.(?![78]$)\d+")
_OF_ONE_LETTER = re.compile(r"<[^>]*>|\S+@\S+|\b[0-9A-Fa-f]*\d[0-9A-Fa-f]*\b")

Reason = tuple[int | None, str]
Finding = Literal["held", "confirmed", "refuses_all"]


def is_provisional(outcome: Outcome) -> bool:
    """The other side's 5yz that does not speak of the address."""
    return isinstance(outcome, Failed) and outcome.reply.code is not None and not _ADDRESS_STATUS.match(outcome.reply.enhanced_status)


def released(record: Record) -> Record:
    """The same try as one that surely was not accepted: back into the queue, nobody marked."""
    return record._replace(outcome=NotSent(reply=record.outcome.reply, fault=True))


def reason_of(reply: Reply) -> Reason:
    """What stays the same when a server refuses everybody: its code and status, or its words without what is one letter's own."""
    return reply.code, reply.enhanced_status or _OF_ONE_LETTER.sub("", reply.text).strip().lower()


@dataclass
class _Run:
    """Refusals for one reason, and no letter taken that began after the first of them."""

    first_at: float
    refused: int = 0
    suspected_at: float = float("inf")
    one_by_one: int = 0
    domains: set[str] = field(default_factory=set)

    def add(self, domain: str, now: float, began: float) -> None:
        self.refused += 1
        self.domains.add(domain)
        if began >= self.suspected_at:
            self.one_by_one += 1
        elif self.refused == SUSPICIOUS:
            self.suspected_at = now

    @property
    def is_enough(self) -> bool:
        needed = {1: AT_ONE_DOMAIN, 2: AT_TWO_DOMAINS}.get(len(self.domains), AT_THREE_DOMAINS)
        return self.refused >= needed and self.one_by_one >= TRIED_ONE_BY_ONE


@dataclass
class Provisional:
    """What one relay refused lately. `began`: when a letter was first spoken of; that one is taken which was on its way already
    when the refusal came proves nothing."""

    held_at: float = float("-inf")
    words: str = ""
    _held: deque[tuple[float, Record]] = field(default_factory=deque)
    _runs: dict[Reason, _Run] = field(default_factory=dict)
    _has_passed: bool = False
    _passed_at_domain: str = ""
    _has_answered: bool = False

    def __len__(self) -> int:
        return len(self._held)

    def passed(self, domain: str, began: float) -> list[Record]:
        """A letter was taken: whatever was refused before it began stands."""
        self._has_passed = True
        self._passed_at_domain = domain
        if self._runs:
            self._runs = {reason: run for reason, run in self._runs.items() if run.first_at >= began}
        return list(self._refused_before(began)) if self._held else []

    def _refused_before(self, began: float) -> Iterator[Record]:
        while self._held and self._held[0][0] < began:
            yield self._held.popleft()[1]

    def answered(self) -> None:
        """It put somebody off, or refused an address: at least it looks at recipients."""
        self._has_answered = True

    def hold(self, record: Record, domain: str, now: float, began: float) -> Finding:
        """One more refusal, and what it shows: nothing yet, that its domain refuses us, or that the relay does."""
        self._held.append((now, record))
        self.held_at, self.words = now, str(record.outcome.reply)
        run = self._runs.setdefault(reason_of(record.outcome.reply), _Run(now))
        run.add(domain, now, began)
        if not run.is_enough:
            return "held"
        # Others were served by this relay just before: the one domain refuses us, not the relay.
        is_the_domain = len(run.domains) == 1 and self._has_passed and self._passed_at_domain != domain
        return "confirmed" if is_the_domain else "refuses_all"

    @property
    def is_suspicious(self) -> bool:
        """Time for one letter at a time."""
        return any(run.refused >= SUSPICIOUS for run in self._runs.values())

    def after_quiet(self) -> Finding:
        """Nothing is left to compare with: a relay that has never served anybody and refused a few for one reason is not believed."""
        if self._has_passed or self._has_answered or not self.is_suspicious:
            return "confirmed"
        return "refuses_all"

    def confirm(self) -> list[Record]:
        """All that is held, as it is."""
        found = [record for _, record in self._held]
        self._held.clear()
        return found

    def release(self) -> list[Record]:
        """All that is held, as letters that may be sent again; from here on the relay has to prove itself anew."""
        found = [released(record) for record in self.confirm()]
        self._runs.clear()
        self._has_passed, self._passed_at_domain, self._has_answered = False, "", False
        return found
