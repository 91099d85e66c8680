"""E-mail addresses: how they are checked, compared, hidden, and hashed."""

import hmac
import re
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from newsroom.errors import InvalidAddress, Problem
from newsroom.keys import KeyRing

FORBIDDEN = re.compile("[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, kw_only=True)
class Address:
    """One addr-spec: as written, its domain in ASCII, and the key under which it is the same mailbox."""

    addr_spec: str
    domain: str
    key: str


def parse_address(text: str, *, place: str = "") -> Address:
    """Check an addr-spec (RFC 5321/6531, IDN, no look-up). The key is case-folded; '+tags' and dots stay what they are."""
    given = text.strip()
    if FORBIDDEN.search(given):
        raise InvalidAddress([Problem(place=place, message=f"{given!r} holds a line break or control character.")])
    try:
        valid = validate_email(given, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError as error:
        raise InvalidAddress([Problem(place=place, message=f"{given!r} is not an e-mail address: {error}")]) from None
    domain = valid.ascii_domain.lower()
    return Address(addr_spec=valid.normalized, domain=domain, key=f"{valid.local_part.casefold()}@{domain}")


def address_hash(ring: KeyRing, key: str) -> str:
    """The keyed hash under which an erased or suppressed address is still recognised (64 hex digits)."""
    return hmac.new(ring.lasting("suppression"), key.encode(), "sha256").hexdigest()


def masked(addr_spec: str) -> str:
    """An address as a forwarded letter may show it: m•••@e•••.org"""
    local, _, domain = addr_spec.rpartition("@")
    name, dot, top = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••{dot}{top}" if dot else f"{local[:1]}•••@{domain[:1]}•••"
