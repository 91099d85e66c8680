"""The addresses of mail servers, read from text: smtp://user:password@host:587?tls=starttls&connections=16&weight=2&name=main

Whatever is wrong is one sentence that quotes the faulty part and never a password, a token, or what may be a piece of one.
"""

import re
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import SplitResult, quote, unquote, urlsplit

from newsroom.errors import InvalidInput
from newsroom.hosts import is_loopback
from newsroom.slugs import is_slug

Tls = Literal["none", "starttls", "implicit"]
Auth = Literal["auto", "plain", "login", "xoauth2"]
SCHEMES = ("outbox", "memory", "smtp")
DEFAULT_CONNECTIONS, MOST_CONNECTIONS = 16, 500
MOST_WEIGHT = 1_000
MOST_RELAYS = 50
ONLY = "main"
PORTS: dict[Tls, int] = {"none": 25, "starttls": 587, "implicit": 465}
EXAMPLE = "smtp://user:password@mail.example.org:587?tls=starttls"
OAUTH_SHOWN = ("token_url", "client_id", "scope")
OAUTH = ("token_url", "client_id", "client_secret", "refresh_token", "scope")
OF_EVERY_RELAY = ("name", "weight")
OF_SMTP = ("tls", "connections", "ca_file", "auth", *OAUTH)
_NAME = re.compile(r"[?&]name=([a-z0-9-]+)(?:&|$)")
_HOST = re.compile(r"[^\s/?#@\[\]:%]+|[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.-]+)?")


@dataclass(frozen=True, kw_only=True)
class OAuth:
    """Where access tokens come from (RFC 6749): by the refresh token, else by the application's own secret."""

    token_url: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    scope: str = ""
    inside_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SmtpAddress:
    """Where and how to reach a mail server. `ca_file`: certificates to trust instead of the system's."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: Tls = "none"
    connections: int = DEFAULT_CONNECTIONS
    ca_file: str = ""
    auth: Auth = "auto"
    oauth: OAuth | None = None

    @property
    def label(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Relay:
    """One way out for mail: `name` stands on deliveries, `weight` is its share of the newsletters beside the others.

    `inside_hosts` may be asked for access tokens although they lie inside the network (NEWSROOM_INSIDE_HOSTS).
    `is_kept`: somebody gave it its name in the admin.
    """

    name: str
    url: str = field(repr=False)
    weight: int = 1
    is_kept: bool = False
    inside_hosts: tuple[str, ...] = field(default=(), repr=False)

    @property
    def scheme(self) -> str:
        return self.url.partition(":")[0]

    @property
    def reaches_people(self) -> bool:
        """False where mail is only kept."""
        return self.scheme != "outbox"

    @cached_property
    def smtp(self) -> SmtpAddress | None:
        """Parsed; None for what is no mail server."""
        if self.scheme != "smtp":
            return None
        address = read_smtp_url(self.url)
        return address if address.oauth is None else replace(address, oauth=replace(address.oauth, inside_hosts=self.inside_hosts))

    @property
    def label(self) -> str:
        """host:port, never with a secret."""
        if self.smtp is not None:
            return self.smtp.label
        return self.scheme if self.scheme == "outbox" else self.url.partition("?")[0].rstrip(":")


#: Where nothing is set up: mail is kept on this machine and shown in the admin.
CAPTURE = Relay(name="outbox", url="outbox:")


def parse_relays(text: str) -> tuple[Relay, ...]:
    """Addresses parted by white space, in their order; InvalidInput says which one is wrong, and how."""
    words = text.split()
    if len(words) > MOST_RELAYS:
        raise InvalidInput.of(f"{len(words)} addresses are more than the {MOST_RELAYS} that can be used")
    # All beginnings first: a word without one is most often the rest of a password with a blank, and nothing before it may be quoted.
    for number, word in enumerate(words):
        with _told_where(number, len(words)):
            checked_scheme(word, quotable=number == 0)
    spoken_for = frozenset(found[1] for word in words if (found := _NAME.search(word)))
    relays: list[Relay] = []
    for number, word in enumerate(words):
        with _told_where(number, len(words)):
            relays.append(_parse_relay(word, relays, spoken_for))
    if len(relays) > 1 and not all(relay.reaches_people for relay in relays):
        raise InvalidInput.of("outbox: keeps mail instead of sending it, so it cannot stand beside other addresses")
    return tuple(relays)


@contextmanager
def _told_where(number: int, count: int) -> Iterator[None]:
    try:
        yield
    except InvalidInput as error:
        problem = error.problems[0]
        where = f"in address {number + 1} of {count}, " if count > 1 else ""
        raise InvalidInput.of(f"{where}{problem.message}", place=problem.place) from None


def _parse_relay(url: str, others: Sequence[Relay], spoken_for: frozenset[str]) -> Relay:
    scheme = checked_scheme(url)
    if scheme == "smtp":
        read_smtp_url(url)
    parameters = read_parameters(url)
    weight = checked_number("weight", parameters.get("weight", "1"), MOST_WEIGHT)
    given = parameters.get("name")
    if given is not None and not is_slug(given):
        raise InvalidInput.of(f"name={given} is not a short name: use small letters, digits and single hyphens", place="name")
    if scheme != "smtp" and (unknown := sorted(set(parameters) - set(OF_EVERY_RELAY if scheme == "memory" else ()))):
        raise InvalidInput.of(f"the parameter {unknown[0]!r} is not known beside {scheme}:")
    taken = {relay.name for relay in others}
    if given in taken:
        raise InvalidInput.of(f"name={given} is given to two addresses", place="name")
    return Relay(name=given or _own_name(url, taken | spoken_for), url=url, weight=weight)


def checked_scheme(url: str, *, quotable: bool = True) -> str:
    scheme, colon, rest = url.partition(":")
    if colon and scheme in SCHEMES:
        return scheme
    # Without // it may be a password in the wrong place, and behind a blank the rest of one: not quoted.
    shown = colon and quotable and rest.startswith("//") and scheme.isascii() and scheme.isalnum()
    given = f"the address starts with {scheme!r}" if shown else "the address does not begin as one"
    raise InvalidInput.of(f"{given}; known are {', '.join(f'{known}:' for known in SCHEMES)}", place="url")


def _own_name(url: str, taken: Set[str]) -> str:
    """Of an address that says none: the first server is the main one, others are called by their host."""
    scheme, _, rest = url.partition(":")
    said = (_parts(url).hostname or "") if scheme == "smtp" else rest.partition("?")[0]
    slug = re.sub(r"[^a-z0-9]+", "-", said.lower()).strip("-")[:70].strip("-") or scheme
    first = ONLY if scheme == "smtp" else slug
    return next(name for name in (first, slug, *(f"{slug}-{number}" for number in range(2, 2 * MOST_RELAYS + 2))) if name not in taken)


def read_parameters(url: str) -> dict[str, str]:
    """What stands behind the question mark; + is a plus sign here, since tokens hold it."""
    found: dict[str, str] = {}
    for pair in _query(url).split("&"):
        name, _, value = pair.partition("=")
        if name in found:
            raise InvalidInput.of(f"the parameter {name!r} is given twice", place=name)
        if pair:
            found[name] = unquote(value)
    return found


def _query(url: str) -> str:
    return url.partition("?")[2]


def read_smtp_url(url: str, *, with_secrets: bool = True) -> SmtpAddress:
    """InvalidInput with one sentence for whatever is wrong; `with_secrets` False reads one whose secrets were taken out."""
    parts = _parts(url)
    parameters = read_parameters(url)
    if unknown := sorted(set(parameters) - set(OF_SMTP) - set(OF_EVERY_RELAY)):
        raise InvalidInput.of(f"the parameter {unknown[0]!r} is not known; known are {', '.join(OF_EVERY_RELAY + OF_SMTP)}")
    tls = cast(Tls, _chosen("tls", parameters.get("tls", "none"), get_args(Tls)))
    address = SmtpAddress(
        host=checked_host(parts.hostname or ""),
        port=_port(parts, tls),
        user=_line("user", unquote(parts.username or "")),
        password=_line("password", unquote(parts.password or "")),
        tls=tls,
        connections=checked_number("connections", parameters.get("connections", str(DEFAULT_CONNECTIONS)), MOST_CONNECTIONS),
        ca_file=_line("ca_file", parameters.get("ca_file", "")),
        auth=cast(Auth, _chosen("auth", parameters.get("auth", "auto"), get_args(Auth))),
        oauth=_oauth(parameters),
    )
    check_log_in(address, with_secrets=with_secrets)
    return address


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidInput.of("the host cannot be read: an IPv6 address is written smtp://[2001:db8::25]:587", place="host") from None
    if parts.path.strip("/") or parts.fragment or not url.startswith("smtp://") or "@" in parts.query:
        # Most often a password with such a character: nothing of it may be quoted.
        raise InvalidInput.of(f"the address cannot be read: in a password write / as %2F, ? as %3F, # as %23, @ as %40; as in {EXAMPLE}")
    return parts


def checked_host(host: str) -> str:
    """InvalidInput for what no resolver would take."""
    if not host:
        raise InvalidInput.of(f"the host is missing; for example {EXAMPLE}", place="host")
    try:
        host.encode("idna")  # as the resolver will
    except UnicodeError:
        raise InvalidInput.of(f"{host!r} is no host name", place="host") from None
    if not _HOST.fullmatch(host) or not host.isprintable():
        raise InvalidInput.of(f"{host!r} is no host name", place="host")
    return host


def _port(parts: SplitResult, tls: Tls) -> int:
    try:
        given = parts.port
    except ValueError:
        raise InvalidInput.of("the port is not a number from 1 to 65535", place="port") from None
    if given == 0:
        raise InvalidInput.of("the port is not a number from 1 to 65535", place="port")
    return given or PORTS[tls]


def _line(name: str, text: str) -> str:
    if not text.isprintable():
        raise InvalidInput.of(f"the {name} holds a character that cannot be typed, such as a line end", place=name)
    return text


def _chosen(name: str, word: str, known: Sequence[str]) -> str:
    if word not in known:
        *others, last = known
        raise InvalidInput.of(f"{name}={word} is not known: it can be {', '.join(others)} or {last}", place=name)
    return word


def checked_number(name: str, word: str, most: int) -> int:
    if not (word.isascii() and word.isdecimal()) or len(word) > 6 or not 1 <= int(word) <= most:
        raise InvalidInput.of(f"{name}={word} is out of range: it can be 1 to {most}", place=name)
    return int(word)


def check_file(address: SmtpAddress) -> None:
    """InvalidInput where its file of certificates is not there: asked once, when somebody names it."""
    if address.ca_file and not Path(address.ca_file).is_file():
        raise InvalidInput.of(f"ca_file={address.ca_file} names no file on this machine", place="ca_file")


def _oauth(parameters: dict[str, str]) -> OAuth | None:
    given = {name: parameters.get(name, "") for name in OAUTH}
    if not any(given.values()):
        return None
    return OAuth(
        token_url=given["token_url"],
        client_id=given["client_id"],
        client_secret=given["client_secret"],
        refresh_token=given["refresh_token"],
        scope=given["scope"],
    )


def check_log_in(address: SmtpAddress, *, with_secrets: bool = True) -> None:
    """InvalidInput where the parts of the log-in do not belong together."""
    for holds, place, sentence in _RULES:
        if holds(address):
            raise InvalidInput.of(sentence, place=place)
    oauth = address.oauth
    if with_secrets and oauth and not (oauth.refresh_token or oauth.client_secret):
        raise InvalidInput.of("auth=xoauth2 needs a refresh_token, or the client_secret of the application", place="refresh_token")


_Rule = tuple[Callable[[SmtpAddress], bool], str, str]
_RULES: tuple[_Rule, ...] = (
    (lambda at: bool(at.password) and not at.user, "user", "there is a password without a user"),
    (lambda at: at.auth != "auto" and not at.user, "user", "auth= is given without a user to log in"),
    (lambda at: at.oauth is not None and at.auth != "xoauth2", "auth", "token_url and its like belong to auth=xoauth2 alone"),
    (lambda at: at.auth == "xoauth2" and bool(at.password), "password", "auth=xoauth2 takes no password: it logs in with tokens"),
    (lambda at: at.auth == "xoauth2" and (at.oauth is None or not at.oauth.token_url), "token_url", "auth=xoauth2 needs token_url"),
    (lambda at: at.oauth is not None and not at.oauth.client_id, "client_id", "auth=xoauth2 needs client_id"),
    (lambda at: at.oauth is not None and not _is_token_url(at.oauth.token_url), "token_url", "token_url is no web address with https://"),
)  # fmt: skip


def _is_token_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        return safe and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def write_smtp_url(address: SmtpAddress, *, with_secrets: bool = True) -> str:
    """The address that reads back as this value."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    log_in = quote(address.user, safe="")
    if with_secrets and address.password:
        log_in += ":" + quote(address.password, safe="")
    parameters = {"tls": address.tls, "connections": str(address.connections), "ca_file": address.ca_file}
    parameters["auth"] = "" if address.auth == "auto" else address.auth
    shown = OAUTH if with_secrets else OAUTH_SHOWN
    parameters |= {name: getattr(address.oauth, name, "") for name in shown}
    query = "&".join(f"{name}={quote(value, safe='/:.,')}" for name, value in parameters.items() if value)
    return f"smtp://{log_in}{'@' if log_in else ''}{host}:{address.port}?{query}"
