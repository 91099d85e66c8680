"""The header of a letter, one concern per function.

Lines are whole, with their CRLF; what differs per person is a slot of encoder "plain", filled by newsroom.messages with the
`..._value` functions here. List-*, Message-ID and Feedback-ID are never folded inside nor encoded, however long: Gmail ignores
a List-Unsubscribe that came in encoded words.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import urlsplit

from newsroom.addresses import parse_address
from newsroom.errors import CompileError, InvalidInput
from newsroom.header_text import FOLD, UNSAFE, checked, mailbox, phrase
from newsroom.hosts import is_loopback
from newsroom.keys import KeyRing
from newsroom.rendering.plan import SUBJECT, Slot

HeaderLines = Sequence[bytes | Slot]

LONGEST_URL = 900  # of a list's archive; a token more, and a field name, stay below the 998 of RFC 5322 section 2.1.1
LONGEST_NAME = 100  # of a reader, in To
AUTOMATIC = frozenset({"confirmation", "notice"})
MARKS = {"test": "[Test] "}
_ADDR_SPEC = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+")


@dataclass(frozen=True, kw_only=True)
class Masthead:
    """Who writes, in one language: the facts that every letter of a rendition carries in its header."""

    list_slug: str
    list_title: str
    from_name: str
    from_address: str
    reply_to: str
    issue_slug: str
    language: str
    public_url: str
    archive_url: str

    @property
    def domain(self) -> str:
        """The domain of the From address, in ASCII."""
        return self.from_addr_spec.rpartition("@")[2]

    @property
    def from_addr_spec(self) -> str:
        return _ascii_addr_spec(self.from_address, "From address", self.language)


def letter_head(masthead: Masthead) -> list[bytes | Slot]:
    """The header of a newsletter; MIME's own fields follow it."""
    return [
        *date(), header_from(masthead), *to(), reply_to(masthead), SUBJECT, *message_id(), content_language(masthead),
        list_id(masthead), *list_unsubscribe(), list_unsubscribe_post(masthead), *list_help(), list_archive(masthead),
        *feedback_id(masthead), *nature(),
    ]  # fmt: skip


def date() -> HeaderLines:
    return b"Date: ", Slot(field="date", encoder="plain"), b"\r\n"


def date_value(now: datetime) -> str:
    return _date_at(int(now.timestamp()))


@lru_cache(maxsize=16)
def _date_at(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))


def header_from(masthead: Masthead) -> bytes:
    name = checked(masthead.from_name, "From name", language=masthead.language)
    return _line("From", mailbox(name, masthead.from_addr_spec, indent=len("From: ")))


def to() -> HeaderLines:
    return b"To: ", Slot(field="to", encoder="plain"), b"\r\n"


def to_value(addr_spec: str, name: str) -> str:
    """The person alone; by name too, unless the name is long, holds what a header may not, or reads like an address."""
    shown = name.strip()
    if len(shown) > LONGEST_NAME or "@" in shown or UNSAFE.search(shown):
        return addr_spec
    return mailbox(shown, addr_spec, indent=len("To: "))


def reply_to(masthead: Masthead) -> bytes:
    if not masthead.reply_to:
        return b""
    return _line("Reply-To", _ascii_addr_spec(masthead.reply_to, "Reply-To address", masthead.language))


def message_id() -> HeaderLines:
    return b"Message-ID: ", Slot(field="message_id", encoder="plain"), b"\r\n"


def message_id_value(keys: KeyRing, delivery_id: int, domain: str) -> str:
    """A keyed hash of the delivery: the same at every attempt and after every rotation, and nobody else can guess it."""
    digest = hashlib.blake2b(b"%d" % delivery_id, key=keys.lasting("message id"), digest_size=16)
    return f"<{digest.hexdigest()}@{domain}>"


def content_language(masthead: Masthead) -> bytes:
    return _line("Content-Language", masthead.language)


def list_id(masthead: Masthead) -> bytes:
    """RFC 2919: a title for people, and a name that stays when titles, hosts and languages change."""
    title = phrase(checked(masthead.list_title, "list's title", language=masthead.language))
    name = f"<{masthead.list_slug}.{masthead.domain}>"
    return _line("List-Id", f"{title}{FOLD if FOLD in title or len(title + name) > 66 else ' '}{name}")


def list_unsubscribe() -> HeaderLines:
    """RFC 2369. One https address and no mailto, as nothing here reads mail yet."""
    return b"List-Unsubscribe: <", Slot(field="unsubscribe_url", encoder="plain"), b">\r\n"


def list_unsubscribe_post(masthead: Masthead) -> bytes:
    """RFC 8058 section 3.1 asks for https. Loopback http has it too: no mailbox provider can reach it, and trials show what will be."""
    return _line("List-Unsubscribe-Post", "List-Unsubscribe=One-Click") if allows_one_click(masthead.public_url) else b""


def allows_one_click(public_url: str) -> bool:
    parts = urlsplit(public_url)
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def list_help() -> HeaderLines:
    """RFC 2369's most wanted field: the person's own page tells what the list is and lets them change everything."""
    return b"List-Help: <", Slot(field="preferences_url", encoder="plain"), b">\r\n"


def list_archive(masthead: Masthead) -> bytes:
    url = checked(masthead.archive_url, "archive address")
    if len(url) > LONGEST_URL or not url.isascii():
        raise CompileError(f"the public address {url[:60]!r} is too long or not plain ASCII for a header; see NEWSROOM_PUBLIC_URL.")
    return _line("List-Archive", f"<{url}>")


def feedback_id(masthead: Masthead) -> HeaderLines:
    """Gmail's form, issue:list:kind:sender: complaints are counted under each of the first three; the last is 5 to 15 characters."""
    before = f"Feedback-ID: {masthead.issue_slug}:{masthead.list_slug}:"
    return before.encode(), Slot(field="kind", encoder="plain"), f":{_sender_id(masthead.domain)}\r\n".encode()


def _sender_id(domain: str) -> str:
    labels = domain.lower().split(".")
    while len(labels) > 1 and len("-".join(labels)) > 15:
        labels.pop(0)
    readable = "-".join(labels)[-15:].strip("-")
    return readable if len(readable) >= 5 else f"{readable}-list"


def nature() -> HeaderLines:
    """One line that keeps vacation notices away: what a letter is, a list's or a machine's (RFC 3834 section 5)."""
    return Slot(field="nature", encoder="plain"), b"\r\n"


def nature_value(kind: str) -> str:
    """Newsletters are written by people, so they are not Auto-Submitted; Precedence is no standard, yet what responders look for."""
    return "Auto-Submitted: auto-generated" if kind in AUTOMATIC else "Precedence: list"


def ascii_mailbox(address: str, *, place: str) -> str:
    """The address with its domain in ASCII. A local part beyond ASCII stays, and needs SMTPUTF8 (RFC 6531)."""
    if _ADDR_SPEC.fullmatch(address):
        return address
    parsed = parse_address(address, place=place)
    return f"{parsed.addr_spec.rpartition('@')[0]}@{parsed.domain}"


def _ascii_addr_spec(address: str, field: str, language: str) -> str:
    try:
        addr_spec = ascii_mailbox(address, place=field)
    except InvalidInput as error:
        raise CompileError(str(error), language=language) from None
    if not addr_spec.isascii():
        raise CompileError(f"the {field} {address!r} needs letters beyond ASCII before the @; many servers refuse that.", language=language)
    return addr_spec


def _line(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode("ascii")
