"""The whole road from the command line, as an operator's scripts take it: real processes, a real SMTP server, the bytes that arrive."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests import rfc5322
from tests.processes import newsroom, running
from tests.services import PostgreSQL, free_port
from tests.smtp_server import Say, SmtpServer

ISSUE = """
list: harbour
slug: first-letter
languages: [en, fr, ar]
subject: {en: "A quay for everyone", fr: "Un quai pour tous", ar: "رصيفٌ للجميع"}
sections:
  - kind: welcome
    title: {en: "Dear [[ name | neighbours ]],", fr: "[[ name | Chers voisins ]],", ar: "[[ name | الجيران الأعزاء ]]،"}
    text: {en: The benches are back., fr: Les bancs sont revenus., ar: عادت المقاعد.}
  - kind: update
    title: {en: Open until ten, fr: Ouvert jusqu’à dix heures, ar: مفتوح حتى العاشرة}
    when: {day: 2027-05-04}
    text: {en: "See [the plan](https://harbour.example/plan).", fr: "Voir [le plan](https://harbour.example/plan).", ar: "انظروا [الخطة](https://harbour.example/plan)."}
"""
PEOPLE = """email;name;language
ann@quay.example;Ann Harbour;en
"remi@quay.example";"Rémi, du Quai";fr
layla@quay.example;ليلى;ar
refused@quay.example;Rob Refused;en
plain@quay.example;;en
not an address;Nobody;en
"""
RECEIVED = {"ann@quay.example", "remi@quay.example", "layla@quay.example", "plain@quay.example"}


class Operator:
    """Somebody at a shell with these settings."""

    def __init__(self, settings: Mapping[str, object], folder: Path, relay: SmtpServer) -> None:
        self.settings, self.folder, self.relay = settings, folder, relay

    def does(self, *arguments: str) -> str:
        done = newsroom(*arguments, settings=self.settings)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def is_refused(self, *arguments: str) -> str:
        """The sentence on stderr; nothing on stdout, exit status 1, no traceback."""
        done = newsroom(*arguments, settings=self.settings)
        assert (done.returncode, done.stdout) == (1, ""), done
        assert "Traceback" not in done.stderr
        return done.stderr

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def status(self, issue_id: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.does("issue", "status", issue_id, "--json"))
        return found


def _refuse_one(phase: str, recipient: str) -> Say | None:
    return Say("550 5.1.1 no such neighbour") if phase == "RCPT" and recipient.startswith("refused@") else None


@pytest.fixture
def relay() -> Iterator[SmtpServer]:
    with SmtpServer(each=_refuse_one) as server:
        yield server


@pytest.fixture
def embedded(tmp_path: Path, relay: SmtpServer) -> Iterator[Operator]:
    """SQLite, everything in one `newsroom up`."""
    settings = {"data_dir": tmp_path / "data", "transport_url": relay.url}
    port = free_port()
    with running("up", "--port", str(port), settings=settings, log=tmp_path / "up.log") as role:
        role.wait_for_words("Newsroom is running.")
        yield Operator(settings, tmp_path, relay)
        assert role.stop() == 0, role.said


@pytest.fixture
def production(tmp_path: Path, relay: SmtpServer, postgresql: PostgreSQL, redis_url: str) -> Iterator[Operator]:
    """PostgreSQL and Redis, a worker and a clock."""
    url = postgresql.create("command_line")
    settings = {
        "data_dir": tmp_path / "data", "transport_url": relay.url, "database_url": url, "redis_url": redis_url,
        "public_url": "https://news.example.org",
    }  # fmt: skip
    operator = Operator(settings, tmp_path, relay)
    operator.does("db", "upgrade")
    with ExitStack() as stack:
        roles = [stack.enter_context(running(role, settings=settings, log=tmp_path / f"{role}.log")) for role in ("worker", "tick")]
        for role in roles:
            role.wait_for_words("is running.")
        yield operator
        assert [role.stop() for role in roles] == [0, 0]
    postgresql.drop("command_line")


@pytest.fixture(
    params=["embedded", pytest.param("production", marks=[pytest.mark.postgresql, pytest.mark.redis])],
)
def operator(request: pytest.FixtureRequest) -> Operator:
    found: Operator = request.getfixturevalue(request.param)
    return found


def _prepare(operator: Operator) -> str:
    """A list, its people, an approved issue; the issue's id."""
    operator.does(
        "list", "add", "harbour", "--title", "Harbour letter", "--from", "Harbour, City of <letters@harbour.example>",
        "--postal-address", "1 Quay Street", "--languages", "en,fr,ar", "--timezone", "Europe/Lisbon",
    )  # fmt: skip
    report = json.loads(operator.does("subscribers", "import", operator.file("people.csv", PEOPLE), "--list", "harbour", "--json"))
    assert (report["read"], report["added"], report["rejected_count"]) == (6, 5, 1)
    issue_id = operator.does("issue", "import", operator.file("issue.yaml", ISSUE)).strip()
    operator.does("issue", "submit", issue_id)
    operator.does("issue", "approve", issue_id)
    return issue_id


def _wait_until_sent(operator: Operator, issue_id: str) -> dict[str, Any]:
    for _ in range(100):
        status = operator.status(issue_id)
        if status["state"] == "sent":
            return status
    raise AssertionError(f"not sent in time: {status}")


@pytest.mark.slow
def test_an_issue_goes_from_a_file_to_mailboxes_by_commands_alone(operator: Operator) -> None:
    issue_id = _prepare(operator)
    operator.does("issue", "send", issue_id)

    status = _wait_until_sent(operator, issue_id)

    assert (status["audience"], status["deliveries"]) == (5, {"accepted": 4, "failed": 1})
    assert Counter(operator.relay.recipients) == Counter(RECEIVED)
    _check_the_record(operator, issue_id)
    letters = {letter.recipient: letter for letter in operator.relay.stored}
    _check_an_envelope(letters["ann@quay.example"].sender)
    _check_a_letter(_parsed(letters["remi@quay.example"].data), language="fr", subject="Un quai pour tous", greeting="Rémi, du Quai")
    _check_a_letter(_parsed(letters["layla@quay.example"].data), language="ar", subject="رصيفٌ للجميع", greeting="ليلى")
    _check_a_letter(_parsed(letters["plain@quay.example"].data), language="en", subject="A quay for everyone", greeting="neighbours")


def _check_the_record(operator: Operator, issue_id: str) -> None:
    rows = list(csv.DictReader(io.StringIO(operator.does("issue", "deliveries", issue_id, "--format", "csv"))))
    assert {row["email"]: row["state"] for row in rows} == {**dict.fromkeys(RECEIVED, "accepted"), "refused@quay.example": "failed"}
    failed = list(csv.DictReader(io.StringIO(operator.does("issue", "deliveries", issue_id, "--state", "failed", "--format", "csv"))))
    assert [(row["email"], row["reply_code"], row["enhanced_status"]) for row in failed] == [("refused@quay.example", "550", "5.1.1")]
    assert "no such neighbour" in failed[0]["reply"]


def _check_an_envelope(sender: str) -> None:
    assert sender.endswith("@harbour.example")
    assert sender != "letters@harbour.example"


def _parsed(data: bytes) -> EmailMessage:
    """The letter by the standard parser, after a stricter one of our own had nothing to say against it."""
    rfc5322.parse(data)
    return message_from_bytes(data, policy=policy.default)  # type: ignore[return-value]


def _check_a_letter(letter: EmailMessage, *, language: str, subject: str, greeting: str) -> None:
    assert letter["Subject"] == subject
    assert [address.addr_spec for address in letter["From"].addresses] == ["letters@harbour.example"]
    assert letter["From"].addresses[0].display_name == "Harbour, City of"
    assert len(letter["To"].addresses) == 1
    assert letter["List-Unsubscribe"].startswith("<http")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html, text = letter.get_body(("html",)), letter.get_body(("plain",))
    assert html is not None
    assert text is not None
    for part in (html, text):
        assert greeting in part.get_content()
        assert "https://harbour.example/plan" in part.get_content()
    assert f'lang="{language}"' in html.get_content()


@pytest.mark.slow
def test_what_a_rule_forbids_is_one_sentence_and_changes_nothing(embedded: Operator) -> None:
    issue_id = _prepare(embedded)

    assert "approved" in embedded.is_refused("issue", "submit", issue_id)
    assert "no issue 4711" in embedded.is_refused("issue", "status", "4711")
    assert "no account" in embedded.is_refused("issue", "send", issue_id, "--as", "stranger@example.org")
    assert "not a time" in embedded.is_refused("issue", "schedule", issue_id, "--at", "tomorrow")
    assert "has passed" in embedded.is_refused("issue", "schedule", issue_id, "--at", "2001-01-01T09:00")
    assert "first-letter" in embedded.is_refused("issue", "import", embedded.file("again.yaml", ISSUE))
    assert embedded.status(issue_id)["state"] == "approved"
    assert embedded.relay.stored == []


@pytest.mark.slow
def test_a_wrong_file_is_told_every_fault_at_once_and_stores_nothing(embedded: Operator) -> None:
    _prepare(embedded)
    wrong = ISSUE.replace("first-letter", "second-letter").replace("kind: welcome", "kind: welcom").replace("2027-05-04", "2027-02-30")

    told = embedded.is_refused("issue", "import", embedded.file("wrong.yaml", wrong))

    assert "welcome" in told
    assert "2027-02-30" in told
    assert embedded.is_refused("issue", "status", "2") == "There is no issue 2.\n"


@pytest.mark.slow
def test_somebody_does_from_the_shell_only_what_their_role_allows(embedded: Operator) -> None:
    issue_id = _prepare(embedded)
    password = embedded.does("user", "add", "author@example.org", "--role", "author")

    assert "Password" in password
    assert "author" in embedded.is_refused("issue", "send", issue_id, "--as", "author@example.org")
    assert embedded.status(issue_id)["state"] == "approved"


@pytest.mark.slow
def test_a_preview_is_written_as_page_text_and_mail(embedded: Operator) -> None:
    issue_id = _prepare(embedded)
    for name in ("letter.html", "letter.txt", "letter.eml"):
        embedded.does("issue", "preview", issue_id, "--language", "fr", "--output", str(embedded.folder / name))

    assert "Les bancs sont revenus." in (embedded.folder / "letter.html").read_text(encoding="utf-8")
    assert "Les bancs sont revenus." in (embedded.folder / "letter.txt").read_text(encoding="utf-8")
    assert _parsed((embedded.folder / "letter.eml").read_bytes())["Subject"] == "Un quai pour tous"
    assert "The benches are back." in embedded.does("issue", "preview", issue_id)


def test_a_file_of_which_no_row_can_be_taken_does_not_pass_for_an_import(tmp_path: Path, relay: SmtpServer) -> None:
    operator = Operator({"data_dir": tmp_path / "data"}, tmp_path, relay)
    operator.does("db", "upgrade")
    operator.does(
        "list", "add", "harbour", "--title", "Harbour", "--from", "Harbour <a@harbour.example>", "--postal-address", "1 Quay Street"
    )
    broken = operator.file("people.csv", 'email,name\n"zoe@harbour.example\r\nBcc: all@harbour.example",Zoë\n')
    done = newsroom("subscribers", "import", broken, "--list", "harbour", settings=operator.settings)
    assert done.returncode == 1
    assert "line 2" in done.stdout
    assert operator.does("subscribers", "export", "--list", "harbour").count("@") == 0


@pytest.mark.slow
def test_an_exported_list_imports_to_the_same_people(embedded: Operator) -> None:
    _prepare(embedded)
    exported = embedded.does("subscribers", "export", "--list", "harbour")
    report = json.loads(embedded.does("subscribers", "import", embedded.file("back.csv", exported), "--list", "harbour", "--json"))

    assert (report["read"], report["unchanged"]) == (5, 5)


def test_without_a_relay_an_issue_is_rehearsed_not_sent(tmp_path: Path, relay: SmtpServer) -> None:
    operator = Operator({"data_dir": tmp_path / "data"}, tmp_path, relay)
    operator.does("db", "upgrade")
    issue_id = _prepare(operator)

    assert "Rehearse" in operator.is_refused("issue", "send", issue_id)
    done = newsroom("issue", "rehearse", issue_id, settings=operator.settings)
    assert "5 people" in done.stdout
    assert "No sender is running" in done.stderr


def test_a_usage_error_is_exit_status_two() -> None:
    done = newsroom("issue", "send", settings={})
    assert done.returncode == 2
    assert "Missing argument" in done.stderr


def test_an_id_that_no_database_can_hold_is_a_usage_error(tmp_path: Path) -> None:
    done = newsroom("issue", "status", "9" * 20, settings={"data_dir": tmp_path})
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_a_database_that_is_away_is_one_sentence(tmp_path: Path) -> None:
    settings = {"data_dir": tmp_path, "database_url": f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none"}
    done = newsroom("issue", "status", "1", settings=settings)
    assert done.returncode == 1
    assert done.stderr.startswith("The database refused")
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_quoted(tmp_path: Path) -> None:
    done = newsroom("issue", "status", "1", settings={"data_dir": tmp_path, "public_url": "news"})
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "NEWSROOM_PUBLIC_URL" in done.stderr


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = newsroom("issue", "status", "1", settings={"data_dir": tmp_path / "file" / "data"})
    assert (done.returncode, done.stderr) == (1, f"{tmp_path / 'file' / 'data'} cannot be used: Not a directory.\n")
