"""Log-in to a mail server: PLAIN (RFC 4616), LOGIN, and XOAUTH2 with tokens that are renewed."""

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

from newsroom.relay_urls import OAuth, SmtpAddress
from newsroom.sendqueue.transports import troubles
from newsroom.sendqueue.transports.access_tokens import NoToken, keeper_of
from newsroom.sendqueue.transports.base import Reply
from newsroom.sendqueue.transports.smtp_commands import Features
from newsroom.sendqueue.transports.troubles import Trouble

GO_ON = 334
TOKEN_REFUSED = (GO_ON, 535)
Say = Callable[[str], Awaitable[Reply]]


async def log_in(say: Say, address: SmtpAddress, features: Features) -> Reply | Trouble:
    """The server's last word, or why it was not asked; `say` writes one line and gives the answer."""
    if address.auth == "xoauth2" and address.oauth is not None:
        return await _with_token(say, address, address.oauth, features)
    wanted = ("PLAIN", "LOGIN") if address.auth == "auto" else (address.auth.upper(),)
    mechanism = next((name for name in wanted if name in features.mechanisms), None)
    if mechanism is None:
        return troubles.no_mechanism(features.mechanisms, " or ".join(wanted), address)
    if mechanism == "PLAIN":
        return await _in_secret(say, "AUTH PLAIN ", f"{chr(0)}{address.user}{chr(0)}{address.password}")
    return await _by_steps(say, address)


async def _by_steps(say: Say, address: SmtpAddress) -> Reply:
    reply = await say("AUTH LOGIN")
    for word in (address.user, address.password):
        if reply.code != GO_ON:
            return reply
        reply = await _in_secret(say, "", word)
    return reply


async def _with_token(say: Say, address: SmtpAddress, oauth: OAuth, features: Features) -> Reply | Trouble:
    """A token that is not taken is renewed once: the service may have withdrawn it before its time."""
    if "XOAUTH2" not in features.mechanisms:
        return troubles.no_mechanism(features.mechanisms, "XOAUTH2", address)
    keeper = keeper_of(oauth)
    try:
        token = await keeper.token()
        reply, said = await _offer(say, address, token)
        if reply.code in TOKEN_REFUSED:
            keeper.forget(token)
            token = await keeper.token()
            reply, said = await _offer(say, address, token)
    except NoToken as error:
        return Trouble(
            what=str(error), advice="look at client_id, client_secret and refresh_token" if error.fault else "", fault=error.fault
        )
    if reply.code in TOKEN_REFUSED:
        keeper.forget(token)
        return troubles.token_refused(address, said)
    return reply


async def _offer(say: Say, address: SmtpAddress, token: str) -> tuple[Reply, str]:
    """The last word, and what the server said of the token: a refusal comes as JSON in a 334 that wants an empty answer."""
    reply = await _in_secret(say, "AUTH XOAUTH2 ", f"user={address.user}{chr(1)}auth=Bearer {token}{chr(1)}{chr(1)}")
    if reply.code != GO_ON:
        return reply, str(reply)
    refused = await say("")
    return refused, " ".join(word for word in (str(refused), _challenge(reply.text)) if word)


def _challenge(text: str) -> str:
    """'(status 401)', or nothing where it cannot be read."""
    try:
        status = json.loads(base64.b64decode(text, validate=True))["status"]
    except (ValueError, KeyError, TypeError):
        return ""
    return f"(status {str(status)[:20]})" if str(status).isprintable() else ""


async def _in_secret(say: Say, command: str, secret: str) -> Reply:
    """Some servers repeat the line they do not like; their words go into logs, pages and alerts."""
    word = _base64(secret)
    reply = await say(f"{command}{word}")
    return replace(reply, text=reply.text.replace(word, "...")) if word else reply


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
