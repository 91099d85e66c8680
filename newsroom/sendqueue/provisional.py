"""Permanent refusals that may be the relay's own doing: held back until it has shown that it tells people apart.

A refusal of the address itself (enhanced status x.1.x) is nobody else's doing and never held. The thresholds and why they
are what they are: docs/decisions/0035-provisional-refusals.md.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from newsroom.sendqueue.recording import Record
from newsroom.sendqueue.transports.base import Failed, NotSent, Outcome, Reply

#: So many letters of so many domains refused for one reason, and nobody served in between: it is the relay.
AT_THREE_DOMAINS, AT_TWO_DOMAINS, AT_ONE_DOMAIN = 5, 10, 20
SUSPICIOUS = 3
_ADDRESS_STATUS = re.compile(r"5\.1\.\d+")
_OF_ONE_LETTER = re.compile(r"<[^>]*>|\S+@\S+|\b[0-9A-Fa-f]*\d[0-9A-Fa-f]*\b")

Reason = tuple[int | None, str]
Finding = Literal["held", "confirmed", "refuses_all"]


def is_provisional(outcome: Outcome) -> bool:
    """The other side's 5yz that does not speak of the address."""
    return isinstance(outcome, Failed) and outcome.reply.code is not None and not _ADDRESS_STATUS.match(outcome.reply.enhanced_status)


def released(record: Record) -> Record:
    """The same try as one that surely was not accepted: back into the queue, nobody marked."""
    return replace(record, outcome=NotSent(reply=record.outcome.reply, fault=True))


def reason_of(reply: Reply) -> Reason:
    """What stays the same when a server refuses everybody: its code and status, or its words without what is one letter's own."""
    return reply.code, reply.enhanced_status or _OF_ONE_LETTER.sub("", reply.text).strip().lower()


@dataclass
class _Run:
    """Refusals for one reason since somebody was last served."""

    refused: int = 0
    domains: set[str] = field(default_factory=set)


@dataclass
class Provisional:
    """What one relay refused lately. `margin`: letters that may have been on their way already when a refusal came; that these
    are taken proves nothing."""

    margin: int
    held_at: float = float("-inf")
    words: str = ""
    _held: deque[tuple[int, Record]] = field(default_factory=deque)
    _runs: dict[Reason, _Run] = field(default_factory=dict)
    _passed: int = 0
    _passed_at_domain: str = ""
    _has_answered: bool = False

    def __len__(self) -> int:
        return len(self._held)

    def passed(self, domain: str) -> list[Record]:
        """A letter was taken: whatever was refused long enough before it stands."""
        self._passed += 1
        self._passed_at_domain = domain
        if self._runs:
            self._runs.clear()
        return list(self._confirmed_by_now()) if self._held else []

    def _confirmed_by_now(self) -> Iterator[Record]:
        while self._held and self._passed - self._held[0][0] > self.margin:
            yield self._held.popleft()[1]

    def answered(self) -> None:
        """It put somebody off, or refused an address: at least it looks at recipients."""
        self._has_answered = True

    def hold(self, record: Record, domain: str, now: float) -> Finding:
        """One more refusal, and what it shows: nothing yet, that its domain refuses us, or that the relay does."""
        self._held.append((self._passed, record))
        self.held_at, self.words = now, str(record.outcome.reply)
        run = self._runs.setdefault(reason_of(record.outcome.reply), _Run())
        run.refused += 1
        run.domains.add(domain)
        return self._finding(run)

    def _finding(self, run: _Run) -> Finding:
        if len(run.domains) >= 3:
            return "refuses_all" if run.refused >= AT_THREE_DOMAINS else "held"
        if len(run.domains) == 2:
            return "refuses_all" if run.refused >= AT_TWO_DOMAINS else "held"
        if run.refused < AT_ONE_DOMAIN:
            return "held"
        # Others were served by this relay just before: the domain refuses us, not the relay.
        return "confirmed" if self._passed and self._passed_at_domain not in run.domains else "refuses_all"

    @property
    def is_suspicious(self) -> bool:
        """Time for one letter at a time."""
        return any(run.refused >= SUSPICIOUS for run in self._runs.values())

    def after_quiet(self) -> Finding:
        """Nothing is left to compare with: a relay that has never served anybody and refused a few for one reason is not believed."""
        if self._passed or self._has_answered or not self.is_suspicious:
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
        self._passed, self._passed_at_domain, self._has_answered = 0, "", False
        return found
