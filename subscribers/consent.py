"""Proof of consent: an append-only record of who agreed to or withdrew what, when, where and in which words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from newsroom.errors import Refused
from newsroom.issues import Actor
from subscribers.models import ConsentRecord, Subscriber

PURPOSES = ("mail",)
ACTIONS = ("given", "withdrawn")
#: Where the word was given: a file, the mail program's own button, the page behind the link, the preferences page, the staff.
SOURCES = ("import", "one_click", "unsubscribe_page", "preferences", "operator")

#: The person the record is about, acting for themselves.
THE_PERSON = Actor(name="the person")


def record(
    session: Session,
    subscriber: Subscriber,
    list_id: int,
    *,
    action: str,
    source: str,
    by: Actor,
    now: datetime,
    purpose: str = "mail",
    wording: str = "",
    language: str = "",
    evidence: Mapping[str, Any] | None = None,
) -> ConsentRecord:
    """Add one record; none is ever changed."""
    for word, known in ((purpose, PURPOSES), (action, ACTIONS), (source, SOURCES)):
        if word not in known:
            raise ValueError(f"a consent record cannot say {word!r}; known are {', '.join(known)}")
    entry = ConsentRecord(
        subscriber_id=subscriber.id, list_id=list_id, purpose=purpose, action=action, source=source, language=language,
        wording=wording, evidence=dict(evidence or {}), actor=by.name, at=now,
    )  # fmt: skip
    session.add(entry)
    return entry


def history_of(session: Session, subscriber_id: int) -> list[ConsentRecord]:
    """Everything this person agreed to and withdrew, oldest first."""
    return list(session.scalars(select(ConsentRecord).where(ConsentRecord.subscriber_id == subscriber_id).order_by(ConsentRecord.id)))


@event.listens_for(ConsentRecord, "before_update")
def _refuse_to_rewrite(_mapper: object, _connection: object, _target: ConsentRecord) -> None:
    raise Refused("A consent record is proof: it is never changed; add a new one.")
