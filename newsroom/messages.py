"""Letters: from a plan and one person to the envelope and the exact bytes, and back to what a reader sees."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import EmailMessage
from typing import NamedTuple

from newsroom import headers, return_paths
from newsroom.public_links import NOBODY, PublicLinks
from newsroom.rendering.plan import Plan, splice

# Colleagues read these and try the links: what they press must never take a reader off the list.
TRIAL_KINDS = frozenset({"test", "rehearsal"})


class Recipient(NamedTuple):
    """One person as a letter needs them. subscriber_id 0 is nobody: previews and tests."""

    subscriber_id: int
    address: str
    name: str
    language: str
    list_id: int


class Letter(NamedTuple):
    """What is handed over. `data` is the message with CRLF, needing no dot-stuffing."""

    envelope_sender: str
    envelope_recipient: str
    message_id: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A letter as its reader's program shows it: header fields in order, decoded; line breaks as "\\n"."""

    headers: tuple[tuple[str, str], ...]
    html: str
    text: str

    def header(self, name: str) -> str:
        """The first field of this name, "" where there is none."""
        return next((value for field, value in self.headers if field.lower() == name.lower()), "")

    @property
    def subject(self) -> str:
        return self.header("Subject")


def address_letter(
    plan: Plan, recipient: Recipient, *, delivery_id: int, kind: str, cut: tuple[str, ...] | None, links: PublicLinks, now: datetime
) -> Letter:
    """This person's letter: the same bytes but for Date at every attempt. InvalidAddress when no header can carry the address."""
    addr_spec = headers.ascii_mailbox(recipient.address, place="recipient")
    # The link of a trial is nobody's and no letter's; every other one says in which letter it stood.
    subscriber_id, letter_id = (NOBODY, 0) if kind in TRIAL_KINDS else (recipient.subscriber_id, delivery_id)
    message_id = headers.message_id_value(links.keys, delivery_id, plan.domain)
    values = {
        "name": recipient.name.strip(),
        "email": recipient.address,
        "to": headers.to_value(addr_spec, recipient.name),
        "date": headers.date_value(now),
        "message_id": message_id,
        "kind": kind,
        "mark": headers.MARKS.get(kind, ""),
        "nature": headers.nature_value(kind),
        "unsubscribe_url": links.unsubscribe(subscriber_id, recipient.list_id, letter_id),
        "preferences_url": links.preferences(subscriber_id, recipient.list_id, letter_id),
        "view_url": links.view(delivery_id),
    }
    return Letter(
        envelope_sender=return_paths.make(links.keys, delivery_id, plan.domain),
        envelope_recipient=addr_spec,
        message_id=message_id,
        data=splice(plan, values, cut),
    )


def anonymous_letter(plan: Plan, *, links: PublicLinks, now: datetime) -> bytes:
    """The letter as the public may see it: every section, nobody's name, nothing personal."""
    archive = links.archive(plan.list_slug, plan.issue_slug, plan.language)
    values = {
        "to": "undisclosed-recipients:;",
        "date": headers.date_value(now),
        "message_id": headers.message_id_value(links.keys, 0, plan.domain),
        "kind": "issue",
        "nature": headers.nature_value("issue"),
        "unsubscribe_url": archive,
        "preferences_url": archive,
        "view_url": archive,
    }
    return splice(plan, values, None, personal=False)


def parts_of(data: bytes) -> Parts:
    """What these bytes say, read by the standard parser: what is shown is what was made."""
    message = message_from_bytes(data, policy=policy.default)
    fields = tuple((name, _decoded(_utf8(str(value)))) for name, value in message.raw_items())
    return Parts(
        headers=fields,
        html=_content(message, "html"),
        text=_content(message, "plain"),
    )


def _utf8(value: str) -> str:
    """The library keeps octets beyond ASCII (an address of RFC 6532) as surrogates."""
    return value.encode("ascii", "surrogateescape").decode("utf-8", "replace")


def _decoded(value: str) -> str:
    """RFC 2047 by the older half of the library: the newer one puts a space between the encoded words of a display name."""
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", value)
    return "".join(
        part.decode(charset or "utf-8", "replace") if isinstance(part, bytes) else part for part, charset in decode_header(unfolded)
    )


def _content(message: EmailMessage, subtype: str) -> str:
    body = message.get_body(preferencelist=(subtype,))
    return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""
