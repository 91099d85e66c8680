"""DKIM keys, several per sender domain so that they can be rotated: made, shown as a DNS record, put to work, removed.

The private half is kept encrypted with the key ring. A key signs from its activation; of several, the one activated last.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from sqlalchemy import Connection, String, Text, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.addresses import parse_address
from newsroom.db import Base, PrimaryKey, change
from newsroom.dkim import Signer
from newsroom.errors import ConfigurationError, InvalidAddress, InvalidInput, NotFound
from newsroom.keys import KeyRing
from newsroom.sealing import seal, unseal

KEY_SIZE = 2048
PURPOSE = "dkim"
STRING = 255  # the longest string of a TXT record (RFC 1035 section 3.3)
FIRST_SELECTOR = "newsroom"
_SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")


class DkimKey(Base):
    """One key of one domain. Without `activated_at` it waits for its DNS record."""

    __tablename__ = "dkim_keys"
    __table_args__ = (UniqueConstraint("domain", "selector"),)

    id: Mapped[PrimaryKey]
    domain: Mapped[str] = mapped_column(String(255))
    selector: Mapped[str] = mapped_column(String(63))
    private_key: Mapped[str] = mapped_column(Text)
    public_key: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]

    @property
    def record(self) -> "DnsRecord":
        return DnsRecord(name=f"{self.selector}._domainkey.{self.domain}", value=f"v=DKIM1; k=rsa; p={self.public_key}")


@dataclass(frozen=True, kw_only=True)
class DnsRecord:
    """The TXT record that receivers look up."""

    name: str
    value: str

    @property
    def strings(self) -> tuple[str, ...]:
        """The value in pieces that a TXT record can hold; receivers put them together."""
        return tuple(self.value[at : at + STRING] for at in range(0, len(self.value), STRING))

    @property
    def zone_line(self) -> str:
        """As it stands in a zone file."""
        quoted = " ".join(f'"{text}"' for text in self.strings)
        return f"{self.name}. 3600 IN TXT ( {quoted} )"


def add_key(session: Session, keys: KeyRing, domain: str, *, selector: str = "", now: datetime) -> DkimKey:
    """A new key, which signs nothing until it is activated; without a selector the next free one."""
    domain = checked_domain(domain)
    taken = {key.selector for key in keys_of(session, domain)}
    chosen = _checked_selector(selector) if selector else _free_selector(taken)
    if chosen in taken:
        raise InvalidInput.of(f"{domain} has a key {chosen!r} already.", place="selector", hint="Another name makes another key.")
    made = generate_private_key(public_exponent=65537, key_size=KEY_SIZE)
    key = DkimKey(domain=domain, selector=chosen, public_key=public_half(made), created_at=now)
    key.private_key = seal(keys, PURPOSE, _pem(made), bound_to=key.record.name)
    session.add(key)
    session.flush()
    return key


def keys_of(session: Session, domain: str) -> Sequence[DkimKey]:
    """The newest first."""
    return session.scalars(select(DkimKey).where(DkimKey.domain == domain).order_by(DkimKey.created_at.desc(), DkimKey.id.desc())).all()


def all_keys(session: Session) -> Sequence[DkimKey]:
    return session.scalars(select(DkimKey).order_by(DkimKey.domain, DkimKey.created_at.desc(), DkimKey.id.desc())).all()


def signing_key(keys: Iterable[DkimKey]) -> DkimKey | None:
    """Of one domain's keys the one that signs now: the one activated last."""
    active = [(key.activated_at, key.id, key) for key in keys if key.activated_at is not None]
    return max(active, key=lambda found: found[:2])[2] if active else None


def activate(session: Session, domain: str, *, selector: str = "", now: datetime) -> DkimKey:
    """From now on this key signs; without a selector the newest one."""
    key = _key(session, checked_domain(domain), selector)
    key.activated_at = now
    session.flush()
    return key


def remove(session: Session, domain: str, *, selector: str) -> None:
    """The key is gone for good; letters still on their way cannot be verified once its DNS record is gone too."""
    found = delete(DkimKey).where(DkimKey.domain == checked_domain(domain), DkimKey.selector == selector.lower())
    if not change(session, found):
        raise NotFound(f"There is no DKIM key {selector!r} of {domain}.")


def load_signers(connection: Connection | Session, keys: KeyRing) -> dict[str, Signer]:
    """Who signs now, by domain. ConfigurationError where a key cannot be read with this key ring: nothing goes out unsigned by accident."""
    table = DkimKey.__table__.c
    wanted = select(table.domain, table.selector, table.private_key).where(table.activated_at.is_not(None))
    rows = connection.execute(wanted.order_by(table.activated_at, table.id)).all()
    return {domain: _signer(keys, domain, selector, sealed) for domain, selector, sealed in {row.domain: row for row in rows}.values()}


@lru_cache(maxsize=256)
def _signer(keys: KeyRing, domain: str, selector: str, sealed: str) -> Signer:
    try:
        pem = unseal(keys, PURPOSE, sealed, bound_to=f"{selector}._domainkey.{domain}")
    except ConfigurationError as error:
        raise ConfigurationError(
            f"The DKIM key {selector!r} of {domain} {error}; restore its key ring, or remove the key and make a new one."
        ) from None
    loaded = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(loaded, RSAPrivateKey):
        raise ConfigurationError(f"The DKIM key {selector!r} of {domain} is no RSA key.")
    return Signer(domain=domain, selector=selector, key=loaded)


def checked_domain(domain: str) -> str:
    """In ASCII and small letters, as the From address is written in letters."""
    try:
        return parse_address(f"x@{domain.strip()}", place="domain").domain.lower()
    except InvalidAddress:
        raise InvalidInput.of(f"{domain!r} is not a domain.", place="domain", hint="For example news.example.org.") from None


def _checked_selector(selector: str) -> str:
    if not _SELECTOR.fullmatch(selector.lower()) or len(selector) > 63:
        raise InvalidInput.of(f"{selector!r} cannot be a selector.", place="selector", hint="Letters, digits and hyphens: for example s1.")
    return selector.lower()


def _free_selector(taken: Iterable[str]) -> str:
    numbers = (f"{FIRST_SELECTOR}{number}" for number in range(1, 1_000_000))
    return next(name for name in numbers if name not in taken)


def _key(session: Session, domain: str, selector: str) -> DkimKey:
    found = [key for key in keys_of(session, domain) if not selector or key.selector == selector.lower()]
    if not found:
        raise NotFound(f"There is no DKIM key {selector!r} of {domain}." if selector else f"{domain} has no DKIM key.")
    return found[0]


def _pem(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def public_half(key: RSAPrivateKey) -> str:
    """As a DNS record carries it (RFC 6376 section 3.6.1)."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode("ascii")
