"""Where alerts go: the address that the environment names, else the one kept, sealed, in the database."""

from datetime import datetime

from sqlalchemy import Connection, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, PrimaryKey
from newsroom.issues import Actor
from newsroom.keys import KeyRing
from newsroom.outbound import read_target
from newsroom.sealing import seal, unseal
from newsroom.settings import Settings

ONLY = 1
PURPOSE = "alert address"


class AlertHook(Base):
    """The one address kept in the admin; its host may be shown, the rest of it is its key."""

    __tablename__ = "alert_hook"

    id: Mapped[PrimaryKey]
    host: Mapped[str] = mapped_column(String(255))
    sealed: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(200))


def load_hook(asked: Session | Connection, settings: Settings, keys: KeyRing) -> str:
    """Empty: nobody is told. ConfigurationError where the kept one was sealed with other keys."""
    if settings.alerts:
        return settings.alerts
    kept = asked.execute(select(AlertHook.host, AlertHook.sealed).where(AlertHook.id == ONLY)).first()
    return "" if kept is None else unseal(keys, PURPOSE, kept.sealed, bound_to=kept.host)


def kept_host(session: Session) -> str:
    kept = session.get(AlertHook, ONLY)
    return "" if kept is None else kept.host


def keep_hook(session: Session, url: str, *, keys: KeyRing, by: Actor, now: datetime) -> None:
    """From now on alerts go there; an empty address forgets the kept one. InvalidInput when it is no web address."""
    kept = session.get(AlertHook, ONLY)
    if not url:
        if kept is not None:
            session.delete(kept)
        return
    host = read_target(url).host
    facts = {"host": host, "sealed": seal(keys, PURPOSE, url, bound_to=host), "changed_at": now, "changed_by": by.name[:200]}
    if kept is None:
        session.add(AlertHook(id=ONLY, **facts))
    else:
        for name, value in facts.items():
            setattr(kept, name, value)
