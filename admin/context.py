"""What every view of the admin has at hand: the house, the doorbell, the person who asks."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import current_app, flash, g
from sqlalchemy.orm import Session

from admin.login_sessions import SignedIn
from newsroom.house import House
from newsroom.sendqueue.way_out import only_captures

EXTENSION = "newsroom"


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
def transaction() -> Iterator[Session]:
    with desk().house.database.transaction() as session:
        yield session


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
