"""What the settings of a list say of its signature: which key signs its letters, and the DNS record to copy."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from newsroom.dkim_keys import DkimKey, keys_of, signing_key
from newsroom.headers import ascii_mailbox
from newsroom.mailing_lists import MailingList


@dataclass(frozen=True, kw_only=True)
class Signature:
    """`signing` is None where letters leave unsigned; `waiting` are newer keys that were not activated yet."""

    domain: str
    signing: DkimKey | None
    waiting: Sequence[DkimKey]


def signature_of(session: Session, mailing_list: MailingList) -> Signature:
    domain = ascii_mailbox(mailing_list.from_address, place="from").rpartition("@")[2].lower()
    keys = keys_of(session, domain)
    signing = signing_key(keys)
    waiting = [key for key in keys if key.activated_at is None and (signing is None or key.created_at > signing.created_at)]
    return Signature(domain=domain, signing=signing, waiting=waiting)
