"""T15: a worker is frozen beyond its session and comes back a zombie: its marks are refused, its late replies are welcome."""

import time
from dataclasses import dataclass

from sqlalchemy import select, text, update

from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.issues import OPERATOR, Issue
from newsroom.sendqueue.repeating import resend
from newsroom.sendqueue.sessions import ALIVE_FOR
from tests.chaos.faults import Rule
from tests.chaos.lab import Lab
from tests.chaos.trials.road import Figures, rows, sound
from tests.processes import Role

DOT_IS_FRESH = 5.0


@dataclass(frozen=True, kw_only=True)
class Frost:
    """How many people, how often a worker freezes; `patient`: for as long as it takes, else its thirty seconds are made to pass."""

    people: int
    times: int = 1
    patient: bool = False
    limit: float = 120


def zombies(lab: Lab, size: Frost) -> Figures:
    """T15a: frozen in mid-send, swept, thawed when others have done its work."""
    lab.issue(size.people)
    lab.crew.start("tick")
    workers = lab.crew.workers(2)
    late = 0
    for number in range(size.times):
        lab.wait_for_letters((number + 1) * size.people // (size.times + 2), size.limit)
        late += _frost_and_thaw(lab, size, workers[number % 2])
    lab.wait_until("sent", size.limit)
    # Every reply that was on its way when the worker froze has been read since.
    lab.wait(lambda: lab.count("uncertain") == 0, size.limit)
    account = sound(lab, uncertain_at_most=0)
    assert account.states == {"accepted": size.people}
    assert late > 0, "no reply was late: the trial proved nothing"
    return account.figures | {"frozen": size.times, "late_replies_taken": late}


def _frost_and_thaw(lab: Lab, size: Frost, zombie: Role) -> int:
    """Until it is back at work; how many letters were uncertain meanwhile."""
    _freeze_waiting_for_a_reply(lab, zombie)
    _session_passes(lab, size, zombie)
    lab.wait(lambda: _rows_of(lab, zombie) == 0, size.limit)
    lab.play()
    in_doubt = lab.count("uncertain")
    lab.crew.thaw(zombie)
    lab.wait(lambda: _sessions_of(lab, zombie) > 0, size.limit)
    return in_doubt


def between_commit_and_dot(lab: Lab, size: Frost) -> Figures:
    """T15b: frozen while its mark is being committed; an operator has the letter sent again; the zombie must not give its dot."""
    issue_id = lab.issue(size.people)
    lab.crew.start("tick")
    zombie = lab.crew.start("worker")
    lab.wait_for_letters(size.people // 4, size.limit)
    with lab.house.database.engine.begin() as holding:
        holding.execute(select(Issue.id).where(Issue.id == issue_id).with_for_update())
        lab.wait(lambda: _waits_for_a_lock(lab), 60)
        lab.crew.freeze(zombie)
    # A dot is fresh for five seconds of real time; a quarter of an hour passes before anybody may send again.
    time.sleep(DOT_IS_FRESH + 1.5)
    _session_passes(lab, size, zombie)
    lab.wait(lambda: _rows_of(lab, zombie) == 0, size.limit)
    lab.crew.start("worker")
    lab.wait_until("sent", size.limit)
    # Those whose dot had been given before the frost may have it: an operator takes that upon himself.
    had_it = {row.address for row in rows(lab) if row.state == "uncertain"} & {letter["recipient"] for letter in lab.witness.letters()}
    resent = _resend_what_is_uncertain(lab, issue_id)
    assert resent > 0, "no mark was under way: the trial proved nothing"
    lab.wait_until("sent", size.limit)
    before = lab.witness.kept()
    lab.crew.thaw(zombie)
    lab.wait(lambda: _sessions_of(lab, zombie) > 0, size.limit)
    time.sleep(1)
    assert lab.witness.kept() == before, "the zombie gave a dot for a mark of long ago"
    account = sound(lab, uncertain_at_most=0, asked_for_twice=had_it)
    assert account.states == {"accepted": size.people}
    return account.figures | {"resent_by_operator": resent, "of_these_had_it": len(had_it)}


def _freeze_waiting_for_a_reply(lab: Lab, worker: Role) -> None:
    """From now on every 250 takes half a second, so that the frost finds marked letters in this worker's hands."""
    lab.play(Rule(phase="dot", wait=0.5))
    lab.wait(lambda: _marked_by(lab, worker) > 0, 60)
    lab.crew.freeze(worker)


def _session_passes(lab: Lab, size: Frost, zombie: Role) -> None:
    if size.patient:
        time.sleep(ALIVE_FOR.total_seconds() * 1.5)
    else:
        lab.bury(zombie.process.pid)


def _tokens(worker: Role) -> str:
    return f"SELECT token FROM worker_sessions WHERE process = {worker.process.pid}"  # noqa: S608 - a number of ours


def _number(lab: Lab, query: str) -> int:
    with lab.house.database.reading() as session:
        return int(session.execute(text(query)).scalar_one())


def _marked_by(lab: Lab, worker: Role) -> int:
    return _number(lab, f"SELECT count(*) FROM deliveries WHERE state = 'handed_over' AND worker_token IN ({_tokens(worker)})")  # noqa: S608


def _rows_of(lab: Lab, worker: Role) -> int:
    held = f"state IN ('claimed', 'handed_over') AND worker_token IN ({_tokens(worker)})"
    return _number(lab, f"SELECT count(*) FROM deliveries WHERE {held}")  # noqa: S608


def _sessions_of(lab: Lab, worker: Role) -> int:
    """Sessions of this process that are not over."""
    return _number(lab, f"SELECT count(*) FROM worker_sessions WHERE process = {worker.process.pid} AND ended_at IS NULL")  # noqa: S608


def _waits_for_a_lock(lab: Lab) -> bool:
    """A group of marks does, which asks for the issue's row before anything else."""
    mine = "datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FOR SHARE%'"
    return _number(lab, f"SELECT count(*) FROM pg_stat_activity WHERE {mine}") > 0  # noqa: S608


def _resend_what_is_uncertain(lab: Lab, issue_id: int) -> int:
    """An operator's word, a quarter of an hour later."""
    if lab.count("uncertain") == 0:
        return 0
    with lab.house.database.transaction() as session:
        session.execute(update(Delivery).where(Delivery.state == "uncertain").values(marked_at=Delivery.created_at))
        session.execute(text("UPDATE deliveries SET marked_at = marked_at - interval '1 hour' WHERE state = 'uncertain'"))
    with lab.house.database.transaction() as session:
        resent = resend(session, issue_id, by=OPERATOR, now=utc_now())
    lab.ring()
    return resent
