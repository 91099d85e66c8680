"""What staff should know of a sending at this moment, as facts: what happened and to how many. Who shows them says what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from newsroom.deliveries import Delivery, in_state
from newsroom.installation import LOST_COMMITS, NEXT
from newsroom.relay_urls import ONLY
from newsroom.relays import is_kept
from newsroom.sendqueue import domain_waits, pulse, relay_troubles, speed
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.domain_waits import WaitingDomain
from newsroom.sendqueue.progress import Progress, sender_is_alive
from newsroom.sendqueue.relay_troubles import Trouble
from newsroom.sendqueue.throttle import ThrottleState, holding_back
from newsroom.snapshots import SendingSnapshot

#: As the notes of the admin have them.
Tone = Literal["bad", "warn", "accent", "good"]
STILL_AFTER = timedelta(seconds=60)
OUTBOX = "outbox"
MOVING = ("scheduled", "starting", "sending")


@dataclass(frozen=True, kw_only=True)
class ClockSilent:
    """Nothing is started or finished: the tick is away, or the database cannot be written."""

    since: datetime
    tone: ClassVar[Tone] = "bad"


@dataclass(frozen=True, kw_only=True)
class NoSender:
    """No worker lives."""

    tone: ClassVar[Tone] = "bad"


@dataclass(frozen=True, kw_only=True)
class NothingMoves:
    """A sender lives, letters wait, and nothing that is known holds them back."""

    since: datetime
    tone: ClassVar[Tone] = "bad"


@dataclass(frozen=True, kw_only=True)
class ServerAway:
    """A mail server that does not serve; `name` "" where nobody named it."""

    name: str
    trouble: Trouble
    tone: ClassVar[Tone] = "warn"


@dataclass(frozen=True, kw_only=True)
class HeldBack:
    """A limit that is used up for now."""

    by: ThrottleState
    tone: ClassVar[Tone] = "warn"


@dataclass(frozen=True, kw_only=True)
class Paused:
    """What a pause left undone. `in_doubt`: nobody can promise that nothing goes out twice."""

    accepted: int
    audience: int
    waiting: int
    in_doubt: bool
    tone: ClassVar[Tone] = "accent"


@dataclass(frozen=True, kw_only=True)
class Cancelled:
    """What a cancel left undone."""

    accepted: int
    audience: int
    spared: int
    tone: ClassVar[Tone] = "warn"


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Letters a minute, and how long those take that were not tried yet."""

    rate: int
    remaining: timedelta
    tone: ClassVar[Tone] = "accent"


@dataclass(frozen=True, kw_only=True)
class AllTried:
    """Only letters that were put off are still open, tried again until then; `some_through`: others are not."""

    waiting: int
    some_through: bool
    until: datetime | None
    tone: ClassVar[Tone] = "accent"


@dataclass(frozen=True, kw_only=True)
class PutOff:
    number: int
    tone: ClassVar[Tone] = "accent"


@dataclass(frozen=True, kw_only=True)
class SlowDomains:
    number: int
    tone: ClassVar[Tone] = "accent"


@dataclass(frozen=True, kw_only=True)
class Failed:
    number: int
    tone: ClassVar[Tone] = "warn"


@dataclass(frozen=True, kw_only=True)
class Uncertain:
    number: int
    tone: ClassVar[Tone] = "warn"


Remark = (
    ClockSilent | NoSender | NothingMoves | ServerAway | HeldBack
    | Paused | Cancelled | Pace | AllTried | PutOff | SlowDomains | Failed | Uncertain
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Situation:
    """The remarks, the gravest first, and the domains that are slow for their own reasons.

    `set_back`: the database may have lost what was sent, and nobody can promise that nothing goes out twice.
    """

    remarks: tuple[Remark, ...]
    slow: tuple[WaitingDomain, ...]
    set_back: bool = False


def situation_of(session: Session, issue_id: int, progress: Progress) -> Situation:
    """A few small queries, whatever the size of the issue."""
    now = read_clock(session)
    moving = progress.state in MOVING
    slow = tuple(domain_waits.waiting(session, issue_id)) if progress.state in ("sending", "paused") and progress.open else ()
    obstacles = list(_obstacles(session, issue_id, progress, now)) if moving else []
    remarks = [
        *obstacles,
        *_stopped(progress),
        *(_pace(progress, slow, stuck=bool(obstacles)) if progress.state == "sending" else ()),
        *_outcome(progress),
    ]
    return Situation(remarks=tuple(remarks), slow=slow, set_back=_set_back(progress.notice))


def uncertain_reasons(session: Session, issue_id: int) -> list[tuple[str, int]]:
    """Why letters are uncertain, with how many; the most frequent first."""
    counted = (
        select(Delivery.reason, func.count())
        .where(Delivery.issue_id == issue_id, Delivery.kind == "issue", in_state("uncertain"))
        .group_by(Delivery.reason)
    )
    return sorted(((reason, number) for reason, number in session.execute(counted)), key=lambda pair: -pair[1])


def _set_back(notice: str) -> bool:
    return LOST_COMMITS in notice or NEXT in notice


def _obstacles(session: Session, issue_id: int, progress: Progress, now: datetime) -> Iterator[Remark]:
    """Why nothing moves, or less than could."""
    silent = pulse.silent_for(session)
    if silent is not None and silent > pulse.SILENT_AFTER:
        yield ClockSilent(since=now - silent)
    alive = sender_is_alive(session, now)
    if not alive:
        yield NoSender()
    if progress.state != "sending" or not alive:
        return
    troubles = _lasting(session, issue_id, progress)
    yield from (ServerAway(name=_name_of(session, one), trouble=one) for one in troubles if one.relay != OUTBOX)
    held = holding_back(session, issue_id)
    yield from (HeldBack(by=state) for state in held)
    if not troubles and not held and (since := _still_since(session, issue_id, progress, now)) is not None:
        yield NothingMoves(since=since)


def _lasting(session: Session, issue_id: int, progress: Progress) -> list[Trouble]:
    """A relay that took a letter since is about to be cleared. The letters of a great issue are not searched for that."""
    troubles = relay_troubles.troubles(session)
    if not troubles or progress.taken_at is not None:
        return troubles
    mine = (Delivery.issue_id == issue_id, Delivery.kind == "issue", in_state("accepted"))
    taken = select(Delivery.relay, func.max(Delivery.closed_at)).where(*mine, Delivery.relay.in_([one.relay for one in troubles]))
    last = {relay: at for relay, at in session.execute(taken.group_by(Delivery.relay)) if at is not None}
    return [one for one in troubles if one.relay not in last or last[one.relay] <= one.last_at]


def _name_of(session: Session, trouble: Trouble) -> str:
    """What the environment leaves without a name bears one that nobody gave it."""
    return "" if trouble.relay == ONLY and not is_kept(session, ONLY) else trouble.relay


def _still_since(session: Session, issue_id: int, progress: Progress, now: datetime) -> datetime | None:
    """Since when letters wait that nothing holds back."""
    if not sum(progress.counts.get(state, 0) for state in speed.TO_TRY):
        return None
    mine = and_(SendingSnapshot.issue_id == issue_id, SendingSnapshot.kind == "issue")
    samples = session.scalar(select(SendingSnapshot.samples).where(mine)) or []
    same = [sample[0] for sample in samples if sample[1] == samples[-1][1]]
    still = bool(same) and same[0] <= (now - STILL_AFTER).timestamp() and speed.tried(progress.counts) <= samples[-1][1]
    return datetime.fromtimestamp(same[0], now.tzinfo) if still else None


def _stopped(progress: Progress) -> Iterator[Remark]:
    """What a pause or a cancel left undone."""
    if progress.state not in ("paused", "cancelled") or not progress.audience:
        return
    accepted, audience = progress.counts.get("accepted", 0), progress.audience
    if progress.state == "paused":
        yield Paused(accepted=accepted, audience=audience, waiting=progress.open, in_doubt=_set_back(progress.notice))
    else:
        yield Cancelled(accepted=accepted, audience=audience, spared=progress.counts.get("cancelled", 0))


def _pace(progress: Progress, slow: tuple[WaitingDomain, ...], *, stuck: bool) -> Iterator[Remark]:
    """How fast it goes, and what is still to come once everybody has been tried."""
    if progress.remaining is not None and progress.rate is not None and not stuck:
        yield Pace(rate=round(progress.rate), remaining=progress.remaining)
    deferred = progress.counts.get("deferred", 0)
    if deferred and progress.open == deferred:
        yield AllTried(waiting=deferred, some_through=deferred < progress.audience, until=progress.retried_until)
    elif deferred:
        yield PutOff(number=deferred)
    if slow:
        yield SlowDomains(number=len(slow))


def _outcome(progress: Progress) -> Iterator[Remark]:
    """What needs somebody's decision."""
    if failed := progress.counts.get("failed", 0):
        yield Failed(number=failed)
    if uncertain := progress.counts.get("uncertain", 0):
        yield Uncertain(number=uncertain)
