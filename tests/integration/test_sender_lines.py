"""How a sender treats its connections, over a real line: used again, renewed, given up when idle, let go at the end."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from newsroom.house import House, open_house
from newsroom.sendqueue.pace import Pace
from newsroom.settings import Settings
from tests.sending import Starter, eventually, senders, started_issue, states_of
from tests.smtp_server import SmtpServer, Wait

BRISK = Pace(stop_grace=20)


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


@pytest.fixture
def house(sqlite_settings: Settings, server: SmtpServer) -> Iterator[House]:
    opened = open_house(sqlite_settings.model_copy(update={"transport_url": SecretStr(f"{server.url}?connections=2")}))
    yield opened
    opened.database.close()


@pytest.fixture
def start(house: House) -> Iterator[Starter]:
    with senders(house, BRISK) as starter:
        yield starter


def test_one_connection_carries_many_letters_and_a_new_one_the_next(house: House, server: SmtpServer, start: Starter) -> None:
    issue_id = started_issue(house, people=35)
    start(replace(BRISK, letters_per_connection=10))
    eventually(lambda: states_of(house, issue_id) == {"accepted": 35})
    carried = [letter.connection for letter in server.stored]
    assert [carried.count(connection) for connection in sorted(set(carried))] == [10, 10, 10, 5]
    assert server.commands.count("QUIT") >= 3


def test_a_connection_with_nothing_to_do_is_given_up_and_opened_again_for_the_next_letter(
    house: House, server: SmtpServer, start: Starter
) -> None:
    first = started_issue(house, people=5)
    sender = start(replace(BRISK, idle_for=0.2))
    eventually(lambda: states_of(house, first) == {"accepted": 5})
    eventually(lambda: server.commands[-1] == "QUIT")
    second = started_issue(house, people=5, slug="summer")
    sender.ring(second)
    eventually(lambda: states_of(house, second) == {"accepted": 5})
    assert server.connections == 2


def test_told_to_stop_while_a_server_is_silent_before_the_mark_it_does_not_wait_for_it(
    house: House, server: SmtpServer, start: Starter
) -> None:
    server.each = lambda phase, _: Wait(60) if phase in ("greeting", "RCPT") else None
    issue_id = started_issue(house, people=5)
    sender = start()
    eventually(lambda: server.connections == 1)
    eventually(lambda: "claimed" in states_of(house, issue_id))
    began = time.monotonic()
    sender.stop()
    assert time.monotonic() - began < 50
    assert states_of(house, issue_id) == {"queued": 5}


def test_told_to_stop_it_waits_for_the_reply_to_a_dot_and_no_longer(house: House, server: SmtpServer, start: Starter) -> None:
    server.each = lambda phase, _: Wait(3) if phase == "dot" else None
    issue_id = started_issue(house, people=5)
    sender = start()
    eventually(lambda: "handed_over" in states_of(house, issue_id))
    began = time.monotonic()
    sender.stop()
    assert time.monotonic() - began < 50
    assert states_of(house, issue_id) == {"accepted": 1, "queued": 4}
