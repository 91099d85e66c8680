"""The mail servers: named by the environment, else kept in the admin, else none, and mail is captured.

The environment decides alone where NEWSROOM_TRANSPORT_URL is set. What is kept in the admin stands in `relays`: the address
without its secrets to be read and shown, the whole of it sealed with the installation's keys.
"""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, Text, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, PrimaryKey
from newsroom.deliveries import OPEN_STATES, Delivery
from newsroom.errors import ConfigurationError, InvalidInput, NotFound, Refused
from newsroom.issues import Actor, Issue
from newsroom.keys import KeyRing
from newsroom.relay_urls import (
    CAPTURE,
    MOST_RELAYS,
    MOST_WEIGHT,
    SmtpAddress,
    check_file,
    check_log_in,
    read_smtp_url,
    write_smtp_url,
)
from newsroom.relay_urls import Relay as Relay  # noqa: PLC0414 - the door for everybody else
from newsroom.sealing import seal, unseal
from newsroom.settings import Settings
from newsroom.slugs import checked_slug

PURPOSE = "mail server addresses"
NAME_LENGTH = 80
TAKEN = "There is a mail server {name} already."
BY_ENVIRONMENT = "environment"
UNDER_WAY = ("scheduled", "starting", "sending", "paused")


class KeptRelay(Base):
    """A mail server kept in the admin. `revision` grows with every change: senders notice by it."""

    __tablename__ = "relays"

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), unique=True)
    url: Mapped[str] = mapped_column(Text)
    sealed: Mapped[str] = mapped_column(Text)
    weight: Mapped[int] = mapped_column(default=1)
    enabled: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(200))

    @property
    def address(self) -> SmtpAddress:
        """The address without its secrets."""
        return read_smtp_url(self.url, with_secrets=False)


def load_relays(asked: Session | Connection, settings: Settings, keys: KeyRing) -> tuple[Relay, ...]:
    """The ways out that count now, in their order; never none. ConfigurationError where a kept one cannot be read."""
    if settings.relays:
        return settings.relays
    table = KeptRelay.__table__.c
    rows = asked.execute(select(table.name, table.url, table.sealed, table.weight).where(table.enabled).order_by(table.position, table.id))
    kept = tuple(_relay(row, settings, keys) for row in rows)
    return kept or (CAPTURE,)


def _relay(row: Any, settings: Settings, keys: KeyRing) -> Relay:
    url = _unsealed(keys, row.name, row.url, row.sealed)
    return Relay(name=row.name, url=url, weight=row.weight, is_kept=True, inside_hosts=settings.inside_hosts)


def relays_version(asked: Session | Connection, settings: Settings) -> str:
    """Changes whenever load_relays would answer something else; one small query, none where the environment decides."""
    if settings.relays:
        return BY_ENVIRONMENT
    table = KeptRelay.__table__.c
    rows = asked.execute(select(table.id, table.revision, table.sealed).where(table.enabled).order_by(table.position, table.id))
    return hashlib.sha256(str([tuple(row) for row in rows]).encode()).hexdigest()[:16]


def _unsealed(keys: KeyRing, name: str, url: str, sealed: str) -> str:
    try:
        return unseal(keys, PURPOSE, sealed, bound_to=url)
    except ConfigurationError as error:
        raise ConfigurationError(f"The mail server {name}: its log-in {error}. Type the password again under Mail servers.") from None


def list_relays(session: Session) -> list[KeptRelay]:
    """Those kept in the admin, in their order."""
    return list(session.scalars(select(KeptRelay).order_by(KeptRelay.position, KeptRelay.id)))


def is_kept(session: Session, name: str) -> bool:
    """Whether it was given this name in the admin."""
    return session.scalar(select(KeptRelay.id).where(KeptRelay.name == name, KeptRelay.enabled)) is not None


def get_relay(session: Session, relay_id: int) -> KeptRelay:
    found = session.get(KeptRelay, relay_id)
    if found is None:
        raise NotFound("There is no such mail server.")
    return found


def open_kept(kept: KeptRelay, settings: Settings, keys: KeyRing) -> Relay:
    """A kept one, with its secrets; ConfigurationError where they cannot be read."""
    return _relay(kept, settings, keys)


def add_relay(session: Session, *, name: str, address: SmtpAddress, weight: int = 1, keys: KeyRing, by: Actor, now: datetime) -> KeptRelay:
    """A new mail server, used from now on; InvalidInput tells what is wrong with it."""
    others = list_relays(session)
    if len(others) >= MOST_RELAYS:
        raise InvalidInput.of(f"There are {MOST_RELAYS} mail servers already; more cannot be used.")
    kept = KeptRelay(name="", position=max((other.position for other in others), default=0) + 1, enabled=True, revision=0)
    _write(session, kept, name=name, address=address, weight=weight, keys=keys)
    session.add(kept)
    _note(kept, by, now)
    _flush(session, name)
    return kept


def change_relay(
    session: Session, kept: KeptRelay, *, name: str, address: SmtpAddress, weight: int, keys: KeyRing, by: Actor, now: datetime
) -> None:
    """New facts. Secrets left empty stay as they are, as long as they would go to the same server in the same safety."""
    _write(session, kept, name=name, address=_with_kept_secrets(keys, kept, address), weight=weight, keys=keys)
    _note(kept, by, now)
    _flush(session, name)


def _flush(session: Session, name: str) -> None:
    try:
        session.flush()
    except IntegrityError:  # somebody gave the same name at the same moment
        raise InvalidInput.of(TAKEN.format(name=name), place="name") from None


def _write(session: Session, kept: KeptRelay, *, name: str, address: SmtpAddress, weight: int, keys: KeyRing) -> None:
    checked_slug(name, place="name")
    if not 1 <= weight <= MOST_WEIGHT:
        raise InvalidInput.of(f"The weight can be 1 to {MOST_WEIGHT}.", place="weight")
    with session.no_autoflush:
        if session.scalar(select(KeptRelay.id).where(KeptRelay.name == name, KeptRelay.id != (kept.id or 0))):
            raise InvalidInput.of(TAKEN.format(name=name), place="name")
    check_log_in(address)
    if address.user and not address.password and address.oauth is None:
        raise InvalidInput.of("Type the password of this user, or leave the user empty.", place="password")
    check_file(address)
    whole = write_smtp_url(address)
    read_smtp_url(whole)
    kept.name, kept.weight = name, weight
    kept.url = write_smtp_url(address, with_secrets=False)
    kept.sealed = seal(keys, PURPOSE, whole, bound_to=kept.url)


def _with_kept_secrets(keys: KeyRing, kept: KeptRelay, address: SmtpAddress) -> SmtpAddress:
    """The secrets that were left empty, as they were."""
    oauth = address.oauth
    given = (oauth.client_secret, oauth.refresh_token) if oauth else (address.password,)
    if not address.user or all(given):
        return address
    if _destination(kept.address) != _destination(address):
        if any(given):
            return address
        # Else whoever may change the address could have the password sent to a machine of their own.
        place = "refresh_token" if oauth else "password"
        raise InvalidInput.of("Type it again: it was given for another server, user or kind of encryption.", place=place)
    return _take_over(address, read_smtp_url(_unsealed(keys, kept.name, kept.url, kept.sealed)))


def _destination(address: SmtpAddress) -> tuple[object, ...]:
    oauth = address.oauth
    return address.host, address.port, address.tls, address.ca_file, address.user, oauth and (oauth.token_url, oauth.client_id)


def _take_over(address: SmtpAddress, before: SmtpAddress) -> SmtpAddress:
    if address.oauth is None or before.oauth is None:
        return replace(address, password=before.password)
    mine, old = address.oauth, before.oauth
    oauth = replace(mine, client_secret=mine.client_secret or old.client_secret, refresh_token=mine.refresh_token or old.refresh_token)
    return replace(address, oauth=oauth)


def enable_relay(session: Session, kept: KeptRelay, *, by: Actor, now: datetime) -> None:
    """Use it again."""
    kept.enabled = True
    _note(kept, by, now)
    session.flush()


def disable_relay(session: Session, kept: KeptRelay, *, by: Actor, now: datetime) -> None:
    """Nothing more goes this way; Refused for the last one in use, which would turn sending into capturing unseen."""
    if kept.enabled and _is_the_last_in_use(session, kept):
        raise Refused("This is the only mail server in use. Add or enable another one first, or pause the issues that are being sent.")
    kept.enabled = False
    _note(kept, by, now)
    session.flush()


def remove_relay(session: Session, kept: KeptRelay) -> None:
    """Forget it and its log-in. Refused for the last one in use while letters wait: they would be captured or stand still."""
    if kept.enabled and _is_the_last_in_use(session, kept):
        _refuse_while_letters_wait(session)
    session.delete(kept)
    session.flush()


def _is_the_last_in_use(session: Session, kept: KeptRelay) -> bool:
    """All rows are locked: two who each put one of the last two out of use must not both succeed."""
    rows = session.scalars(select(KeptRelay).order_by(KeptRelay.id).with_for_update().execution_options(populate_existing=True)).all()
    return not any(other.enabled for other in rows if other.id != kept.id)


def _refuse_while_letters_wait(session: Session) -> None:
    subject = session.scalar(select(Issue.slug).where(Issue.state.in_(UNDER_WAY)).limit(1))
    if subject is not None:
        raise Refused(f"The issue {subject} is scheduled or being sent: without a mail server it could not go on.")
    waiting = select(Delivery.id).where(Delivery.state.in_(OPEN_STATES), Delivery.kind != "rehearsal").limit(1)
    if session.scalar(waiting) is not None:
        raise Refused("Letters wait to be sent: without a mail server they would be captured. Wait until they have gone.")


def _note(kept: KeptRelay, by: Actor, now: datetime) -> None:
    kept.revision, kept.changed_at, kept.changed_by = (kept.revision or 0) + 1, now, by.name[:200]
