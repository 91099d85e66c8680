"""The independent witness: a mail server in a process of its own that writes down what it was given before it answers.

`python -m tests.chaos.sink --port 2525 --folder DIR --seed 1`. In DIR: `rules.json` (read at start and at SIGHUP), `letters.bin`
(the letters' bytes, one after the other) and `log.jsonl`, one line per event, each a single append:
`letter` (somebody's whole letter and its dot have come; `kept`, and the answer that follows), `refused`, `unfinished` (the
line ended inside a letter, without its dot), `unheard` (nobody was there any more to hear the answer), `rules`, `open`, `close`.
"""

import argparse
import asyncio
import contextlib
import hashlib
import itertools
import json
import os
import re
import signal
import socket
import time
from pathlib import Path
from typing import Any

from tests.chaos.faults import Rule, Script, load_rules

END = b"\r\n.\r\n"
OFFERS = b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-AUTH PLAIN\r\n250 ENHANCEDSTATUSCODES"
_MESSAGE_ID = re.compile(rb"(?im)^Message-ID:\s*(\S+)")
APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND


class Book:
    """What the sink knows and writes."""

    def __init__(self, folder: Path, seed: int, delay: float) -> None:
        self.folder, self.seed, self.delay = folder, seed, delay
        self.stored = 0
        self.numbers = itertools.count(1)
        self._log = os.open(folder / "log.jsonl", APPEND, 0o644)
        self._letters = os.open(folder / "letters.bin", APPEND, 0o644)
        self._offset = 0
        self.script = Script(seed)
        self.read_rules()

    def read_rules(self) -> None:
        path = self.folder / "rules.json"
        self.script = Script(self.seed, load_rules(path.read_text()) if path.exists() else ())
        self.note("rules", 0, number=len(self.script.rules))

    def note(self, event: str, connection: int, **facts: Any) -> None:
        os.write(self._log, json.dumps({"event": event, "at": time.time(), "connection": connection, **facts}).encode() + b"\n")

    def take(self, connection: int, sender: str, recipient: str, data: bytes, *, kept: bool, answer: str) -> None:
        """A whole letter, dot included: kept or thrown away, and written down before it is answered."""
        found = _MESSAGE_ID.search(data)
        if kept:
            os.write(self._letters, data)
            self.stored += 1
        self.note(
            "letter", connection, sender=sender, recipient=recipient, message_id=found[1].decode("ascii", "replace") if found else "",
            sha256=hashlib.sha256(data).hexdigest(), offset=self._offset, length=len(data), kept=kept, answer=answer,
        )  # fmt: skip
        self._offset += len(data) if kept else 0


class Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.number = next(book.numbers)
        self.buffer = bytearray()
        self.searched = 0
        self.in_letter = False
        self.busy = False
        self.sender, self.recipient = "", ""
        self.out: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.book.note("open", self.number)
        self.answer("connect", str(self.number), b"220 sink.example ESMTP")
        self.flush()

    def connection_lost(self, error: Exception | None) -> None:
        if self.in_letter:
            self.book.note("unfinished", self.number, recipient=self.recipient, octets=len(self.buffer))
        self.book.note("close", self.number)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.work()

    def work(self) -> None:
        while not self.busy and not self.transport.is_closing() and (self.letter() if self.in_letter else self.command()):
            pass
        self.flush()

    def flush(self) -> None:
        if self.out and not self.transport.is_closing():
            self.transport.write(b"".join(self.out))
        self.out.clear()

    def command(self) -> bool:
        end = self.buffer.find(b"\n")
        if end < 0:
            return False
        line = self.buffer[:end].decode("utf-8", "replace").strip()
        del self.buffer[: end + 1]
        verb, _, rest = line.partition(" ")
        handler = HANDLERS.get(verb.upper())
        if handler is None:
            self.out.append(b"500 5.5.2 what?\r\n")
        else:
            handler(self, rest)
        return True

    def letter(self) -> bool:
        """Look for the dot."""
        if self.buffer.startswith(b".\r\n"):
            end, beyond = 0, 3
        elif (place := self.buffer.find(END, self.searched)) >= 0:
            end, beyond = place + 2, place + 5
        else:
            self.searched = max(0, len(self.buffer) - len(END))
            return False
        data = bytes(self.buffer[:end]).replace(b"\r\n..", b"\r\n.")
        del self.buffer[:beyond]
        self.in_letter = False
        self.conclude(data)
        return True

    def conclude(self, data: bytes) -> None:
        rule, wait = self.book.script.part("dot", self.recipient, self.book.stored) or (None, 0.0)
        usual = "250 2.0.0 Ok: queued" if rule is None or not rule.say else rule.say
        gone = rule is not None and (rule.drop or rule.hang)
        kept = rule.stored if rule is not None and gone else usual[0] == "2"
        self.book.take(self.number, self.sender, self.recipient, data, kept=kept, answer="" if gone else usual)
        self.sender, self.recipient = "", ""
        if rule is not None:
            self.strike("dot", rule, wait, usual=usual.encode())
        elif self.book.delay:
            self.flush()
            self.later(self.book.delay, usual.encode())
        else:
            self.out.append(usual.encode() + b"\r\n")

    def answer(self, phase: str, who: str, usual: bytes) -> bool:
        """The usual words, unless a rule says otherwise; True when it went well."""
        found = self.book.script.part(phase, who, self.book.stored)
        if found is None:
            self.out.append(usual + b"\r\n")
            return True
        return self.strike(phase, *found, usual=usual)

    def strike(self, phase: str, rule: Rule, wait: float, *, usual: bytes) -> bool:
        self.flush()
        if rule.hang:
            self.busy = True
            return False
        if rule.drop:
            self.transport.abort()
            return False
        words = rule.say.encode() or usual
        if rule.say and phase != "dot":
            self.book.note("refused", self.number, phase=phase, recipient=self.recipient, words=rule.say)
        if rule.drip:
            self.busy = True
            self.drip(words + b"\r\n", rule.drip)
        elif wait:
            self.later(wait, words)
        else:
            self.say(words)
        return words[:1] in (b"2", b"3")

    def say(self, words: bytes) -> None:
        self.out.append(words + b"\r\n")
        if words.startswith(b"421"):
            self.flush()
            self.transport.close()

    def later(self, seconds: float, words: bytes) -> None:
        self.busy = True
        asyncio.get_running_loop().call_later(seconds, self.at_last, words)

    def at_last(self, words: bytes) -> None:
        self.busy = False
        if self.transport.is_closing():
            self.book.note("unheard", self.number, words=words.decode())
            return
        self.say(words)
        self.work()

    def drip(self, words: bytes, every: float) -> None:
        """One byte at a time."""
        if words and not self.transport.is_closing():
            self.transport.write(words[:1])
            asyncio.get_running_loop().call_later(every, self.drip, words[1:], every)

    def on_ehlo(self, _: str) -> None:
        self.answer("EHLO", str(self.number), OFFERS)

    def on_helo(self, _: str) -> None:
        self.answer("EHLO", str(self.number), b"250 sink.example")

    def on_auth(self, _: str) -> None:
        self.answer("AUTH", str(self.number), b"235 2.7.0 welcome")

    def on_mail(self, words: str) -> None:
        path = words.partition(":")[2].partition(" ")[0].strip("<>")
        if self.answer("MAIL", path, b"250 2.1.0 Ok"):
            self.sender = path

    def on_rcpt(self, words: str) -> None:
        path = words.partition(":")[2].strip("<> ")
        if not self.sender:
            self.out.append(b"503 5.5.1 MAIL first\r\n")
        else:
            # Known before the answer, so that what is written down of a refusal names it.
            self.recipient = path
            if not self.answer("RCPT", path, b"250 2.1.5 Ok"):
                self.recipient = ""

    def on_data(self, _: str) -> None:
        if not self.recipient:
            self.out.append(b"554 5.5.1 no valid recipients\r\n")
        elif self.answer("DATA", self.recipient, b"354 end with a dot"):
            self.in_letter, self.searched = True, 0
            # Struck before we read on: had we waited for some of the body, its dot might have come with it.
            if found := self.book.script.part("body", self.recipient, self.book.stored):
                self.strike("body", *found, usual=b"452 4.3.1 no room for this letter")

    def on_rset(self, _: str) -> None:
        self.sender, self.recipient = "", ""
        self.out.append(b"250 2.0.0 Ok\r\n")

    def on_noop(self, _: str) -> None:
        self.out.append(b"250 2.0.0 Ok\r\n")

    def on_quit(self, _: str) -> None:
        self.out.append(b"221 2.0.0 Bye\r\n")
        self.flush()
        self.transport.close()


HANDLERS = {name[3:].upper(): getattr(Line, name) for name in dir(Line) if name.startswith("on_")}


async def main(arguments: argparse.Namespace) -> None:
    book = Book(arguments.folder, arguments.seed, arguments.delay)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, book.read_rules)
    server = await loop.create_server(lambda: Line(book), "127.0.0.1", arguments.port, backlog=512)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A mail server that writes down what it is given, and fails by rule.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--delay", type=float, default=0.0)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(parser.parse_args()))
