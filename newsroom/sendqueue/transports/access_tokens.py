"""Access tokens for XOAUTH2: asked for once however many connections wait, kept until shortly before they expire."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from newsroom import outbound
from newsroom.errors import NewsroomError, Unreachable
from newsroom.relay_urls import OAuth
from newsroom.sendqueue.boot_clock import boot_seconds

MARGIN = 60.0
UNSAID_LIFE = 300.0
ASK_WITHIN = 15.0
LONGEST_QUOTE = 200


class NoToken(Exception):
    """No access token can be had; `fault`: nor will there be one until somebody has looked."""

    def __init__(self, reason: str, *, fault: bool) -> None:
        super().__init__(reason)
        self.fault = fault


@dataclass
class TokenKeeper:
    """The access token of one log-in, for every connection of this process."""

    oauth: OAuth = field(repr=False)
    clock: Callable[[], float] = boot_seconds
    _token: str = field(default="", repr=False)
    _good_until: float = 0.0
    _newer_refresh_token: str = field(default="", repr=False)
    _asking: asyncio.Task[str] | None = field(default=None, repr=False)

    async def token(self) -> str:
        """One that is good for another minute; NoToken says why there is none."""
        if self._token and self.clock() < self._good_until:
            return self._token
        loop = asyncio.get_running_loop()
        if self._asking is None or self._asking.done() or self._asking.get_loop() is not loop:
            self._asking = loop.create_task(self._ask())
            self._asking.add_done_callback(_heard)
        # Shielded: the connection that happened to ask first may give up, and the others still wait for the answer.
        return await asyncio.shield(self._asking)

    def forget(self, token: str) -> None:
        """The mail server did not take this one; a newer one stays."""
        if token == self._token:
            self._token = ""

    async def _ask(self) -> str:
        answer = await asyncio.to_thread(_post, self.oauth, self._form())
        facts = _facts(self.oauth, answer)
        life = _seconds(facts.get("expires_in"))
        # Some services give a new refresh token each time and forget the old one some day.
        self._newer_refresh_token = _text(facts.get("refresh_token")) or self._newer_refresh_token
        self._token = _text(facts.get("access_token"))
        self._good_until = self.clock() + max(life - MARGIN, life / 2)
        return self._token

    def _form(self) -> dict[str, str]:
        """RFC 6749 section 6, or, where there is no refresh token, section 4.4."""
        refresh_token = self._newer_refresh_token or self.oauth.refresh_token
        words = {
            "grant_type": "refresh_token" if refresh_token else "client_credentials",
            "refresh_token": refresh_token,
            "client_id": self.oauth.client_id,
            "client_secret": self.oauth.client_secret,
            "scope": self.oauth.scope,
        }
        return {name: word for name, word in words.items() if word}


@lru_cache(maxsize=64)
def keeper_of(oauth: OAuth) -> TokenKeeper:
    """The one keeper of this log-in in this process."""
    return TokenKeeper(oauth)


def _heard(asking: asyncio.Task[str]) -> None:
    """Read the error, so that one that nobody waits for any more is not complained about."""
    if not asking.cancelled():
        asking.exception()


def _post(oauth: OAuth, form: Mapping[str, str]) -> outbound.Answer:
    try:
        return outbound.post(oauth.token_url, form=form, timeout=ASK_WITHIN, inside_hosts=oauth.inside_hosts)
    except Unreachable as error:
        raise NoToken(f"no access token can be had: {str(error).rstrip('.')}", fault=False) from None
    except NewsroomError as error:
        raise NoToken(f"no access token can be had: {str(error).rstrip('.')}", fault=True) from None


def _facts(oauth: OAuth, answer: outbound.Answer) -> Mapping[str, Any]:
    host = outbound.read_target(oauth.token_url).host
    try:
        facts = json.loads(answer.body)
    except ValueError:
        facts = None
    facts = facts if isinstance(facts, dict) else {}
    if answer.is_good and _text(facts.get("access_token")):
        return facts
    if answer.is_good:
        raise NoToken(f"{host} gave no access token", fault=True)
    said = " ".join(word for word in (_text(facts.get("error")), _text(facts.get("error_description"))) if word)
    told = f": {said[:LONGEST_QUOTE]}" if said else ""
    raise NoToken(f"{host} refuses an access token with {answer.status}{told}", fault=answer.status < 500 and answer.status != 429)


def _text(value: object) -> str:
    """A printable word; a line end within it would end the command it stands in."""
    return value if isinstance(value, str) and value.isprintable() else ""


def _seconds(value: object) -> float:
    """expires_in; some services write the number as text."""
    text = str(value)
    return float(text) if text.isdecimal() and len(text) < 9 else UNSAID_LIFE
