"""A road to PostgreSQL that can be cut: the last thing said goes through, or does not, and the answer never comes back."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Literal

from tests.services import free_port

#: What only the ledger's own connection says (newsroom.sendqueue.settling).
LEDGER = b"plan_cache_mode"


class CuttingRoad:
    """Forwards TCP to a server. `cut` breaks the ledger's connection at its next words: "before" they arrive, or "after"."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.port = free_port()
        self.cuts = 0
        self._how: Literal["before", "after"] | None = None
        self._server = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "CuttingRoad":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.close()

    def cut(self, how: Literal["before", "after"]) -> None:
        self._how = how

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                threading.Thread(target=self._forward, args=(near, far), daemon=True).start()
                threading.Thread(target=_pass_on, args=(far, near), daemon=True).start()

    def _forward(self, near: socket.socket, far: socket.socket) -> None:
        is_ledger = False
        with contextlib.suppress(OSError):
            while said := near.recv(65_536):
                is_ledger = is_ledger or LEDGER in said
                if is_ledger and LEDGER not in said and self._how is not None:
                    self._break(near, far, said)
                    return
                far.sendall(said)
        _close(near, far)

    def _break(self, near: socket.socket, far: socket.socket, said: bytes) -> None:
        how, self._how = self._how, None
        near.shutdown(socket.SHUT_WR)
        if how == "after":
            far.sendall(said)
        self.cuts += 1
        _close(far, near)


def _pass_on(far: socket.socket, near: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while said := far.recv(65_536):
            near.sendall(said)
    _close(far, near)


def _close(*lines: socket.socket) -> None:
    for line in lines:
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
        line.close()
