"""What a sender has claimed and not yet begun: it asks for more in time, whoever rang meanwhile."""

import asyncio
from datetime import UTC, datetime

from newsroom.sendqueue.ledger import Claim
from newsroom.sendqueue.stock import Stock

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def claimed(number: int) -> Claim:
    return Claim(
        token="t", delivery_id=number, kind="issue", issue_id=1, list_id=1, rendition_id=1, subscriber_id=number, subscriber_version=1,
        attempt=0, setbacks=0, address="", domain="", language="en", cut=None, due_at=NOON,
    )  # fmt: skip


async def emptied(*, rounds_without_room: int, rounds_in_vain: int = 0) -> bool:
    """Whether a stock that was full has asked for more by the time it is empty."""
    stock = Stock(1)
    await stock.put([claimed(number) for number in range(stock.capacity)], asked=stock.room)
    for _ in range(rounds_without_room):
        await stock.put([], asked=stock.room)
    while stock.take(["bulk"]) is not None:
        if rounds_in_vain:
            await stock.put([], asked=stock.room)
    return stock.wanted.is_set()


def test_a_stock_that_runs_low_asks_for_more() -> None:
    assert asyncio.run(emptied(rounds_without_room=0))


def test_a_bell_rung_while_the_shelf_is_full_does_not_make_the_sender_sleep_when_it_is_empty() -> None:
    assert asyncio.run(emptied(rounds_without_room=1))


def test_a_queue_found_empty_is_not_asked_again_at_every_letter() -> None:
    assert not asyncio.run(emptied(rounds_without_room=0, rounds_in_vain=1))
