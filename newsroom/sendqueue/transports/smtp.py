"""smtp: - our own client, since no library holds back the final dot.

MAIL, RCPT and DATA go in one write where the server offers PIPELINING (RFC 2920), the next letter's ride behind the dot.
"""

from dataclasses import dataclass, field

from newsroom.relay_urls import ONLY, SmtpAddress
from newsroom.sendqueue.transports.base import (
    OFFERED,
    Connection,
    Deferred,
    Envelope,
    Failed,
    NotSent,
    Offered,
    Outcome,
    Refusal,
    Reply,
    Uncertain,
)
from newsroom.sendqueue.transports.replies import after_the_dot, is_positive, is_refusal, refusal_at_mail, refusal_of_recipient
from newsroom.sendqueue.transports.smtp_commands import Features, Unwritable, commands_for, wire_form
from newsroom.sendqueue.transports.smtp_greeting import Deadlines, Unwelcome, greet
from newsroom.sendqueue.transports.smtp_line import LineLost, SmtpLine

CLOSING = 421
GO_AHEAD = 354
DOT = b".\r\n"
COMMANDS = ("MAIL", "RCPT", "DATA")


@dataclass(frozen=True)
class SmtpTransport:
    """One relay."""

    address: SmtpAddress
    deadlines: Deadlines = field(default_factory=Deadlines)
    reaches_people: bool = True
    name: str = ONLY

    @property
    def label(self) -> str:
        return self.address.label

    @property
    def connections(self) -> int:
        return self.address.connections

    async def connect(self) -> Connection | NotSent:
        line = SmtpLine()
        try:
            features = await greet(line, self.address, self.deadlines)
        except Unwelcome as refused:
            line.abort()
            return NotSent(reply=refused.reply, fault=refused.fault)
        return SmtpConnection(line, features, self.deadlines)


class SmtpConnection:
    """One line, past its greeting and log-in."""

    def __init__(self, line: SmtpLine, features: Features, deadlines: Deadlines) -> None:
        self._line, self._features, self._deadlines = line, features, deadlines
        self._ridden: Envelope | None = None
        self._used = False
        self._heard = False
        self._needs_reset = False

    @property
    def usable(self) -> bool:
        return self._line.is_open

    async def offer(self, envelope: Envelope) -> Offered | Refusal:
        self._heard = False
        if self._used and self._is_out_of_step(envelope):
            return self._gone("the connection had been closed meanwhile")
        try:
            return await self._offer(envelope)
        except Unwritable as fault:
            return Failed(reply=Reply(text=str(fault)))
        except LineLost as lost:
            return self._gone(str(lost))
        finally:
            self._used = True

    def _is_out_of_step(self, envelope: Envelope) -> bool:
        if self._ridden is not None:
            return self._ridden is not envelope
        return not self.usable or self._line.has_unread

    def _gone(self, reason: str) -> Refusal:
        self.close()
        if self._used and not self._heard:
            return NotSent(reply=Reply(text=reason), stale=True)
        return Deferred(reply=Reply(text=f"{reason}, before the final dot"))

    async def _offer(self, envelope: Envelope) -> Offered | Refusal:
        if self._needs_reset:
            await self._reset()
        replies = await self._announce(envelope)
        refused = next((reply for reply in replies[:2] if not is_positive(reply)), None)
        if refused is None and replies[-1].code == GO_AHEAD:
            return await self._give_body(envelope)
        self._needs_reset = True
        if len(replies) == len(COMMANDS) and replies[-1].code == GO_AHEAD:
            await self._end_nobodys_letter(replies[1])
        if refused is replies[0]:
            return self._refused_at_mail(refused)
        return self._closing_after(refusal_of_recipient(refused or replies[-1]))

    async def _announce(self, envelope: Envelope) -> list[Reply]:
        """The replies to MAIL, RCPT and DATA, as far as they were given."""
        announced, self._ridden = self._ridden is envelope, None
        if not self._features.pipelining:
            return await self._announce_by_steps(commands_for(envelope, self._features))
        if not announced:
            self._line.write(b"".join(commands_for(envelope, self._features)))
        # Those that came with the reply to the last dot, as they do as a rule, cost no step of the loop.
        replies = self._line.unread(len(COMMANDS))
        self._heard = bool(replies)
        while len(replies) < len(COMMANDS):
            try:
                replies.append(await self._reply(self._deadlines.command))
            except LineLost:
                if not replies or is_positive(replies[-1]):
                    raise
                break
        return replies

    async def _announce_by_steps(self, commands: list[bytes]) -> list[Reply]:
        replies: list[Reply] = []
        for command in commands:
            self._line.write(command)
            replies.append(await self._reply(self._deadlines.command))
            if not is_positive(replies[-1]):
                break
        return replies

    async def _reply(self, seconds: float) -> Reply:
        reply = await self._line.reply(seconds)
        self._heard = True
        return reply

    async def _reset(self) -> None:
        self._line.write(b"RSET\r\n")
        await self._line.reply(self._deadlines.command)
        self._needs_reset = False

    async def _end_nobodys_letter(self, to_the_recipient: Reply) -> None:
        """A server that says 354 although it refused the recipient wants a lone dot (RFC 2920 section 3.1).

        If it did not clearly refuse, the dot would be an empty letter to somebody: inside DATA only closing withdraws it.
        """
        if not is_refusal(to_the_recipient):
            self.close()
            return
        self._line.write(DOT)
        await self._reply(self._deadlines.command)

    def _refused_at_mail(self, reply: Reply) -> Refusal:
        if reply.code == CLOSING:
            self.close()
            return NotSent(reply=reply, stale=self._used)
        return self._closing_after(refusal_at_mail(reply))

    def _closing_after(self, refusal: Refusal) -> Refusal:
        """A server that says 421, something about ourselves, or what fits no command, gets a new line next time."""
        if refusal.reply.code == CLOSING or isinstance(refusal, NotSent) or not is_refusal(refusal.reply):
            self.close()
        return refusal

    async def _give_body(self, envelope: Envelope) -> Offered | Refusal:
        self._line.write(wire_form(envelope))
        if self._line.is_blocked:
            await self._line.drained(self._deadlines.body)
        if self._line.has_unread:
            return self._interrupted(await self._reply(self._deadlines.command))
        return OFFERED

    def _interrupted(self, reply: Reply) -> Refusal:
        """The server answered in mid-body; inside DATA only closing withdraws the letter."""
        self.close()
        return refusal_of_recipient(reply)

    async def finish(self, following: Envelope | None = None) -> Outcome:
        if not self.usable:
            self.close()
            return Deferred(reply=Reply(text=f"{self._line.lost or 'connection closed'}, before the final dot"))
        if self._line.has_unread:
            return await self._spoken_before_the_dot()
        self._line.write(DOT + self._riding(following))
        try:
            return self._concluded(after_the_dot(await self._line.reply(self._deadlines.dot)))
        except LineLost as lost:
            self.close()
            return Uncertain(reply=Reply(text=f"{lost}, after the final dot"))

    async def _spoken_before_the_dot(self) -> Refusal:
        try:
            return self._interrupted(await self._reply(self._deadlines.command))
        except LineLost as lost:
            self.close()
            return Deferred(reply=Reply(text=f"{lost}, before the final dot"))

    def _riding(self, following: Envelope | None) -> bytes:
        if following is None or not self._features.pipelining:
            return b""
        try:
            commands = b"".join(commands_for(following, self._features))
        except Unwritable:
            return b""
        self._ridden = following
        return commands

    def _concluded(self, outcome: Outcome) -> Outcome:
        if outcome.reply.code == CLOSING or isinstance(outcome, Uncertain):
            self.close()
        return outcome

    def close(self) -> None:
        self._line.abort()

    async def leave(self) -> None:
        if self._ridden is None:
            self._line.part()
        else:
            self.close()
