"""Opening a transport: the scheme of the relay's address picks the file."""

from pathlib import Path

from newsroom.errors import ConfigurationError
from newsroom.relays import Relay
from newsroom.sendqueue.transports.base import Transport
from newsroom.sendqueue.transports.memory import MemoryTransport
from newsroom.sendqueue.transports.outbox import OutboxTransport
from newsroom.sendqueue.transports.smtp import SmtpTransport


def open_relay(relay: Relay, *, outbox_dir: Path) -> Transport:
    """The way out of this relay; nothing is connected yet."""
    if relay.scheme == "outbox":
        return OutboxTransport(outbox_dir)
    if relay.scheme == "memory":
        memory = MemoryTransport.named(relay.label.removeprefix("memory").removeprefix(":"))
        memory.name = relay.name
        return memory
    if relay.smtp is not None:
        return SmtpTransport(relay.smtp, name=relay.name)
    raise ConfigurationError(f"the mail server {relay.name} has an address that begins with none of outbox:, memory: and smtp://")
