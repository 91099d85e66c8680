"""One thread that commits for all connections of a sender: marks asked for meanwhile share the next commit.

Outcomes stand in the same queue, so that one is committed before or with the next mark of its connection. A mark is answered
only when its fate is known: granted and durable, or withheld. After a COMMIT of unknown fate nothing is granted; what may
have been marked is given back, since no dot was written.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from newsroom.db import Database
from newsroom.sendqueue.boot_clock import boot_seconds
from newsroom.sendqueue.journal import Journal
from newsroom.sendqueue.ledger import Claim, Group, Marks
from newsroom.sendqueue.recording import Record
from newsroom.sendqueue.settling import CommitUnknown, NotSettled, Spoilt, open_line
from newsroom.sendqueue.transports.base import Accepted, Deferred, Failed, NotSent, Reply

log = logging.getLogger(__name__)
MARK_TRIES = 3
LAST_WORDS = 1.0
GATHER = 0.003
PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0)
NO_DOT = NotSent(reply=Reply(text="the mark could not be committed; no final dot was written"))


@dataclass(frozen=True)
class Granted:
    """The mark is durable; `since` is the boot clock before its group was sent, so that a frozen process cannot believe it fresh."""

    since: float


@dataclass(frozen=True)
class Withheld:
    """No dot. The row has been given back, or will be."""

    reason: str
    issue_stopped: bool = False


Answer = Granted | Withheld


@dataclass(eq=False)
class MarkRequest:
    claim: Claim
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Answer]


@dataclass
class Batch:
    """What one transaction settles."""

    records: list[Record] = field(default_factory=list)
    held_back: list[Record] = field(default_factory=list)
    marks: list[MarkRequest] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.records or self.marks)


@dataclass(frozen=True)
class HeldBack:
    """A refusal that is not recorded yet, since it may be the relay's own doing; kept in the journal meanwhile."""

    record: Record


Item = Record | MarkRequest | HeldBack


class Committer:
    """`mark` and `record` may be called from any thread until `stop`.

    `on_release` is called when rows are back in the queue, `on_marked` with what was marked, before any of it has its dot.
    `stranger` tells, at each new connection, why this may not be the database that it was.
    """

    def __init__(
        self,
        database: Database,
        token: str,
        journal: Journal,
        *,
        together: int = 1,
        stranger: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = boot_seconds,
    ) -> None:
        """`together`: as many marks as are worth waiting for, a moment, before each commit."""
        self._clock = clock
        self.token = token
        self.together = together
        self._asked = 0
        self.on_release: Callable[[], None] = _nothing
        self.on_marked: Callable[[Sequence[Claim]], None] = _forget
        self._waiting: deque[Item] = deque()
        self._journal = journal
        self._unsettled: set[tuple[int, int]] = set()
        self._lock = threading.Lock()
        self._news = threading.Condition(self._lock)
        self._ending = False
        self._given_up = threading.Event()
        self._line = open_line(database, stranger)
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self.reaches_database = True

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> bool:
        """Settle what waits, for at most so long; True when nothing was left."""
        with self._news:
            self._ending = True
            self._news.notify()
        self._thread.join(seconds)
        self._given_up.set()
        # What the database was not told goes to the journal now.
        self._thread.join(LAST_WORDS)
        return not self._thread.is_alive()

    def record(self, record: Record) -> None:
        self._put(record)

    def hold_back(self, record: Record) -> None:
        """Remember through a crash that this letter, marked, was refused; `record` says later whether that counted."""
        self._put(HeldBack(record))

    def mark(self, claim: Claim) -> asyncio.Future[Answer]:
        """May this letter have its dot? Asked at once; the answer comes with the commit."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._put(MarkRequest(claim, loop, future))
        return future

    def _put(self, item: Item) -> None:
        with self._lock:  # taken twice for every letter: the condition's own `with` is slower
            self._waiting.append(item)
            self._asked += isinstance(item, MarkRequest)
            if len(self._waiting) == 1 or self._asked == self.together:
                self._news.notify()

    def _run(self) -> None:
        while (batch := self._gather()) is not None:
            self._settle(batch)
        self._line.drop()

    def _gather(self) -> Batch | None:
        """Everything that waits; None at the end. A commit costs the same for one mark as for twenty, so others may join it."""
        with self._news:
            while not self._waiting and not self._ending:
                self._news.wait()
            if not self._waiting:
                return None
            if self._asked < self.together and not self._ending:
                self._news.wait(GATHER)
        return self._taken()

    def _taken(self) -> Batch:
        batch = Batch()
        with self._news:
            items, self._waiting, self._asked = self._waiting, deque(), 0
        for item in items:
            if isinstance(item, MarkRequest):
                batch.marks.append(item)
            elif isinstance(item, HeldBack):
                batch.held_back.append(item.record)
            else:
                batch.records.append(item)
        return batch

    def _settle(self, batch: Batch) -> None:
        """Until the batch is settled. Marks are withheld once the database stays away; outcomes are never dropped."""
        tries = 0
        self._keep((), batch.held_back)
        while batch and not self._given_up.is_set():
            try:
                self._commit(batch)
                self.reaches_database = True
                self._forget(batch.records)
                return
            except CommitUnknown:
                log.warning("the answer to a COMMIT was lost; no final dot is written for %d letters", len(batch.marks))
                self._withhold(batch, "the database did not answer in time")
            except NotSettled as error:
                log.warning("the database cannot be written: %s", error)
            except Spoilt:
                log.exception("a group could not be recorded")
                self._settle_singly(batch)
                return
            except Exception:
                # Whoever is still in the batch has been told nothing. Without this thread no mark would ever be answered again.
                log.exception("settling a group broke down")
                self._withhold(batch, "the sender broke down")
                if tries:
                    self._settle_singly(batch)
                    return
            self._line.drop()
            if not tries:
                self._keep(batch.records)
            tries += 1
            self._bear(batch, tries)
        self._keep(batch.records)

    def _keep(self, records: Sequence[Record], held_back: Sequence[Record] = ()) -> None:
        """On this machine's disk, what the database cannot be told now.

        No release of a letter that may not have been marked: its attempt's number comes again, and may have its dot by then.
        """
        known = [*held_back, *(record for record in records if isinstance(record.outcome, Accepted | Deferred | Failed))]
        self._journal.keep(known)
        self._unsettled |= {(record.delivery_id, record.attempt) for record in known}

    def _forget(self, settled: Sequence[Record]) -> None:
        if self._unsettled:
            self._unsettled -= {(record.delivery_id, record.attempt) for record in settled}
            if not self._unsettled:
                self._journal.clear()

    def _bear(self, batch: Batch, tries: int) -> None:
        """Between two tries: after a few nobody waits for marks any longer."""
        self._given_up.wait(PAUSES[min(tries, len(PAUSES)) - 1])
        if tries >= MARK_TRIES:
            self.reaches_database = False
            later = self._taken()
            self._keep(later.records, later.held_back)
            batch.records += later.records
            batch.marks += later.marks
            self._withhold(batch, "the database is away")

    def _withhold(self, batch: Batch, reason: str) -> None:
        """Nothing was or will be dotted: give the rows back, whichever state the database has them in."""
        refused, batch.marks = batch.marks, []
        batch.records += [no_dot(request.claim) for request in refused]
        self._tell([(request, Withheld(reason)) for request in refused])

    def _settle_singly(self, batch: Batch) -> None:
        """One item spoils its group: find it, leave it out, keep the others."""
        singles = [Batch(records=[record]) for record in batch.records] + [Batch(marks=[request]) for request in batch.marks]
        if len(singles) == 1:
            log.error("left out: %s", batch.records or [f"the mark of delivery {request.claim.delivery_id}" for request in batch.marks])
            self._tell([(request, Withheld("the database refuses to mark this letter")) for request in batch.marks])
            return
        for single in singles:
            self._settle(single)

    def _commit(self, batch: Batch) -> None:
        claims = [request.claim for request in batch.marks if request.claim.token == self.token]
        since = self._clock()
        marks = self._line.settle(Group(self.token, claims, batch.records))
        if any(isinstance(record.outcome, NotSent) for record in batch.records):
            self.on_release()
        self.on_marked([claim for claim in claims if claim.delivery_id in marks.granted])
        granted = Granted(since)
        self._tell([(request, _answer(request.claim, marks, granted)) for request in batch.marks])
        # They may have their dots from here on: nothing that fails later may give them back.
        batch.marks = []
        for claim in claims:
            if claim.delivery_id in marks.unreleased:
                self.record(no_dot(claim))

    def _tell(self, answers: Sequence[tuple[MarkRequest, Answer]]) -> None:
        """All answers of a group cross to the sender's loop in one step."""
        if not answers:
            return
        try:
            answers[0][0].loop.call_soon_threadsafe(self._hand_out, answers)
        except RuntimeError:
            log.warning("marks were answered after their sender had ended; the rows are swept with its session")

    def _hand_out(self, answers: Sequence[tuple[MarkRequest, Answer]]) -> None:
        for request, answer in answers:
            if not request.future.done():
                request.future.set_result(answer)
            elif isinstance(answer, Granted):
                self.record(no_dot(request.claim))


def no_dot(claim: Claim) -> Record:
    return Record(token=claim.token, delivery_id=claim.delivery_id, attempt=claim.attempt + 1, outcome=NO_DOT)


def _nothing() -> None:
    pass


def _forget(_: Sequence[Claim]) -> None:
    pass


def _answer(claim: Claim, marks: Marks, granted: Granted) -> Answer:
    if claim.delivery_id in marks.granted:
        return granted
    stopped = claim.kind == "issue" and claim.issue_id in marks.stopped_issues
    return Withheld(marks.withheld.get(claim.delivery_id, "its worker session is over"), issue_stopped=stopped)
