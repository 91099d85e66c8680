"""A real SMTP server that plays parts and keeps what it accepted.

Used in a thread by tests: `with SmtpServer() as server`. The one that is a process of its own, outlives killed clients and fails
by rule and seed is tests/chaos/sink.py.
"""

import asyncio
import base64
import itertools
import re
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

PHASES = ("greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "body", "dot", "RSET", "QUIT")
_MESSAGE_ID = re.compile(rb"(?im)^Message-ID:\s*(\S+)")


@dataclass(frozen=True)
class Say:
    """Answer with these words instead of the usual ones, and go on as an honest server would."""

    words: str


@dataclass(frozen=True)
class Drop:
    """Close the line without an answer; after the dot the letter is `stored` or not."""

    stored: bool = False


@dataclass(frozen=True)
class Wait:
    """Take this long, then answer as usual."""

    seconds: float


Part = Say | Drop | Wait | None


@dataclass(frozen=True, kw_only=True)
class Stored:
    """One letter as the server took it."""

    connection: int
    sender: str
    recipient: str
    message_id: str
    data: bytes
    parameters: str = ""


@dataclass
class SmtpServer:
    """`play(phase, *parts)` queues parts, used up one per occurrence; `each` decides for every letter instead."""

    port: int = 0
    offers: tuple[str, ...] = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")
    users: dict[str, str] = field(default_factory=dict)
    mechanisms: str = "PLAIN LOGIN"
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    delay: float = 0
    eager: bool = False  # says 354 to DATA although every recipient was refused
    each: Callable[[str, str], Part] | None = None
    stored: list[Stored] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self._parts: dict[str, deque[Part]] = defaultdict(deque)
        self._numbers = itertools.count(1)
        self._open = 0
        self._writers: set[asyncio.StreamWriter] = set()

    def play(self, phase: str, *parts: Part) -> None:
        if phase not in PHASES:
            raise ValueError(phase)
        self._parts[phase].extend(parts)

    def part(self, phase: str, recipient: str) -> Part:
        if self._parts[phase]:
            return self._parts[phase].popleft()
        return self.each(phase, recipient) if self.each else None

    async def serve(self) -> asyncio.Server:
        context = self.tls if self.implicit_tls else None
        server = await asyncio.start_server(self._meet, "127.0.0.1", self.port, limit=64 * 1024 * 1024, ssl=context, backlog=256)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open += 1
        self.most_at_once = max(self.most_at_once, self._open)
        self._writers.add(writer)
        try:
            await _Conversation(self, next(self._numbers), reader, writer).hold()
        except (ConnectionError, asyncio.IncompleteReadError, _LineDropped, ssl.SSLError):
            pass
        finally:
            self._open -= 1
            self._writers.discard(writer)
            writer.transport.abort()

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._thread.start()
        if not self._ready.wait(60):
            raise RuntimeError("the SMTP server of the tests did not start")
        return self

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(self.serve())
        self._ready.set()
        self._loop.run_forever()

    def drop_everybody(self) -> None:
        """Every open line breaks at once."""
        self._loop.call_soon_threadsafe(lambda: [writer.transport.abort() for writer in self._writers])

    def say_to_everybody(self, words: bytes) -> None:
        """Unasked, on every open line."""
        self._loop.call_soon_threadsafe(lambda: [writer.write(words) for writer in self._writers])

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        async def end() -> None:
            self._server.close()
            for writer in list(self._writers):
                writer.transport.abort()
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        return [letter.recipient for letter in self.stored]


class _LineDropped(Exception):
    pass


class _Conversation:
    def __init__(self, server: SmtpServer, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.number, self.reader, self.writer = server, number, reader, writer
        self.sender: str | None = None
        self.parameters = ""
        self.recipients: list[str] = []
        self.secured = server.implicit_tls
        self.user = ""

    async def hold(self) -> None:
        await self._answer("greeting", "220 sink.example ESMTP")
        while line := await self.reader.readline():
            command = line.decode("utf-8", "replace").strip()
            self.server.commands.append(command)
            verb = command.split(" ")[0].upper()
            handler = getattr(self, f"_on_{verb.lower()}", None)
            if handler is None:
                await self._say("500 5.5.2 what?")
            elif await handler(command[len(verb) :].strip()) is False:
                return

    async def _say(self, words: str) -> None:
        self.writer.write(words.replace("\n", "\r\n").encode() + b"\r\n")
        await self.writer.drain()

    async def _answer(self, phase: str, usual: str) -> bool:
        """Play the part for this phase; True when it went the usual way."""
        part = self.server.part(phase, self.recipients[-1] if self.recipients else "")
        if isinstance(part, Wait):
            await asyncio.sleep(part.seconds)
        if isinstance(part, Drop):
            raise _LineDropped
        words = part.words if isinstance(part, Say) else usual
        await self._say(words)
        if words.startswith("421"):
            raise _LineDropped
        return words[0] in "23"

    async def _on_ehlo(self, _: str) -> None:
        offers = ["sink.example", *self.server.offers]
        if self.server.tls and not self.secured:
            offers.append("STARTTLS")
        if self.server.users:
            offers.append(f"AUTH {self.server.mechanisms}")
        lines = [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]
        await self._answer("EHLO", "\n".join(lines))

    async def _on_starttls(self, _: str) -> None:
        if await self._answer("STARTTLS", "220 2.0.0 go ahead") and self.server.tls:
            await self.writer.start_tls(self.server.tls)
            self.secured = True

    async def _on_auth(self, words: str) -> None:
        method, _, first = words.partition(" ")
        if method.upper() == "XOAUTH2":
            await self._on_token(first)
            return
        if method.upper() == "PLAIN":
            _, user, password = base64.b64decode(first).decode().split("\0")
        else:
            user, password = [await self._ask(prompt) for prompt in ("VXNlcm5hbWU6", "UGFzc3dvcmQ6")]
        if self.server.users.get(user) == password:
            self.user = user
            await self._answer("AUTH", "235 2.7.0 welcome")
        else:
            await self._answer("AUTH", "535 5.7.8 wrong user or password")

    async def _on_token(self, first: str) -> None:
        """`users` holds the token that is good now; a refusal comes as Google's and Microsoft's do, in two steps."""
        user, bearer, *_ = base64.b64decode(first).decode().split("\1")
        user, token = user.removeprefix("user="), bearer.removeprefix("auth=Bearer ")
        if self.server.users.get(user) == token:
            self.user = user
            await self._answer("AUTH", "235 2.7.0 welcome")
            return
        await self._say("334 " + base64.b64encode(b'{"status":"401","schemes":"bearer"}').decode())
        await self.reader.readline()
        await self._answer("AUTH", "535 5.7.8 that token is not good")

    async def _ask(self, prompt: str) -> str:
        await self._say(f"334 {prompt}")
        return base64.b64decode(await self.reader.readline()).decode()

    async def _on_mail(self, words: str) -> None:
        if self.server.users and not self.user:
            await self._say("530 5.7.0 log in first")
            return
        path, _, parameters = words.removeprefix("FROM:").partition(" ")
        if await self._answer("MAIL", "250 2.1.0 Ok"):
            self.sender, self.parameters = path.strip("<>"), parameters

    async def _on_rcpt(self, words: str) -> None:
        if self.sender is None:
            await self._say("503 5.5.1 MAIL first")
            return
        self.recipients.append(words.removeprefix("TO:").strip("<> "))
        if not await self._answer("RCPT", "250 2.1.5 Ok"):
            self.recipients.pop()

    async def _on_data(self, _: str) -> None:
        if not self.recipients and self.server.eager:
            await self._say("354 well then")
            await self.reader.readline()
        if not self.recipients:
            await self._say("554 5.5.1 no valid recipients")
            return
        if await self._answer("DATA", "354 end with a dot"):
            await self._take_letter()
        self._forget()

    async def _take_letter(self) -> None:
        part = self.server.part("body", self.recipients[-1])
        if isinstance(part, Drop):
            await self.reader.readline()
            raise _LineDropped
        if isinstance(part, Say):
            await self.reader.readline()
            await self._say(part.words)
            raise _LineDropped
        first = await self.reader.readline()
        data = b"" if first == b".\r\n" else first + (await self.reader.readuntil(b"\r\n.\r\n"))[:-3]
        if self.server.delay:
            await asyncio.sleep(self.server.delay)
        await self._conclude(data.replace(b"\r\n..", b"\r\n."))

    async def _conclude(self, data: bytes) -> None:
        found = _MESSAGE_ID.search(data)
        letter = Stored(
            connection=self.number, sender=self.sender or "", recipient=self.recipients[-1], data=data, parameters=self.parameters,
            message_id=found[1].decode("ascii", "replace") if found else "",
        )  # fmt: skip
        part = self.server.part("dot", letter.recipient)
        if isinstance(part, Wait):
            await asyncio.sleep(part.seconds)
        refused = isinstance(part, Say) and not part.words.startswith("2")
        if not refused and not (isinstance(part, Drop) and not part.stored):
            self.server.stored.append(letter)
        if isinstance(part, Drop):
            raise _LineDropped
        await self._say(part.words if isinstance(part, Say) else f"250 2.0.0 Ok: queued as {len(self.server.stored):06X}")
        if isinstance(part, Say) and part.words.startswith("421"):
            raise _LineDropped

    def _forget(self) -> None:
        self.sender, self.parameters, self.recipients = None, "", []

    async def _on_rset(self, _: str) -> None:
        self._forget()
        await self._answer("RSET", "250 2.0.0 Ok")

    async def _on_noop(self, _: str) -> None:
        await self._say("250 2.0.0 Ok")

    async def _on_quit(self, _: str) -> bool:
        await self._answer("QUIT", "221 2.0.0 Bye")
        return False
