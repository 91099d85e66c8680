"""The ledger as a machine that Hypothesis drives: workers, a mail server, operators, readers, in any order; the promise as invariants.

What the mail server stored is counted here, outside the ledger. A dot is given only for a mark that was granted, and its outcome
may be written down at once, late, twice, or never, since the worker may die or be frozen and swept in between.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select, update

from newsroom.clock import utc_now
from newsroom.deliveries import DELIVERY_LIFECYCLE, OPEN_STATES, Delivery
from newsroom.errors import Refused
from newsroom.house import House
from newsroom.issues import OPERATOR, cancel, get_issue, pause, resume
from newsroom.sendqueue import repeating, sweeping, tick
from newsroom.sendqueue.claims import claim
from newsroom.sendqueue.fanout import start_issue
from newsroom.sendqueue.ledger import Claim, Group, release, release_everything, set_back
from newsroom.sendqueue.recording import Record
from newsroom.sendqueue.sessions import WorkerSession, end_session
from newsroom.sendqueue.settling import Line, open_line
from newsroom.sendqueue.transports.base import Accepted, Deferred, Failed, NotSent, Outcome, Reply, Uncertain
from subscribers.models import Subscriber
from subscribers.preferences import change_name, withdraw
from subscribers.suppression import suppress
from tests.sending import make_sendable_issue, worker_token

PEOPLE = 6
MOST_WORKERS = 6
LONG_AGO = timedelta(hours=100)
#: What the mail server does with a dot: the outcome that a living worker reads, and whether the letter is there now.
FATES: dict[str, tuple[Outcome, bool]] = {
    "accepted": (Accepted(reply=Reply(code=250, text="queued")), True),
    "deferred": (Deferred(reply=Reply(code=451, enhanced_status="4.3.0", text="busy")), False),
    "failed": (Failed(reply=Reply(code=550, enhanced_status="5.1.1", text="no such user")), False),
    "lost, kept": (Uncertain(reply=Reply(text="connection lost, after the final dot")), True),
    "lost, thrown away": (Uncertain(reply=Reply(text="connection lost, after the final dot")), False),
}
NO_DOT = NotSent(reply=Reply(text="no final dot was written"))


@dataclass(eq=False)
class Worker:
    """A sender as it sees itself; `swept`: others have ended its session, which it may not know."""

    token: str
    line: Line
    held: list[Claim] = field(default_factory=list)
    unrecorded: list[Record] = field(default_factory=list)
    swept: bool = False
    written: list[Record] = field(default_factory=list)


def some(what: str) -> Callable[["LedgerMachine"], bool]:
    """A rule worth trying now: some worker has something of the kind."""
    return lambda machine: any(getattr(worker, what) for worker in machine.workers)


def is_in(*states: str) -> Callable[["LedgerMachine"], bool]:
    """The issue is in one of these states."""
    return lambda machine: machine.state in states


def letters_in(*states: str) -> Callable[["LedgerMachine"], bool]:
    """Some letter is in one of these states."""
    return lambda machine: any(row.state in states for row in machine.rows.values())


class LedgerMachine(RuleBasedStateMachine):
    """`house` is set by the test. Each run has an issue and people of its own."""

    house: House
    number = 0

    @initialize(workers=st.integers(1, 3))
    def begin(self, workers: int) -> None:
        type(self).number += 1
        with self.house.database.transaction() as session:
            issue = make_sendable_issue(session, self.house, people=PEOPLE, now=utc_now(), slug=f"machine-{type(self).number}")
            start_issue(session, issue, now=utc_now())
            self.issue_id, self.list_id = issue.id, issue.list_id
        self.stored: Counter[int] = Counter()
        self.resent: Counter[int] = Counter()
        self.settled: set[int] = set()
        self.gone: set[int] = set()
        self.workers = [self._worker() for _ in range(workers)]
        for worker in self.workers:
            self._claim_for(worker, PEOPLE // 3)
        self._look()

    def _worker(self) -> Worker:
        with self.house.database.engine.begin() as connection:
            return Worker(worker_token(connection), open_line(self.house.database))

    def teardown(self) -> None:
        for worker in getattr(self, "workers", ()):
            worker.line.drop()

    def _look(self) -> None:
        """The ledger and the issue after each step."""
        columns = (Delivery.id, Delivery.state, Delivery.attempt, Delivery.worker_token, Delivery.subscriber_id)
        with self.house.database.reading() as session:
            self.rows: dict[int, Any] = {row.id: row for row in session.execute(select(*columns).where(Delivery.issue_id == self.issue_id))}
            self.state = get_issue(session, self.issue_id).state

    def _pick(self, data: st.DataObject, having: str = "token") -> Worker:
        return data.draw(st.sampled_from([worker for worker in self.workers if getattr(worker, having)]))

    @precondition(letters_in("queued"))
    @rule(data=st.data(), limit=st.integers(1, PEOPLE))
    def claim(self, data: st.DataObject, limit: int) -> None:
        self._claim_for(self._pick(data), limit)

    def _claim_for(self, worker: Worker, limit: int) -> None:
        with self.house.database.engine.begin() as connection:
            taken = claim(connection, worker.token, kinds=("issue",), issue_id=self.issue_id, limit=limit)
        assert not (taken and worker.swept), "a session that is over claimed something"
        held_by_others = {found.delivery_id for other in self.workers if not other.swept for found in other.held}
        assert not held_by_others & {found.delivery_id for found in taken}, "two living workers hold the same letter"
        worker.held += taken

    @precondition(some("held"))
    @rule(data=st.data(), fate=st.sampled_from(sorted(FATES)), together=st.booleans())
    def mark_and_give_the_dot(self, data: st.DataObject, fate: str, together: bool) -> None:
        """With `together`, what is not written down yet goes in the same group, as the committer does it."""
        worker = self._pick(data, "held")
        chosen = worker.held.pop(data.draw(st.integers(0, len(worker.held) - 1)))
        records, worker.unrecorded = (worker.unrecorded, []) if together else ([], worker.unrecorded)
        may_be_sent = self.state == "sending" and chosen.subscriber_id not in self.gone
        is_as_claimed = self._version(chosen) == chosen.subscriber_version
        marks = worker.line.settle(Group(worker.token, (chosen,), tuple(records)))
        if chosen.delivery_id not in marks.granted:
            if marks.unreleased:
                with self.house.database.engine.begin() as connection:
                    release(connection, worker.token, marks.unreleased)
            return
        assert not worker.swept, "a zombie was granted a mark"
        assert may_be_sent, "a mark was granted after a confirmed stop"
        assert is_as_claimed, "a mark was granted for bytes made before the person changed something"
        outcome, kept = FATES[fate]
        self.stored[chosen.delivery_id] += kept
        self._owe(worker, chosen, outcome)

    def _version(self, found: Claim) -> int | None:
        with self.house.database.reading() as session:
            return session.scalar(select(Subscriber.version).where(Subscriber.id == found.subscriber_id))

    @precondition(some("held"))
    @rule(data=st.data())
    def mark_what_another_has_by_now(self, data: st.DataObject) -> None:
        """Given back and claimed by somebody else, while the first still has it somewhere in its hands."""
        first = self._pick(data, "held")
        chosen = first.held.pop()
        with self.house.database.engine.begin() as connection:
            release(connection, first.token, [chosen.delivery_id])
        other = self._worker()
        self.workers.append(other)
        self._not_too_many()
        with self.house.database.engine.begin() as connection:
            other.held += claim(connection, other.token, kinds=("issue",), issue_id=self.issue_id, limit=PEOPLE)
        granted = first.line.settle(Group(first.token, (chosen,), ())).granted
        assert not granted, "a mark was granted for a letter that is not this worker's"

    @precondition(some("held"))
    @rule(data=st.data(), swept=st.booleans())
    def mark_as_a_zombie(self, data: st.DataObject, swept: bool) -> None:
        """Frozen after its claim, and back before anybody, or after somebody, has missed it."""
        zombie = self._pick(data, "held")
        self._freeze(zombie)
        if swept:
            self.sweep()
        granted = zombie.line.settle(Group(zombie.token, (zombie.held.pop(),), ())).granted
        assert not granted, "a zombie was granted a mark"

    @precondition(is_in("sending"))
    @precondition(some("held"))
    @rule(data=st.data())
    def an_old_outcome_meets_a_new_try(self, data: st.DataObject) -> None:
        """Deferred, tried again by another, accepted there; and then the first says once more that it was deferred."""
        first = self._pick(data, "held")
        chosen = first.held.pop()
        if not first.line.settle(Group(first.token, (chosen,), ())).granted:
            return
        old = (self._record(first, chosen, FATES["deferred"][0]),)
        first.line.settle(Group(first.token, (), old))
        self.hours_pass()
        second = self._worker()
        self.workers.append(second)
        self._claim_for(second, PEOPLE)
        again = next((found for found in second.held if found.delivery_id == chosen.delivery_id), None)
        if again is None or not second.line.settle(Group(second.token, (again,), ())).granted:
            return
        second.held.remove(again)
        self.stored[again.delivery_id] += 1
        second.unrecorded.append(self._record(second, again, FATES["accepted"][0]))
        first.line.settle(Group(first.token, (), old))
        self._not_too_many()

    @precondition(some("held"))
    @rule(data=st.data())
    def mark_and_find_the_line_gone(self, data: st.DataObject) -> None:
        worker = self._pick(data, "held")
        chosen = worker.held.pop()
        if chosen.delivery_id in worker.line.settle(Group(worker.token, (chosen,), ())).granted:
            self._owe(worker, chosen, NO_DOT)

    def _owe(self, worker: Worker, chosen: Claim, outcome: Outcome) -> None:
        worker.unrecorded.append(self._record(worker, chosen, outcome))

    def _record(self, worker: Worker, chosen: Claim, outcome: Outcome) -> Record:
        return Record(token=worker.token, delivery_id=chosen.delivery_id, attempt=chosen.attempt + 1, outcome=outcome, relay="main")

    @precondition(some("unrecorded"))
    @rule(data=st.data(), twice=st.booleans())
    def write_down(self, data: st.DataObject, twice: bool) -> None:
        """Outcomes, in a living session or long after it; a group of unknown fate is written again."""
        worker = self._pick(data, "unrecorded")
        records, worker.unrecorded = tuple(worker.unrecorded), []
        for _ in range(2 if twice else 1):
            worker.line.settle(Group(worker.token, (), records))
        worker.written += records

    @precondition(some("written"))
    @rule(data=st.data())
    def write_down_again(self, data: st.DataObject) -> None:
        """Much later, when the letter may have had another try."""
        worker = self._pick(data, "written")
        worker.line.settle(Group(worker.token, (), (data.draw(st.sampled_from(worker.written)),)))

    @precondition(some("held"))
    @rule(data=st.data())
    def letter_cannot_be_made(self, data: st.DataObject) -> None:
        worker = self._pick(data, "held")
        with self.house.database.engine.begin() as connection:
            set_back(connection, worker.held.pop(), "the letter could not be made")

    @precondition(some("held"))
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        worker = self._pick(data, "held")
        given, worker.held = worker.held, []
        with self.house.database.engine.begin() as connection:
            release(connection, worker.token, [found.delivery_id for found in given])

    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        """SIGKILL: what it held and knew is gone; somebody else is started."""
        worker = self._pick(data)
        worker.line.drop()
        self.workers.remove(worker)
        self._bury(worker)
        self.workers.append(self._worker())

    @precondition(some("held"))
    @rule(data=st.data())
    def freeze_with_claims(self, data: st.DataObject) -> None:
        """Its session runs out while it still holds claims, with which it will come later."""
        self._freeze(self._pick(data, "held"))

    @precondition(some("unrecorded"))
    @rule(data=st.data())
    def freeze_with_outcomes(self, data: st.DataObject) -> None:
        self._freeze(self._pick(data, "unrecorded"))

    def _freeze(self, worker: Worker) -> None:
        """Somebody else takes over; with three zombies about, the oldest is given up."""
        self._bury(worker)
        self.workers.append(self._worker())
        self._not_too_many()

    def _not_too_many(self) -> None:
        while len(self.workers) > MOST_WORKERS:
            oldest = self.workers.pop(0)
            self._bury(oldest)
            oldest.line.drop()

    @rule(data=st.data())
    def leave_orderly(self, data: st.DataObject) -> None:
        worker = self._pick(data)
        worker.line.settle(Group(worker.token, (), tuple(worker.unrecorded)))
        with self.house.database.engine.begin() as connection:
            release_everything(connection, worker.token)
            end_session(connection, worker.token)
        worker.line.drop()
        self.workers.remove(worker)
        self.workers.append(self._worker())

    def _bury(self, worker: Worker) -> None:
        worker.swept = True
        with self.house.database.engine.begin() as connection:
            mine = WorkerSession.token == worker.token
            connection.execute(update(WorkerSession).where(mine).values(alive_until=utc_now() - LONG_AGO))

    @precondition(some("swept"))
    @rule()
    def sweep(self) -> None:
        with self.house.database.engine.begin() as connection:
            sweeping.end_silent_sessions(connection)
            sweeping.sweep_ended_sessions(connection)

    @precondition(letters_in("deferred", "queued"))
    @rule()
    def hours_pass(self) -> None:
        with self.house.database.transaction() as session:
            mine = (Delivery.issue_id == self.issue_id, Delivery.state.in_(("deferred", "queued")))
            session.execute(update(Delivery).where(*mine).values(due_at=utc_now() - LONG_AGO))
            sweeping.requeue_deferred(session.connection())

    @precondition(is_in("sending"))
    @rule()
    def pause(self) -> None:
        self._steer(lambda session: pause(session, get_issue(session, self.issue_id), by=OPERATOR, now=utc_now()))

    @precondition(is_in("paused"))
    @rule()
    def resume(self) -> None:
        self._steer(lambda session: resume(session, get_issue(session, self.issue_id), by=OPERATOR, now=utc_now()))

    @precondition(is_in("sending", "paused"))
    @rule(really=st.integers(0, 9))
    def cancel(self, really: int) -> None:
        """Seldom, since not much happens afterwards."""
        if really == 9:
            self._steer(lambda session: cancel(session, get_issue(session, self.issue_id), by=OPERATOR, now=utc_now()))

    @precondition(letters_in("failed"))
    @rule()
    def retry_what_failed(self) -> None:
        self._steer(lambda session: repeating.retry_failed(session, self.issue_id, by=OPERATOR, now=utc_now()))

    @precondition(letters_in("uncertain"))
    @rule()
    def resend_what_is_uncertain(self) -> None:
        """An operator's word, and the only one after which somebody may get it twice; allowed only when nobody can answer any more."""
        doubtful = {number: row for number, row in self.rows.items() if row.state == "uncertain"}
        with self.house.database.transaction() as session:
            session.execute(update(Delivery).where(Delivery.id.in_(doubtful)).values(marked_at=utc_now() - LONG_AGO))
        alive = {worker.token for worker in self.workers if not worker.swept}
        answerable = {number for number, row in doubtful.items() if row.worker_token in alive}
        self._steer(lambda session: repeating.resend(session, self.issue_id, by=OPERATOR, now=utc_now()))
        self._look()
        for number in doubtful:
            if self.rows[number].state == "queued":
                assert number not in answerable, "sent again while its own worker may still answer"
                self.resent[number] += 1

    def _steer(self, work: Any) -> None:
        try:
            with self.house.database.transaction() as session:
                work(session)
        except Refused:
            pass

    @rule(data=st.data(), how=st.sampled_from(["rename", "leave", "suppress"]))
    def somebody_changes_something(self, data: st.DataObject, how: str) -> None:
        in_hand = {found.subscriber_id for worker in self.workers for found in worker.held}
        person = data.draw(st.sampled_from(sorted(in_hand or {row.subscriber_id for row in self.rows.values()})))
        with self.house.database.transaction() as session:
            found = session.get_one(Subscriber, person)
            if how == "rename":
                change_name(session, found, f"Renamed {found.version}", now=utc_now())
                return
            if how == "leave":
                withdraw(session, found, self.list_id, source="unsubscribe_page", now=utc_now())
            else:
                suppress(session, self.house.keys, found.address, reason="asked never to be written to", now=utc_now())
        self.gone.add(person)

    @rule()
    def clock_ticks(self) -> None:
        with self.house.database.transaction() as session:
            sweeping.repeat_cancels(session, now=utc_now())
        tick._finish(self.house, self.issue_id, utc_now())

    @invariant()
    def nobody_is_lost(self) -> None:
        self._look()
        assert len(self.rows) == PEOPLE
        for number, row in self.rows.items():
            assert row.state in DELIVERY_LIFECYCLE.states
            if row.state == "accepted":
                assert self.stored[number], "recorded as accepted, and never stored"
        if self.state == "sent":
            assert not [row for row in self.rows.values() if row.state in OPEN_STATES], "sent, with letters still open"

    @invariant()
    def nobody_is_sent_it_twice(self) -> None:
        for number, times in self.stored.items():
            assert times <= 1 + self.resent[number], f"letter {number} was stored {times} times"

    @invariant()
    def what_was_stored_is_known(self) -> None:
        for number in self.stored:
            if self.stored[number] and not self.resent[number]:
                state = self.rows[number].state
                assert state in ("handed_over", "accepted", "uncertain"), f"stored, and recorded as {state}"
