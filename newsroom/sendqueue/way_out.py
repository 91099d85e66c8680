"""Whether an issue may leave this installation at all: asked when somebody schedules it."""

from newsroom.errors import Refused
from newsroom.hosts import is_loopback
from newsroom.sendqueue.transports.smtp_address import read_smtp_url
from newsroom.settings import Settings


def refuse_without_way_out(settings: Settings) -> None:
    """Refused where mail is only captured, or where its one-click links could not work (RFC 8058 asks for https)."""
    scheme = settings.transport.partition(":")[0]
    if scheme == "outbox":
        raise Refused("No mail server is set up: letters are captured on this machine. Rehearse the issue instead.")
    if scheme == "smtp" and not settings.public_url.startswith("https:") and not is_loopback(read_smtp_url(settings.transport).host):
        raise Refused(
            f"Readers could not unsubscribe in one click: NEWSROOM_PUBLIC_URL is {settings.public_url}, and it must begin with https://."
        )
