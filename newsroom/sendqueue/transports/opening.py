"""Opening a transport: the URL's scheme picks the file."""

from pathlib import Path

from newsroom.errors import ConfigurationError
from newsroom.sendqueue.transports.base import Transport
from newsroom.sendqueue.transports.memory import MemoryTransport
from newsroom.sendqueue.transports.outbox import OutboxTransport
from newsroom.sendqueue.transports.smtp import SmtpTransport
from newsroom.sendqueue.transports.smtp_address import read_smtp_url


def open_transport(url: str, *, outbox_dir: Path) -> Transport:
    """The way out that NEWSROOM_TRANSPORT_URL names; ConfigurationError quotes what is wrong with it."""
    scheme, _, rest = url.partition(":")
    if scheme == "outbox":
        return OutboxTransport(outbox_dir)
    if scheme == "memory":
        return MemoryTransport.named(rest)
    if scheme == "smtp":
        return SmtpTransport(read_smtp_url(url))
    raise ConfigurationError(f"NEWSROOM_TRANSPORT_URL starts with {scheme!r}; known are outbox:, memory: and smtp://host:port")
