"""What happens during one worker session, with nothing to claim and nobody to write to."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from newsroom.sendqueue.dispatch import Dispatch
from newsroom.sendqueue.pace import Pace
from newsroom.sendqueue.relay_book import FixedWays
from newsroom.sendqueue.transports.memory import MemoryTransport


class NothingToClaim:
    wake_in = 3600.0
    rounds = 0

    def claim_round(self, *_: object) -> list[Any]:
        self.rounds += 1
        return []


def dispatch_with(claimer: Any) -> Dispatch:
    nothing: Any = None
    committer: Any = SimpleNamespace(together=1, token="t")
    return Dispatch(
        database=nothing, book=FixedWays(MemoryTransport()), outbox=MemoryTransport(name="outbox"), claimer=claimer, letters=nothing,
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
    ended, _ = await asyncio.wait((work,), timeout=1)
    await dispatch.finish(0.1)
    dispatch.ring()
    await asyncio.wait((work,), timeout=1)
    return bool(ended)


@pytest.mark.parametrize("steps", range(6))
def test_a_sender_whose_session_is_over_does_not_go_on_because_its_bell_rang_at_that_moment(steps: int) -> None:
    """Caught here: asyncio.wait_for, which on Python 3.11 forgets a cancel that meets its event. The sender claimed in vain for ever."""
    assert asyncio.run(ends_when_cancelled(steps))
