"""Waiting for an event, but not for ever."""

import asyncio
import contextlib


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """Whether it is set by then; whoever waits here can be cancelled at any moment.

    asyncio.wait_for of Python 3.11 returns as if nothing had been when its event is set a moment before the cancel comes:
    a sender whose work was to end went on with it for ever.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
