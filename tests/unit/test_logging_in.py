"""Log-in to a mail server: what is kept from whoever reads its words."""

import asyncio
import base64

import pytest

from newsroom.relay_urls import parse_relays
from newsroom.sendqueue.transports.base import Reply
from newsroom.sendqueue.transports.logging_in import log_in
from newsroom.sendqueue.transports.smtp_commands import Features


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_a_server_that_repeats_the_log_in_puts_no_password_into_logs_and_alerts(mechanism: str) -> None:
    async def say(line: str) -> Reply:
        if line == "AUTH LOGIN" or line == base64.b64encode(b"news").decode():
            return Reply(code=334)
        return Reply(code=535, text=f"bad: {line}")

    (relay,) = parse_relays("smtp://news:secret@mail.example.org")
    assert relay.smtp is not None
    found = asyncio.run(log_in(say, relay.smtp, Features(mechanisms=(mechanism,))))
    assert str(found) in ("535 bad: AUTH PLAIN ...", "535 bad: ...")
