"""How far an issue has got: counts that add up to its audience, at what pace it goes, and when it will be through.

A great issue is counted by the clock, into a snapshot (`refresh`), never more than a twentieth of its time; a small one when
somebody looks. What is finished is counted once more and then kept.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from newsroom.deliveries import OPEN_STATES, Delivery, in_state
from newsroom.issues import Issue, get_issue
from newsroom.sendqueue import speed
from newsroom.sendqueue.backoff import GIVEN_UP_AFTER
from newsroom.sendqueue.explaining import RefusalGroup, Refused, group_from, group_refusals
from newsroom.sendqueue.sessions import any_alive
from newsroom.snapshots import SendingSnapshot

LIVE_UP_TO = 5_000
MOST_GROUPED = 50_000
REFUSED_STATES = ("failed", "deferred")
FINISHED = ("sent", "cancelled")


@dataclass(frozen=True, kw_only=True)
class Progress:
    """`counts` holds only states that occur; `open` are still to be decided, `done` are decided (uncertain counts as decided).

    `rate` is letters per minute over the last minutes, `remaining` how long the waiting ones take at that rate; None: not known.
    `retried_until` is the last moment at which a deferred letter is tried.
    """

    state: str
    audience: int
    counts: dict[str, int]
    open: int
    done: int
    notice: str
    rate: float | None = None
    remaining: timedelta | None = None
    retried_until: datetime | None = None
    taken_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Count:
    """What one look at the letters found."""

    counts: dict[str, int]
    refusals: list[RefusalGroup]
    retried_until: datetime | None


def progress_of(session: Session, issue_id: int, kind: str = "issue") -> Progress:
    """The issue's sending, or with kind "rehearsal" its last rehearsal."""
    issue = get_issue(session, issue_id)
    snapshot = session.scalar(select(SendingSnapshot).where(SendingSnapshot.issue_id == issue_id, SendingSnapshot.kind == kind))
    usable = snapshot is not None and _is_usable(snapshot, issue)
    settled = _settled_counts(session, snapshot, issue) if snapshot is not None and not usable else None
    counts = snapshot.counts if snapshot is not None and usable else settled or count_states(session, issue_id, kind)
    until = (
        _until(snapshot) if snapshot is not None and usable else retried_until(session, issue_id, kind) if counts.get("deferred") else None
    )
    still_open = sum(number for state, number in counts.items() if state in OPEN_STATES)
    frozen = issue.audience if kind == "issue" else None
    rate = speed.rate_of(snapshot.samples) if snapshot is not None and (kind != "issue" or issue.state == "sending") else None
    taken_at = snapshot.taken_at if snapshot is not None and usable else None
    return Progress(
        state=issue.state, audience=sum(counts.values()) if frozen is None else frozen, counts=dict(counts),
        open=still_open, done=sum(counts.values()) - still_open, notice=issue.notice, rate=rate,
        remaining=speed.remaining(counts, rate), retried_until=until, taken_at=taken_at,
    )  # fmt: skip


def refusals_of(session: Session, issue_id: int) -> list[RefusalGroup]:
    """What the mail servers refused or put off, gathered by their words; the most frequent first."""
    issue = get_issue(session, issue_id)
    snapshot = session.scalar(select(SendingSnapshot).where(SendingSnapshot.issue_id == issue_id, SendingSnapshot.kind == "issue"))
    if snapshot is not None and (_is_usable(snapshot, issue) or _refused_as_before(session, snapshot, issue)):
        return [group_from(facts) for facts in snapshot.facts.get("refusals", ())]
    return group_refusals(_refused(session, issue_id, "issue"))


def status_json(session: Session, issue_id: int) -> dict[str, Any]:
    """{"state", "audience", "deliveries": {state: count}, "notice", "mails_per_minute", "minutes_left", "retried_until", "refusals"}"""
    progress = progress_of(session, issue_id)
    return {
        "state": progress.state,
        "audience": progress.audience,
        "deliveries": progress.counts,
        "notice": progress.notice,
        "mails_per_minute": None if progress.rate is None else round(progress.rate),
        "minutes_left": None if progress.remaining is None else round(progress.remaining.total_seconds() / 60, 1),
        "retried_until": None if progress.retried_until is None else progress.retried_until.isoformat(timespec="minutes"),
        "refusals": [_group_json(group) for group in refusals_of(session, issue_id)],
    }


def count(session: Session, issue_id: int, kind: str) -> Count:
    """A look at every letter of the sending."""
    counts = count_states(session, issue_id, kind)
    refused = any(counts.get(state) for state in REFUSED_STATES)
    return Count(
        counts=counts,
        refusals=group_refusals(_refused(session, issue_id, kind)) if refused else [],
        retried_until=retried_until(session, issue_id, kind) if counts.get("deferred") else None,
    )


def count_states(session: Session, issue_id: int, kind: str) -> dict[str, int]:
    counted = (
        select(Delivery.state, func.count().label("number"))
        .where(Delivery.issue_id == issue_id, Delivery.kind == kind)
        .group_by(Delivery.state)
    )
    return dict(session.execute(counted).all())


def retried_until(session: Session, issue_id: int, kind: str) -> datetime | None:
    """When the last of the deferred letters has its last try."""
    first, due = session.execute(
        select(func.max(Delivery.first_tried_at), func.max(Delivery.due_at)).where(
            Delivery.issue_id == issue_id, Delivery.kind == kind, in_state("deferred")
        )
    ).one()
    moments = [moment for moment in (first and first + GIVEN_UP_AFTER, due) if moment is not None]
    return max(moments, default=None)


def sender_is_alive(session: Session, now: datetime) -> bool:
    """Somebody is there to send, by the database's own clock."""
    return any_alive(session.connection())


def is_great(issue: Issue, snapshot: SendingSnapshot | None, kind: str) -> bool:
    """Too large to be counted whenever somebody looks."""
    size = issue.audience if kind == "issue" else sum(snapshot.counts.values()) if snapshot is not None else None
    return (size or 0) > LIVE_UP_TO


def _is_usable(snapshot: SendingSnapshot, issue: Issue) -> bool:
    """Of a finished sending only the last count is right; nothing was counted yet where there are no counts."""
    finished = snapshot.kind == "issue" and issue.state in FINISHED
    return is_great(issue, snapshot, snapshot.kind) and bool(snapshot.counts) and (snapshot.final or not finished)


def _settled_counts(session: Session, snapshot: SendingSnapshot, issue: Issue) -> dict[str, int] | None:
    """A great issue that is sent, while its last answers come in: what is in trouble is counted by its index, the rest was accepted.

    None where that does not follow: something was open at the last count, or is put off, or there are more letters than then.
    """
    finished = snapshot.kind == "issue" and issue.state in FINISHED and is_great(issue, snapshot, snapshot.kind)
    total = sum(snapshot.counts.values())
    if not finished or total != issue.audience or any(snapshot.counts.get(state) for state in OPEN_STATES):
        return None
    troubled = _troubled(session, issue.id, snapshot.kind)
    accepted = total - sum(troubled.values())
    return None if troubled.get("deferred") else {**troubled, **({"accepted": accepted} if accepted else {})}


def _refused_as_before(session: Session, snapshot: SendingSnapshot, issue: Issue) -> bool:
    """Whether what was gathered of the refusals at the last count still holds."""
    counts = _settled_counts(session, snapshot, issue)
    return counts is not None and counts.get("failed", 0) == snapshot.counts.get("failed", 0)


def _troubled(session: Session, issue_id: int, kind: str) -> dict[str, int]:
    """How many are in each of the rarer states, from the index that holds these alone."""
    counted = (
        select(Delivery.trouble, func.count())
        .where(Delivery.issue_id == issue_id, Delivery.kind == kind, Delivery.trouble.is_not(None))
        .group_by(Delivery.trouble)
    )
    return {state: number for state, number in session.execute(counted) if state}


def _refused(session: Session, issue_id: int, kind: str) -> list[Refused]:
    """The failed and the deferred letters: the first so many of each, where a disaster made more."""
    words = (Delivery.reply_code, Delivery.enhanced_status, Delivery.reply, Delivery.reason, Delivery.domain)
    found = []
    for state in REFUSED_STATES:
        chosen = select(*words).where(Delivery.issue_id == issue_id, Delivery.kind == kind, in_state(state)).order_by(Delivery.id)
        found += [
            Refused(state=state, code=code, status=status, reply=reply, reason=reason, domain=domain)
            for code, status, reply, reason, domain in session.execute(chosen.limit(MOST_GROUPED)).all()
        ]
    return found


def _until(snapshot: SendingSnapshot) -> datetime | None:
    kept = snapshot.facts.get("retried_until")
    return datetime.fromisoformat(kept) if kept else None


def _group_json(group: RefusalGroup) -> dict[str, Any]:
    return {
        "class": group.key, "reply_code": group.code, "enhanced_status": group.status, "reply": group.words,
        "failed": group.failed, "deferred": group.deferred, "domains": dict(group.domains), "domain_count": group.domain_count,
    }  # fmt: skip
