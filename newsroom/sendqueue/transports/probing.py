"""Trying a mail server without sending anything: each step of the way to the first letter, told in plain words."""

import datetime
import ssl
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Literal

from newsroom.hosts import is_loopback
from newsroom.relays import Relay
from newsroom.sendqueue import event_loop
from newsroom.sendqueue.transports.smtp_greeting import Deadlines, Entry, Unwelcome
from newsroom.sendqueue.transports.smtp_line import SmtpLine

PATIENCE = 10.0
SOON = datetime.timedelta(days=14)
Severity = Literal["good", "warning", "error"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One sentence about the mail server, and what to do about it where something is to be done."""

    severity: Severity
    message: str
    hint: str = ""


def probe(relay: Relay, *, patience: float = PATIENCE) -> list[Finding]:
    """Connect, EHLO, TLS, log-in, QUIT. The first error ends it; `patience` is for each step, in seconds. Never raises."""
    if relay.smtp is None:
        return [_of_no_server(relay)]
    return event_loop.run(_Probe(relay, patience).run())


def _of_no_server(relay: Relay) -> Finding:
    if relay.reaches_people:
        return Finding(severity="good", message="Mail is kept in memory: a mail server for tests.")
    hint = "Add a mail server under Settings, or set NEWSROOM_TRANSPORT_URL."
    return Finding(severity="warning", message="No mail server is set up: letters are captured, none leaves this machine.", hint=hint)


@dataclass
class _Probe:
    relay: Relay
    patience: float
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.relay.smtp is None:
            raise AssertionError("a probe needs a mail server")
        self.address = self.relay.smtp
        self.line = SmtpLine()
        deadlines = Deadlines(greeting=self.patience, command=self.patience)
        self.entry = Entry(self.line, self.address, deadlines)

    async def run(self) -> list[Finding]:
        try:
            await self._steps()
        except Unwelcome as refused:
            self._say("error", refused.trouble.what, refused.trouble.advice)
        finally:
            await self.entry.part()
        return self.findings

    async def _steps(self) -> None:
        await self._take(self.entry.connect())
        peer = self.line.about("peername") or ("?",)
        self._say("good", f"{self.address.label} answers, at the address {peer[0]}")
        await self._take(self.entry.welcome())
        self._look_at_clear_text()
        await self._take(self.entry.secure())
        self._look_at_tls()
        await self._take(self.entry.log_in(), times=4)
        self._look_at_log_in()
        self._look_at_features()

    async def _take(self, step: Awaitable[None], times: int = 1) -> None:
        # A moment more than the step's own deadline, whose words are better.
        await self.entry.told(step, self.patience * times + 1)

    def _say(self, severity: Severity, message: str, hint: str = "") -> None:
        self.findings.append(Finding(severity=severity, message=_sentence(message), hint=_sentence(hint)))

    def _look_at_clear_text(self) -> None:
        if self.address.tls != "none" or is_loopback(self.address.host):
            return
        hint = "choose STARTTLS, which it offers" if self.entry.features.starttls else "choose TLS, unless it stands in your own network"
        what = "letters and the password go" if self.address.user else "letters go"
        self._say("warning", f"{what} to it unencrypted", hint)

    def _look_at_tls(self) -> None:
        tls = self.line.about("ssl_object")
        if tls is None:
            return
        self._say("good", f"the line is encrypted with {tls.version()}, and the certificate belongs to {self.address.host}")
        expires = _expiry(tls)
        if expires is not None and expires - datetime.datetime.now(datetime.UTC) < SOON:
            self._say("warning", f"its certificate expires on {expires:%Y-%m-%d}", "have it renewed before that day")

    def _look_at_log_in(self) -> None:
        if self.address.user:
            self._say("good", f"it takes the log-in as {self.address.user}")
        elif self.entry.features.mechanisms and not is_loopback(self.address.host):
            self._say("good", "it offers a log-in, and none is set up: it must know this machine by its address")

    def _look_at_features(self) -> None:
        features = self.entry.features
        if not features.smtputf8:
            self._say("warning", "it does not offer SMTPUTF8: addresses such as josé@example.org cannot be written to through it")
        if not features.pipelining:
            self._say("warning", "it does not offer PIPELINING: sending takes a few times longer")
        self._say("good", "nothing was sent")


def _expiry(tls: ssl.SSLObject) -> datetime.datetime | None:
    ends = (tls.getpeercert() or {}).get("notAfter")
    return datetime.datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), datetime.UTC) if isinstance(ends, str) else None


def _sentence(clause: str) -> str:
    """'it does so' as 'It does so.'; names of files and hosts at the beginning stay as they are."""
    if not clause:
        return ""
    first = clause.split(" ", maxsplit=1)[0]
    begun = clause if "." in first or ":" in first or "/" in first else f"{clause[:1].upper()}{clause[1:]}"
    return begun if begun.endswith((".", "?", "!")) else f"{begun}."
