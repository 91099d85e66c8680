"""What most trials do alike: start the processes, see the issue through to its end, draw up the account."""

import time
from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from newsroom.deliveries import Delivery
from tests.chaos.account import Account
from tests.chaos.lab import Lab
from tests.services import free_port

Figures = dict[str, Any]
UNDER_WAY = ("queued", "claimed", "handed_over")
MOST_ROUNDS = 20


def start(lab: Lab, *, workers: int = 2) -> None:
    """The roles of this installation: on SQLite everything in one process."""
    if lab.house.database.is_sqlite:
        lab.crew.start("up", "--port", str(free_port()))
        return
    lab.crew.start("tick")
    lab.crew.workers(workers)


def finish(lab: Lab, *, limit: float = 120) -> None:
    """To the end; whenever all that is left waits for its next try, some hours pass."""
    for _ in range(MOST_ROUNDS):
        lab.wait(lambda: set(lab.issue_states()) == {"sent"} or (lab.count(*UNDER_WAY) == 0 and lab.count("deferred") > 0), limit)
        if set(lab.issue_states()) == {"sent"}:
            return
        lab.hours_pass(9)
        time.sleep(0.2)
    raise AssertionError(f"still not sent after {MOST_ROUNDS} rounds: {lab.states()}")


def sound(lab: Lab, *, uncertain_at_most: int | None = None, asked_for_twice: Collection[str] = ()) -> Account:
    """The account, with no fault in it."""
    account = lab.account(asked_for_twice=asked_for_twice)
    assert account.fault == "", account.fault
    if uncertain_at_most is not None:
        assert len(account.uncertain) <= uncertain_at_most, f"{len(account.uncertain)} uncertain, {uncertain_at_most} allowed"
    return account


def through(lab: Lab, people: int, *, workers: int = 2, limit: float = 120) -> Account:
    lab.issue(people)
    start(lab, workers=workers)
    finish(lab, limit=limit)
    return sound(lab)


def letters(lab: Lab) -> list[dict[str, Any]]:
    return [event for event in lab.witness.events() if event["event"] == "letter"]


def rows(lab: Lab) -> Any:
    with lab.house.database.reading() as session:
        columns = (
            Delivery.id,
            Delivery.subscriber_id,
            Delivery.address,
            Delivery.state,
            Delivery.attempt,
            Delivery.reply_code,
            Delivery.enhanced_status,
            Delivery.reason,
        )
        return session.execute(select(*columns).where(Delivery.issue_id.in_(lab.issues))).all()


def attempts(lab: Lab) -> Counter[str]:
    return Counter({row.address: row.attempt for row in rows(lab)})


def longest_line(lab: Lab) -> float:
    """How long the mail server had one and the same line."""
    opened = {event["connection"]: event["at"] for event in lab.witness.events() if event["event"] == "open"}
    return max((event["at"] - opened[event["connection"]] for event in lab.witness.events() if event["event"] == "close"), default=0.0)
