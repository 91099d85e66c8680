"""Our SMTP client against a server that plays parts: what each answer, and each silence, is taken for."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from newsroom.relay_urls import read_smtp_url
from newsroom.sendqueue import event_loop
from newsroom.sendqueue.transports.base import OFFERED, Accepted, Deferred, Envelope, Failed, NotSent, Offered, Outcome, Uncertain
from newsroom.sendqueue.transports.smtp import SmtpConnection, SmtpTransport
from newsroom.sendqueue.transports.smtp_greeting import Deadlines
from tests.certificates import make_certificate, server_context
from tests.services import free_port
from tests.smtp_server import Drop, Say, SmtpServer, Wait

LETTER = Envelope(delivery_id=1, sender="back@news.example", recipient="amal@city.example", data=b"Subject: x\r\n\r\nhello\r\n")
PATIENT = Deadlines(greeting=20, command=20, body=20, dot=20)


def transport_to(server: SmtpServer, query: str = "", user: str = "", deadlines: Deadlines = PATIENT) -> SmtpTransport:
    return SmtpTransport(read_smtp_url(f"smtp://{user}localhost:{server.port}{query}"), deadlines=deadlines)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


async def _send(transport: SmtpTransport, *letters: Envelope) -> list[Offered | Outcome]:
    """Each letter on one line, a new one where the last was lost; ends at the first refusal to connect."""
    connection = await transport.connect()
    results: list[Offered | Outcome] = []
    for letter in letters:
        if isinstance(connection, NotSent):
            return [*results, connection]
        offered = await connection.offer(letter)
        results.append(offered if offered is not OFFERED else await connection.finish())
        if not connection.usable:
            connection = await transport.connect()
    if not isinstance(connection, NotSent):
        await connection.leave()
    return results


def send(transport: SmtpTransport, *letters: Envelope) -> list[Offered | Outcome]:
    return event_loop.run(_send(transport, *letters))


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


def test_the_reply_is_kept_with_its_enhanced_status(server: SmtpServer) -> None:
    server.play("dot", Say("250-2.0.0 Ok\n250 2.0.0 queued as 4711"))
    (outcome,) = send(transport_to(server), LETTER)
    assert outcome == Accepted(reply=replace(outcome.reply, code=250, enhanced_status="2.0.0", text="Ok\nqueued as 4711"))


@pytest.mark.parametrize(
    ("phase", "words", "meaning"),
    [
        ("RCPT", "550 5.1.1 no such user", Failed),
        ("RCPT", "450 4.2.0 greylisted", Deferred),
        ("RCPT", "552 5.2.2 mailbox full", Deferred),
        ("RCPT", "552 mailbox full", Deferred),
        ("RCPT", "530 5.7.0 authentication required", NotSent),
        ("DATA", "554 5.7.1 no thanks", Failed),
        ("DATA", "451 4.3.0 later", Deferred),
        ("dot", "554 5.7.1 looks like spam", Failed),
        ("dot", "552 5.3.4 too large", Failed),
        ("dot", "452 4.3.1 disk full", Deferred),
        ("dot", "421 4.3.2 closing", Deferred),
        ("MAIL", "550 5.7.1 you may not send", NotSent),
        ("MAIL", "451 4.7.0 slow down", Deferred),
    ],
)
@pytest.mark.parametrize("offers", [("PIPELINING",), ()])
def test_each_answer_is_taken_for_what_it_says_and_the_next_letter_still_goes(
    phase: str, words: str, meaning: type, offers: tuple[str, ...]
) -> None:
    with SmtpServer(offers=offers) as server:
        server.play(phase, Say(words))
        first, second = send(transport_to(server), LETTER, LETTER._replace(recipient="bea@city.example"))
    assert type(first) is meaning
    assert str(first.reply.code) == words[:3]
    assert isinstance(second, Accepted)
    assert server.recipients == ["bea@city.example"]


def test_refusals_for_our_own_fault_say_so(server: SmtpServer) -> None:
    server.play("MAIL", Say("550 5.7.1 you may not send"))
    (outcome,) = send(transport_to(server), LETTER)
    assert isinstance(outcome, NotSent)
    assert outcome.fault


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA"])
def test_a_line_lost_before_the_dot_leaves_no_doubt(server: SmtpServer, phase: str) -> None:
    server.play(phase, Drop())
    (outcome,) = send(transport_to(server), LETTER)
    assert isinstance(outcome, Deferred)
    assert outcome.reply.code is None
    assert server.stored == []


def test_a_line_lost_in_mid_body_leaves_no_doubt(server: SmtpServer) -> None:
    async def steps() -> Outcome:
        connection = await transport_to(server).connect()
        assert not isinstance(connection, NotSent)
        assert await connection.offer(LETTER) is OFFERED
        await until(lambda: not connection.usable)
        return await connection.finish()

    server.play("body", Drop())
    assert isinstance(event_loop.run(steps()), Deferred)
    assert server.stored == []


def test_half_an_answer_in_mid_body_and_then_silence_leaves_no_doubt(server: SmtpServer) -> None:
    async def steps() -> Outcome:
        connection = await transport_to(server, deadlines=replace(PATIENT, command=0.5)).connect()
        assert isinstance(connection, SmtpConnection)
        assert await connection.offer(LETTER) is OFFERED
        server.say_to_everybody(b"450-one mom")
        await until(lambda: connection._line.has_unread)
        return await connection.finish()

    outcome = event_loop.run(steps())
    assert isinstance(outcome, Deferred)
    assert "before the final dot" in outcome.reply.text
    assert server.stored == []


@pytest.mark.parametrize("stored", [True, False])
def test_a_line_lost_after_the_dot_is_uncertain_whether_or_not_it_was_stored(server: SmtpServer, stored: bool) -> None:
    server.play("dot", Drop(stored=stored))
    (outcome,) = send(transport_to(server), LETTER)
    assert isinstance(outcome, Uncertain)
    assert len(server.stored) == stored


def test_silence_after_the_dot_is_uncertain_once_its_deadline_has_passed(server: SmtpServer) -> None:
    server.play("dot", Wait(60))
    (outcome,) = send(transport_to(server, deadlines=replace(PATIENT, dot=0.3)), LETTER)
    assert isinstance(outcome, Uncertain)


def test_a_slow_reply_after_the_dot_is_waited_for(server: SmtpServer) -> None:
    server.play("dot", Wait(0.3))
    (outcome,) = send(transport_to(server), LETTER)
    assert isinstance(outcome, Accepted)


@pytest.mark.parametrize("words", ["hello there", "250-one\n251 two", "99 what", "354 go on"])
def test_an_unreadable_reply_after_the_dot_is_uncertain(server: SmtpServer, words: str) -> None:
    server.play("dot", Say(f"2{words[1:]}" if words[0] == "2" else words))
    (outcome,) = send(transport_to(server), LETTER)
    assert isinstance(outcome, Uncertain)


def test_a_connection_closed_while_idle_is_noticed_before_anything_is_said(server: SmtpServer) -> None:
    async def steps() -> Offered | Outcome:
        connection = await transport_to(server).connect()
        assert not isinstance(connection, NotSent)
        assert await connection.offer(LETTER) is OFFERED
        assert isinstance(await connection.finish(), Accepted)
        server.drop_everybody()
        await until(lambda: not connection.usable)
        return await connection.offer(LETTER)

    outcome = event_loop.run(steps())
    assert isinstance(outcome, NotSent)
    assert outcome.stale
    assert not outcome.fault


def test_mail_rcpt_and_data_go_in_one_write_behind_the_last_dot(server: SmtpServer) -> None:
    async def steps() -> None:
        connection = await transport_to(server).connect()
        assert not isinstance(connection, NotSent)
        following = LETTER._replace(recipient="bea@city.example")
        assert await connection.offer(LETTER) is OFFERED
        assert isinstance(await connection.finish(following), Accepted)
        await until(lambda: server.commands.count("DATA") == 2)
        assert server.commands[-3:] == ["MAIL FROM:<back@news.example>", "RCPT TO:<bea@city.example>", "DATA"]
        assert await connection.offer(following) is OFFERED
        assert isinstance(await connection.finish(), Accepted)

    event_loop.run(steps())
    assert server.recipients == ["amal@city.example", "bea@city.example"]


def test_a_server_that_says_354_after_refusing_the_recipient_gets_a_lone_dot() -> None:
    with SmtpServer(eager=True) as server:
        server.play("RCPT", Say("550 5.1.1 no such user"))
        first, second = send(transport_to(server), LETTER, LETTER)
    assert isinstance(first, Failed)
    assert isinstance(second, Accepted)
    assert server.connections == 1


@pytest.mark.parametrize(("phase", "words"), [("RCPT", "354 well"), ("MAIL", "550 5.7.1 not from you")])
@pytest.mark.parametrize("offers", [("PIPELINING",), ()])
def test_a_server_that_did_not_refuse_the_recipient_never_gets_an_empty_letter_for_them(
    phase: str, words: str, offers: tuple[str, ...]
) -> None:
    with SmtpServer(eager=True, offers=offers) as server:
        server.play(phase, Say(words))
        first, second = send(transport_to(server), LETTER, LETTER)
    assert isinstance(first, Failed | NotSent)
    assert isinstance(second, Accepted)
    assert len(server.stored) == 1


def test_a_non_ascii_mailbox_is_written_in_utf8_where_offered_and_refused_with_the_reason_where_not() -> None:
    letter = LETTER._replace(recipient="josé@bücher.example")
    with SmtpServer() as server:
        assert isinstance(send(transport_to(server), letter)[0], Accepted)
    assert server.recipients == ["josé@xn--bcher-kva.example"]
    assert server.stored[0].parameters == "SMTPUTF8"
    with SmtpServer(offers=("PIPELINING",)) as plain:
        (outcome,) = send(transport_to(plain), letter)
    assert isinstance(outcome, Failed)
    assert "SMTPUTF8" in outcome.reply.text


def test_an_international_domain_alone_needs_no_smtputf8() -> None:
    with SmtpServer(offers=("PIPELINING",)) as server:
        assert isinstance(send(transport_to(server), LETTER._replace(recipient="jose@bücher.example"))[0], Accepted)
    assert server.recipients == ["jose@xn--bcher-kva.example"]


def test_an_address_with_a_line_break_is_never_put_on_the_wire(server: SmtpServer) -> None:
    (outcome,) = send(transport_to(server), LETTER._replace(recipient="a@b.example>\r\nRCPT TO:<victim@c.example"))
    assert isinstance(outcome, Failed)
    assert not any("victim" in command for command in server.commands)


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "LOGIN"])
def test_it_logs_in(mechanisms: str) -> None:
    with SmtpServer(users={"news": "p@ss word"}, mechanisms=mechanisms) as server:
        assert isinstance(send(transport_to(server, user="news:p%40ss%20word@"), LETTER)[0], Accepted)


def test_a_refused_log_in_is_our_fault_and_says_what_the_server_said() -> None:
    with SmtpServer(users={"news": "right"}) as server:
        (outcome,) = send(transport_to(server, user="news:wrong@"), LETTER)
    assert isinstance(outcome, NotSent)
    assert outcome.fault
    assert outcome.reply.code == 535
    assert "wrong user or password" in outcome.reply.text


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("127.0.0.1", "nothing answers at this address and port"),
        ("localhost", "nothing answers at this address and port"),
        ("no-such-host.invalid", "its host name is not known"),
    ],
)
def test_a_server_that_is_not_there_may_come_back_and_staff_read_why_in_plain_words(host: str, words: str) -> None:
    (outcome,) = send(SmtpTransport(read_smtp_url(f"smtp://{host}:{free_port()}"), deadlines=PATIENT), LETTER)
    assert isinstance(outcome, NotSent)
    assert not outcome.fault
    assert outcome.reply.text.startswith(words)


@pytest.mark.parametrize("phase", ["greeting", "EHLO"])
def test_a_server_that_turns_us_away_at_the_door_is_our_fault(server: SmtpServer, phase: str) -> None:
    server.play(phase, Say("554 5.7.1 we do not know you"))
    (outcome,) = send(transport_to(server), LETTER)
    assert isinstance(outcome, NotSent)
    assert outcome.fault


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for localhost."""
    return make_certificate(tmp_path_factory.mktemp("tls") / "localhost.pem")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_it_speaks_tls_with_a_server_it_can_trust(certificate: Path, tls: str) -> None:
    with SmtpServer(tls=server_context(certificate), implicit_tls=tls == "implicit") as server:
        outcomes = send(transport_to(server, f"?tls={tls}&ca_file={certificate}"), LETTER, LETTER)
    assert [type(outcome) for outcome in outcomes] == [Accepted, Accepted], outcomes


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_that_cannot_be_trusted_is_our_fault_and_no_letter_goes(certificate: Path, tls: str) -> None:
    with SmtpServer(tls=server_context(certificate), implicit_tls=tls == "implicit") as server:
        (outcome,) = send(transport_to(server, f"?tls={tls}"), LETTER)
    assert isinstance(outcome, NotSent)
    assert outcome.fault
    assert "self-signed" in outcome.reply.text.replace("self signed", "self-signed")
    assert server.stored == []


def test_a_server_without_starttls_gets_no_letter_in_clear(server: SmtpServer) -> None:
    (outcome,) = send(transport_to(server, "?tls=starttls"), LETTER)
    assert isinstance(outcome, NotSent)
    assert outcome.fault
    assert server.stored == []


def test_words_slipped_in_before_tls_begins_are_not_believed(certificate: Path) -> None:
    with SmtpServer(tls=server_context(certificate)) as server:
        server.play("STARTTLS", Say("220 go ahead\n250 2.0.0 injected"))
        (outcome,) = send(transport_to(server, f"?tls=starttls&ca_file={certificate}"), LETTER)
    assert isinstance(outcome, NotSent)
