"""A mail server that lets in fewer connections at once than are set: the sender goes on with those it has, over real lines."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select

from newsroom.deliveries import Delivery
from newsroom.house import House
from newsroom.issues import get_issue
from newsroom.relay_urls import Relay
from newsroom.sendqueue.pace import Pace
from newsroom.sendqueue.relay_troubles import limits, troubles
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.transports.opening import open_relay
from tests.sending import add_urgent, eventually, senders, started_issue, states_of
from tests.smtp_server import Part, Say, SmtpServer, Wait

SET = 16
TOO_MANY = Say("421 4.7.0 Too many concurrent SMTP connections")
PATIENT = Pace(stop_grace=10, look_every=0.05)
BRISK = replace(PATIENT, rest_factor=0.05)


@dataclass
class Narrow(SmtpServer):
    """Lets in so many at once and turns the others away with 421: at the greeting, or at their first MAIL."""

    lets_in: int = 5
    turns_away_at: str = "greeting"
    dot_takes: float = 0.02
    turned_away: int = 0

    def part(self, phase: str, recipient: str) -> Part:
        if phase == self.turns_away_at and self._open > self.lets_in:
            self.turned_away += 1
            return TOO_MANY
        return super().part(phase, recipient) or (Wait(self.dot_takes) if phase == "dot" else None)

    def closes_its_door(self) -> None:
        """Nobody new can connect; whoever is inside stays."""
        self._loop.call_soon_threadsafe(self._server.close)


@contextmanager
def sending(house: House, server: SmtpServer, pace: Pace = PATIENT, *, connections: int = SET) -> Iterator[Sender]:
    relay = Relay(name="main", url=f"{server.url}?connections={connections}&tls=none", weight=1)
    with senders(house, pace, transport=open_relay(relay, outbox_dir=house.outbox_dir)) as start:
        yield start()


def notice(house: House, issue_id: int) -> str:
    with house.database.reading() as session:
        issue = get_issue(session, issue_id)
        return issue.notice if issue.state == "paused" else ""


def told(house: House) -> list[str]:
    with house.database.reading() as session:
        return [limit.words for limit in limits(session)]


def tries(house: House, issue_id: int) -> set[int]:
    """How often the letters of this issue were tried."""
    with house.database.reading() as session:
        return set(session.scalars(select(Delivery.attempt).where(Delivery.issue_id == issue_id)))


@pytest.mark.parametrize("where", ["greeting", "MAIL"])
def test_a_server_that_lets_in_five_of_sixteen_is_neither_taken_out_nor_asked_again_and_again(house: House, where: str) -> None:
    with Narrow(turns_away_at=where) as server:
        issue_id = started_issue(house, people=600)
        with sending(house, server):
            eventually(lambda: states_of(house, issue_id) == {"accepted": 600})
            with house.database.reading() as session:
                assert troubles(session) == []
    assert len(server.stored) == len(set(server.recipients)) == 600
    # Sixteen at first, one for each hundred letters of a line, and a trial after one, two and four seconds.
    assert server.connections <= SET + 6 + 3 * 2
    assert server.turned_away <= SET
    assert notice(house, issue_id) == ""


def test_letters_that_found_no_line_are_no_attempts(house: House) -> None:
    with Narrow() as server:
        issue_id = started_issue(house, people=200)
        with sending(house, server):
            eventually(lambda: states_of(house, issue_id) == {"accepted": 200})
    assert tries(house, issue_id) == {1}


@pytest.mark.parametrize("lets_in", [1, 2, 5])
def test_an_urgent_letter_does_not_wait_behind_the_newsletters_that_fill_a_narrow_server(house: House, lets_in: int) -> None:
    with Narrow(lets_in=lets_in, dot_takes=0.1) as server:
        issue_id = started_issue(house, people=400)
        with sending(house, server) as sender:
            eventually(lambda: len(server.stored) > 3 * lets_in)
            before = len(server.stored)
            add_urgent(house, issue_id)
            sender.ring(issue_id)
            eventually(lambda: "staff@example.org" in server.recipients)
            assert server.recipients.index("staff@example.org") - before <= 4 * lets_in
            assert states_of(house, issue_id)["accepted"] < 400
            assert notice(house, issue_id) == ""


def test_once_the_limit_is_known_the_urgent_have_a_line_of_their_own(house: House) -> None:
    """As if five connections were set: newsletters use four."""
    with Narrow(dot_takes=0.1) as server:
        issue_id = started_issue(house, people=1_000)
        with sending(house, server, replace(PATIENT, letters_per_connection=10_000)) as sender:
            eventually(lambda: server.turned_away and server.commands.count("QUIT"))
            add_urgent(house, issue_id)
            sender.ring(issue_id)
            eventually(lambda: "staff@example.org" in server.recipients)
            urgent = next(letter for letter in server.stored if letter.recipient == "staff@example.org")
            assert [letter.recipient for letter in server.stored if letter.connection == urgent.connection] == ["staff@example.org"]


def test_a_server_that_lets_in_one_carries_newsletters_although_an_urgent_letter_came_first(house: House) -> None:
    with Narrow(lets_in=1, dot_takes=0) as server:
        issue_id = started_issue(house, people=60)
        add_urgent(house, issue_id)
        with sending(house, server, replace(BRISK, idle_for=1)):
            eventually(lambda: states_of(house, issue_id) == {"accepted": 60})
        assert "staff@example.org" in server.recipients
        assert notice(house, issue_id) == ""


def test_the_limit_is_forgotten_when_the_server_lets_in_more(house: House) -> None:
    with Narrow(dot_takes=0.05) as server:
        issue_id = started_issue(house, people=3_000)
        with sending(house, server, BRISK):
            eventually(lambda: told(house))
            server.lets_in = SET
            eventually(lambda: server._open >= SET - 1)
            eventually(lambda: told(house) == [])
        assert notice(house, issue_id) == ""


def test_staff_read_how_many_connections_the_server_lets_in(house: House) -> None:
    with Narrow(dot_takes=0.05) as server:
        issue_id = started_issue(house, people=2_000)
        with sending(house, server, BRISK):
            eventually(lambda: told(house) == ["It lets in 5 connections at once; 16 are set. Lower `connections` to 5."])
            with house.database.reading() as session:
                assert troubles(session) == []
        assert notice(house, issue_id) == ""


def test_lines_that_serve_go_on_while_nobody_new_can_connect(house: House) -> None:
    with Narrow(lets_in=SET, dot_takes=0.1) as server:
        issue_id = started_issue(house, people=90)
        with sending(house, server, replace(PATIENT, letters_per_connection=10_000), connections=4) as sender:
            eventually(lambda: len(server.stored) >= 3)
            server.closes_its_door()
            add_urgent(house, issue_id)
            sender.ring(issue_id)
            eventually(lambda: "staff@example.org" in server.recipients)
            eventually(lambda: states_of(house, issue_id) == {"accepted": 90})
        assert server.connections <= 4
    assert notice(house, issue_id) == ""


def test_a_server_that_turns_everybody_away_is_absent(house: House) -> None:
    with Narrow(lets_in=0) as server:
        issue_id = started_issue(house, people=50)
        with sending(house, server, replace(BRISK, away_for=1)):
            eventually(lambda: "could not be used for 1 seconds: 421 4.7.0 Too many concurrent SMTP connections" in notice(house, issue_id))
        assert states_of(house, issue_id) == {"queued": 50}
