"""What a sender has claimed and not yet begun: who gets which letter, who is woken, when more is asked for."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from newsroom.sendqueue import event_loop
from newsroom.sendqueue.ledger import Claim
from newsroom.sendqueue.room import Room
from newsroom.sendqueue.stock import MOST, PER_CONNECTION, SMALL, STANDS_STILL_AFTER, Counter, Sort, Stock

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def claimed(number: int, kind: str = "issue", relay: str = "", issue_id: int = 1) -> Claim:
    return Claim(
        token="t", delivery_id=number, kind=kind, issue_id=issue_id, list_id=1, rendition_id=1, subscriber_id=number, subscriber_version=1,
        attempt=0, setbacks=0, address="", domain="", language="en", cut=None, relay=relay,
    )  # fmt: skip


def take(counter: Counter, *sorts: Sort) -> int | None:
    claim = counter.take(counter.shelves(*sorts))
    return claim.delivery_id if claim else None


def put(stock: Stock, claims: Sequence[Claim]) -> list[Claim]:
    return stock.put(claims, asked=stock.room(0.0))


def test_behind_a_newsletter_lie_the_next_and_behind_an_urgent_letter_nothing() -> None:
    stock = Stock()
    relay = stock.open_counter("main", connections=1)
    put(stock, [claimed(1), claimed(2), claimed(3), claimed(4, "confirmation")])
    urgent, first = (relay.take(relay.shelves("express", "bulk")) for _ in range(2))
    assert urgent is not None
    assert first is not None
    assert list(relay.after(urgent)) == []
    assert [claim.delivery_id for claim in relay.after(first)] == [2, 3]


# ---- asking for more ---------------------------------------------------------------------------------------------------


def emptied(*, rounds_without_room: int, rounds_in_vain: int = 0) -> bool:
    """Whether a stock that was full has asked for more by the time it is empty."""
    stock = Stock()
    relay = stock.open_counter("main", connections=1)
    put(stock, [claimed(number) for number in range(relay.capacity)])
    for _ in range(rounds_without_room):
        put(stock, [])
    while take(relay, "bulk") is not None:
        if rounds_in_vain:
            put(stock, [])
    return stock.wanted.is_set()


def test_a_stock_that_runs_low_asks_for_more() -> None:
    assert emptied(rounds_without_room=0)


def test_a_bell_rung_while_the_shelf_is_full_does_not_make_the_sender_sleep_when_it_is_empty() -> None:
    assert emptied(rounds_without_room=1)


def test_a_queue_found_empty_is_not_asked_again_at_every_letter() -> None:
    assert not emptied(rounds_without_room=0, rounds_in_vain=1)


def round_during_which_it_is_emptied(*, brings: int) -> Stock:
    """A full stock, and a round of claims during which all of it is taken."""
    stock = Stock()
    relay = stock.open_counter("main", connections=1)
    put(stock, [claimed(number) for number in range(relay.capacity)])
    asked = stock.room(0.0)
    stock.wanted.clear()
    while take(relay, "bulk") is not None:
        pass
    assert not stock.wanted.is_set()
    stock.put([claimed(1000 + number) for number in range(brings)], asked=asked)
    return stock


def test_what_is_taken_while_claims_are_on_their_way_does_not_ask_for_a_second_round() -> None:
    assert not round_during_which_it_is_emptied(brings=PER_CONNECTION).wanted.is_set()


def test_a_stock_emptied_during_a_round_that_had_no_room_does_not_stand_still() -> None:
    assert round_during_which_it_is_emptied(brings=0).wanted.is_set()


def test_urgent_letters_taken_during_a_round_are_followed_by_more_although_newsletters_fill_their_shelf() -> None:
    stock = Stock()
    relay = stock.open_counter("main", connections=1)
    put(stock, [claimed(number, "confirmation") for number in range(SMALL)])
    put(stock, [claimed(1000 + number) for number in range(relay.capacity)])
    asked = stock.room(0.0)
    stock.wanted.clear()
    for _ in range(SMALL):
        take(relay, "express")
    stock.put([], asked=asked)
    assert stock.wanted.is_set()


# ---- several relays ----------------------------------------------------------------------------------------------------


def two_relays(stock: Stock, *, weights: tuple[int, int] = (1, 1)) -> tuple[Counter, Counter]:
    north, south = (stock.open_counter(n, connections=4, weight=w) for n, w in zip(("north", "south"), weights, strict=True))
    return north, south


def test_each_relay_has_room_by_its_connections_and_never_too_much() -> None:
    stock = Stock()
    stock.open_counter("north", connections=2)
    stock.open_counter("south", connections=400)
    assert stock.room(0.0) == Room(express=SMALL, rehearsal=SMALL, bulk={"north": 2 * PER_CONNECTION, "south": MOST})


def test_a_letter_claimed_for_a_relay_lies_on_that_relays_shelf() -> None:
    stock = Stock()
    north, south = two_relays(stock)
    assert put(stock, [claimed(1, relay="south"), claimed(2, relay="north")]) == []
    assert (take(north, "bulk"), take(north, "bulk")) == (2, None)
    assert take(south, "bulk") == 1


def test_letters_claimed_for_no_relay_in_particular_go_where_there_is_most_room() -> None:
    stock = Stock()
    north, south = two_relays(stock)
    put(stock, [claimed(number, relay="north") for number in range(100)])
    put(stock, [claimed(number) for number in range(100, 200)])
    assert (len(north.bulk.claims), len(south.bulk.claims)) == (100, 100)


def test_a_resting_relay_has_no_room_and_what_comes_for_it_is_handed_back() -> None:
    stock = Stock()
    north, south = two_relays(stock)
    north.limit(0)
    room = stock.room(0.0)
    assert room.bulk["north"] == 0
    assert room.resting == {"north"}
    late = claimed(1, relay="north")
    assert put(stock, [late, claimed(2, relay="south")]) == [late]
    assert take(south, "bulk") == 2


def test_a_relay_on_trial_has_one_letter_in_hand_at_a_time() -> None:
    stock = Stock()
    relay = stock.open_counter("main", connections=4)
    relay.limit(1)
    put(stock, [claimed(1), claimed(2)])
    assert (take(relay, "bulk"), take(relay, "bulk")) == (1, None)
    relay.done(claimed(1))
    assert take(relay, "bulk") == 2


def test_a_retried_confirmation_waits_for_its_relay_and_goes_another_way_while_that_rests() -> None:
    stock = Stock()
    north, south = two_relays(stock)
    put(stock, [claimed(1, kind="confirmation", relay="south")])
    assert take(north, "express") is None
    assert take(south, "express") == 1
    south.limit(0)
    put(stock, [claimed(2, kind="confirmation", relay="south")])
    assert take(north, "express") == 2


def test_urgent_letters_come_before_newsletters() -> None:
    stock = Stock()
    relay = stock.open_counter("main", connections=1)
    put(stock, [claimed(1), claimed(2, kind="test"), claimed(3, kind="confirmation")])
    assert [take(relay, "express", "bulk") for _ in range(4)] == [2, 3, 1, None]


def test_rehearsals_go_to_the_house_and_nowhere_else() -> None:
    stock = Stock()
    relay = stock.open_counter("main", connections=1)
    put(stock, [claimed(1, kind="rehearsal")])
    assert take(relay, "express", "bulk") is None
    assert take(stock.house, "bulk") == 1


def test_a_closed_counter_hands_back_what_waited_for_it_and_ends_its_carriers() -> None:
    async def close() -> tuple[list[Claim], Claim | None]:
        stock = Stock()
        north, _ = two_relays(stock)
        waiting = asyncio.create_task(north.next(north.shelves("express")))
        await asyncio.sleep(0)
        put(stock, [claimed(1, relay="north"), claimed(2, relay="south")])
        left = stock.close_counter(north)
        assert set(stock.room(0.0).bulk) == {"south"}
        return left, await waiting

    assert event_loop.run(close()) == ([claimed(1, relay="north")], None)


def test_dropping_an_issue_leaves_the_letters_of_the_others() -> None:
    stock = Stock()
    north, south = two_relays(stock)
    put(stock, [claimed(1, relay="north"), claimed(2, relay="south", issue_id=2), claimed(3, relay="south")])
    assert sorted(stock.drop_issue(1)) == [1, 3]
    assert (take(north, "bulk"), take(south, "bulk")) == (None, 2)


def test_everything_claimed_and_not_done_is_held() -> None:
    stock = Stock()
    north, _ = two_relays(stock)
    put(stock, [claimed(1, relay="north"), claimed(2, kind="test"), claimed(3, kind="rehearsal"), claimed(4, relay="north")])
    take(north, "bulk")
    assert sorted(stock.held) == [1, 2, 3, 4]
    north.done(claimed(1))
    assert sorted(stock.held) == [2, 3, 4]


# ---- weights -----------------------------------------------------------------------------------------------------------


def shared(weights: tuple[int, int], *, rounds: int = 50, south_stands_still: bool = False) -> tuple[int, int]:
    """How many letters each relay has taken when both take whatever there is, round by round."""
    stock = Stock()
    north, south = two_relays(stock, weights=weights)
    taken, number, now = {north.name: 0, south.name: 0}, 0, 0.0
    for _ in range(rounds):
        now += STANDS_STILL_AFTER / 2
        room = stock.room(now)
        for name, wanted in room.bulk.items():
            stock.put([claimed(number + place, relay=name) for place in range(wanted)], asked=room)
            number += wanted
        for counter in (north,) if south_stands_still and taken["south"] else (north, south):
            while (claim := counter.take(counter.shelves("bulk"))) is not None:
                taken[counter.name] += 1
                if not (south_stands_still and counter is south):
                    counter.done(claim)
    return taken["north"], taken["south"]


def test_letters_are_shared_by_weight() -> None:
    north, south = shared((3, 1))
    assert 2.9 < north / south < 3.1


def test_a_relay_that_stands_still_does_not_stop_the_others() -> None:
    north, south = shared((3, 1), south_stands_still=True)
    assert south <= PER_CONNECTION * 4
    assert north > 20 * PER_CONNECTION * 4


def test_relays_of_equal_weight_take_what_they_can() -> None:
    stock = Stock()
    north, south = two_relays(stock)
    put(stock, [claimed(number, relay="south") for number in range(south.capacity)])
    assert stock.room(0.0).bulk == {"north": north.capacity, "south": 0}


# ---- waking ------------------------------------------------------------------------------------------------------------


async def woken(carriers: int, letters: int) -> int:
    """How many of so many waiting carriers look up when so many letters come."""
    stock = Stock()
    relay = stock.open_counter("main", connections=carriers)
    shelves = relay.shelves("express", "bulk")
    tasks = [asyncio.create_task(relay.next(shelves)) for _ in range(carriers)]
    await asyncio.sleep(0)
    put(stock, [claimed(number) for number in range(letters)])
    still = len(relay.bulk.waiting)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert sum(task.done() for task in tasks) == min(carriers, letters)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not relay.bulk.waiting
    assert not stock.express.waiting
    return carriers - still


def test_as_many_carriers_are_woken_as_letters_came() -> None:
    assert event_loop.run(woken(16, 3)) == 3
    assert event_loop.run(woken(4, 10)) == 4


def test_a_carrier_that_stops_waiting_as_a_letter_comes_leaves_it_to_others() -> None:
    async def look() -> Claim | None:
        stock = Stock()
        relay = stock.open_counter("main", connections=2)
        shelves = relay.shelves("bulk")
        tired = asyncio.create_task(relay.next(shelves))
        await asyncio.sleep(0)
        put(stock, [claimed(1)])
        tired.cancel()
        await asyncio.gather(tired, return_exceptions=True)
        return await relay.next(shelves)

    assert event_loop.run(look()) == claimed(1)
