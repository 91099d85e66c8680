"""The one outbound HTTP client: asks public addresses only, exactly those that the name was resolved to, within a deadline and a size.

No proxy of the environment is used, no redirect is followed, no cookie is kept. What an address says beyond its host may be a
secret (web hooks carry theirs in the path), so no error quotes more than the host.
"""

import errno
import http.client
import io
import ipaddress
import json as json_format
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

from newsroom.errors import InvalidInput, Refused, Unreachable

LARGEST_ANSWER = 1024 * 1024
PORTS = {"http": 80, "https": 443}
_NETLOC = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?)(:[0-9]{0,5})?")
_KEPT = "/%?=&+:;,@!$'()*~-._[]"
Resolver = Callable[[str, int], Sequence[str]]

# The registries of special addresses (RFC 6890 and what was added since), written out: Python's own `is_global` knows more of
# them with every release. 168.63.129.16 is where Azure keeps its metadata, in the middle of public addresses.
_SPECIAL_IPV4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
_SPECIAL_IPV6 = tuple(
    ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back, whatever its status; a redirect is an answer like any other, `location` is where it leads."""

    status: int
    body: bytes = field(repr=False)
    location: str = field(default="", repr=False)

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON; InvalidInput when it is none."""
        try:
            return json_format.loads(self.body)
        except ValueError:
            raise InvalidInput.of("The answer is not JSON.") from None


@dataclass(frozen=True, kw_only=True)
class Target:
    """A web address, taken apart; `path` holds the query too."""

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked; its words may be secret."""

    method: Literal["GET", "POST"]
    target: Target
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    whole: bool = True


def post(
    url: str, *, json: Any = None, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None, timeout: float = 10,
    allow_inside: bool = False, inside_hosts: Collection[str] = (), resolve: Resolver | None = None, largest: int = LARGEST_ANSWER,
) -> Answer:  # fmt: skip
    """Send JSON or a form. InvalidInput: no such address can be asked; Refused: it leads inside; Unreachable: no whole answer in time.

    `inside_hosts` names hosts that may lie inside (NEWSROOM_INSIDE_HOSTS); `timeout` is for everything together, in seconds.
    """
    body, kind = _body(json, form)
    asked = Question(method="POST", target=read_target(url), headers={"Content-Type": kind, **(headers or {})}, body=body)
    return _ask(asked, timeout=timeout, inside=allow_inside or inside_hosts, resolve=resolve, largest=largest)


def get(
    url: str, *, headers: Mapping[str, str] | None = None, timeout: float = 10, allow_inside: bool = False,
    inside_hosts: Collection[str] = (), resolve: Resolver | None = None, largest: int = LARGEST_ANSWER, whole: bool = True,
) -> Answer:  # fmt: skip
    """Fetch, on the terms of `post`; not `whole`: the first `largest` bytes of a longer answer are enough."""
    asked = Question(method="GET", target=read_target(url), headers=headers or {}, whole=whole)
    return _ask(asked, timeout=timeout, inside=allow_inside or inside_hosts, resolve=resolve, largest=largest)


def is_inside(text: str) -> bool:
    """Whether this IP address is anything but a public one of the internet; what is no IP address counts as inside."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return True
    if isinstance(address, ipaddress.IPv4Address):
        return _is_special(address)
    if address.ipv4_mapped is not None:
        return _is_special(address.ipv4_mapped)
    if address in _NAT64:
        # An IPv6-only network reaches the public IPv4 internet so (RFC 6052), and its own machines too.
        return _is_special(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return address.scope_id is not None or address not in _GLOBAL_IPV6 or any(address in network for network in _SPECIAL_IPV6)


def _is_special(address: ipaddress.IPv4Address) -> bool:
    return not address.is_global or any(address in network for network in _SPECIAL_IPV4)


def refuse_leading_inside(url: str, *, inside_hosts: Collection[str] = (), resolve: Resolver | None = None, timeout: float = 3) -> None:
    """Refused where `post` and `get` would refuse this address; one whose name cannot be looked up now is not judged."""
    target = read_target(url)
    try:
        addresses = _addresses(target, Deadline(timeout), resolve or _look_up)
    except OSError:
        return
    _refuse_inside(target.host, addresses, inside_hosts)


def read_target(url: str) -> Target:
    """InvalidInput with one sentence for whatever is wrong."""
    if not url.isascii() or not url.isprintable() or " " in url:
        raise _wrong("holds a character that no web address may hold")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _wrong("has a host or a port that is none") from None
    if parts.scheme not in PORTS:
        raise _wrong("must begin with https:// or http://")
    if "@" in parts.netloc:
        raise _wrong("must not hold a user or a password")
    if not _NETLOC.fullmatch(parts.netloc) or port == 0:
        raise _wrong("has a host or a port that is none")
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    host = (parts.hostname or "").removesuffix(".")
    return Target(scheme=parts.scheme, host=host, port=port or PORTS[parts.scheme], path=quote(path, safe=_KEPT))


def _wrong(what: str) -> InvalidInput:
    return InvalidInput.of(f"The web address {what}.", hint="For example https://hooks.example.org/newsroom.")


def _body(json: Any, form: Mapping[str, str] | None) -> tuple[bytes, str]:
    if form is not None:
        return urlencode(form).encode(), "application/x-www-form-urlencoded"
    return json_format.dumps(json, ensure_ascii=False).encode(), "application/json; charset=utf-8"


def _ask(asked: Question, *, timeout: float, inside: bool | Collection[str], resolve: Resolver | None, largest: int) -> Answer:
    target, deadline = asked.target, Deadline(timeout)
    try:
        addresses = _addresses(target, deadline, resolve or _look_up)
        _refuse_inside(target.host, addresses, inside)
        with closing(_connected(target, addresses, deadline)) as wire:
            return _exchange(Line(wire, deadline), asked, largest)
    except TimeoutError:
        raise Unreachable(f"{target.host} does not answer within {timeout:g} seconds.", may_be_ours=True) from None
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or error
        raise Unreachable(f"{target.host} cannot be trusted: {reason}.") from None
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{target.host} cannot be asked: {_said(error)}.", may_be_ours=_may_be_ours(error)) from None


def _may_be_ours(error: Exception) -> bool:
    """Whether a machine without a network would say the same."""
    return isinstance(error, socket.gaierror) or getattr(error, "errno", None) in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)


def _said(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    if isinstance(error, http.client.HTTPException) and not isinstance(error, OSError):
        return "what came back is no HTTP answer"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


@dataclass
class Deadline:
    """So many seconds from now, for everything together."""

    seconds: float

    def __post_init__(self) -> None:
        self._until = time.monotonic() + self.seconds

    def left(self, share: int = 1) -> float:
        """TimeoutError when there is nothing left; else the seconds, or one of so many shares of them."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left / share


def _look_up(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _addresses(target: Target, deadline: Deadline, resolve: Resolver) -> Sequence[str]:
    """The C library's resolver knows no deadline: it is waited for in a thread that may be left behind."""
    found: list[Sequence[str]] = []
    failed: list[Exception] = []

    def look() -> None:
        try:
            found.append(resolve(target.host, target.port))
        except (OSError, UnicodeError) as error:
            failed.append(error if isinstance(error, OSError) else socket.gaierror())

    thread = threading.Thread(target=look, name="resolver", daemon=True)
    thread.start()
    thread.join(deadline.left())
    if failed:
        raise failed[0]
    if not found:
        raise TimeoutError
    if not found[0]:
        raise socket.gaierror
    return found[0]


def _refuse_inside(host: str, addresses: Sequence[str], allowed: bool | Collection[str]) -> None:
    """One inside address among several is enough: the next look-up would be free to choose it."""
    if allowed is True or (allowed and host in {name.lower().removesuffix(".") for name in allowed}):
        return
    if any(is_inside(address) for address in addresses):
        raise Refused(f"{host} leads to an address inside this network. If that is meant, name it in NEWSROOM_INSIDE_HOSTS.")


def _connected(target: Target, addresses: Sequence[str], deadline: Deadline) -> socket.socket:
    """To the first of exactly these addresses that answers."""
    troubles: list[OSError] = []
    for number, address in enumerate(addresses):
        try:
            plain = socket.create_connection((address, target.port), deadline.left(len(addresses) - number))
        except OSError as error:
            troubles.append(error)
            continue
        return _secured(plain, target, deadline)
    deadline.left()
    raise troubles[-1]


def _secured(plain: socket.socket, target: Target, deadline: Deadline) -> socket.socket:
    if target.scheme == "http":
        return plain
    try:
        plain.settimeout(deadline.left())
        return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
    except BaseException:
        plain.close()
        raise


@dataclass(frozen=True)
class Line:
    """What http.client takes for a socket: every write and read is held to one deadline."""

    wire: socket.socket
    deadline: Deadline

    def sendall(self, data: bytes) -> None:
        self.wire.settimeout(self.deadline.left())
        self.wire.sendall(data)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(Reading(self.wire, self.deadline))

    def close(self) -> None:
        """http.client lets go of the socket before the body is read; the wire is closed by whoever opened it."""


class Reading(io.RawIOBase):
    """The reading half of a line; closing it leaves the wire open."""

    def __init__(self, wire: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._wire, self._deadline = wire, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._wire.settimeout(self._deadline.left())
        return self._wire.recv_into(buffer)


def _exchange(line: Line, asked: Question, largest: int) -> Answer:
    target = asked.target
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.default_port = PORTS[target.scheme]
    connection.sock = line
    headers = {"User-Agent": "Newsroom", "Connection": "close", **asked.headers}
    try:
        connection.request(asked.method, target.path, body=asked.body or None, headers=headers)
    except ValueError:
        raise InvalidInput.of("A header holds a character that none may hold.") from None
    response = connection.getresponse()
    body = response.read(largest + 1) if asked.whole else _beginning(response, largest)
    if len(body) > largest:
        raise Unreachable(f"{target.host} answers with more than {largest} bytes.")
    return Answer(status=response.status, body=body[:largest], location=response.getheader("Location") or "")


def _beginning(response: http.client.HTTPResponse, largest: int) -> bytes:
    """The first bytes of an answer that may never end: what came in time is enough."""
    body = b""
    try:
        while len(body) < largest and (more := response.read1(largest - len(body))):
            body += more
    except (TimeoutError, http.client.IncompleteRead):
        return body
    return body
