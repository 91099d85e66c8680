"""A web server of one's own for tests of what goes out over HTTP: it writes down what it is asked, and answers as it is told."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def redirect_to(url: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n".encode()


@dataclass
class WebHook:
    """`asked` holds whole requests as they came; `answers` are used up first to last, then `answer` is given for ever."""

    port: int
    asked: list[bytes] = field(default_factory=list)
    answers: list[bytes | Sequence[bytes]] = field(default_factory=list)
    answer: bytes = GOOD
    dripping: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def bodies(self) -> list[bytes]:
        return [request.partition(b"\r\n\r\n")[2] for request in self.asked]


@contextmanager
def web_hook(tls: ssl.SSLContext | None = None) -> Iterator[WebHook]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        hook = WebHook(port=listening.getsockname()[1])
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=(listening, hook, tls, over), daemon=True)
        thread.start()
        try:
            yield hook
        finally:
            over.set()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def _serve(listening: socket.socket, hook: WebHook, tls: ssl.SSLContext | None, over: threading.Event) -> None:
    while not over.is_set():
        with suppress(OSError):
            plain, _ = listening.accept()
            plain.settimeout(5)
            with tls.wrap_socket(plain, server_side=True) if tls else plain as wire:
                hook.asked.append(_request(wire))
                _give(wire, hook)


def _request(wire: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := wire.recv(65_536)):
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
    while len(body) < length:
        body += wire.recv(65_536)
    return head + b"\r\n\r\n" + body


def _give(wire: socket.socket, hook: WebHook) -> None:
    """Whole, or one byte at a time with a pause between."""
    answer = hook.answers.pop(0) if hook.answers else hook.answer
    pieces = [bytes([byte]) for byte in bytes(answer)] if hook.dripping else [bytes(answer)]  # type: ignore[arg-type]
    for piece in pieces:
        wire.sendall(piece)
        time.sleep(hook.dripping)
