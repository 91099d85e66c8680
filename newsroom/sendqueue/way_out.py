"""Whether an issue may leave this installation at all: asked when somebody schedules it."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from newsroom.errors import ConfigurationError, Refused
from newsroom.hosts import is_loopback
from newsroom.house import House
from newsroom.relays import Relay, load_relays

CAPTURES = "No mail server is set up: letters are captured on this machine. Rehearse the issue instead."


def refuse_without_way_out(session: Session, house: House) -> None:
    """Refused where mail is only captured, or where its one-click links could not work (RFC 8058 asks for https)."""
    try:
        relays = load_relays(session, house.settings, house.keys)
    except ConfigurationError as error:
        raise Refused(str(error)) from None
    refuse_to_send_by(relays, house.settings.public_url)


def obstacle(session: Session, house: House) -> str:
    """The same as a sentence for a page; "" where issues may be sent."""
    try:
        refuse_without_way_out(session, house)
    except Refused as refusal:
        return str(refusal)
    return ""


def refuse_to_send_by(relays: Iterable[Relay], public_url: str) -> None:
    """The same of relays that are known."""
    for relay in relays:
        if not relay.reaches_people:
            raise Refused(CAPTURES)
        if relay.smtp is not None and not public_url.startswith("https:") and not is_loopback(relay.smtp.host):
            raise Refused(
                f"Readers could not unsubscribe in one click: NEWSROOM_PUBLIC_URL is {public_url}, and it must begin with https://."
            )


def only_captures(session: Session, house: House) -> bool:
    """No letter leaves this machine: issues are rehearsed, not sent."""
    try:
        return not any(relay.reaches_people for relay in load_relays(session, house.settings, house.keys))
    except ConfigurationError:
        return False
