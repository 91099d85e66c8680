"""What is written for one letter: MAIL, RCPT, DATA, and the letter itself as it goes over the wire (RFC 5321)."""

import re
from dataclasses import dataclass

import idna

from newsroom.sendqueue.transports.base import Envelope

_FORBIDDEN = re.compile("[\x00-\x1f\x7f]")


class Unwritable(Exception):
    """This letter cannot be said to this server."""


@dataclass(frozen=True, kw_only=True)
class Features:
    """What the server offered in its answer to EHLO."""

    pipelining: bool = False
    eight_bit: bool = False
    smtputf8: bool = False
    starttls: bool = False
    mechanisms: tuple[str, ...] = ()


def read_features(ehlo: str) -> Features:
    words = {line.split(" ")[0].upper(): line.split(" ")[1:] for line in ehlo.split("\n")[1:] if line}
    return Features(
        pipelining="PIPELINING" in words,
        eight_bit="8BITMIME" in words,
        smtputf8="SMTPUTF8" in words,
        starttls="STARTTLS" in words,
        mechanisms=tuple(word.upper() for word in words.get("AUTH", [])),
    )


def commands_for(envelope: Envelope, features: Features) -> list[bytes]:
    """MAIL, RCPT and DATA; Unwritable says why this server cannot be asked."""
    sender, recipient = _path(envelope.sender), _path(envelope.recipient)
    parameters = b""
    if not envelope.ready and not envelope.data.isascii():
        if not features.eight_bit:
            raise Unwritable("the letter holds 8-bit text and the mail server does not offer 8BITMIME")
        parameters += b" BODY=8BITMIME"
    if not (sender + recipient).isascii():
        if not features.smtputf8:
            raise Unwritable("the address is not in ASCII and the mail server does not offer SMTPUTF8")
        parameters += b" SMTPUTF8"
    return [b"MAIL FROM:<%b>%b\r\n" % (sender, parameters), b"RCPT TO:<%b>\r\n" % recipient, b"DATA\r\n"]


def _path(addr_spec: str) -> bytes:
    """The address for the envelope; a domain goes in its ASCII form."""
    if addr_spec.isascii() and addr_spec.isprintable():
        return addr_spec.encode("ascii")
    if _FORBIDDEN.search(addr_spec):
        raise Unwritable("the address holds a control character")
    local, _, domain = addr_spec.rpartition("@")
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}".encode()
    except idna.IDNAError as error:
        raise Unwritable(f"the domain cannot be written in ASCII: {error}") from None


def wire_form(envelope: Envelope) -> bytes:
    """The letter with dots at line starts doubled (section 4.5.2), up to but without the final dot."""
    data = envelope.data
    if envelope.ready:
        return data
    if b"\n." in data or data.startswith(b"."):
        data = re.sub(rb"(?m)^\.", b"..", data)
    return data if data.endswith(b"\r\n") else data + b"\r\n"
