"""newsroom issue refusals, retry, extend, resend, resolve, copy: what they print, what they refuse, and for whom."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from newsroom.cli.main import commands
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput, Refused
from newsroom.house import House, open_house
from newsroom.installation import distrust
from newsroom.settings import Settings
from tests.factories import a_user
from tests.integration.test_repeating import Sent
from tests.sending import add_people

Run = Callable[..., Result]


@pytest.fixture
def house(sqlite_settings: Settings) -> House:
    return open_house(sqlite_settings)


@pytest.fixture
def sent(house: House) -> Sent:
    return Sent(house)


@pytest.fixture
def run(house: House, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A verb in this house, with a mail server set."""
    monkeypatch.setenv("NEWSROOM_DATA_DIR", str(house.settings.data_dir))
    monkeypatch.setenv("NEWSROOM_TRANSPORT_URL", "smtp://127.0.0.1:9?tls=none")

    def run(*words: object) -> Result:
        return CliRunner().invoke(commands, ["issue", *(str(word) for word in words)])

    return run


def test_refusals_are_told_with_class_meaning_and_words(sent: Sent, run: Run) -> None:
    sent.failed(0, reply="no such user")
    text = run("refusals", sent.issue_id).output
    assert "1 (1 failed, 0 put off): The mailbox does not exist [no_such_mailbox]" in text
    assert "1: 550 5.1.1 no such user" in text
    (group,) = json.loads(run("refusals", sent.issue_id, "--json").output)
    assert (group["class"], group["failed"]) == ("no_such_mailbox", 1)


def test_failed_letters_are_tried_again_by_class(sent: Sent, run: Run) -> None:
    sent.failed(0)
    sent.failed(1, 452, "4.2.2", "full")
    assert "1 letters of issue" in run("retry", sent.issue_id, "--class", "mailbox_full").output
    assert sent.states() == {"accepted": 4, "failed": 1, "queued": 1}
    assert isinstance(run("retry", sent.issue_id).exception, InvalidInput)
    assert isinstance(run("retry", sent.issue_id, "--class", "mailbox_full").exception, Refused)


def test_an_extension_says_how_many_joined(sent: Sent, run: Run) -> None:
    with sent.house.database.transaction() as session:
        add_people(session, sent.house, sent.list_id, 2, now=utc_now())
    assert "goes to 2 people who joined since" in run("extend", sent.issue_id).output


def test_an_uncertain_letter_is_resent_or_resolved(sent: Sent, run: Run) -> None:
    first, second, fresh = sent.uncertain(0), sent.uncertain(1), sent.uncertain(2, age=timedelta(minutes=1))
    sent.end_worker()
    assert "1 uncertain letters" in run("resend", sent.issue_id, "--delivery", first).output
    assert "is accepted" in run("resolve", sent.issue_id, "--delivery", second, "--evidence", "She answered.").output
    assert isinstance(run("resend", sent.issue_id, "--delivery", fresh).exception, Refused)
    assert sent.states() == {"accepted": 4, "queued": 1, "uncertain": 1}


def test_a_copy_is_sent_by_whoever_may(sent: Sent, run: Run) -> None:
    with sent.house.database.transaction() as session:
        author = a_user(session, role="author").email
    assert isinstance(run("copy", sent.issue_id, "press@paper.example", "--as", author).exception, Refused)
    assert sent.states("notice") == {}
    assert "A copy of issue" in run("copy", sent.issue_id, "press@paper.example").output
    assert sent.states("notice") == {"queued": 1}


def test_the_status_says_more_than_before_and_all_it_said(sent: Sent, run: Run) -> None:
    status = json.loads(run("status", sent.issue_id, "--json").output)
    assert status["deliveries"] == {"accepted": 6}
    assert {"state", "audience", "deliveries", "notice"} <= status.keys()


def test_a_restored_installation_does_not_promise_that_letters_leave(house: House, sent: Sent, run: Run) -> None:
    sent.failed(0)
    with house.database.transaction() as session:
        distrust(session, "This installation was restored.", now=utc_now())
    told = run("retry", sent.issue_id, "--all").output
    assert "This installation was restored. Nothing is sent" in told
    assert "newsroom adopt" in told
    assert "goes out as soon as" not in told
