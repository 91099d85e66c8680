"""Relays in trouble, written down by the worker that meets it, so that staff read of it from the first failed try on.

A row stands while the trouble lasts: the worker removes it with its first success, and its end leaves nothing behind. One without
tries tells of a relay that serves, yet lets in fewer connections than are set.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, String, Text, UniqueConstraint, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, PrimaryKey
from newsroom.sendqueue.database_clock import clock_now
from newsroom.sendqueue.sessions import WorkerSession

WORDS_LENGTH = 500


class RelayTrouble(Base):
    """One relay as one worker session sees it: tries in a row that came to nothing, since when, and the last words."""

    __tablename__ = "relay_troubles"
    __table_args__ = (UniqueConstraint("worker_token", "relay"),)

    id: Mapped[PrimaryKey]
    worker_token: Mapped[str] = mapped_column(String(36))
    relay: Mapped[str] = mapped_column(String(120))
    since: Mapped[datetime]
    last_at: Mapped[datetime]
    tries: Mapped[int]
    words: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One relay that does not serve, over all living workers."""

    relay: str
    since: datetime
    last_at: datetime
    tries: int
    words: str


def note(connection: Connection, token: str, relay: str, *, tries: int, words: str) -> None:
    """This many tries in a row came to nothing; 0 clears, or with words tells of a limit."""
    mine = (RelayTrouble.worker_token == token, RelayTrouble.relay == relay[:120])
    if tries == 0 and not words:
        connection.execute(delete(RelayTrouble).where(*mine))
        return
    facts = {"tries": tries, "words": words[:WORDS_LENGTH], "last_at": clock_now()}
    of_its_kind = RelayTrouble.tries > 0 if tries else RelayTrouble.tries == 0
    if connection.execute(update(RelayTrouble).where(*mine, of_its_kind).values(**facts)).rowcount == 0:
        connection.execute(delete(RelayTrouble).where(*mine))
        connection.execute(insert(RelayTrouble).values(**facts, worker_token=token, relay=relay[:120], since=clock_now()))


def forget_ended(connection: Connection) -> None:
    """What sessions that are over had met."""
    alive = select(WorkerSession.token).where(WorkerSession.ended_at.is_(None))
    connection.execute(delete(RelayTrouble).where(RelayTrouble.worker_token.not_in(alive)))


def troubles(session: Session) -> list[Trouble]:
    """Each relay that a living worker has trouble with now, by name."""
    return _told(session, RelayTrouble.tries > 0)


def limits(session: Session) -> list[Trouble]:
    """Each relay that lets in fewer connections than are set, by name; `words` say how many."""
    return _told(session, RelayTrouble.tries == 0)


def lets_in(number: int, wanted: int) -> str:
    """What staff read of it."""
    if number == 1:
        return f"It lets in 1 connection at once; {wanted} are set. Lower `connections` to 1."
    return f"It lets in {number} connections at once; {wanted} are set. Lower `connections` to {number}."


def _told(session: Session, which: ColumnElement[bool]) -> list[Trouble]:
    alive = (WorkerSession.ended_at.is_(None), WorkerSession.alive_until > clock_now())
    found = session.execute(
        select(
            RelayTrouble.relay,
            func.min(RelayTrouble.since),
            func.max(RelayTrouble.last_at),
            func.sum(RelayTrouble.tries),
            func.max(RelayTrouble.words),
        )
        .join(WorkerSession, WorkerSession.token == RelayTrouble.worker_token)
        .where(*alive, which)
        .group_by(RelayTrouble.relay)
        .order_by(RelayTrouble.relay)
    )
    return [Trouble(relay=relay, since=since, last_at=last, tries=int(tries), words=words) for relay, since, last, tries, words in found]
