"""What is known of the links of an issue: the last answer of each address, and when they were last tried; shared by every process."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, String, Text, UniqueConstraint, and_, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, BigId, PrimaryKey, Word, change
from newsroom.link_asking import LinkAnswer
from newsroom.link_hosts import askable

#: What was found yesterday is not held against a link today.
LASTS = timedelta(hours=24)
#: A round that has not ended by now never will: its process died.
LONGEST_ROUND = timedelta(minutes=3)
LONGEST_DETAIL = 200
TROUBLE = ("unreachable", "login")
#: Rows of one statement: SQLite takes 32,766 values at once.
AT_ONCE = 1_000


class LinkState(Base):
    """One address of an issue and what came of asking it last. `told_at`: when staff were first told that readers cannot open it."""

    __tablename__ = "issue_links"
    __table_args__ = (UniqueConstraint("issue_id", "digest"),)

    id: Mapped[PrimaryKey]
    issue_id: Mapped[int] = mapped_column(BigId, ForeignKey("issues.id"))
    url: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[Word]
    detail: Mapped[str] = mapped_column(String(200), default="")
    checked_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]


class LastRound(Base):
    """The last time that the links of an issue were tried, by whomever; `for_send_at`: the start that it was last done for."""

    __tablename__ = "link_rounds"

    id: Mapped[PrimaryKey]
    issue_id: Mapped[int] = mapped_column(BigId, ForeignKey("issues.id"), unique=True)
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    for_send_at: Mapped[datetime | None]
    asked: Mapped[int]
    is_offline: Mapped[bool]


@dataclass(frozen=True, kw_only=True)
class Broken:
    """An address that readers cannot open; `detail` goes on from its host."""

    url: str
    state: str
    detail: str


def collect(session: Session, issue_id: int, urls: Iterable[str]) -> None:
    """These are the links of the letters now; what is known of others is forgotten, of these it is kept."""
    wanted = {digest_of(page): page for url in urls if (page := askable(url))}
    known = dict(session.execute(select(LinkState.digest, LinkState.id).where(LinkState.issue_id == issue_id)).all())
    for some in _in_parts([number for digest, number in known.items() if digest not in wanted]):
        change(session, delete(LinkState).where(LinkState.id.in_(some)))
    _put(session, [_row(issue_id, url, LinkAnswer(state="unasked"), None) for digest, url in wanted.items() if digest not in known])


def addresses_of(session: Session, issue_id: int) -> tuple[str, ...]:
    return tuple(session.scalars(select(LinkState.url).where(LinkState.issue_id == issue_id).order_by(LinkState.id)))


def trouble_of(session: Session, issue_id: int, *, now: datetime) -> dict[str, tuple[str, str]]:
    """page -> (unreachable or login, detail), as the checks take it."""
    fresh = LinkState.issue_id == issue_id, LinkState.state.in_(TROUBLE), LinkState.checked_at > now - LASTS
    rows = session.execute(select(LinkState.url, LinkState.state, LinkState.detail).where(*fresh).order_by(LinkState.id))
    return {url: (state, detail) for url, state, detail in rows}


def broken_links(session: Session, issue_id: int, *, now: datetime) -> tuple[Broken, ...]:
    """The same, for a page."""
    found = trouble_of(session, issue_id, now=now)
    return tuple(Broken(url=url, state=state, detail=detail) for url, (state, detail) in found.items())


def last_round(session: Session, issue_id: int) -> LastRound | None:
    """None where nobody has tried them."""
    return session.scalar(select(LastRound).where(LastRound.issue_id == issue_id, LastRound.ended_at.is_not(None)))


def claim_round(session: Session, issue_id: int, *, send_at: datetime, again_after: timedelta, now: datetime) -> bool:
    """Whether this process is to try the links for that start: of many at once one is; again when there was no network, or it died."""
    _put(session, [_round(issue_id, now)], LastRound)
    values = {"begun_at": now, "ended_at": None, "for_send_at": send_at}
    free = open_for(send_at, again_after=again_after, now=now)
    return bool(change(session, update(LastRound).where(LastRound.issue_id == issue_id, free).values(values)))


def open_for(send_at: Any, *, again_after: timedelta, now: datetime) -> ColumnElement[bool]:
    """Which of the last rounds leave that start still to be asked for; `send_at` may be a column."""
    other = or_(LastRound.for_send_at.is_(None), LastRound.for_send_at != send_at)
    died = and_(LastRound.ended_at.is_(None), LastRound.begun_at < now - LONGEST_ROUND)
    away = and_(LastRound.is_offline, LastRound.ended_at < now - again_after)
    return or_(other, died, away)


def keep_round(
    session: Session, issue_id: int, answers: Mapping[str, LinkAnswer], *, is_offline: bool, now: datetime
) -> tuple[Broken, ...]:
    """Keep what came of a round; the links that readers cannot open and that staff were not told of before.

    Without a network the states stay as they were, and so does that of an address that was not reached in time.
    """
    _put(session, [_round(issue_id, now)], LastRound)
    facts = {"ended_at": now, "asked": len(answers), "is_offline": is_offline}
    change(session, update(LastRound).where(LastRound.issue_id == issue_id).values(facts))
    if is_offline:
        return ()
    rows = [_row(issue_id, url, answer, now) for url, answer in answers.items()]
    _put(session, [row for row in rows if row["state"] != "unasked"], renew=True)
    _put(session, [row | {"checked_at": None} for row in rows if row["state"] == "unasked"])
    mended = update(LinkState).where(LinkState.issue_id == issue_id, LinkState.state.not_in(TROUBLE), LinkState.told_at.is_not(None))
    change(session, mended.values(told_at=None))
    return _told_now(session, issue_id, now)


def _told_now(session: Session, issue_id: int, now: datetime) -> tuple[Broken, ...]:
    untold = LinkState.issue_id == issue_id, LinkState.state.in_(TROUBLE), LinkState.told_at.is_(None), LinkState.checked_at == now
    rows = session.execute(select(LinkState.url, LinkState.state, LinkState.detail).where(*untold).order_by(LinkState.id)).all()
    change(session, update(LinkState).where(*untold).values(told_at=now))
    return tuple(Broken(url=url, state=state, detail=detail) for url, state, detail in rows)


def digest_of(url: str) -> str:
    """An address may be longer than an index takes."""
    return sha256(url.encode()).hexdigest()


def _row(issue_id: int, url: str, answer: LinkAnswer, now: datetime | None) -> dict[str, Any]:
    state = "unreachable" if answer.state == "away" else answer.state
    return {
        "issue_id": issue_id, "url": url, "digest": digest_of(url), "state": state, "detail": answer.detail[:LONGEST_DETAIL],
        "checked_at": now,
    }  # fmt: skip


def _round(issue_id: int, now: datetime) -> dict[str, Any]:
    return {"issue_id": issue_id, "begun_at": now, "ended_at": None, "for_send_at": None, "asked": 0, "is_offline": False}


def _put(session: Session, rows: list[dict[str, Any]], table: type[Base] = LinkState, *, renew: bool = False) -> None:
    """Add what is not there; `renew`: write what is."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for some in _in_parts(sorted(rows, key=lambda row: str(row.get("digest")))):
        adding = insert(table).values(some)
        new = {name: adding.excluded[name] for name in ("state", "detail", "checked_at")} if renew else {}
        session.execute(
            adding.on_conflict_do_update(index_elements=["issue_id", "digest"], set_=new) if renew else adding.on_conflict_do_nothing()
        )


def _in_parts(rows: Sequence[Any]) -> Iterable[list[Any]]:
    return (list(rows[start : start + AT_ONCE]) for start in range(0, len(rows), AT_ONCE))
