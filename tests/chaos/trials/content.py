"""T16: letters that cannot be made, one person's or a whole version's: set aside after three tries, and everybody else goes on."""

import time
from dataclasses import dataclass

from sqlalchemy import select, update

from newsroom.deliveries import Delivery
from newsroom.renditions import Rendition
from subscribers.models import Subscriber
from tests.chaos.lab import Lab
from tests.chaos.trials.road import Figures, rows, sound

NO_ADDRESS = "per son@nowhere@"


@dataclass(frozen=True, kw_only=True)
class Poison:
    """One in so many people has an address that no header can carry."""

    people: int
    one_in: int
    limit: float = 120


def poison(lab: Lab, size: Poison) -> Figures:
    """T16, with a second issue whose compiled bytes are damaged after its start."""
    healthy = lab.issue(size.people)
    (damaged,) = lab.more_issues(1, of=healthy)
    with lab.house.database.transaction() as session:
        session.execute(update(Subscriber).where(Subscriber.id % size.one_in == 0).values(address=Subscriber.name + NO_ADDRESS))
        poisoned = len(session.scalars(select(Subscriber.id).where(Subscriber.id % size.one_in == 0)).all())
    lab.crew.start("tick")
    lab.wait_until("sending", size.limit)
    with lab.house.database.transaction() as session:
        session.execute(update(Rendition).where(Rendition.issue_id == damaged).values(plan=b"rubbish"))
    lab.crew.workers(2)
    _until_sent(lab, size)
    account = sound(lab, uncertain_at_most=0)
    assert account.states == {"accepted": size.people - poisoned, "failed": size.people + poisoned}
    with lab.house.database.reading() as session:
        tries = set(session.scalars(select(Delivery.setbacks).where(Delivery.state == "failed")))
    reasons = {row.reason.split(":")[0] for row in rows(lab) if row.state == "failed"}
    assert tries == {3}
    assert reasons == {"the letter could not be made"}
    return account.figures | {"poisoned": poisoned, "damaged_version": size.people}


def _until_sent(lab: Lab, size: Poison) -> None:
    """Between two tries of such a letter half a minute passes; here it is made to."""
    until = time.monotonic() + size.limit
    while set(lab.issue_states()) != {"sent"}:
        if time.monotonic() > until:
            raise AssertionError(f"not sent within {size.limit:g} s: {lab.states()}\n{lab.crew.last_words}")
        time.sleep(1)
        lab.hours_pass(0.1)
