"""One TCP or TLS line that speaks SMTP: bytes out, whole replies in, each wait with its total deadline."""

import asyncio
import contextlib
import socket
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from newsroom.sendqueue.transports.base import Reply
from newsroom.sendqueue.transports.replies import ReplyReader, Unreadable

READ_AT_ONCE = 16_384
MOST_UNREAD = 100


class LineLost(Exception):
    """The line is gone, silent beyond its deadline, or no longer speaks SMTP."""


class SmtpLine(asyncio.BufferedProtocol):
    """The raw line. Once lost it stays lost, and every wait on it raises LineLost with the reason.

    Bytes are received into one buffer for life, and one timer watches over all waits: a letter costs no timer of its own.
    """

    def __init__(self) -> None:
        self._reader = ReplyReader()
        self._replies: deque[Reply] = deque()
        self._room = memoryview(bytearray(READ_AT_ONCE))
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._patience = 0.0
        self._watch: asyncio.TimerHandle | None = None
        self.is_blocked = False
        self.lost = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._take(cast(asyncio.Transport, transport))

    def _take(self, transport: asyncio.Transport) -> None:
        # Nothing may linger in our own buffers, so `write` writes at once: the mark is asked for when the letter has left the
        # process, and a dot that is fresh when it is given is fresh on the wire.
        # TLS pauses at its limit, a plain line above it.
        transport.set_write_buffer_limits(high=1 if self._transport else 0, low=0)
        self._transport, self.is_blocked = transport, False
        raw = transport.get_extra_info("socket")
        if raw is not None:
            # Without it a held-back dot waits for the other side's delayed acknowledgement (43 ms).
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        try:
            self._replies.extend(self._reader.feed(bytes(self._room[:nbytes])))
        except Unreadable as error:
            self.abort(str(error))
        if len(self._replies) > MOST_UNREAD:
            # Nobody has asked so much: a server that talks without end would fill the memory while a mark is waited for.
            self.abort("the mail server talks without being asked")
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = self.lost or (f"connection lost: {exc}" if exc else "connection closed by the mail server")
        if self._watch is not None:
            self._watch.cancel()
        self._wake()

    def pause_writing(self) -> None:
        self.is_blocked = True

    def resume_writing(self) -> None:
        self.is_blocked = False
        self._wake()

    @property
    def has_unread(self) -> bool:
        """Something came that was not waited for."""
        return bool(self._replies) or not self._reader.is_empty

    @property
    def is_open(self) -> bool:
        return not self.lost and self._transport is not None and not self._transport.is_closing()

    def write(self, data: bytes) -> None:
        if self.lost or self._transport is None or self._transport.is_closing():
            raise LineLost(self.lost or "connection closed")
        self._transport.write(data)

    def unread(self, most: int) -> list[Reply]:
        """The next replies, as far as they are here already."""
        return [self._replies.popleft() for _ in range(min(most, len(self._replies)))]

    async def reply(self, seconds: float) -> Reply:
        """The next reply, at most this long from now; a reply that came before the line was lost still counts."""
        if not self._replies:
            await self._until(self._has_reply, seconds)
        return self._replies.popleft()

    async def drained(self, seconds: float) -> None:
        """Everything written has left the process, or the other side has spoken."""
        await self._until(self._has_left, seconds)

    def _has_reply(self) -> bool:
        return bool(self._replies)

    def _has_left(self) -> bool:
        return not self.is_blocked or bool(self._replies)

    async def _until(self, holds: Callable[[], bool], seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._patience, self._deadline = seconds, loop.time() + seconds
        self._watch_over(loop)
        try:
            while not holds():
                if self.lost:
                    raise LineLost(self.lost)
                self._waiter = loop.create_future()
                await self._waiter
        finally:
            self._patience = 0.0

    def _watch_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """A timer that rings too early for a later wait looks again; only an earlier deadline needs it anew."""
        if self._watch is not None and self._watch.when() > self._deadline:
            self._watch.cancel()
            self._watch = None
        if self._watch is None:
            self._watch = loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._watch = None
        if not self._patience:
            return
        loop = asyncio.get_running_loop()
        if loop.time() < self._deadline:
            self._watch = loop.call_at(self._deadline, self._look)
        else:
            self.abort(f"no answer within {self._patience:g} seconds")
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def start_tls(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """Turn the line to TLS; what was sent in clear behind the go-ahead is an attack (RFC 3207 section 6)."""
        if self._transport is None or self.has_unread:
            self.abort("the mail server sent more before TLS began")
            raise LineLost(self.lost)
        loop = asyncio.get_running_loop()
        secured = await loop.start_tls(self._transport, self, context, server_hostname=host, ssl_handshake_timeout=seconds)
        if secured is None:
            raise LineLost(self.lost or "connection lost while TLS began")
        self._take(secured)

    @property
    def own_address(self) -> str:
        if self._transport is None:
            return "127.0.0.1"
        return str(self._transport.get_extra_info("sockname", ("127.0.0.1",))[0])

    def about(self, fact: str) -> Any:
        """What asyncio knows of the line under this name, such as 'peername' or 'ssl_object'; None without a line."""
        return self._transport.get_extra_info(fact) if self._transport is not None else None

    def abort(self, reason: str = "closed by us") -> None:
        self.lost = self.lost or reason
        if self._transport is not None:
            self._transport.abort()

    def part(self) -> None:
        """QUIT without waiting for the answer."""
        with contextlib.suppress(LineLost):
            self.write(b"QUIT\r\n")
        self.lost = self.lost or "closed by us"
        if self._transport is not None:
            self._transport.close()
