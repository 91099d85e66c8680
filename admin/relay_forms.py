"""The form of a mail server: from its facts to fields, and back. A secret never goes to the browser."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from werkzeug.datastructures import MultiDict

from admin.forms import text
from admin.speaking import tp
from newsroom.errors import InvalidInput, Problem
from newsroom.relay_urls import DEFAULT_CONNECTIONS, MOST_CONNECTIONS, MOST_WEIGHT, PORTS, Auth, OAuth, SmtpAddress, Tls, checked_host
from newsroom.relays import KeptRelay
from newsroom.slugs import checked_slug

FIELDS = (
    "name", "host", "port", "tls", "ca_file", "auth", "user", "password", "token_url", "client_id", "client_secret", "refresh_token",
    "scope", "weight", "connections",
)  # fmt: skip
SECRETS = ("password", "client_secret", "refresh_token")
ENCRYPTION: tuple[Tls, ...] = ("starttls", "implicit", "none")
LOG_IN: tuple[Auth, ...] = ("auto", "xoauth2")
# What the address says in its own notation is said for a form.
OWN_WORDS = ("ca_file", "user", "token_url", "client_id")


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the form says, read."""

    name: str
    weight: int
    address: SmtpAddress


def fresh() -> dict[str, Any]:
    return {"tls": "starttls", "auth": "auto", "weight": "1", "connections": str(DEFAULT_CONNECTIONS)}


def encryption() -> list[tuple[str, str]]:
    """The options of the form, in the language of the page."""
    return [(value, tp(f"relays.tls.{value}")) for value in ENCRYPTION]


def log_in() -> list[tuple[str, str]]:
    return [(value, tp(f"relays.auth.{value}")) for value in LOG_IN]


def shown(kept: KeptRelay) -> dict[str, Any]:
    """The values of the fields, without its secrets."""
    address = kept.address
    oauth = address.oauth
    values = {name: getattr(address, name) for name in ("host", "port", "tls", "ca_file", "user", "connections")}
    values |= {name: getattr(oauth, name, "") for name in ("token_url", "client_id", "scope")}
    return values | {"name": kept.name, "weight": kept.weight, "auth": "xoauth2" if oauth else "auto"}


def typed(given: MultiDict[str, str]) -> dict[str, Any]:
    """What was typed, to be shown again; secrets are typed anew."""
    return {name: value for name, value in given.to_dict().items() if name not in SECRETS}


def read(given: MultiDict[str, str]) -> Given:
    """InvalidInput with everything that cannot be read."""
    problems: list[Problem] = []

    def number(name: str, sentence: str, most: int, usual: int) -> int:
        word = text(given, name)
        if not word:
            return usual
        if word.isascii() and word.isdecimal() and len(word) < 7 and 1 <= int(word) <= most:
            return int(word)
        problems.append(Problem(place=name, message=sentence))
        return usual

    tls = cast(Tls, _known(given, "tls", ENCRYPTION))
    port = number("port", tp("relays.wrong.port"), 65_535, PORTS[tls])
    weight = number("weight", tp("relays.wrong.weight", most=str(MOST_WEIGHT)), MOST_WEIGHT, 1)
    connections = number("connections", tp("relays.wrong.connections", most=str(MOST_CONNECTIONS)), MOST_CONNECTIONS, DEFAULT_CONNECTIONS)
    host = _host(text(given, "host"), problems)
    name = _name(text(given, "name"), problems)
    if problems:
        raise InvalidInput(problems)
    return Given(name=name, weight=weight, address=_address(given, host, port, tls, connections))


def _known(given: MultiDict[str, str], name: str, known: Sequence[str]) -> Any:
    word = given.get(name, "")
    if word not in known:
        raise InvalidInput.of(tp("relays.wrong.choose"), place=name)
    return word


def _name(name: str, problems: list[Problem]) -> str:
    try:
        return checked_slug(name, place="name")
    except InvalidInput as error:
        problems.extend(error.problems)
        return ""


def _host(host: str, problems: list[Problem]) -> str:
    try:
        return checked_host(host.removeprefix("[").removesuffix("]"))
    except InvalidInput as error:
        sentence = f"{error.problems[0].message}." if host else tp("relays.wrong.host")
        problems.append(Problem(place="host", message=sentence))
        return ""


def _address(given: MultiDict[str, str], host: str, port: int, tls: Tls, connections: int) -> SmtpAddress:
    auth = cast(Auth, _known(given, "auth", LOG_IN))
    by_token = auth == "xoauth2"
    return SmtpAddress(
        host=host,
        port=port,
        tls=tls,
        connections=connections,
        ca_file=text(given, "ca_file"),
        auth=auth,
        user=text(given, "user"),
        password="" if by_token else given.get("password", ""),
        oauth=_oauth(given) if by_token else None,
    )


def _oauth(given: MultiDict[str, str]) -> OAuth:
    return OAuth(
        token_url=text(given, "token_url"),
        client_id=text(given, "client_id"),
        client_secret=text(given, "client_secret"),
        refresh_token=text(given, "refresh_token"),
        scope=text(given, "scope"),
    )


def with_lost_secrets(error: InvalidInput, given: MultiDict[str, str]) -> InvalidInput:
    """The same problems, and one for every secret that was typed: its field comes back empty, and empty may mean the one kept before."""
    told = {problem.place for problem in error.problems}
    lost = [Problem(place=name, message=tp("relays.wrong.lost_secret")) for name in SECRETS if given.get(name) and name not in told]
    return InvalidInput([*error.problems, *lost])


def in_own_words(error: InvalidInput) -> InvalidInput:
    """The same problems as the form calls its fields."""
    return InvalidInput([Problem(place=problem.place, message=_worded(problem), hint=problem.hint) for problem in error.problems])


def _worded(problem: Problem) -> str:
    if problem.place == "refresh_token" and "needs" in problem.message:
        return tp("relays.wrong.needs_token")
    words = tp(f"relays.wrong.{problem.place}") if problem.place in OWN_WORDS else problem.message
    return words if words.endswith(".") else f"{words}."
