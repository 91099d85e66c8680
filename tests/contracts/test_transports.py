"""What every transport promises, run against each of them."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from newsroom.relay_urls import CAPTURE, Relay
from newsroom.sendqueue import event_loop
from newsroom.sendqueue.transports.base import OFFERED, Accepted, Connection, Envelope, NotSent, Transport
from newsroom.sendqueue.transports.memory import MemoryTransport
from newsroom.sendqueue.transports.opening import open_relay
from newsroom.sendqueue.transports.outbox import OutboxTransport, read_captured
from tests.smtp_server import SmtpServer

Kept = Callable[[int], bytes | None]
Way = tuple[Transport, Kept]
LETTER = b"Subject: =?utf-8?q?Ol=C3=A9?=\r\n\r\n.a dot first\r\n..two\r\nbody\r\n"


def letter(number: int) -> Envelope:
    data = LETTER + f"to person {number}\r\n".encode()
    return Envelope(delivery_id=number, sender="back@news.example", recipient=f"person{number}@city.example", data=data)


@pytest.fixture(params=["outbox", "memory", "smtp", "smtp without pipelining"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    """A transport, and how to look at what arrived on its far side."""
    if request.param == "outbox":
        yield OutboxTransport(tmp_path), lambda number: read_captured(tmp_path, number)
    elif request.param == "memory":
        memory = MemoryTransport()
        yield memory, lambda number: _one({kept.delivery_id: kept.data for kept in memory.kept}.get(number))
    else:
        offers = ("PIPELINING",) if request.param == "smtp" else ()
        with SmtpServer(offers=offers) as server:
            transport = open_relay(Relay(name="main", url=server.url), outbox_dir=tmp_path)
            yield transport, lambda number: _one({at.recipient: at.data for at in server.stored}.get(f"person{number}@city.example"))


def _one(data: bytes | None) -> bytes | None:
    return data


def run(steps: Coroutine[Any, Any, None]) -> None:
    event_loop.run(steps)


async def opened(transport: Transport) -> Connection:
    connection = await transport.connect()
    assert not isinstance(connection, NotSent)
    return connection


def test_a_finished_letter_arrives_byte_for_byte(way: Way) -> None:
    transport, kept = way

    async def steps() -> None:
        connection = await opened(transport)
        assert await connection.offer(letter(1)) is OFFERED
        assert isinstance(await connection.finish(), Accepted)
        await connection.leave()

    run(steps())
    assert kept(1) == letter(1).data


def test_nothing_is_kept_before_the_dot(way: Way) -> None:
    transport, kept = way

    async def steps() -> None:
        connection = await opened(transport)
        assert await connection.offer(letter(1)) is OFFERED
        await asyncio.sleep(0.05)
        assert kept(1) is None
        assert isinstance(await connection.finish(), Accepted)
        await connection.leave()

    run(steps())
    assert kept(1) is not None


def test_a_letter_offered_and_closed_is_withdrawn(way: Way) -> None:
    transport, kept = way

    async def steps() -> None:
        connection = await opened(transport)
        assert await connection.offer(letter(1)) is OFFERED
        connection.close()
        assert not connection.usable
        await asyncio.sleep(0.05)

    run(steps())
    assert kept(1) is None


def test_one_line_carries_many_letters_each_to_its_own_person(way: Way) -> None:
    transport, kept = way

    async def steps() -> None:
        connection = await opened(transport)
        letters = [letter(number) for number in range(1, 21)]
        for this, following in zip(letters, [*letters[1:], None], strict=True):
            assert await connection.offer(this) is OFFERED
            assert isinstance(await connection.finish(following), Accepted)
        await connection.leave()

    run(steps())
    assert [kept(number) for number in range(1, 21)] == [letter(number).data for number in range(1, 21)]


def test_a_letter_announced_behind_a_dot_is_not_sent_by_that(way: Way) -> None:
    transport, kept = way

    async def steps() -> None:
        connection = await opened(transport)
        assert await connection.offer(letter(1)) is OFFERED
        assert isinstance(await connection.finish(letter(2)), Accepted)
        connection.close()
        await asyncio.sleep(0.05)

    run(steps())
    assert kept(1) is not None
    assert kept(2) is None


def test_the_label_names_the_way_without_its_password(tmp_path: Path) -> None:
    transport = open_relay(Relay(name="far", url="smtp://user:secret@mail.example:2525"), outbox_dir=tmp_path)
    assert (transport.name, transport.label) == ("far", "mail.example:2525")


def test_captured_mail_and_memory_have_a_name_too(tmp_path: Path) -> None:
    assert open_relay(CAPTURE, outbox_dir=tmp_path).name == "outbox"
    assert open_relay(Relay(name="second", url="memory:names?weight=2"), outbox_dir=tmp_path).name == "second"
