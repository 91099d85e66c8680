"""The line below SMTP: what `write` was given is on the wire when it returns."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from newsroom.sendqueue import event_loop
from newsroom.sendqueue.transports.smtp_line import SmtpLine
from tests.certificates import make_certificate, server_context

DOT = b".\r\n"
PATIENCE = 20.0


@dataclass
class Reader:
    """The other side, in a thread of its own: `has_read` once it has the whole of a dot."""

    certificate: Path | None = None
    has_read: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        plain, _ = self.listener.accept()
        line = server_context(self.certificate).wrap_socket(plain, server_side=True) if self.certificate else plain
        data = b""
        while len(data) < len(DOT) and (more := line.recv(100)):
            data += more
        if data == DOT:
            self.has_read.set()
        self.may_end.wait(PATIENCE)
        line.close()


@pytest.fixture(params=["plain", "tls"])
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reader]:
    running = Reader(make_certificate(tmp_path / "localhost.pem") if request.param == "tls" else None)
    yield running
    running.may_end.set()
    running.thread.join(PATIENCE)
    running.listener.close()


def test_a_dot_that_was_fresh_when_it_was_given_does_not_linger_in_a_process_that_freezes(reader: Reader) -> None:
    """A loop that kept it for its next turn would give it minutes after its mark, when others may have sent the letter again."""

    async def give() -> bool:
        line = SmtpLine()
        await asyncio.get_running_loop().create_connection(lambda: line, "127.0.0.1", reader.port)
        if reader.certificate is not None:
            await line.start_tls(ssl.create_default_context(cafile=reader.certificate), "localhost", PATIENCE)
        line.write(DOT)
        # The loop stands still here, as a frozen process does.
        arrived = reader.has_read.wait(60)
        line.abort()
        return arrived

    assert event_loop.run(give())
