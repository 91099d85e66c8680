"""What every view of the admin has at hand: the house, the doorbell, the person who asks."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, flash, g, request
from sqlalchemy.orm import Session

from admin import audit
from admin.login_sessions import SignedIn
from newsroom.clock import utc_now
from newsroom.house import House
from newsroom.issues import Actor
from newsroom.sendqueue.way_out import only_captures

EXTENSION = "newsroom"
LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The admin's own surroundings; `ring` tells the sender that an issue has work, after the commit."""

    house: House
    ring: Callable[[int], None]
    assets: Mapping[str, str] = field(default_factory=dict)

    @property
    def only_captures(self) -> bool:
        """No letter leaves this machine: issues are rehearsed, not sent."""
        if "only_captures" not in g:
            with self.house.database.reading() as session:
                g.only_captures = only_captures(session, self.house)
        return bool(g.only_captures)

    @property
    def served_securely(self) -> bool:
        return self.house.settings.admin.startswith("https:")


def desk() -> Desk:
    found: Desk = current_app.extensions[EXTENSION]
    return found


@contextmanager
def reading() -> Iterator[Session]:
    with desk().house.database.reading() as session:
        yield session


@contextmanager
def transaction(*, quiet: bool = False) -> Iterator[Session]:
    """What somebody changes in it is written into the audit log with it; `quiet` is for what has a history of its own."""
    with desk().house.database.transaction() as session:
        yield session
        noted = not quiet and _note(session)
    if noted:
        g.noted = True


def audited(**facts: object) -> None:
    """Say this of the deed in the audit log. Never a password, a token, or a text of a letter."""
    g.audited = {**g.get("audited", {}), **facts}


def acts(actor: Actor) -> None:
    """Who stands behind a request without a log-in: a guest."""
    g.actor = actor


def note(session: Session, action: str, *, by: Actor | None = None, **facts: object) -> None:
    """A deed that is none of a form that somebody sent: a log-in, an export."""
    who = by or _actor()
    if who is not None:
        audit.note(session, action, by=who, now=utc_now(), detail=facts, **_where())
        g.noted = True


def _note(session: Session) -> bool:
    """One row for a request that changes something, however many transactions it takes."""
    who = _actor()
    if who is None or request.method in LOOKING or g.get("noted"):
        return False
    audit.note(session, request.endpoint or "", by=who, now=utc_now(), detail=g.get("audited"), **_where())
    return True


def _actor() -> Actor | None:
    signed_in = visitor()
    found: Actor | None = signed_in.actor if signed_in else g.get("actor")
    return found


def _where() -> dict[str, Any]:
    """Where the path leads; the list was looked up by the guard."""
    parts = {name: value for name, value in (request.view_args or {}).items() if name != "token"}
    issue_id = parts.pop("issue_id", None) or g.get("issue_id")
    return {"list_id": g.get("list_id"), "issue_id": issue_id, "about": ", ".join(str(value) for value in parts.values())}


def visitor() -> SignedIn | None:
    """Who asks, where that may be nobody."""
    return getattr(g, "person", None)


def person() -> SignedIn:
    """Who asks; the guard lets nobody in without."""
    found: SignedIn = g.person
    return found


def tell(sentence: str, tone: str = "good") -> None:
    """Say this on the next page; the tones are good, warn, bad and accent."""
    flash(sentence, tone)
