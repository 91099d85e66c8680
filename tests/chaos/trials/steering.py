"""T14: pause, resume, unsubscribe, change of name, suppression and at last cancel, fired at random into the sending.

Each of them counts from the moment its transaction is confirmed to whoever asked for it: after that at most one letter per
connection, of those already past their mark, may still be taken by the mail server.
"""

import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.issues import OPERATOR, Issue, cancel, pause, resume
from subscribers.models import Subscriber
from subscribers.preferences import change_name, withdraw
from subscribers.suppression import suppress
from tests.chaos.lab import Lab
from tests.chaos.trials.road import Figures, rows, start

#: Between two processes of a busy machine: what the mail server wrote down a moment after the confirmation may have come before it.
BLINK = 0.25
STOPPED = ("cancelled", "suppressed", "accepted", "uncertain")


@dataclass(frozen=True, kw_only=True)
class Hands:
    """How many people, how many actions, how often one."""

    people: int
    actions: int
    every: float = 0.05
    workers: int = 2
    limit: float = 120


@dataclass
class Diary:
    """What was confirmed, and when."""

    gone: dict[str, float] = field(default_factory=dict)
    paused: list[tuple[float, float]] = field(default_factory=list)
    renamed: dict[str, tuple[str, float]] = field(default_factory=dict)


def at_random(lab: Lab, size: Hands) -> Figures:
    """T14, to the end by cancel."""
    issue_id = lab.issue(size.people)
    start(lab, workers=size.workers)
    lab.wait_for_letters(size.people // 20, size.limit)
    diary = Diary()
    for _ in range(size.actions):
        action = lab.chance.choices((_leave, _rename, _suppress, _pause_and_resume), weights=(5, 3, 2, 1))[0]
        action(lab, issue_id, diary)
        time.sleep(size.every)
        if lab.witness.kept() > size.people * 0.8:
            break
    cancelled_at = _change(lab, lambda session: cancel(session, session.get_one(Issue, issue_id), by=OPERATOR, now=utc_now()))
    lab.wait(lambda: lab.count("queued", "claimed", "handed_over", "deferred") == 0, size.limit)
    time.sleep(1)
    return _verdict(lab, size, diary, cancelled_at)


def _verdict(lab: Lab, size: Hands, diary: Diary, cancelled_at: float) -> Figures:
    open_lines = lab.connections * size.workers
    times = sorted(letter["at"] for letter in lab.witness.letters())
    late = [_between(times, begin + BLINK, end) for begin, end in diary.paused]
    after_cancel = _between(times, cancelled_at + BLINK, float("inf"))
    too_late = [
        letter["recipient"] for letter in lab.witness.letters() if letter["at"] > diary.gone.get(letter["recipient"], float("inf")) + BLINK
    ]
    account = lab.account(former={address: name for address, (name, _) in diary.renamed.items()})
    old_names = [address for address, at in account.by_former_name if at > diary.renamed[address][1] + BLINK]
    assert account.fault == "", account.fault
    assert max(late, default=0) <= open_lines, f"{max(late)} letters after a confirmed pause"
    assert after_cancel <= open_lines, f"{after_cancel} letters after the confirmed cancel"
    assert len(too_late) <= open_lines, f"{len(too_late)} letters to people who had left: {too_late[:5]}"
    assert len(old_names) <= open_lines, f"{len(old_names)} letters by a name that had been changed"
    assert set(account.states) <= set(STOPPED)
    # Who left before being sent to is recorded so, whatever else happened to the issue.
    assert {row.state for row in rows(lab) if row.address in diary.gone} <= {"accepted", "suppressed", "uncertain"}
    return account.figures | {
        "left": len(diary.gone), "pauses": len(diary.paused), "renamed": len(diary.renamed),
        "most_letters_in_a_pause": max(late, default=0),
        "letters_after_cancel": after_cancel, "letters_after_leaving": len(too_late), "allowed": open_lines,
    }  # fmt: skip


def _between(times: list[float], begin: float, end: float) -> int:
    return max(0, bisect_right(times, end) - bisect_right(times, begin))


def _change(lab: Lab, work: Callable[[Session], object]) -> float:
    """One transaction; when it was confirmed."""
    with lab.house.database.transaction() as session:
        work(session)
    return time.time()


def _somebody(lab: Lab, session: Session) -> Subscriber:
    """Half of the time a person whose letter a worker has in its hands, which is the harder case."""
    claimed = session.scalars(
        select(Delivery.subscriber_id).where(Delivery.state == "claimed").order_by(Delivery.id.desc()).limit(20)
    ).all()
    first, last = lab.people
    number = lab.chance.choice(claimed) if claimed and lab.chance.random() < 0.5 else lab.chance.randint(first, last)
    return session.get_one(Subscriber, number)


def _leave(lab: Lab, issue_id: int, diary: Diary) -> None:
    left: list[str] = []

    def work(session: Session) -> None:
        person = _somebody(lab, session)
        left.append(person.address)
        withdraw(session, person, lab.list_of(issue_id), source="unsubscribe_page", now=utc_now())

    at = _change(lab, work)
    diary.gone.setdefault(left[0], at)


def _suppress(lab: Lab, _: int, diary: Diary) -> None:
    left: list[str] = []

    def work(session: Session) -> None:
        person = _somebody(lab, session)
        left.append(person.address)
        suppress(session, lab.house.keys, person.address, reason="asked never to be written to", now=utc_now())

    at = _change(lab, work)
    diary.gone.setdefault(left[0], at)


def _rename(lab: Lab, _: int, diary: Diary) -> None:
    """A change that a letter under way must notice: it is made anew, and nobody gets two."""
    former: list[tuple[str, str]] = []

    def work(session: Session) -> None:
        person = _somebody(lab, session)
        former.append((person.address, person.name))
        if person.address not in diary.renamed:
            change_name(session, person, f"Renamed {person.name}", now=utc_now())

    at = _change(lab, work)
    diary.renamed.setdefault(former[0][0], (former[0][1], at))


def _pause_and_resume(lab: Lab, issue_id: int, diary: Diary) -> None:
    begin = _change(lab, lambda session: pause(session, session.get_one(Issue, issue_id), by=OPERATOR, now=utc_now()))
    time.sleep(lab.chance.uniform(0.5, 1.0))
    diary.paused.append((begin, time.time()))
    _change(lab, lambda session: resume(session, session.get_one(Issue, issue_id), by=OPERATOR, now=utc_now()))
    lab.ring()
