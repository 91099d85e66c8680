"""Confirmations, notices and test letters never wait behind a newsletter: told by the order in which the server takes them."""

from collections.abc import Iterator

import pytest

from newsroom.house import House
from newsroom.sendqueue.pace import Pace
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.stock import PER_CONNECTION
from newsroom.sendqueue.transports.base import Envelope
from newsroom.sendqueue.transports.memory import MemoryTransport
from tests.sending import add_urgent, eventually, started_issue, states_of

PEOPLE = 10_000
BETWEEN = 500


@pytest.fixture(params=[1, 4], ids=["one connection", "four connections"])
def transport(request: pytest.FixtureRequest) -> MemoryTransport:
    return MemoryTransport(connections=request.param)


@pytest.fixture
def sender(house: House, transport: MemoryTransport) -> Iterator[Sender]:
    running = Sender(house, transport=transport, pace=Pace(stop_grace=5))
    yield running
    running.stop()


def test_a_test_letter_overtakes_ten_thousand_newsletters(house: House, transport: MemoryTransport, sender: Sender) -> None:
    """Between ring and letter no more newsletters leave than were claimed already, and what two rounds of claims add."""
    issue_id = started_issue(house, people=PEOPLE)
    rung_at: list[int] = []

    def ring_in_the_middle(_: Envelope) -> None:
        if len(transport.kept) == BETWEEN:
            add_urgent(house, issue_id)
            sender.ring(issue_id)
            rung_at.append(len(transport.kept))

    transport.before_finish = ring_in_the_middle
    sender.start()
    eventually(lambda: states_of(house, issue_id, "test") == {"accepted": 1}, seconds=60)
    place = [kept.recipient for kept in transport.kept].index("staff@example.org")
    assert place - rung_at[0] <= 3 * PER_CONNECTION * transport.connections
