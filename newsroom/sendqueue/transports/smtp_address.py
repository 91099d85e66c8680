"""The address of a mail server: smtp://user:password@host:port?tls=starttls&connections=16"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from newsroom.errors import ConfigurationError

Tls = Literal["none", "starttls", "implicit"]
DEFAULT_CONNECTIONS = 16
MOST_CONNECTIONS = 500
PARAMETERS = ("tls", "connections", "ca_file")


@dataclass(frozen=True, kw_only=True)
class SmtpAddress:
    """Where and how to reach a relay. `ca_file`: certificates to trust instead of the system's."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: Tls = "none"
    connections: int = DEFAULT_CONNECTIONS
    ca_file: str = ""

    @property
    def label(self) -> str:
        return f"{self.host}:{self.port}"


def read_smtp_url(url: str) -> SmtpAddress:
    """ConfigurationError with one sentence for whatever is wrong; the password is never quoted."""
    parts = _parts(url)
    parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(set(parameters) - set(PARAMETERS)):
        raise _wrong(f"has the parameter {unknown[0]!r}; known are {', '.join(PARAMETERS)}")
    tls = _tls(parameters.get("tls", "none"))
    return SmtpAddress(
        host=_host(parts),
        port=_port(parts, tls),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=tls,
        connections=_connections(parameters.get("connections", str(DEFAULT_CONNECTIONS))),
        ca_file=_readable(parameters.get("ca_file", "")),
    )


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise _wrong("has a bracket in its host that makes no IPv6 address; write smtp://[2001:db8::25]:587") from None


def _host(parts: SplitResult) -> str:
    if not parts.hostname:
        raise _wrong("names no host; for example smtp://user:password@mail.example.org:587?tls=starttls")
    try:
        parts.hostname.encode("idna")  # as the resolver will
    except UnicodeError:
        raise _wrong(f"names the host {parts.hostname!r}, which is no host name") from None
    return parts.hostname


def _tls(word: str) -> Tls:
    if word not in get_args(Tls):
        raise _wrong(f"says tls={word}; it can be none, starttls or implicit")
    return cast(Tls, word)


def _port(parts: SplitResult, tls: Tls) -> int:
    try:
        given = parts.port
    except ValueError:
        raise _wrong("has a port that is not a number from 1 to 65535") from None
    return given or {"none": 25, "starttls": 587, "implicit": 465}[tls]


def _connections(word: str) -> int:
    if not word.isdecimal() or not 1 <= int(word) <= MOST_CONNECTIONS:
        raise _wrong(f"says connections={word}; it can be 1 to {MOST_CONNECTIONS}")
    return int(word)


def _readable(path: str) -> str:
    if path and not Path(path).is_file():
        raise _wrong(f"says ca_file={path}, and there is no such file")
    return path


def _wrong(what: str) -> ConfigurationError:
    return ConfigurationError(f"NEWSROOM_TRANSPORT_URL {what}")
