"""What staff should know of a sending at this moment, as sentences: what happened, to how many, and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from newsroom.deliveries import Delivery, in_state
from newsroom.installation import LOST_COMMITS, NEXT
from newsroom.local_times import locally, spoken
from newsroom.relay_urls import ONLY
from newsroom.sendqueue import domain_waits, pulse, relay_troubles, speed
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.domain_waits import WaitingDomain
from newsroom.sendqueue.progress import Progress, sender_is_alive
from newsroom.sendqueue.relay_troubles import Trouble
from newsroom.sendqueue.throttle import holding_back
from newsroom.snapshots import SendingSnapshot

Tone = Literal["bad", "warn", "accent", "good"]
STILL_AFTER = timedelta(seconds=60)
OUTBOX = "outbox"
MOVING = ("scheduled", "starting", "sending")


@dataclass(frozen=True, kw_only=True)
class Remark:
    """One sentence or two; `tone` as the notes of the admin have it."""

    tone: Tone
    text: str


@dataclass(frozen=True, kw_only=True)
class Situation:
    """The remarks, the gravest first, and the domains that are slow for their own reasons.

    `set_back`: the database may have lost what was sent, and nobody can promise that nothing goes out twice.
    """

    remarks: tuple[Remark, ...]
    slow: tuple[WaitingDomain, ...]
    set_back: bool = False


def situation_of(session: Session, issue_id: int, progress: Progress, *, zone: str = "UTC") -> Situation:
    """A few small queries, whatever the size of the issue."""
    now = read_clock(session)
    moving = progress.state in MOVING
    slow = tuple(domain_waits.waiting(session)) if progress.state in ("sending", "paused") and progress.open else ()
    obstacles = list(_obstacles(session, issue_id, progress, now, zone)) if moving else []
    remarks = [
        *obstacles,
        *_stopped(progress),
        *(_pace(progress, slow, zone, stuck=bool(obstacles)) if progress.state == "sending" else ()),
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


def _obstacles(session: Session, issue_id: int, progress: Progress, now: datetime, zone: str) -> Iterator[Remark]:
    """Why nothing moves, or less than could."""
    silent = pulse.silent_for(session)
    if silent is not None and silent > pulse.SILENT_AFTER:
        seen = locally(now - silent, zone)
        yield Remark(
            tone="bad",
            text=f"The clock of this Newsroom has not been seen since {seen:%H:%M}: either `newsroom tick` is not running, "
            "or the database cannot be written, for example because its disk is full. No letter is lost; it goes on by itself.",
        )
    alive = sender_is_alive(session, now)
    if not alive:
        yield Remark(tone="bad", text="Nothing moves: no sender is running. Start one with `newsroom worker`.")
    if progress.state != "sending" or not alive:
        return
    troubles = relay_troubles.troubles(session)
    yield from (_relay(trouble, zone) for trouble in troubles if trouble.relay != OUTBOX)
    held = holding_back(session, issue_id)
    yield from (Remark(tone="warn", text=f"{state.reason} The other letters wait until then.") for state in held)
    if not troubles and not held and (since := _still_since(session, issue_id, progress, now)) is not None:
        yield Remark(
            tone="bad",
            text=f"Nothing has moved since {locally(since, zone):%H:%M}, although a sender is running. "
            "Look at `newsroom status` and at the sender's log; most often the database cannot be written.",
        )


def _relay(trouble: Trouble, zone: str) -> Remark:
    times = "once" if trouble.tries == 1 else f"{trouble.tries} times"
    who = "The mail server" if trouble.relay == ONLY else f"The mail server “{trouble.relay}”"
    since = f" since {locally(trouble.since, zone):%H:%M}" if trouble.tries > 1 else ""
    return Remark(
        tone="warn",
        text=f"{who} does not take letters yet; tried {times}{since}. Its trouble: {_sentence(trouble.words)} "
        "Newsroom goes on trying; if that does not help, the issue is paused, and nobody is lost.",
    )


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
    accepted, waiting = progress.counts.get("accepted", 0), progress.open
    had = f"{f'{accepted:,}' if accepted else 'None'} of {progress.audience:,} had been handed to the mail server when it stopped"
    if progress.state == "paused":
        twice = "" if _set_back(progress.notice) else ", and to nobody twice"
        yield Remark(tone="accent", text=f"{had}; {waiting:,} {'waits' if waiting == 1 else 'wait'}. Resume sends to those{twice}.")
    else:
        yield Remark(tone="warn", text=f"{had}; {progress.counts.get('cancelled', 0):,} will not get it.")


def _pace(progress: Progress, slow: tuple[WaitingDomain, ...], zone: str, *, stuck: bool) -> Iterator[Remark]:
    """How fast it goes, and what is still to come once everybody has been tried."""
    if progress.remaining is not None and progress.rate is not None and not stuck:
        rest = speed.in_words(progress.remaining)
        yield Remark(tone="accent", text=f"About {round(progress.rate):,} letters a minute; {rest} left for those not yet tried.")
    deferred = progress.counts.get("deferred", 0)
    if deferred and progress.open == deferred:
        until = f", at the latest until {spoken(progress.retried_until, zone)}" if progress.retried_until else ""
        everybody = "Everybody has been tried." if deferred < progress.audience else "Nobody's mail server has taken it yet."
        yield Remark(tone="accent", text=f"{everybody} {deferred:,} {_was(deferred)} put off and tried again{until}. Nothing to do.")
    elif deferred:
        whose, which = ("its mail server", "it") if deferred == 1 else ("their mail servers", "them")
        text = f"{deferred:,} {_was(deferred)} put off by {whose}; Newsroom tries {which} again by itself."
        yield Remark(tone="accent", text=text)
    if slow:
        yield Remark(tone="accent", text=f"{len(slow):,} {'domain asks' if len(slow) == 1 else 'domains ask'} for patience; see below.")


def _outcome(progress: Progress) -> Iterator[Remark]:
    """What needs somebody's decision."""
    if failed := progress.counts.get("failed", 0):
        yield Remark(tone="warn", text=f"{failed:,} {_was(failed)} refused or given up. Below stands why, and which can be tried again.")
    if uncertain := progress.counts.get("uncertain", 0):
        yield Remark(
            tone="warn",
            text=f"{uncertain:,} {'is' if uncertain == 1 else 'are'} uncertain: the letter was handed over and the answer got lost. "
            "Newsroom never repeats these by itself; decide below.",
        )


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _sentence(words: str) -> str:
    text = " ".join(words.split()) or "it does not answer"
    return text if text.endswith((".", "!", "?")) else f"{text}."
