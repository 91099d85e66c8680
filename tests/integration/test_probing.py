"""Trying a mail server: what is found on the way to the first letter, in plain words, and nothing is sent."""

from pathlib import Path
from typing import Any

import pytest

from newsroom.relay_urls import CAPTURE, Relay
from newsroom.sendqueue.transports.probing import Finding, probe
from tests.certificates import make_certificate, server_context
from tests.services import free_port
from tests.smtp_server import Drop, Say, SmtpServer, Wait


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls") / "localhost.pem")


def tried(url: str, patience: float = 10) -> list[Finding]:
    return probe(Relay(name="main", url=url), patience=patience)


def trouble(findings: list[Finding]) -> str:
    """The one error, with its hint."""
    (found,) = [finding for finding in findings if finding.severity == "error"]
    assert findings[-1] is found
    assert found.hint, found
    return f"{found.message} {found.hint}"


def test_a_server_that_is_fit_is_told_step_by_step_and_gets_no_letter(certificate: Path) -> None:
    with SmtpServer(tls=server_context(certificate), users={"news": "right"}) as server:
        findings = tried(f"smtp://news:right@localhost:{server.port}?tls=starttls&ca_file={certificate}")
    assert [finding.severity for finding in findings] == ["good"] * 4
    assert "encrypted with TLSv1" in findings[1].message
    assert findings[2].message == "It takes the log-in as news."
    assert server.stored == []
    assert not [command for command in server.commands if command.startswith(("MAIL", "RCPT", "DATA"))]
    assert server.commands[-1] == "QUIT"


def test_where_mail_is_captured_that_is_said() -> None:
    (finding,) = probe(CAPTURE)
    assert "captured" in finding.message


ELSEWHERE = "127.1"  # a way to write this machine that does not look like it


@pytest.mark.parametrize(
    ("host", "user", "words"),
    [(ELSEWHERE, "news:right@", "Letters and the password go to it unencrypted."), (ELSEWHERE, "", "Letters go to it unencrypted.")],
)
def test_what_goes_in_clear_to_another_machine_is_warned_of(host: str, user: str, words: str) -> None:
    with SmtpServer(users={"news": "right"} if user else {}) as server:
        findings = tried(f"smtp://{user}{host}:{server.port}")
    assert [finding.message for finding in findings if finding.severity == "warning"] == [words]


def test_on_this_machine_nobody_listens_to_clear_text() -> None:
    with SmtpServer() as server:
        assert {finding.severity for finding in tried(server.url)} == {"good"}


@pytest.mark.parametrize(
    ("host", "words"), [("no-such-host.invalid", "Its host name is not known."), ("127.0.0.1", "Nothing answers at this address and port.")]
)
def test_a_server_that_is_not_there(host: str, words: str) -> None:
    assert trouble(tried(f"smtp://{host}:{free_port()}")).startswith(words)


def test_a_log_in_that_is_refused_quotes_the_server_and_not_the_password() -> None:
    with SmtpServer(users={"news": "right"}) as server:
        said = trouble(tried(f"smtp://news:hush-hush@127.0.0.1:{server.port}"))
    assert said == "It refuses the log-in as news: 535 5.7.8 wrong user or password. Check user and password."


def test_a_password_for_programs_is_asked_for_where_the_server_says_so() -> None:
    with SmtpServer(users={"news": "right"}) as server:
        server.play("AUTH", Say("534 5.7.9 Application-specific password required"))
        assert "made for programs" in trouble(tried(f"smtp://news:right@127.0.0.1:{server.port}"))


def test_a_server_that_offers_no_log_in_may_want_tls_first() -> None:
    with SmtpServer() as server:
        assert "tls=starttls" in trouble(tried(f"smtp://news:right@127.0.0.1:{server.port}"))


def test_a_server_that_takes_only_tokens_names_the_setting() -> None:
    with SmtpServer(users={"news": "right"}, mechanisms="XOAUTH2") as server:
        assert "auth=xoauth2" in trouble(tried(f"smtp://news:right@127.0.0.1:{server.port}"))


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize(
    ("made", "host", "words"),
    [
        ({"host": "elsewhere.example"}, "localhost", "Its certificate does not match the name localhost."),
        ({"host": "localhost", "days": -10}, "localhost", "Its certificate has expired."),
        ({"host": "127.0.0.2"}, "127.0.0.1", "Its certificate does not match the name 127.0.0.1."),
    ],
)
def test_a_certificate_that_is_not_right(tmp_path: Path, tls: str, made: dict[str, Any], host: str, words: str) -> None:
    wrong = make_certificate(tmp_path / "wrong.pem", **made)
    with SmtpServer(tls=server_context(wrong), implicit_tls=tls == "implicit", users={"news": "right"}) as server:
        said = trouble(tried(f"smtp://news:right@{host}:{server.port}?tls={tls}&ca_file={wrong}"))
        assert not [command for command in server.commands if command.startswith("AUTH")]
    assert said.startswith(words)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_self_signed_certificate_names_the_way_to_trust_it(certificate: Path, tls: str) -> None:
    with SmtpServer(tls=server_context(certificate), implicit_tls=tls == "implicit") as server:
        said = trouble(tried(f"smtp://localhost:{server.port}?tls={tls}"))
    assert said.startswith("Its certificate is self-signed.")
    assert "(ca_file)" in said


def test_a_certificate_that_expires_soon_is_warned_of(tmp_path: Path) -> None:
    ending = make_certificate(tmp_path / "ending.pem", days=3)
    with SmtpServer(tls=server_context(ending)) as server:
        findings = tried(f"smtp://localhost:{server.port}?tls=starttls&ca_file={ending}")
    (warning,) = [finding for finding in findings if finding.severity == "warning"]
    assert "expires on" in warning.message


def test_tls_from_the_start_on_a_plain_port_names_starttls() -> None:
    with SmtpServer() as server:
        said = trouble(tried(f"smtp://127.0.0.1:{server.port}?tls=implicit"))
    assert "does not speak TLS from the start" in said
    assert "tls=starttls" in said


@pytest.mark.parametrize("tls", ["none", "starttls"])
def test_a_plain_greeting_awaited_on_a_port_for_tls_names_implicit(certificate: Path, tls: str) -> None:
    with SmtpServer(tls=server_context(certificate), implicit_tls=True) as server:
        said = trouble(tried(f"smtp://localhost:{server.port}?tls={tls}", patience=1))
    assert "says nothing" in said
    assert "tls=implicit" in said


def test_a_server_without_starttls_names_both_ways_out() -> None:
    with SmtpServer() as server:
        said = trouble(tried(f"smtp://127.0.0.1:{server.port}?tls=starttls"))
    assert "does not offer STARTTLS" in said
    assert "tls=none" in said


def test_a_server_that_turns_this_machine_away() -> None:
    with SmtpServer() as server:
        server.play("greeting", Say("554 5.7.1 no service for you"))
        assert "turns this machine away: 554 5.7.1 no service for you" in trouble(tried(server.url))


def test_what_is_no_mail_server_is_told_so() -> None:
    with SmtpServer() as server:
        server.play("greeting", Say("HTTP/1.1 400 Bad Request"))
        assert trouble(tried(server.url)).startswith("What answers there is no mail server.")


def test_a_server_that_falls_silent_after_its_greeting_is_given_up() -> None:
    with SmtpServer() as server:
        server.play("EHLO", Wait(30))
        findings = tried(server.url, patience=0.5)
    assert findings[-1].message == "It does not answer in time."


def test_a_line_that_breaks_is_told_and_never_raises() -> None:
    with SmtpServer() as server:
        server.play("EHLO", Drop())
        assert tried(server.url)[-1].severity == "error"


def test_a_missing_file_of_certificates_is_named(certificate: Path) -> None:
    with SmtpServer(tls=server_context(certificate)) as server:
        assert "/no/such.pem cannot be read" in trouble(tried(f"smtp://localhost:{server.port}?tls=starttls&ca_file=/no/such.pem"))


def test_what_a_server_lacks_is_said_without_alarm() -> None:
    with SmtpServer(offers=()) as server:
        findings = tried(server.url)
    assert [finding.severity for finding in findings] == ["good", "warning", "warning", "good"]
