"""Domains that asked us to come more slowly: nothing goes to them for a while, then a few letters, then more with every success.

One reply is no verdict. What speaks of a mailbox or of one letter (4.2.x, greylisting) makes only that letter wait; what speaks
of the whole domain counts as strikes, and enough of them in a row, no success between, make the domain wait.
"""

import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, String, Text, bindparam, case, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base
from newsroom.deliveries import Delivery, in_state
from newsroom.sendqueue.backoff import GIVEN_UP_AFTER
from newsroom.sendqueue.database_clock import ahead, clock_ahead, clock_now
from newsroom.sendqueue.transports.base import Outcome, Reply

ENOUGH_STRIKES = 5
PROBES = 2
PROBE_AGAIN = timedelta(seconds=60)
GROWTH = 2
OPEN_AGAIN_AT = 64
DELAYS = (60.0, 300.0, 900.0, 1800.0, 3600.0)
JITTER = 0.3


class DomainWait(Base):
    """A domain under watch. `until` None: strikes are being counted; past: `allowed` letters may try; ahead: nothing goes."""

    __tablename__ = "domain_waits"

    domain: Mapped[str] = mapped_column(String(255), primary_key=True)
    since: Mapped[datetime]
    strikes: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    until: Mapped[datetime | None]
    allowed: Mapped[int] = mapped_column(default=0)
    probed_at: Mapped[datetime | None]
    reply_code: Mapped[int | None]
    enhanced_status: Mapped[str] = mapped_column(String(12), default="")
    reply: Mapped[str] = mapped_column(Text, default="")


class PutOff(Protocol):
    """What is asked of a record: whom it was for, and what the mail server said."""

    @property
    def domain(self) -> str: ...
    @property
    def outcome(self) -> Outcome: ...


@dataclass(frozen=True, kw_only=True)
class WaitingDomain:
    """`on_trial`: `until` is past, and it is being tried with a few letters."""

    domain: str
    since: datetime
    until: datetime
    on_trial: bool
    tries: int
    reply: str


_GREYLIST = re.compile(r"gr[ae]y-?\s?list|postgrey|sqlgrey", re.IGNORECASE)
_RATE = re.compile(r"\brate\b|rate-?limit|throttl|too many|too fast|too much mail|quota.*(hour|minute|day)|slow down", re.IGNORECASE)
# RFC 3463: x.1.2 bad destination system, x.3 the mail system, x.4 the way to it. 4.7.1 is what greylisting servers say without saying so.
_OF_THE_DOMAIN = re.compile(r"4\.(1\.2|3\.\d+|4\.\d+|7\.(?!1$)\d+)$")


def strikes_of(reply: Reply) -> int:
    """How heavily this reply counts against the whole domain: 0 when it speaks of one mailbox, one letter, or of us."""
    if reply.code is None or _GREYLIST.search(reply.text):
        return 0
    if 400 <= reply.code < 500 and _RATE.search(reply.text) and not reply.enhanced_status.startswith(("4.2.", "4.5.")):
        return ENOUGH_STRIKES
    if reply.code == 421:
        return 3
    if reply.enhanced_status:
        return 1 if _OF_THE_DOMAIN.match(reply.enhanced_status) else 0
    return 1 if reply.code in (451, 454) else 0


def defer(connection: Connection, records: Iterable[PutOff]) -> None:
    """Letters were put off: what that says of their domains. Row locks are taken in the order of the names, as everywhere here."""
    strikes: Counter[str] = Counter()
    words: dict[str, Reply] = {}
    for entry in records:
        if entry.domain and (weight := strikes_of(entry.outcome.reply)):
            strikes[entry.domain] += weight
            words[entry.domain] = entry.outcome.reply
    for domain in sorted(strikes):
        _strike(connection, domain, strikes[domain], words[domain])


def cleared(connection: Connection, domains: Iterable[str]) -> None:
    """Letters to these domains were accepted: strikes are forgotten, and a domain that is being tried gets room for more."""
    for domain, number in sorted(Counter(domains).items()):
        connection.execute(_CLEAR, {"the_domain": domain})
        connection.execute(_WIDEN, {"the_domain": domain, "more": GROWTH * number})
        connection.execute(_OPEN, {"the_domain": domain})


def known(connection: Connection) -> frozenset[str]:
    """The domains whose successes are worth telling: a small table, read anew every few seconds."""
    return frozenset(connection.scalars(select(DomainWait.domain)))


def waiting(session: Session, issue_id: int) -> list[WaitingDomain]:
    """The domains that get nothing or little now and that letters of this issue wait for, slowest first.

    Letters that wait for their domain were put off or passed over, and both are found by an index, however great the issue.
    """
    of_it = (Delivery.issue_id == issue_id, Delivery.kind == "issue", Delivery.domain == DomainWait.domain)
    put_off, passed_over = exists().where(*of_it, in_state("deferred")), exists().where(*of_it, Delivery.back_at.is_not(None))
    found = select(DomainWait, DomainWait.until <= clock_now()).where(DomainWait.until.is_not(None), put_off | passed_over)
    rows = session.execute(found.order_by(DomainWait.until.desc(), DomainWait.domain))
    return [_shown(row, row.until, on_trial=bool(on_trial)) for row, on_trial in rows if row.until is not None]


@dataclass(frozen=True, kw_only=True)
class HeldBack:
    """`room`: how many letters the domain may get now; `until`: when the others should ask again; `reply`: why."""

    room: int
    until: datetime
    reply: str


def held_back(connection: Connection) -> dict[str, HeldBack]:
    """The domains that may not get all they could. Locks the rows that give any room, until the transaction's end."""
    found = connection.execute(_HELD_BACK).all()
    if any(row.room for row in found):
        connection.execute(_LOCK_TRIED).all()
        found = connection.execute(_HELD_BACK).all()
    return {row.domain: HeldBack(room=row.room, until=row.until, reply=_words(row)) for row in found}


def took(connection: Connection, taken: Mapping[str, int]) -> None:
    """So many letters of each were claimed out of that room."""
    for domain, number in sorted(taken.items()):
        connection.execute(_TAKE, {"the_domain": domain, "number": number})


def _strike(connection: Connection, domain: str, weight: int, words: Reply) -> None:
    add = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    fresh = {"strikes": 0, "tries": 0, "allowed": 0, "enhanced_status": "", "reply": ""}
    connection.execute(add(DomainWait).values(domain=domain, since=clock_now(), **fresh).on_conflict_do_nothing())
    said = {"the_code": words.code, "the_status": words.enhanced_status[:12], "the_reply": words.text}
    connection.execute(_STRIKE, {"the_domain": domain, "weight": weight, **said})
    connection.execute(_WAIT, {"the_domain": domain, "stretch": 1 + JITTER * random.random()})  # noqa: S311 - spreads load


def _shown(row: DomainWait, until: datetime, *, on_trial: bool) -> WaitingDomain:
    return WaitingDomain(domain=row.domain, since=row.since, until=until, on_trial=on_trial, tries=row.tries, reply=_words(row))


def _words(row: Any) -> str:
    return " ".join(str(word) for word in (row.reply_code, row.enhanced_status, row.reply) if word)


_TABLE = DomainWait.metadata.tables[DomainWait.__tablename__]
_C = _TABLE.c
_THIS = _C.domain == bindparam("the_domain")
_DELAY = case(*((_C.tries == number, seconds) for number, seconds in enumerate(DELAYS)), else_=DELAYS[-1])
_STRIKE = (
    update(_TABLE)
    .where(_THIS)
    .values(
        strikes=_C.strikes + bindparam("weight"),
        reply_code=bindparam("the_code"),
        enhanced_status=bindparam("the_status"),
        reply=bindparam("the_reply"),
    )
)
# Sixteen connections that hear the same at the same moment are one wait, not sixteen.
_WAIT = (
    update(_TABLE)
    .where(_THIS, _C.strikes >= ENOUGH_STRIKES, _C.until.is_(None) | (_C.until <= clock_now()))
    .values(tries=_C.tries + 1, allowed=0, probed_at=None, until=clock_ahead(_DELAY * bindparam("stretch")))
)
_CLEAR = delete(_TABLE).where(_THIS, _C.until.is_(None))
_WIDEN = update(_TABLE).where(_THIS, _C.until <= clock_now()).values(strikes=0, allowed=_C.allowed + bindparam("more"))
_OPEN = delete(_TABLE).where(_THIS, _C.until <= clock_now(), _C.allowed >= OPEN_AGAIN_AT)
_LEASE_OVER = _C.probed_at.is_(None) | (_C.probed_at <= ahead(-PROBE_AGAIN.total_seconds()))
_ROOM = case((_C.until > clock_now(), 0), (_C.allowed > 0, _C.allowed), (_LEASE_OVER, PROBES), else_=0)
# A domain that has refused everything for as long as a letter is tried holds nobody back: each letter then has its own last try.
_HOLDS = (_C.until.is_not(None)) & (_C.since > ahead(-GIVEN_UP_AFTER.total_seconds()))
_HELD_BACK = select(_C.domain, _ROOM.label("room"), _C.until, _C.reply_code, _C.enhanced_status, _C.reply).where(_HOLDS)
_LOCK_TRIED = select(_C.domain).where(_HOLDS, _C.until <= clock_now()).order_by(_C.domain).with_for_update()
_TAKE = (
    update(_TABLE)
    .where(_THIS)
    .values(allowed=case((_C.allowed >= bindparam("number"), _C.allowed - bindparam("number")), else_=0), probed_at=clock_now())
)
