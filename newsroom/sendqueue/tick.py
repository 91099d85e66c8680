"""The clock: starts what is due, finishes what is done, sweeps up after the dead. May run many times at once: one wins."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from newsroom.alerts import Trouble, report
from newsroom.db import said_by
from newsroom.deliveries import OPEN_STATES, Delivery, in_state
from newsroom.errors import CompileError, Refused
from newsroom.house import House
from newsroom.issues import NEWSROOM, Issue, get_issue, move
from newsroom.local_times import spoken
from newsroom.rendering.plan import load
from newsroom.renditions import load_plans
from newsroom.sendqueue import fanout, relay_troubles, sweeping
from newsroom.sendqueue.belonging import doubt_about, is_of_a_newer_version
from newsroom.sendqueue.broker import doorbell
from newsroom.sendqueue.captured import CapturedSweep
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.halt_round import HaltRound, TellHalt, tell_nobody_of_halts
from newsroom.sendqueue.link_round import Tell, tell_nobody, watch_links
from newsroom.sendqueue.refreshing import refresh
from newsroom.sendqueue.watching import Beat, watch
from newsroom.sendqueue.way_out import refuse_without_way_out

log = logging.getLogger(__name__)
EVERY = 1.0
AFTER_A_FAULT = 3.0
PATIENCE_MS = 2_000
LATEST = timedelta(hours=3)
DIED = "A sending process died: {released} letters went back into the queue, {lost} are uncertain and listed with their issues."


@dataclass(frozen=True, kw_only=True)
class TickReport:
    """What one tick did, by issue."""

    started: tuple[int, ...]
    refused: tuple[int, ...]
    finished: tuple[int, ...]


def run_tick_forever(house: House, stop: threading.Event, tell: Tell = tell_nobody, *, tell_halt: TellHalt = tell_nobody_of_halts) -> None:
    """Until told to stop; whatever fails is tried again. `tell` is given the links that readers will not be able to open."""
    _wait_for_a_known_schema(house, stop)
    bell, captured, beat, halts = doorbell(house.settings.redis), CapturedSweep(house), Beat(house), HaltRound(house, tell_halt)
    watch(house, stop)
    watch_links(house, stop, tell)
    while not stop.is_set():
        try:
            with house.database.reading() as session:
                now = read_clock(session)
            for issue_id in tick_once(house, now).started:
                bell.ring(issue_id)
            captured.step()
            beat.step(now)
            halts.step()
            stop.wait(EVERY)
        except SQLAlchemyError as error:
            log.warning("the clock waits for the database: %s", said_by(error))
            stop.wait(AFTER_A_FAULT)
        except Exception:
            log.exception("a tick broke down")
            stop.wait(AFTER_A_FAULT)


def _wait_for_a_known_schema(house: House, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            if not is_of_a_newer_version(house):
                return
        except SQLAlchemyError as error:
            log.warning("the clock waits for the database: %s", said_by(error))
        stop.wait(AFTER_A_FAULT)


def tick_once(house: House, now: datetime) -> TickReport:
    """Everything that the clock does, once; nothing while this database and this data folder do not belong together."""
    if doubt_about(house) is not None:
        return TickReport(started=(), refused=(), finished=())
    _sweep_if_free(house, now)
    begun = {issue_id: _refuse_or_begin(house, issue_id, now) for issue_id in _ids(house, "scheduled", now)}
    for issue_id in _ids(house, "starting", now):
        _carry_on(house, issue_id, now)
    finished = tuple(issue_id for issue_id in _ids(house, "sending", now) if _finish(house, issue_id, now))
    refresh(house.database, now)
    return TickReport(
        started=tuple(issue_id for issue_id, what in begun.items() if what == "started"),
        refused=tuple(issue_id for issue_id, what in begun.items() if what == "refused"),
        finished=finished,
    )


@contextmanager
def _brief(house: House) -> Iterator[Session]:
    """A transaction that waits for nobody long: the clock has others to serve, and comes back in a second."""
    with house.database.transaction() as session:
        if not house.database.is_sqlite:
            session.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE_MS}ms'"))
        yield session


def _sweep_if_free(house: House, now: datetime) -> None:
    """One locked row must not keep issues from starting."""
    try:
        sweep(house, now)
    except OperationalError as error:
        log.warning("the sweep is put off: %s", said_by(error))


def sweep(house: House, now: datetime) -> None:
    """Give back what the dead held. On SQLite the next sender does that, once it has the lock: no clock can kill a living one."""
    with _brief(house) as session:
        connection = session.connection()
        if not house.database.is_sqlite:
            sweeping.end_silent_sessions(connection)
            released, lost = sweeping.sweep_ended_sessions(connection)
            if released or lost:
                log.warning("a sending process had died: %d letters go back into the queue, %d are uncertain", released, lost)
                report(session, "worker-died", Trouble(text=DIED.format(released=released, lost=lost)), now=now)
        relay_troubles.forget_ended(connection)
        sweeping.requeue_deferred(connection)
        sweeping.repeat_cancels(session, now=now)


def _ids(house: House, state: str, now: datetime) -> list[int]:
    wanted = select(Issue.id).where(Issue.state == state).order_by(Issue.scheduled_at, Issue.id)
    if state == "scheduled":
        wanted = wanted.where(Issue.scheduled_at <= now)
    with house.database.reading() as session:
        return list(session.scalars(wanted))


def _refuse_or_begin(house: House, issue_id: int, now: datetime) -> Literal["started", "refused", "lost"]:
    """Lost: another clock was quicker, or somebody is just changing the issue."""
    try:
        with _brief(house) as session:
            if _held(session, issue_id, "scheduled") is None:
                return "lost"
            return _judge(session, house, get_issue(session, issue_id), now)
    except Refused as error:
        log.info("issue %d: %s", issue_id, error)
    except OperationalError as error:
        log.warning("the start of issue %d is put off: %s", issue_id, said_by(error))
    return "lost"


def _held(session: Session, issue_id: int, state: str) -> int | None:
    """The issue, locked, if it is in this state and nobody else has it in hand: of clocks that run at once none waits."""
    return session.scalar(select(Issue.id).where(Issue.id == issue_id, Issue.state == state).with_for_update(skip_locked=True))


def _judge(session: Session, house: House, issue: Issue, now: datetime) -> Literal["started", "refused"]:
    if (reason := next(_reasons_against(session, house, issue, now), None)) is not None:
        move(session, issue, "refuse", by=NEWSROOM, now=now, detail=reason)
        issue.notice = reason
        told = Trouble(text=f"Issue {issue.id} ({issue.slug}): {reason}", issue_id=issue.id)
        report(session, f"refused:{issue.id}", told, now=now)
        return "refused"
    if house.database.is_sqlite:
        fanout.begin(session, issue, now=now)
    else:
        fanout.start_issue(session, issue, now=now)
    return "started"


def _reasons_against(session: Session, house: House, issue: Issue, now: datetime) -> Iterator[str]:
    """Why a due issue is not started, in sentences for staff."""
    try:
        refuse_without_way_out(session, house)
    except Refused as error:
        yield f"Not started: {error}"
    if issue.scheduled_at is not None and now - issue.scheduled_at > LATEST:
        due = spoken(issue.scheduled_at, issue.mailing_list.timezone)
        yield f"Not started: it was due at {due} and nothing ran then. Schedule it anew."
    plans = load_plans(session, issue.renditions.values())
    for language in issue.languages:
        try:
            load(plans[issue.renditions[language]])
        except (KeyError, CompileError):
            yield f"Not started: the approved bytes of the {language} version are missing or damaged. Reopen and approve it again."


def _carry_on(house: House, issue_id: int, now: datetime) -> None:
    """A start in chunks, each in its own transaction, so that nobody waits long for SQLite's one writer."""
    more = True
    while more:
        with house.database.transaction() as session:
            issue = get_issue(session, issue_id)
            more = issue.state == "starting"
            if more and fanout.add_people(session, issue, now=now) == 0:
                fanout.complete(session, issue, now=now)


def _finish(house: House, issue_id: int, now: datetime) -> bool:
    """Sent, when nothing is open and the states add up to the audience."""
    with house.database.reading() as session:
        if _any_open(session, issue_id):
            return False
    try:
        with _brief(house) as session:
            return _held(session, issue_id, "sending") is not None and _conclude(session, get_issue(session, issue_id), now)
    except Refused:
        return False
    except OperationalError as error:
        log.warning("the end of issue %d is put off: %s", issue_id, said_by(error))
        return False


def _conclude(session: Session, issue: Issue, now: datetime) -> bool:
    letters = session.scalar(select(func.count()).where(Delivery.issue_id == issue.id, Delivery.kind == "issue")) or 0
    if letters != issue.audience:
        issue.notice = f"This issue cannot be finished: {letters} letters are recorded for an audience of {issue.audience}."
        return False
    move(session, issue, "finish", by=NEWSROOM, now=now)
    if _any_open(session, issue.id):
        raise Refused("a letter was opened again at the same moment")
    issue.finished_at = now
    return True


def _any_open(session: Session, issue_id: int) -> bool:
    """Quick while there is something: what waits is in an index, and what is not yet claimed stands at the walk's end."""
    mine = select(Delivery.id).where(Delivery.issue_id == issue_id, Delivery.kind == "issue")
    waiting = (mine.where(in_state("deferred")), mine.where(Delivery.back_at.is_not(None)))
    anywhere = mine.where(Delivery.state.in_(OPEN_STATES)).order_by(Delivery.subscriber_id.desc())
    return any(session.execute(look.limit(1)).first() is not None for look in (*waiting, anywhere))
