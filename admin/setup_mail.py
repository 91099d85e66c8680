"""The step of the set-up that asks how mail leaves: through a mail server, or not at all for now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from admin import relay_forms
from admin.context import desk
from newsroom import relays
from newsroom.issues import Actor
from newsroom.relay_urls import Relay
from newsroom.relays import KeptRelay, open_kept
from newsroom.sendqueue.transports.probing import Finding, probe

NAME = "main"
PATIENCE = 6.0


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Whether the environment decides, and where mail goes now."""

    locked: bool
    ways: tuple[str, ...]


def situation(session: Session) -> Situation:
    house = desk().house
    ways = [relay.label for relay in relays.load_relays(session, house.settings, house.keys) if relay.reaches_people]
    return Situation(locked=bool(house.settings.relays), ways=tuple(ways))


def values(session: Session) -> dict[str, Any]:
    """The fields as they were kept; before that, letters are captured."""
    kept = _kept(session)
    return {**relay_forms.fresh(), "way": "capture"} if kept is None else {**relay_forms.shown(kept), "way": "smtp"}


def keep(session: Session, given: MultiDict[str, str], *, by: Actor, now: datetime) -> None:
    """InvalidInput where the server cannot be one. Capturing changes nothing: what is kept already stays."""
    if given.get("way") != "smtp" or desk().house.settings.relays:
        return
    read = relay_forms.read(ImmutableMultiDict({**relay_forms.fresh(), **given.to_dict(), "name": NAME}))
    keys, kept = desk().house.keys, _kept(session)
    if kept is None:
        relays.add_relay(session, name=NAME, address=read.address, keys=keys, by=by, now=now)
    else:
        relays.change_relay(session, kept, name=NAME, address=read.address, weight=read.weight, keys=keys, by=by, now=now)


def kept_server(session: Session) -> Relay | None:
    """The mail server that was named, None while letters are captured."""
    kept, house = _kept(session), desk().house
    return open_kept(kept, house.settings, house.keys) if kept else None


def attempt(server: Relay | None) -> list[Finding]:
    """Connect, log in and leave: nothing is sent. It takes some seconds, so nothing of the database is held meanwhile."""
    return probe(server, patience=PATIENCE) if server else []


def _kept(session: Session) -> KeptRelay | None:
    return next((relay for relay in relays.list_relays(session) if relay.name == NAME), None)
