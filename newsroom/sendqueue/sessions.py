"""Worker sessions: which sender process is alive, by the database's own clock."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, Connection, String, exists, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from newsroom.db import Base, PrimaryKey
from newsroom.sendqueue.database_clock import ahead, clock_now

ALIVE_FOR = timedelta(seconds=30)
RENEW_EVERY = timedelta(seconds=10)


class WorkerSession(Base):
    """One sender process. Every claim and mark carries its token; a dead session's rows are swept.

    `keeps_rounds`: its claims are found by its claim_rounds, which sessions of an older Newsroom did not write.
    """

    __tablename__ = "worker_sessions"

    id: Mapped[PrimaryKey]
    token: Mapped[str] = mapped_column(String(36), unique=True)
    host: Mapped[str] = mapped_column(String(200))
    process: Mapped[int]
    started_at: Mapped[datetime]
    alive_until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    keeps_rounds: Mapped[bool] = mapped_column(server_default=text("false"))


def open_session(connection: Connection, *, host: str, process: int) -> str:
    """A new session's token."""
    token = secrets.token_hex(16)
    facts = {"token": token, "host": host[:200], "process": process, "keeps_rounds": True}
    connection.execute(insert(WorkerSession).values(**facts, started_at=clock_now(), alive_until=ahead(ALIVE_FOR.total_seconds())))
    return token


def renew(connection: Connection, token: str) -> bool:
    """Stay alive; False when the session has been swept: then its rows belong to others and it must not mark again."""
    renewed = connection.execute(
        update(WorkerSession)
        .where(WorkerSession.token == token, WorkerSession.ended_at.is_(None))
        .values(alive_until=ahead(ALIVE_FOR.total_seconds()))
    )
    return renewed.rowcount == 1


def end_session(connection: Connection, token: str) -> None:
    connection.execute(
        update(WorkerSession).where(WorkerSession.token == token, WorkerSession.ended_at.is_(None)).values(ended_at=clock_now())
    )


def is_alive(token: str | BindParameter[str]) -> ColumnElement[bool]:
    """The fence of claim and mark: this session is neither swept nor silent for too long, at this very moment."""
    return exists().where(WorkerSession.token == token, WorkerSession.ended_at.is_(None), WorkerSession.alive_until > clock_now())


def any_alive(connection: Connection) -> bool:
    alive = select(WorkerSession.id).where(WorkerSession.ended_at.is_(None), WorkerSession.alive_until > clock_now())
    return connection.execute(alive.limit(1)).first() is not None
