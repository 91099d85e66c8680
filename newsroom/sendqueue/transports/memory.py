"""memory: - a transport for tests that keeps the same promise and plays any part it is told."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from newsroom.sendqueue.transports.base import OFFERED, Accepted, Connection, Envelope, NotSent, Offered, Outcome, Refusal, Reply

Scripted = Outcome | Callable[[Envelope], Outcome | None] | None
THANKS = Accepted(reply=Reply(code=250, enhanced_status="2.0.0", text="kept in memory"))


@dataclass
class MemoryTransport:
    """`kept` holds what was handed over, in order. Scripts are used up first to last: `connecting`, then per letter
    `offering` (before the dot) and `finishing` (after it); a script may be an outcome, a function of the envelope, or None."""

    label: str = "memory"
    name: str = "memory"
    connections: int = 4
    reaches_people: bool = True
    kept: list[Envelope] = field(default_factory=list)
    connecting: deque[NotSent] = field(default_factory=deque)
    offering: deque[Refusal | None] = field(default_factory=deque)
    finishing: deque[Scripted] = field(default_factory=deque)
    before_finish: Callable[[Envelope], None] | None = None
    opened: int = 0

    _named: ClassVar[dict[str, "MemoryTransport"]] = {}

    @classmethod
    def named(cls, name: str) -> "MemoryTransport":
        """The one of this name in this process."""
        return cls._named.setdefault(name, cls(label=f"memory:{name}" if name else "memory", name=name or "memory"))

    async def connect(self) -> Connection | NotSent:
        if self.connecting:
            return self.connecting.popleft()
        self.opened += 1
        return _MemoryConnection(self)


@dataclass
class _MemoryConnection:
    _home: MemoryTransport
    usable: bool = True
    _offered: Envelope | None = None

    async def offer(self, envelope: Envelope) -> Offered | Refusal:
        refusal = self._home.offering.popleft() if self._home.offering else None
        if refusal is not None:
            self.usable = not isinstance(refusal, NotSent)
            return refusal
        self._offered = envelope
        return OFFERED

    async def finish(self, following: Envelope | None = None) -> Outcome:
        envelope, self._offered = self._offered, None
        if envelope is None or not self.usable:
            raise AssertionError("finish without an offered letter")
        if self._home.before_finish:
            self._home.before_finish(envelope)
        outcome = _played(self._home.finishing, envelope)
        if isinstance(outcome, Accepted):
            self._home.kept.append(envelope)
        return outcome

    def close(self) -> None:
        self.usable, self._offered = False, None

    async def leave(self) -> None:
        self.close()


def _played(script: deque[Scripted], envelope: Envelope) -> Outcome:
    part = script.popleft() if script else None
    return (part(envelope) if callable(part) else part) or THANKS
