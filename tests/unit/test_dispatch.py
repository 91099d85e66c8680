"""What happens during one worker session, with nothing to claim and nobody to write to."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from newsroom.db import Database
from newsroom.house import House
from newsroom.relay_urls import Relay
from newsroom.sendqueue.dispatch import Dispatch
from newsroom.sendqueue.pace import Pace
from newsroom.sendqueue.recording import Record
from newsroom.sendqueue.relay_book import FixedWays
from newsroom.sendqueue.relay_health import MOST_FAULTS, RelayHealth
from newsroom.sendqueue.transports.base import NotSent, Reply
from newsroom.sendqueue.transports.memory import MemoryTransport


class NothingToClaim:
    wake_in = 3600.0
    rounds = 0

    def claim_round(self, *_: object, **__: object) -> list[Any]:
        self.rounds += 1
        return []


def dispatch_with(claimer: Any, *, kind: type[Dispatch] = Dispatch, database: Any = None) -> Any:
    nothing: Any = None
    committer: Any = SimpleNamespace(together=1, token="t")
    return kind(
        database=database, book=FixedWays(MemoryTransport()), outbox=MemoryTransport(name="outbox"), claimer=claimer, letters=nothing,
        committer=committer, pace=Pace(),
    )  # fmt: skip


async def ends_when_cancelled(steps_after_the_ring: int) -> bool:
    claimer = NothingToClaim()
    dispatch = dispatch_with(claimer)
    work = asyncio.create_task(dispatch.run())
    while not claimer.rounds:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)  # by now it sleeps until the bell rings
    dispatch.ring()
    for _ in range(steps_after_the_ring):
        await asyncio.sleep(0)
    work.cancel()
    ended, _ = await asyncio.wait((work,), timeout=30)
    await dispatch.finish(0.1)
    dispatch.ring()
    await asyncio.wait((work,), timeout=30)
    return bool(ended)


@pytest.mark.parametrize("steps", range(6))
def test_a_sender_whose_session_is_over_does_not_go_on_because_its_bell_rang_at_that_moment(steps: int) -> None:
    """Caught here: asyncio.wait_for, which on Python 3.11 forgets a cancel that meets its event. The sender claimed in vain for ever."""
    assert asyncio.run(ends_when_cancelled(steps))


class Counted(Dispatch):
    halts = 0

    async def halt_everything(self, reason: str) -> None:
        self.halts += 1
        await super().halt_everything(reason)


async def halts_when_both_fall(database: Database) -> int:
    dispatch = dispatch_with(NothingToClaim(), kind=Counted, database=database)
    crews = [fallen(dispatch, name) for name in ("north", "south")]
    await asyncio.gather(*(dispatch.relay_is_out(crew) for crew in crews))
    return int(dispatch.halts)


def fallen(dispatch: Any, name: str) -> Any:
    """A relay that has refused the log-in three times."""
    health = RelayHealth(name, f"{name}.example:25")
    counter = dispatch.stock.open_counter(name, connections=1)
    for number in range(MOST_FAULTS):
        refused = NotSent(reply=Reply(code=535, text="wrong password"), fault=True)
        health.pass_on(Record(token="t", delivery_id=number, attempt=1, outcome=refused), "city.example", 0.0)
    counter.limit(health.most)
    crew = SimpleNamespace(health=health, counter=counter, transport=MemoryTransport(name=name))
    dispatch._crews[Relay(name=name, url=f"smtp://{name}.example")] = crew
    return crew


def test_an_issue_resumed_at_once_is_not_halted_again_by_the_relay_that_fell_with_the_first(sqlite_house: House) -> None:
    assert asyncio.run(halts_when_both_fall(sqlite_house.database)) == 1
