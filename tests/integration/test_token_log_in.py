"""Log-in by XOAUTH2: access tokens are asked for once, renewed in time, and a refused one is renewed once."""

import asyncio
import json
from collections.abc import Iterator
from urllib.parse import parse_qs, quote

import pytest

from newsroom.relay_urls import OAuth, Relay, SmtpAddress
from newsroom.sendqueue import event_loop
from newsroom.sendqueue.transports.access_tokens import NoToken, TokenKeeper
from newsroom.sendqueue.transports.base import OFFERED, Accepted, Envelope, NotSent
from newsroom.sendqueue.transports.probing import probe
from newsroom.sendqueue.transports.smtp import SmtpTransport
from tests.smtp_server import SmtpServer
from tests.web_hook import WebHook, web_hook

LETTER = Envelope(delivery_id=1, sender="back@news.example", recipient="amal@city.example", data=b"Subject: x\r\n\r\nhello\r\n")
USER = "news@city.example"


@pytest.fixture
def service() -> Iterator[WebHook]:
    """Gives access tokens."""
    with web_hook() as hook:
        yield hook


def answer(status: str, **facts: object) -> bytes:
    body = json.dumps(facts).encode()
    return b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


def token(name: str, seconds: object = 3600, **more: object) -> bytes:
    return answer("200 OK", access_token=name, token_type="Bearer", expires_in=seconds, **more)


def oauth(service: WebHook, **changes: str) -> OAuth:
    facts = {"client_id": "newsroom", "client_secret": "app-secret", "refresh_token": "long-lived/+=", **changes}
    return OAuth(token_url=service.url, inside_hosts=("127.0.0.1",), **facts)


def transport_to(server: SmtpServer, log_in: OAuth) -> SmtpTransport:
    return SmtpTransport(SmtpAddress(host="127.0.0.1", port=server.port, user=USER, auth="xoauth2", oauth=log_in))


def server_taking(*tokens: str) -> SmtpServer:
    return SmtpServer(users={USER: tokens[0]}, mechanisms="PLAIN XOAUTH2")


def asked(service: WebHook) -> list[dict[str, list[str]]]:
    return [parse_qs(body.decode()) for body in service.bodies]


async def send(transport: SmtpTransport) -> Accepted | NotSent | object:
    line = await transport.connect()
    if isinstance(line, NotSent):
        return line
    assert await line.offer(LETTER) is OFFERED
    outcome = await line.finish()
    await line.leave()
    return outcome


def test_a_letter_is_sent_with_a_token_got_by_the_refresh_token(service: WebHook) -> None:
    service.answers.append(token("fresh"))
    with server_taking("fresh") as server:
        assert isinstance(event_loop.run(send(transport_to(server, oauth(service)))), Accepted)
    (form,) = asked(service)
    assert form == {
        "grant_type": ["refresh_token"], "refresh_token": ["long-lived/+="], "client_id": ["newsroom"], "client_secret": ["app-secret"],
    }  # fmt: skip


def test_without_a_refresh_token_the_application_asks_for_itself(service: WebHook) -> None:
    service.answers.append(token("fresh"))
    log_in = oauth(service, refresh_token="", scope="https://outlook.example/.default")
    with server_taking("fresh") as server:
        assert isinstance(event_loop.run(send(transport_to(server, log_in))), Accepted)
    (form,) = asked(service)
    assert (form["grant_type"], form["scope"]) == (["client_credentials"], ["https://outlook.example/.default"])
    assert "refresh_token" not in form


def test_connections_that_open_together_ask_once(service: WebHook) -> None:
    service.answer = token("fresh")

    async def many(transport: SmtpTransport) -> list[object]:
        return list(await asyncio.gather(*[send(transport) for _ in range(8)]))

    with server_taking("fresh") as server:
        outcomes = event_loop.run(many(transport_to(server, oauth(service, client_id="many"))))
        assert {type(outcome) for outcome in outcomes} == {Accepted}
        # A later connection, another event loop: the token is still good.
        assert isinstance(event_loop.run(send(transport_to(server, oauth(service, client_id="many")))), Accepted)
    assert len(service.asked) == 1


def test_a_token_withdrawn_before_its_time_is_renewed_once_and_the_letter_goes(service: WebHook) -> None:
    service.answers += [token("withdrawn"), token("fresh")]
    with server_taking("fresh") as server:
        assert isinstance(event_loop.run(send(transport_to(server, oauth(service)))), Accepted)
    assert len(service.asked) == 2


def test_a_token_refused_twice_is_our_fault_and_said_plainly(service: WebHook) -> None:
    service.answer = token("useless")
    with server_taking("other") as server:
        outcome = event_loop.run(send(transport_to(server, oauth(service))))
    assert isinstance(outcome, NotSent)
    assert outcome.fault
    assert f"refuses the access token of {USER}, and a fresh one too: 535 5.7.8 that token is not good (status 401)" in outcome.reply.text
    assert "useless" not in outcome.reply.text
    assert len(service.asked) == 2
    assert server.stored == []


def test_a_refresh_token_that_has_expired_is_our_fault_with_the_services_words(service: WebHook) -> None:
    service.answer = answer("400 Bad Request", error="invalid_grant", error_description="The refresh token has expired.")
    with server_taking("x") as server:
        outcome = event_loop.run(send(transport_to(server, oauth(service))))
    assert isinstance(outcome, NotSent)
    assert outcome.fault
    assert "127.0.0.1 refuses an access token with 400: invalid_grant The refresh token has expired." in outcome.reply.text
    assert "refresh_token" in outcome.reply.text
    assert "long-lived" not in outcome.reply.text


@pytest.mark.parametrize("status", ["500 Oops", "503 Later", "429 Slowly"])
def test_a_service_in_trouble_may_come_back(service: WebHook, status: str) -> None:
    service.answer = answer(status)
    with server_taking("x") as server:
        outcome = event_loop.run(send(transport_to(server, oauth(service))))
    assert isinstance(outcome, NotSent)
    assert not outcome.fault


def test_a_service_inside_the_network_is_asked_only_where_the_settings_allow_it(service: WebHook) -> None:
    relay = Relay(name="main", url=f"smtp://u@127.0.0.1:9?auth=xoauth2&token_url={quote(service.url)}&client_id=a&refresh_token=b")
    assert relay.smtp is not None
    assert relay.smtp.oauth is not None
    with pytest.raises(NoToken, match="no access token can be had"):
        event_loop.run(TokenKeeper(relay.smtp.oauth).token())
    assert service.asked == []


def test_a_token_is_renewed_shortly_before_it_expires(service: WebHook) -> None:
    service.answers += [token("first", 3600), token("second", "120"), token("third", "nonsense")]
    now = [0.0]
    keeper = TokenKeeper(oauth(service), clock=lambda: now[0])
    got = []
    for moment in (0, 3500, 3541, 3560, 3602):
        now[0] = float(moment)
        got.append(event_loop.run(keeper.token()))
    assert got == ["first", "first", "second", "second", "third"]


def test_a_refresh_token_that_is_replaced_is_used_from_then_on(service: WebHook) -> None:
    service.answers += [token("first", 0, refresh_token="newer"), token("second")]
    keeper = TokenKeeper(oauth(service))
    event_loop.run(keeper.token())
    event_loop.run(keeper.token())
    assert [form["refresh_token"] for form in asked(service)] == [["long-lived/+="], ["newer"]]


def test_a_token_with_a_line_end_never_reaches_the_mail_server(service: WebHook) -> None:
    service.answer = token("a\r\nRSET")
    with pytest.raises(NoToken, match="gave no access token"):
        event_loop.run(TokenKeeper(oauth(service)).token())


def test_no_picture_of_a_keeper_shows_its_secrets(service: WebHook) -> None:
    service.answer = token("hush-token")
    keeper = TokenKeeper(oauth(service))
    event_loop.run(keeper.token())
    assert "hush-token" not in repr(keeper)
    assert "long-lived" not in repr(keeper)
    assert "app-secret" not in repr(keeper.oauth)


def test_trying_the_server_goes_all_the_way_through_the_token(service: WebHook) -> None:
    service.answer = token("fresh")
    url = f"smtp://{quote(USER)}@127.0.0.1:{{port}}?auth=xoauth2&token_url={service.url}&client_id=probe&refresh_token=b+/="
    with server_taking("fresh") as server:
        findings = probe(Relay(name="main", url=url.format(port=server.port), inside_hosts=("127.0.0.1",)))
    assert f"It takes the log-in as {USER}." in [finding.message for finding in findings]
    assert asked(service)[0]["refresh_token"] == ["b+/="]
