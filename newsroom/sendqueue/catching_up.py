"""A ledger that lost commits catches up with the evidence: who was handed a letter after its last commit is uncertain, not open."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import RowMapping, Select, insert, select, update
from sqlalchemy.orm import Session

from newsroom.db import change
from newsroom.deliveries import Delivery, DeliveryEvent
from newsroom.issues import Issue
from newsroom.sendqueue.handed_over import Evidence
from newsroom.sendqueue.ledger import moving
from subscribers.models import Subscriber

AT_A_TIME = 5_000
REASON = "handed to the mail server after the state that this database was set back to"
#: From every state that could go out (again) to uncertain, by moves that the lifecycle has.
WAY = ("retry", "requeue", "claim", "mark", "lose_track")
BEHIND = ("queued", "claimed", "deferred", "handed_over", "failed")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Of one issue: letters that this ledger holds for open, and people it has no letter for, who were handed it all the same."""

    issue_id: int
    behind: Mapping[int, int]
    missing: Mapping[int, int]

    @property
    def people(self) -> int:
        return len(self.behind) + len(self.missing)


def differences(session: Session, evidence: Evidence, *, until: datetime) -> list[Difference]:
    """Issue by issue; `until` is the last that this database knows: what was made later bears a number that was used before."""
    known = set(session.scalars(select(Issue.id).where(Issue.id.in_(list(evidence)), Issue.created_at <= until)))
    found = [_difference(session, issue_id, evidence[issue_id], until) for issue_id in sorted(known)]
    return [difference for difference in found if difference.people]


def _difference(session: Session, issue_id: int, handed: Mapping[int, int], until: datetime) -> Difference:
    wanted = select(Delivery.id, Delivery.subscriber_id, Delivery.attempt, Delivery.state)
    rows = session.execute(wanted.where(Delivery.issue_id == issue_id, Delivery.kind == "issue")).all()
    behind = {row.id: handed[row.subscriber_id] for row in rows if row.state in BEHIND and handed.get(row.subscriber_id, 0) > row.attempt}
    strangers = handed.keys() - {row.subscriber_id for row in rows}
    people = {number for chunk in _chunks(sorted(strangers)) for number in session.scalars(_existing(chunk, until))}
    return Difference(issue_id=issue_id, behind=behind, missing={number: handed[number] for number in sorted(people)})


def _existing(numbers: Sequence[int], until: datetime) -> Select[int]:
    return select(Subscriber.id).where(Subscriber.id.in_(numbers), Subscriber.created_at <= until)


def catch_up(session: Session, difference: Difference, *, now: datetime) -> None:
    """Nobody of them is sent it by itself again; operators see them among the uncertain."""
    attempts = sorted(difference.behind.items(), key=lambda entry: entry[1])
    for attempt, entries in groupby(attempts, key=lambda entry: entry[1]):
        for chunk in _chunks([number for number, _ in entries]):
            _make_uncertain(session, chunk, attempt, now)
    if difference.missing:
        _add_uncertain(session, difference, now)


def _make_uncertain(session: Session, numbers: Sequence[int], attempt: int, now: datetime) -> None:
    for action in WAY:
        change(session, moving(action).where(Delivery.id.in_(numbers)))
    facts = {"attempt": attempt, "closed_at": now, "reason": REASON, "worker_token": None}
    change(session, update(Delivery).where(Delivery.id.in_(numbers)).values(**facts))
    rows = [{"delivery_id": number, "attempt": attempt} for number in numbers]
    session.execute(insert(DeliveryEvent).values(at=now, action="lose_track", detail=REASON), rows)


def _add_uncertain(session: Session, difference: Difference, now: datetime) -> None:
    """Letters of people whose row was lost: the issue was started, or extended, after the last commit."""
    issue = session.get_one(Issue, difference.issue_id)
    for chunk in _chunks(list(difference.missing)):
        people = session.execute(select(*_PERSON).where(Subscriber.id.in_(chunk))).mappings()
        session.execute(insert(Delivery), [_letter(issue, person, difference.missing[person["subscriber_id"]], now) for person in people])
    if issue.audience is not None:
        issue.audience += len(difference.missing)


_PERSON = (
    Subscriber.id.label("subscriber_id"), Subscriber.version.label("subscriber_version"), Subscriber.address, Subscriber.domain,
    Subscriber.language,
)  # fmt: skip


def _letter(issue: Issue, person: RowMapping, attempt: int, now: datetime) -> dict[str, object]:
    return {
        **person, "kind": "issue", "issue_id": issue.id, "list_id": issue.list_id, "state": "uncertain", "attempt": attempt,
        "rendition_id": issue.renditions.get(person["language"]), "due_at": now, "created_at": now, "closed_at": now, "reason": REASON,
    }  # fmt: skip


def _chunks(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[start : start + AT_A_TIME] for start in range(0, len(numbers), AT_A_TIME))
