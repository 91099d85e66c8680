"""From the first byte to a line that is ready for letters: greeting, EHLO, TLS, log-in."""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from newsroom.relay_urls import SmtpAddress
from newsroom.sendqueue.transports import troubles
from newsroom.sendqueue.transports.base import Reply
from newsroom.sendqueue.transports.logging_in import log_in
from newsroom.sendqueue.transports.replies import is_positive
from newsroom.sendqueue.transports.smtp_commands import Features, read_features
from newsroom.sendqueue.transports.smtp_line import LineLost, SmtpLine
from newsroom.sendqueue.transports.troubles import Step, Trouble, describe, refused

Work = TypeVar("Work")


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """The longest each phase may take, in seconds; `dot` is RFC 5321's ten minutes, since a shorter wait makes duplicates."""

    greeting: float = 60
    command: float = 300
    body: float = 600
    dot: float = 600


class Unwelcome(Exception):
    """No letter can be given to this server now; `trouble` says why, `reply` holds its own words where it had any."""

    def __init__(self, trouble: Trouble, reply: Reply | None = None) -> None:
        super().__init__(str(trouble))
        self.trouble, self.fault = trouble, trouble.fault
        self.reply = reply or Reply(text=str(trouble))


async def greet(line: SmtpLine, address: SmtpAddress, deadlines: Deadlines) -> Features:
    """Connect and do everything that comes before the first letter; Unwelcome for whatever goes wrong."""
    entry = Entry(line, address, deadlines)
    return await entry.told(_all_steps(entry), deadlines.greeting)


async def _all_steps(entry: "Entry") -> Features:
    await entry.connect()
    await entry.welcome()
    await entry.secure()
    await entry.log_in()
    return entry.features


class Entry:
    """The steps to the first letter, one by one; `step` is the one that is under way."""

    def __init__(self, line: SmtpLine, address: SmtpAddress, deadlines: Deadlines) -> None:
        self.line, self.address, self.deadlines = line, address, deadlines
        self.step: Step = "connection"
        self.features = Features()

    async def told(self, work: Awaitable[Work], seconds: float) -> Work:
        """What the work gives, within this time; Unwelcome, in words for staff, for whatever goes wrong."""
        try:
            async with asyncio.timeout(seconds):
                return await work
        except (TimeoutError, LineLost, OSError) as error:
            raise Unwelcome(describe(error, self.address, self.step)) from None

    async def connect(self) -> None:
        """The line is open, and encrypted where it is so from the start."""
        context = self._context() if self.address.tls == "implicit" else None
        await asyncio.get_running_loop().create_connection(lambda: self.line, self.address.host, self.address.port)
        if context is not None:
            await self._start_tls(context)

    async def welcome(self) -> None:
        """The greeting and the answer to EHLO."""
        self.step = "greeting"
        self._expect(await self.line.reply(self.deadlines.greeting))
        await self._say_hello()

    async def secure(self) -> None:
        """STARTTLS, where it is asked for."""
        if self.address.tls != "starttls":
            return
        if not self.features.starttls:
            raise Unwelcome(troubles.no_starttls(self.address))
        self.step = "STARTTLS"
        context = self._context()
        self._expect(await self._say("STARTTLS"))
        await self._start_tls(context)
        await self._say_hello()

    async def log_in(self) -> None:
        """Where there is a user."""
        if not self.address.user:
            return
        self.step = "log-in"
        answer = await log_in(self._say, self.address, self.features)
        if isinstance(answer, Trouble):
            raise Unwelcome(answer)
        self._expect(answer)

    async def part(self) -> None:
        """QUIT, and its answer if there is one; then the line is closed."""
        with contextlib.suppress(LineLost):
            await self._say("QUIT")
        self.line.abort()

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.address.ca_file or None)

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        self.step = "TLS"
        await self.line.start_tls(context, self.address.host, self.deadlines.greeting)

    async def _say_hello(self) -> None:
        self.step = "EHLO"
        reply = await self._say(f"EHLO {_our_name(self.line.own_address)}")
        self._expect(reply)
        self.features = read_features(reply.text)

    async def _say(self, command: str) -> Reply:
        self.line.write(command.encode() + b"\r\n")
        return await self.line.reply(self.deadlines.command)

    def _expect(self, reply: Reply) -> None:
        if is_positive(reply):
            return
        trouble = refused(reply, self.address, self.step)
        text = f"{reply.text} (at {self.step}{'; ' + trouble.advice if trouble.advice else ''})"
        raise Unwelcome(trouble, Reply(code=reply.code, enhanced_status=reply.enhanced_status, text=text))


def _our_name(own_address: str) -> str:
    """The host's full name, else the address literal of RFC 5321 section 4.1.3."""
    name = socket.gethostname()
    if "." in name:
        return name
    own = ipaddress.ip_address(own_address.partition("%")[0])
    return f"[IPv6:{own}]" if own.version == 6 else f"[{own}]"
