"""A mail server that turns against us in mid-issue, over a real line: who is marked, how soon it is noticed, what staff read."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update

from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.house import House, open_house
from newsroom.issues import OPERATOR, get_issue, resume
from newsroom.sendqueue.journal import FOLDER
from newsroom.sendqueue.pace import Pace
from newsroom.sendqueue.sender import Sender
from newsroom.settings import Settings
from subscribers.models import Subscriber
from tests.sending import Starter, eventually, senders, started_issue, states_of
from tests.smtp_server import Part, Say, SmtpServer, Wait

BRISK = Pace(stop_grace=5, look_every=0.1, quiet=0.3, rest_factor=0.02, doubt_for=0.5)
CONNECTIONS = 16
# Log-in, certificate, MAIL: three are enough, and what is on its way. Words that might be one person's: three more, one at a time,
# and whoever went on before the suspicion arose.
MOST_TRIES = {"MAIL": 20, "RCPT": CONNECTIONS + 8, "dot": CONNECTIONS + 8}


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


@pytest.fixture
def house(settings: Settings, server: SmtpServer) -> Iterator[House]:
    opened = open_house(settings.model_copy(update={"transport_url": SecretStr(f"{server.url}?connections={CONNECTIONS}")}))
    yield opened
    opened.database.close()


@pytest.fixture
def start(house: House) -> Iterator[Starter]:
    with senders(house, BRISK) as starter:
        yield starter


class Turning:
    """The usual answers until so many letters are stored, then these words at this phase; counts how often it had to say them."""

    def __init__(self, server: SmtpServer, after: int, phase: str, words: str) -> None:
        self.server, self.after, self.phase, self.words = server, after, phase, words
        self.said = 0
        server.each = self.part

    def part(self, phase: str, _: str) -> Part:
        if phase != self.phase or len(self.server.stored) < self.after:
            return None
        self.said += 1
        return Say(self.words)


def state_and_notice(house: House, issue_id: int) -> tuple[str, str]:
    with house.database.reading() as session:
        issue = get_issue(session, issue_id)
        return issue.state, issue.notice


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        ("MAIL", "530 5.7.0 log in first"),
        ("RCPT", "554 5.7.1 relay access denied"),
        ("dot", "554 5.7.1 message refused by policy"),
        ("RCPT", "550 go away"),
    ],
)
@pytest.mark.parametrize("only_domain", [None, "only.example"])
def test_a_server_that_turns_to_refusing_everybody_marks_nobody_and_is_noticed_soon(  # noqa: PLR0917 - two tables
    house: House, server: SmtpServer, start: Starter, phase: str, words: str, only_domain: str | None
) -> None:
    issue_id = started_issue(house, people=200)
    if only_domain:
        with house.database.transaction() as session:
            session.execute(update(Subscriber).values(domain=only_domain))
            session.execute(update(Delivery).values(domain=only_domain))
    turning = Turning(server, 100, phase, words)
    start()
    eventually(lambda: state_and_notice(house, issue_id)[0] == "paused")
    eventually(lambda: set(states_of(house, issue_id)) == {"accepted", "queued"})
    tries = turning.said
    assert states_of(house, issue_id) == {"accepted": len(server.stored), "queued": 200 - len(server.stored)}
    assert tries <= MOST_TRIES[phase]
    _, notice = state_and_notice(house, issue_id)
    assert words.partition(" ")[2] in notice
    assert "Nobody's address was marked." in notice


def test_once_the_server_is_put_right_and_the_issue_resumed_everybody_gets_one_letter(
    house: House, server: SmtpServer, start: Starter
) -> None:
    issue_id = started_issue(house, people=200)
    Turning(server, 100, "RCPT", "554 5.7.1 relay access denied")
    sender = start()
    eventually(lambda: state_and_notice(house, issue_id)[0] == "paused")
    server.each = None
    with house.database.transaction() as session:
        resume(session, get_issue(session, issue_id), by=OPERATOR, now=utc_now())
    sender.ring(issue_id)
    # Letters that were held back come last, half a second later here.
    eventually(lambda: done_after_a_ring(sender, house, issue_id))
    assert len(set(server.recipients)) == len(server.stored) == 200


def done_after_a_ring(sender: Sender, house: House, issue_id: int) -> bool:
    sender.ring(issue_id)
    return states_of(house, issue_id) == {"accepted": 200}


def test_people_who_are_refused_alone_are_marked_while_the_others_get_their_letter(
    house: House, server: SmtpServer, start: Starter
) -> None:
    issue_id = started_issue(house, people=200)
    refused = {f"person{number}@city{number % 7}.example" for number in range(20, 200, 20)}
    server.each = lambda phase, recipient: Say("554 5.7.1 not you") if phase == "RCPT" and recipient in refused else None
    start()
    eventually(lambda: states_of(house, issue_id) == {"accepted": 191, "failed": 9})
    with house.database.reading() as session:
        assert set(session.scalars(select(Delivery.address).where(Delivery.state == "failed"))) == refused


@pytest.mark.parametrize(
    "words", ["501 5.1.3 Bad recipient address syntax", "504 5.5.2 need a fully-qualified address", "501 syntax", "503 no"]
)
def test_an_odd_address_that_the_server_calls_wrong_syntax_keeps_nobody_else_from_their_letter(
    house: House, server: SmtpServer, start: Starter, words: str
) -> None:
    issue_id = started_issue(house, people=60)
    odd = {f"person{number}@city{number % 7}.example" for number in range(3, 7)}
    server.each = lambda phase, recipient: Say(words) if phase == "RCPT" and recipient in odd else None
    start()
    eventually(lambda: states_of(house, issue_id) == {"accepted": 56, "failed": 4})
    assert not odd & set(server.recipients)


def test_whoever_alone_is_asked_for_a_log_in_keeps_nobody_else_from_their_letter(house: House, server: SmtpServer, start: Starter) -> None:
    """A server that relays to all but one domain: everybody else gets their letter, then staff are told."""
    issue_id = started_issue(house, people=200)
    odd = {f"person{number}@city{number % 7}.example" for number in range(3, 7)}
    server.each = lambda phase, recipient: Say("530 5.7.0 log in first") if phase == "RCPT" and recipient in odd else None
    sender = start()

    def resumed_and_done() -> bool:
        if state_and_notice(house, issue_id)[0] == "paused":
            with house.database.transaction() as session:
                resume(session, get_issue(session, issue_id), by=OPERATOR, now=utc_now())
        sender.ring(issue_id)
        return states_of(house, issue_id).get("accepted") == 196

    eventually(resumed_and_done)
    eventually(lambda: state_and_notice(house, issue_id)[0] == "paused")
    assert states_of(house, issue_id).get("failed") is None
    assert "log in first" in state_and_notice(house, issue_id)[1]


def test_a_journal_that_cannot_be_taken_away_doubles_nobody(house: House, server: SmtpServer, start: Starter) -> None:
    """Refusals are kept in it; letters marked in the same group as the last of them have their dots by then."""
    issue_id = started_issue(house, people=60)

    def part(phase: str, recipient: str) -> Part:
        if phase == "RCPT" and recipient.startswith("person5@"):
            return Say("550 we do not want you")
        return Wait(0.8) if phase == "dot" else None

    server.each = part
    start()
    journal = house.settings.data_dir / FOLDER
    eventually(lambda: list(journal.glob("*.jsonl")))
    (path,) = journal.glob("*.jsonl")
    path.rename(path.with_suffix(".away"))
    path.mkdir()
    eventually(lambda: states_of(house, issue_id) == {"accepted": 59, "failed": 1})
    assert len(set(server.recipients)) == len(server.recipients) == 59


def test_told_to_stop_while_a_refusal_is_held_back_its_letter_goes_back_into_the_queue(
    house: House, server: SmtpServer, start: Starter
) -> None:
    issue_id = started_issue(house, people=2)
    server.each = lambda phase, _: Say("554 5.7.1 not now") if phase == "RCPT" else None
    sender = start(Pace(stop_grace=5, quiet=3600))
    eventually(lambda: states_of(house, issue_id) == {"handed_over": 2})
    sender.stop()
    assert states_of(house, issue_id) == {"queued": 2}
    with house.database.reading() as session:
        assert session.scalar(select(func.max(Delivery.attempt))) == 1
