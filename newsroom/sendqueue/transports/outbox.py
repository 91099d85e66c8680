"""outbox: - mail kept as .eml files in the data folder: shown in the admin, never sent.

The dot is the rename: a letter is in the outbox whole and durable, or not at all.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from newsroom.files import draft_beside, sync_folder, write_durably
from newsroom.sendqueue.transports.base import OFFERED, Accepted, Connection, Deferred, Envelope, NotSent, Offered, Outcome, Refusal, Reply

KEPT = Reply(code=250, enhanced_status="2.0.0", text="kept in the outbox, not sent")
LINES = 2


@dataclass(frozen=True)
class OutboxTransport:
    """Keeps each letter as <delivery id>.eml."""

    folder: Path
    label: str = "outbox"
    name: str = "outbox"
    connections: int = LINES
    reaches_people: bool = False

    async def connect(self) -> Connection | NotSent:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            return NotSent(reply=Reply(text=f"the outbox folder cannot be made: {error.strerror}"), fault=True)
        return _OutboxConnection(self.folder)


class _OutboxConnection:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._draft: Path | None = None
        self._final: Path | None = None
        self.usable = True

    async def offer(self, envelope: Envelope) -> Offered | Refusal:
        self._final = captured_path(self._folder, envelope.delivery_id)
        self._draft = draft_beside(self._final)
        try:
            await asyncio.to_thread(write_durably, self._draft, envelope.data)
        except OSError as error:
            self.close()
            return Deferred(reply=Reply(text=f"the outbox cannot be written: {error.strerror}"))
        return OFFERED

    async def finish(self, following: Envelope | None = None) -> Outcome:
        draft, final = self._draft, self._final
        if draft is None or final is None:
            raise AssertionError("finish without an offered letter")
        self._draft = None
        draft.replace(final)
        await asyncio.to_thread(sync_folder, self._folder)
        return Accepted(reply=KEPT)

    def close(self) -> None:
        self.usable = False
        if self._draft is not None:
            self._draft.unlink(missing_ok=True)
            self._draft = None

    async def leave(self) -> None:
        self.close()


def captured_path(outbox_dir: Path, delivery_id: int) -> Path:
    return outbox_dir / f"{delivery_id}.eml"


def read_captured(outbox_dir: Path, delivery_id: int) -> bytes | None:
    """The letter as it was kept, or None."""
    try:
        return captured_path(outbox_dir, delivery_id).read_bytes()
    except FileNotFoundError:
        return None
