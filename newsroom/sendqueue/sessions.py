"""Worker sessions: which sender process is alive, by the database's own clock."""

from datetime import datetime, timedelta

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from newsroom.db import Base, PrimaryKey

ALIVE_FOR = timedelta(seconds=30)
RENEW_EVERY = timedelta(seconds=10)


class WorkerSession(Base):
    """One sender process. Every claim and mark carries its token; a dead session's rows are swept."""

    __tablename__ = "worker_sessions"

    id: Mapped[PrimaryKey]
    token: Mapped[str] = mapped_column(String(36), unique=True)
    host: Mapped[str] = mapped_column(String(200))
    process: Mapped[int]
    started_at: Mapped[datetime]
    alive_until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
