"""What every transport promises: a letter is offered up to its final dot, and only then, by a second word, handed over.

`offer` gives the other side everything but the dot; whatever happens up to here, nothing was accepted. The caller then
commits its mark and says `finish`. To withdraw in between, `close`: inside DATA a RSET would become body text.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Envelope(NamedTuple):
    """One letter to one person: `data` is the whole RFC 5322 message, CRLF throughout.

    `ready`: it is plain ASCII by its making, ends with a line break, and no line of it begins with a dot.
    """

    delivery_id: int
    sender: str
    recipient: str
    data: bytes
    ready: bool = False

    def __repr__(self) -> str:
        """Logs show no letters."""
        return f"Envelope(delivery_id={self.delivery_id})"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The other side's own words; code None where it said nothing and `text` is our account of it."""

    code: int | None = None
    enhanced_status: str = ""
    text: str = ""

    def __str__(self) -> str:
        return " ".join(word for word in (str(self.code or ""), self.enhanced_status, self.text) if word)


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """It is theirs now."""

    reply: Reply


@dataclass(frozen=True, kw_only=True)
class Deferred:
    """Not now; surely not accepted."""

    reply: Reply


@dataclass(frozen=True, kw_only=True)
class Failed:
    """Never; surely not accepted."""

    reply: Reply


@dataclass(frozen=True, kw_only=True)
class Uncertain:
    """The dot was written and no readable reply came: nobody can know."""

    reply: Reply


@dataclass(frozen=True, kw_only=True)
class NotSent:
    """Surely not accepted, and not the recipient's doing.

    `fault`: the server refuses us ourselves and will do so again (log-in, certificate, 5yz at MAIL); otherwise trying again may help.
    `stale`: a connection kept open had gone in the meantime; the letter deserves a fresh one at once.
    """

    reply: Reply
    fault: bool = False
    stale: bool = False


@dataclass(frozen=True)
class Offered:
    """Everything but the dot is on the other side."""


OFFERED = Offered()

Outcome = Accepted | Deferred | Failed | Uncertain | NotSent
Refusal = Deferred | Failed | NotSent


class Connection(Protocol):
    """One line to the mail server; one letter at a time."""

    @property
    def usable(self) -> bool:
        """False once the line is closed or must not be used again."""

    async def offer(self, envelope: Envelope) -> Offered | Refusal:
        """Give everything but the dot; after anything but Offered the line stands between letters, or is closed."""

    async def finish(self, following: Envelope | None = None) -> Outcome:
        """Give the dot and read the reply; the commands of the following letter, which must be offered next, may ride behind it."""

    def close(self) -> None:
        """Write nothing more: a letter offered and not finished is withdrawn."""

    async def leave(self) -> None:
        """Part politely; only between letters."""


class Transport(Protocol):
    """A way out of the house, with as many lines as `connections` allows."""

    @property
    def name(self) -> str:
        """The relay's name, as it stands on deliveries."""

    @property
    def label(self) -> str:
        """host:port for reasons, without secrets."""

    @property
    def connections(self) -> int: ...

    @property
    def reaches_people(self) -> bool:
        """False where mail is only kept."""

    async def connect(self) -> Connection | NotSent: ...
