"""How many lines of a relay are open at once: found out by refusals, kept for the urgent, forgotten when more are let in."""

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest

from newsroom.sendqueue import event_loop
from newsroom.sendqueue.lines import CONNECTING_AT_ONCE, FIRST_WAIT, FULL, LONGEST_WAIT, TELLING, Lines
from newsroom.sendqueue.transports.base import NotSent, Reply

TOO_MANY = NotSent(reply=Reply(code=421, text="too many connections"))


@dataclass(eq=False)
class Somebody:
    """A carrier of which only its line is of interest."""

    has_line: bool = False
    hangs: bool = False
    renewed: bool = False

    @property
    def serves(self) -> bool:
        return self.has_line and not self.hangs

    def renew(self) -> None:
        self.renewed = True


@dataclass
class Server:
    """Lets in so many; `now` is the time."""

    lets_in: int
    now: float = 0.0
    asked: int = 0
    people: list[Somebody] = field(default_factory=list)

    def lines(self, carriers: int, *, kept: bool = False) -> Lines:
        self.people = [Somebody() for _ in range(carriers)]
        return Lines(
            title="main", connect=self._connect, resting=lambda: None, clock=lambda: self.now, members=list(self.people),
            kept=self.people[0] if kept else None,
        )  # fmt: skip

    async def _connect(self) -> Any:
        self.asked += 1
        return TOO_MANY if self.open >= self.lets_in else object()

    @property
    def open(self) -> int:
        return sum(one.has_line for one in self.people)


async def carry(lines: Lines, one: Somebody) -> NotSent | None:
    """As a carrier without a line does; None when its letter was served."""
    line = await lines.open(one)
    one.has_line = not isinstance(line, NotSent)
    lines.answered(one, served=one.has_line)
    if not isinstance(line, NotSent):
        return None
    return line if line is FULL else await lines.turned_away(line)


async def all_come(lines: Lines, server: Server) -> None:
    for one in server.people:
        if not one.has_line:
            await carry(lines, one)


def test_one_more_than_a_server_lets_in_is_asked_once_and_nobody_after_it() -> None:
    server = Server(lets_in=5)
    lines = server.lines(16)
    event_loop.run(all_come(lines, server))
    assert (server.open, server.asked) == (5, 6)


def test_a_further_line_is_tried_after_pauses_that_grow_up_to_a_limit() -> None:
    server = Server(lets_in=5)
    lines = server.lines(16)
    tried = []

    async def go_on() -> None:
        for _ in range(6_000):
            before = server.asked
            await all_come(lines, server)
            if server.asked > before:
                tried.append(server.now)
            server.now += 1

    event_loop.run(go_on())
    pauses = [after - before for before, after in itertools.pairwise(tried)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (FIRST_WAIT, LONGEST_WAIT)
    assert len(tried) < 20


def test_a_place_that_was_left_a_moment_ago_is_soon_tried_again_and_changes_nothing() -> None:
    server = Server(lets_in=5)
    lines = server.lines(5)
    event_loop.run(all_come(lines, server))
    server.people[2].has_line = False
    server.lets_in = 4  # it has not noticed yet that somebody went
    assert event_loop.run(carry(lines, server.people[2])) is FULL
    server.lets_in, server.now = 5, FIRST_WAIT
    assert event_loop.run(carry(lines, server.people[2])) is None
    assert lines.limit is None
    assert server.open == 5


def test_a_limit_is_told_once_it_is_certain_and_forgotten_when_more_are_let_in() -> None:
    server = Server(lets_in=3)
    lines = server.lines(6)
    for _ in range(TELLING):
        assert lines.limit is None
        event_loop.run(all_come(lines, server))
        server.now += LONGEST_WAIT
    assert lines.limit == 3
    server.lets_in = 6
    event_loop.run(all_come(lines, server))
    assert lines.limit is None
    assert server.open == 6


def test_turned_away_where_nobody_serves_is_an_absence() -> None:
    server = Server(lets_in=0)
    lines = server.lines(4)
    assert event_loop.run(carry(lines, server.people[0])) is TOO_MANY


def test_a_line_that_hangs_is_no_proof_that_the_server_is_there() -> None:
    server = Server(lets_in=1)
    lines = server.lines(4)
    event_loop.run(carry(lines, server.people[0]))
    server.people[0].hangs = True
    assert event_loop.run(carry(lines, server.people[1])) is TOO_MANY


@pytest.mark.parametrize(("first", "others"), [(None, FULL), (TOO_MANY, TOO_MANY)], ids=["it serves", "it serves nobody"])
def test_of_lines_begun_together_the_first_turned_away_waits_for_what_the_others_hear(first: NotSent | None, others: NotSent) -> None:
    """A refusal is quicker than a log-in: three of them would take out a server that is about to serve."""

    async def together() -> list[NotSent | None]:
        server = Server(lets_in=1)
        lines = server.lines(4)

        async def slow_for_the_first() -> Any:
            server.asked += 1
            if server.asked > 1:
                return TOO_MANY
            await asyncio.sleep(0.02)
            return object() if first is None else first

        lines.connect = slow_for_the_first
        return list(await asyncio.gather(*(carry(lines, one) for one in server.people)))

    # The last two come when it is known already that there is no more room than this, and are not asked.
    assert event_loop.run(together()) == [first, others, FULL, FULL]


def test_only_a_few_connect_at_once() -> None:
    async def most_at_once() -> int:
        server = Server(lets_in=99)
        lines = server.lines(40)
        now: list[int] = [0, 0]

        async def counted() -> Any:
            now[0] += 1
            now[1] = max(now)
            await asyncio.sleep(0)
            now[0] -= 1
            return object()

        lines.connect = counted
        await asyncio.gather(*(carry(lines, one) for one in server.people))
        return now[1]

    assert event_loop.run(most_at_once()) == CONNECTING_AT_ONCE


def narrow(lets_in: int, *, urgent_came_first: bool = False) -> tuple[Lines, Server]:
    """A server of which it is certain that it lets in so many, its lines taken by newsletters, or by an urgent letter first."""
    server = Server(lets_in=lets_in)
    lines = server.lines(8, kept=True)
    if urgent_came_first:
        event_loop.run(carry(lines, server.people[0]))
    for _ in range(TELLING):
        for one in server.people[1:]:
            if not one.has_line:
                event_loop.run(carry(lines, one))
        server.now += FIRST_WAIT
    server.now -= FIRST_WAIT
    assert lines.limit == lets_in
    return lines, server


def test_newsletters_that_have_every_place_leave_one_to_urgent_letters() -> None:
    lines, server = narrow(3)
    lines.look()
    (leaving,) = (one for one in server.people if one.renewed)
    leaving.has_line = False
    assert event_loop.run(carry(lines, leaving)) is FULL
    assert event_loop.run(carry(lines, server.people[0])) is None


def test_the_only_place_carries_everything_and_is_not_kept_for_urgent_letters() -> None:
    lines, server = narrow(1)
    lines.look()
    assert not any(one.renewed for one in server.people[1:])
    server.people[1].has_line = False
    assert event_loop.run(carry(lines, server.people[0])) is FULL
    assert event_loop.run(carry(lines, server.people[1])) is None


def test_urgent_letters_one_after_the_other_do_not_hold_the_only_place_for_ever() -> None:
    lines, server = narrow(1, urgent_came_first=True)
    lines.look()
    assert server.people[0].renewed


def test_who_stands_aside_is_called_when_a_place_is_free_and_at_the_end() -> None:
    async def called() -> tuple[int, int, int]:
        server = Server(lets_in=2)
        lines = server.lines(6)
        await all_come(lines, server)
        aside = [asyncio.create_task(lines.stand_aside(one)) for one in server.people if not one.has_line]

        async def done() -> int:
            lines.look()
            await asyncio.sleep(0.01)
            return sum(task.done() for task in aside)

        full = await done()
        server.people[0].has_line = False
        free = await done()
        lines.close()
        return full, free, await done()

    assert event_loop.run(called()) == (0, 1, 4)
