"""The installation's identity: a database that was copied, restored, set back or taken over sends nothing by itself.

The database keeps one row, with what it knows of itself; the data folder keeps what it remembers of that row. `look` compares
them and changes nothing, `confirm` also writes what is to be written. The reasons stand in docs/decisions/0055.
"""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, Text, insert, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.data_folder import Memory
from newsroom.db import Base, BigId, Json, PrimaryKey, Word, Words
from newsroom.errors import Refused
from newsroom.issues import NEWSROOM, Actor, Issue, halt_sending
from newsroom.keys import KeyRing

ONLY = 1
BEAT_EVERY = timedelta(seconds=10)
SILENCE = timedelta(hours=3)
NEXT = "Nothing is sent and no issue is started until an operator has looked: `newsroom adopt` on the server shows what would happen."
FORMER_KEPT = 50
#: Stands in the notice of an issue whose ledger may have forgotten letters that were sent.
LOST_COMMITS = "would be sent again"


class Installation(Base):
    """One row. `beat` only ever grows: a database that shows a lower one than somebody remembers has lost commits."""

    __tablename__ = "installation"

    id: Mapped[PrimaryKey]
    identity: Mapped[str] = mapped_column(String(32))
    former: Mapped[list[str]] = mapped_column(Json, default=list)
    fingerprint: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    beat: Mapped[int] = mapped_column(BigId, default=0)
    beat_at: Mapped[datetime]
    doubt: Mapped[str] = mapped_column(Text, default="")
    adopted_at: Mapped[datetime | None]
    #: Of the ring that it signs with. None: it comes from before these were kept, and takes those of the ring it has.
    key_marks: Mapped[tuple[str, ...] | None] = mapped_column(Words)


class InstallationEvent(Base):
    """What was out of the ordinary: a doubt, a long silence, a restore, an adoption."""

    __tablename__ = "installation_events"

    id: Mapped[PrimaryKey]
    at: Mapped[datetime]
    action: Mapped[Word]
    actor: Mapped[str] = mapped_column(String(200))
    detail: Mapped[str] = mapped_column(Text, default="")


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """Why nothing goes out. Of the database: everybody who works on it is held; else only those on this data folder."""

    cause: str
    of_database: bool

    def __str__(self) -> str:
        return f"{self.cause} {NEXT}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`due`: there is something to write down, with `confirm`."""

    doubt: Doubt | None
    due: bool


def look(session: Session, memory: Memory | None, keys: KeyRing, *, now: datetime) -> Verdict:
    """Whether this database, this data folder and this key ring belong together; changes nothing."""
    row = session.get(Installation, ONLY)
    if row is None:
        doubt = _judge_unknown(session, memory)
        return Verdict(doubt=doubt, due=True)
    doubt = _judge(session, row, memory) or _judge_keys(session, row, keys)
    written = doubt is None or not doubt.of_database or bool(row.doubt)
    unseen = doubt is None and (memory is None or memory.identity != row.identity)
    overdue = doubt is None and (row.beat == 0 or now - row.beat_at >= BEAT_EVERY)
    rotated = doubt is None and set(row.key_marks or ()) != set(keys.marks)
    return Verdict(doubt=doubt, due=not written or unseen or overdue or rotated)


def confirm(session: Session, recall: Callable[[], Memory | None], keys: KeyRing, *, now: datetime) -> tuple[Doubt | None, Installation]:
    """As `look`, in a writing transaction: the row made at the first start, the beat moved on, a doubt written down with its halts.

    `recall` is called once the row is held: whoever moved the beat on before had its folder remember the row first.
    """
    row = _held_row(session)
    memory = recall()
    if row is None:
        doubt, row = _judge_unknown(session, memory), _establish(session, now=now)
    else:
        doubt = _judge(session, row, memory) or _judge_keys(session, row, keys)
    if doubt is None:
        row.key_marks = keys.marks
    if doubt is None and memory is not None and memory.identity == row.identity:
        _beat(session, row, now=now)
    elif doubt is not None and doubt.of_database and not row.doubt:
        put_in_doubt(session, row, doubt.cause, now=now)
    return doubt, row


def put_in_doubt(session: Session, row: Installation, cause: str, *, now: datetime, action: str = "doubt") -> None:
    """From here on nothing goes out by itself, whoever works on this database."""
    row.doubt = cause
    note(session, action, cause, by=NEWSROOM, now=now)
    halt_sending(session, f"{cause} {NEXT}", now=now)


def distrust(session: Session, cause: str, *, now: datetime) -> None:
    """After a restore: whatever this database remembers of itself, it is not the one that goes on by itself."""
    put_in_doubt(session, _held_row(session) or _establish(session, now=now), cause, now=now, action="restore")


def note(session: Session, action: str, detail: str, *, by: Actor, now: datetime) -> None:
    session.add(InstallationEvent(at=now, action=action, actor=by.name, detail=detail))


def renew(session: Session, keys: KeyRing, *, now: datetime) -> Installation:
    """A new identity for this database as it stands here; folders that knew a former one find their way."""
    row = _held_row(session) or _establish(session, now=now)
    row.former = [*row.former, row.identity][-FORMER_KEPT:]
    row.identity, row.fingerprint, row.doubt = secrets.token_hex(16), fingerprint_of(session), ""
    row.beat, row.beat_at, row.adopted_at, row.key_marks = row.beat + 1, now, now, keys.marks
    session.flush()
    return row


def fingerprint_of(session: Session) -> dict[str, str]:
    """What a PostgreSQL database is, whatever was copied into it; nothing on SQLite, where the data folder tells."""
    if session.get_bind().dialect.name != "postgresql":
        return {}
    found = _parts(session, _PARTS)
    if found is None:
        # A provider may lock away a part of it; the others still tell.
        found = {name: value for name, query in _PARTS.items() for value in (_parts(session, {name: query}) or {}).values()}
    return found


_PARTS: Mapping[str, str] = {
    "system": "(SELECT system_identifier::text FROM pg_control_system())",
    "database": "(SELECT oid::text FROM pg_database WHERE datname = current_database())",
    # A dump that is read back makes its tables anew, even into the same database.
    "table": "to_regclass('installation')::oid::text",
    # Moves when a replica takes over, and with every recovery to a point in time.
    "timeline": "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)",
}


def _parts(session: Session, parts: Mapping[str, str]) -> dict[str, str] | None:
    try:
        with session.begin_nested():
            columns = ", ".join(f"{query} AS {name}" for name, query in parts.items())
            row = session.execute(text(f"SELECT {columns}")).one()
            return {name: str(value) for name, value in row._mapping.items()}  # noqa: SLF001 - SQLAlchemy's public name
    except SQLAlchemyError:
        return None


def _held_row(session: Session) -> Installation | None:
    held = select(Installation).where(Installation.id == ONLY).with_for_update().execution_options(populate_existing=True)
    return session.scalar(held)


def _establish(session: Session, *, now: datetime) -> Installation:
    """The first start; of several at once one makes the row."""
    with suppress(SQLAlchemyError), session.begin_nested():
        session.execute(
            insert(Installation).values(
                id=ONLY, identity=secrets.token_hex(16), former=[], fingerprint=fingerprint_of(session), beat=0, beat_at=now, doubt=""
            )
        )
    row = _held_row(session)
    if row is None:
        raise Refused("This installation's identity could not be written down; look at what the database says.")
    return row


def _beat(session: Session, row: Installation, *, now: datetime) -> None:
    away = now - row.beat_at
    if row.beat and away > SILENCE:
        reason = (
            f"Newsroom was away from {_time(row.beat_at)} to {_time(now)}, so it does not go on by itself. Is this letter still of its day?"
        )
        halted = halt_sending(session, reason, now=now)
        note(session, "silence", f"{reason} Issues paused: {len(halted)}.", by=NEWSROOM, now=now)
    if not row.beat or away >= BEAT_EVERY:
        row.beat, row.beat_at = row.beat + 1, now
        session.flush()


def _judge(session: Session, row: Installation, memory: Memory | None) -> Doubt | None:
    on_sqlite = session.get_bind().dialect.name != "postgresql"
    if row.doubt:
        return Doubt(cause=row.doubt, of_database=True)
    if cause := _another(row.fingerprint, fingerprint_of(session)):
        return Doubt(cause=cause, of_database=True)
    if memory is None:
        # On PostgreSQL a new data folder is a new worker; a SQLite file has only one.
        lost = on_sqlite and row.beat > 0
        return Doubt(cause="This database was put into another data folder.", of_database=True) if lost else None
    return _judge_memory(row, memory, on_sqlite=on_sqlite)


def _judge_memory(row: Installation, memory: Memory, *, on_sqlite: bool) -> Doubt | None:
    if memory.identity not in (row.identity, *row.former):
        return Doubt(cause="This data folder belongs to another installation than this database.", of_database=False)
    if memory.identity == row.identity and memory.beat > row.beat:
        cause = f"This database was set back to {_time(row.beat_at)}: its data folder remembers Newsroom at work at {_time(memory.at)}."
        return Doubt(cause=cause, of_database=True)
    if memory.moved:
        return Doubt(cause="This data folder was copied, or moved to another disk or machine.", of_database=on_sqlite)
    return None


def lacks_keys(session: Session, keys: KeyRing) -> bool:
    """Whether letters were signed, or addresses hashed, with a secret that this ring does not hold."""
    row = session.get(Installation, ONLY)
    return row is not None and _judge_keys(session, row, keys) is not None


def _judge_keys(session: Session, row: Installation, keys: KeyRing) -> Doubt | None:
    """Until there is a reader or a letter nothing depends on the ring. Others on this database may have the right one."""
    if set(row.key_marks or ()) <= set(keys.marks) or not session.scalar(_DEPENDS_ON_KEYS):
        return None
    return Doubt(
        cause=(
            "The key ring is not the one this installation signed with: put keys.json back from a backup, "
            "or set NEWSROOM_SECRET_KEY to what it was."
        ),
        of_database=False,
    )


_DEPENDS_ON_KEYS = text(
    "SELECT EXISTS (SELECT 1 FROM subscribers) OR EXISTS (SELECT 1 FROM suppressions) OR EXISTS (SELECT 1 FROM deliveries)"
)


def _judge_unknown(session: Session, memory: Memory | None) -> Doubt | None:
    """A database that has never been in use here. Without an issue that ever was approved there is nothing to protect."""
    if memory is None or memory.beat == 0:
        return None
    if session.scalar(select(Issue.id).where(Issue.state.not_in(("draft", "in_review", "discarded"))).limit(1)) is None:
        return None
    return Doubt(cause="This database is older than what its data folder remembers, or another one.", of_database=True)


def _another(kept: Mapping[str, str], now: Mapping[str, str]) -> str:
    """How this database differs from the one that was last sent from, in a sentence; "" where nothing does."""
    changed = {name for name, value in kept.items() if name in now and now[name] != value}
    if changed - {"timeline"}:
        return "This database is a copy, or was restored from a backup."
    if changed:
        return "Another database server has taken over, or this one was set back in time: the last commits before that may be lost."
    return ""


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
