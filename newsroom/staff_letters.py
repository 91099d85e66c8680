"""Small letters to the staff and their guests: invitations, resets, notices. The same sender sends them, first in line.

Each is a delivery of kind `notice` with bytes of its own and without issue, list and subscriber. The links in them open doors:
their bytes are forgotten as soon as the letter is no longer under way.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.orm import Session

from newsroom import headers
from newsroom.addresses import parse_address
from newsroom.db import change
from newsroom.deliveries import DELIVERY_LIFECYCLE, OPEN_STATES, Delivery, hold_in_order
from newsroom.header_text import cleaned
from newsroom.headers import Masthead
from newsroom.localized import best_wording
from newsroom.mailing_lists import MailingList
from newsroom.rendering.compiled import CompiledLetter
from newsroom.rendering.plan import SUBJECT, Plan, Slot, dump
from newsroom.rendering.planning import build_plan
from newsroom.renditions import Rendition
from newsroom.staff_letter_html import staff_html

LONGEST_SUBJECT = 200
#: French sets a colon apart.
COLONS = {"fr": "\N{NO-BREAK SPACE}:"}


@dataclass(frozen=True, kw_only=True)
class MastheadFacts:
    """Who writes a staff letter."""

    from_name: str
    from_address: str
    reply_to: str = ""
    accent: str = ""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a staff letter says, ready in its language; the button is (label, address)."""

    language: str
    subject: str
    paragraphs: Sequence[str]
    button: tuple[str, str] | None = None


def masthead_of(mailing_list: MailingList, language: str) -> MastheadFacts:
    """A staff letter about an issue of this list comes from where the list's letters come from."""
    title = best_wording(mailing_list.title, (language,), original=mailing_list.original)
    return MastheadFacts(
        from_name=title.text if title else mailing_list.from_name,
        from_address=mailing_list.from_address,
        reply_to=mailing_list.reply_to or "",
        accent=mailing_list.accent,
    )


def house_masthead(session: Session, language: str) -> MastheadFacts | None:
    """The sender where no list is meant: the first list's. None while there is none."""
    first = session.scalar(select(MailingList).order_by(MailingList.id).limit(1))
    return masthead_of(first, language) if first is not None else None


def post(
    session: Session, *, to: str, name: str = "", language: str, subject: str, paragraphs: Sequence[str],
    button: tuple[str, str] | None = None, sender: MastheadFacts, now: datetime, due_at: datetime | None = None,
) -> int:  # fmt: skip
    """A whole small letter, put into the queue; its delivery's number. With `due_at` ahead it waits until then.

    Ring the sender (issue 0) after the commit, or it goes with the sender's next look, within 15 seconds.
    """
    forget_closed(session)
    address = parse_address(to, place="email")
    words = Words(language=language, subject=cleaned(subject).strip()[:LONGEST_SUBJECT], paragraphs=paragraphs, button=button)
    plan = _plan(words, sender, headers.to_value(headers.ascii_mailbox(address.addr_spec, place="email"), name))
    rendition = _kept(session, plan, words, now)
    delivery = Delivery(
        kind="notice", rendition_id=rendition.id, address=address.addr_spec, domain=address.domain, language=language, state="queued",
        due_at=due_at or now, created_at=now,
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    return delivery.id


def withdraw(session: Session, delivery_ids: Sequence[int], *, now: datetime) -> int:
    """Take back letters that are not yet past the mark: what they say is no longer so. How many."""
    waiting = Delivery.state.in_(DELIVERY_LIFECYCLE.sources("cancel"))
    chosen = (Delivery.id.in_(tuple(delivery_ids)), is_staff_letter(), waiting)
    hold_in_order(session.connection(), *chosen)
    values = {"state": DELIVERY_LIFECYCLE.target("cancel"), "closed_at": now, "reason": "no longer needed", "worker_token": None}
    return change(session, update(Delivery).where(*chosen).values(**values))


def is_staff_letter() -> ColumnElement[bool]:
    """Which deliveries are letters of this kind: of no issue, for nobody of a list."""
    return and_(Delivery.issue_id.is_(None), Delivery.kind == "notice", Delivery.subscriber_id.is_(None))


def forget_closed(session: Session) -> int:
    """Delete the bytes of letters that are under way no longer; how many. Whoever else does it at this moment is not waited for."""
    ours = select(Rendition.id).where(Rendition.issue_id.is_(None))
    under_way = select(Delivery.rendition_id).where(is_staff_letter(), Delivery.state.in_(OPEN_STATES), Delivery.rendition_id.is_not(None))
    closed = session.scalars(ours.where(Rendition.id.not_in(under_way)).order_by(Rendition.id).with_for_update(skip_locked=True)).all()
    return change(session, delete(Rendition).where(Rendition.id.in_(closed))) if closed else 0


def _plan(words: Words, sender: MastheadFacts, to: str) -> Plan:
    nonce = secrets.token_hex(4)
    masthead = _masthead(words.language, sender)
    compiled = CompiledLetter(
        language=words.language, subject=words.subject, preview_text="", html=_html(words, sender), text=_text(words, sender),
        slots=(), spans=(), links=(),
    )  # fmt: skip
    return build_plan(compiled, nonce=nonce, head=_head(masthead, to), domain=masthead.domain, list_slug="", issue_slug="")


def _masthead(language: str, sender: MastheadFacts) -> Masthead:
    return Masthead(
        list_slug="", list_title="", from_name=cleaned(sender.from_name), from_address=sender.from_address, reply_to=sender.reply_to,
        issue_slug="", language=language, public_url="", archive_url="",
    )  # fmt: skip


def _head(masthead: Masthead, to: str) -> list[bytes | Slot]:
    """No List-* field: nobody is subscribed to this. Auto-Submitted comes with the kind (RFC 3834)."""
    return [
        *headers.date(), headers.header_from(masthead), f"To: {to}\r\n".encode(), headers.reply_to(masthead), SUBJECT,
        *headers.message_id(), headers.content_language(masthead), *headers.nature(),
    ]  # fmt: skip


def _html(words: Words, sender: MastheadFacts) -> str:
    return staff_html(
        language=words.language, subject=words.subject, paragraphs=words.paragraphs, button=words.button, sender=sender.from_name,
        accent=sender.accent,
    )  # fmt: skip


def _text(words: Words, sender: MastheadFacts) -> str:
    button = [f"{words.button[0]}{COLONS.get(words.language, ':')}\n{words.button[1]}"] if words.button else []
    return "\n\n".join([*words.paragraphs, *button, f"-- \n{sender.from_name}"]) + "\n"


def _kept(session: Session, plan: Plan, words: Words, now: datetime) -> Rendition:
    data = dump(plan)
    rendition = Rendition(
        issue_id=None, language=words.language, fingerprint=hashlib.sha256(data).hexdigest(), subject=words.subject, plan=data,
        size=len(data), compiled_at=now,
    )  # fmt: skip
    session.add(rendition)
    session.flush()
    return rendition
