"""A mail server on loopback that throws mail away and takes its time: `python -m newsroom.bench.slow_sink PORT DELAY_MS`.

smtp-sink can wait whole seconds only. Every answer comes the delay after what asked for it; commands that came together are
answered together. It tells its count in smtp-sink's own words.
"""

import asyncio
import contextlib
import sys

ANSWERS = {
    b"EHLO": b"250-slow-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
    b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"250 2.1.5 Ok\r\n",
    b"RSET": b"250 2.0.0 Ok\r\n",
    b"DATA": b"354 End with a dot\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}
UNKNOWN = b"500 5.5.2 What?\r\n"
TAKEN = b"250 2.0.0 Ok\r\n"
END = b"\r\n.\r\n"


class SlowSink(asyncio.Protocol):
    """One conversation."""

    delay = 0.0
    letters = 0

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._unread = bytearray()
        self._in_letter = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            self._answer(b"220 slow-sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        seen = len(self._unread)
        self._unread += data
        answers = bytearray()
        while (answer := self._letter(seen) if self._in_letter else self._command()) is not None:
            answers += answer
            seen = 0
        if answers:
            asyncio.get_running_loop().call_later(self.delay, self._answer, bytes(answers))

    def _letter(self, seen: int) -> bytes | None:
        """The end of a letter is looked for only where it can have come just now."""
        at = self._unread.find(END, max(0, seen - len(END)))
        if at < 0:
            return None
        del self._unread[: at + len(END)]
        self._in_letter = False
        SlowSink.letters += 1
        return TAKEN

    def _command(self) -> bytes | None:
        at = self._unread.find(b"\r\n")
        if at < 0:
            return None
        verb = bytes(self._unread[:4]).upper()
        del self._unread[: at + 2]
        self._in_letter = verb == b"DATA"
        return ANSWERS.get(verb, UNKNOWN)

    def _answer(self, words: bytes) -> None:
        if self._transport is not None:
            self._transport.write(words)
            if words.endswith(ANSWERS[b"QUIT"]):
                self._transport.close()


async def serve(port: int) -> None:
    await asyncio.get_running_loop().create_server(SlowSink, "127.0.0.1", port, backlog=500)
    told = -1
    while True:
        await asyncio.sleep(0.01)
        if told != SlowSink.letters:
            told = SlowSink.letters
            sys.stdout.write(f"mesg={told}\r")
            sys.stdout.flush()


if __name__ == "__main__":
    SlowSink.delay = int(sys.argv[2]) / 1000
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(int(sys.argv[1])))
