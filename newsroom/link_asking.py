"""Whether readers can open the links of an issue: asked over the one outbound client, several at once, within a time."""

import re
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal
from urllib.parse import urljoin, urlsplit

from newsroom import outbound
from newsroom.errors import InvalidInput, Refused, Unreachable
from newsroom.link_hosts import askable
from newsroom.outbound import Answer, Resolver
from newsroom.taking_turns import done_in_time

AT_ONCE, AT_ONE_HOST = 16, 2
#: For one step, for one address with all its redirects, and for all addresses.
SECONDS_EACH, SECONDS_ALL_STEPS, SECONDS_TOGETHER = 5.0, 10.0, 12.0
#: Enough to see a form that asks for a password.
FIRST_BYTES = 64 * 1024
MOST_REDIRECTS = 5
HEADERS = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Answers to programs, not to readers: they say nothing of the page.
SAYS_NOTHING = frozenset({405, 406, 429, 999})
LOGIN_HOSTS = re.compile(
    r"^(?:login\.microsoftonline\.com|login\.live\.com|accounts\.google\.com|(?:.+\.)?(?:okta|auth0|onelogin)\.com|(?:login|sso|auth|idp)\..+)$"
)
LOGIN_STEPS = frozenset(
    {
        "login", "log-in", "logon", "signin", "sign-in", "sign_in", "sso", "saml", "saml2", "oauth", "oauth2", "authorize", "cas",
        "wp-login.php", "servicelogin", "connexion", "se-connecter", "iniciar-sesion", "acceso", "login.php", "login.html", "login.aspx",
    }
)  # fmt: skip
PASSWORD_FIELD = re.compile(rb"<input[^>]{0,400}type\s*=\s*[\"']?password", re.IGNORECASE)

State = Literal["good", "unreachable", "login", "unknown", "away", "unasked"]


@dataclass(frozen=True, kw_only=True)
class LinkAnswer:
    """What came of asking one address; `detail` goes on from the host: "answers 404".

    `away`: it may be our own network; `unknown`: the answer says nothing; `unasked`: there was no time.
    """

    state: State
    detail: str = ""
    #: Whether anybody out there was heard.
    heard: bool = True


@dataclass(frozen=True, kw_only=True)
class LinkRound:
    """What came of asking them all: what readers cannot open, and whether this machine has no way out at all."""

    answers: Mapping[str, LinkAnswer]
    is_offline: bool

    @property
    def trouble(self) -> dict[str, tuple[str, str]]:
        """url -> (unreachable or login, detail), as the checks take it; nothing where the fault may be ours."""
        if self.is_offline:
            return {}
        told: dict[str, tuple[str, str]] = {}
        for url, answer in self.answers.items():
            if answer.state in ("unreachable", "away", "login"):
                told[url] = ("login" if answer.state == "login" else "unreachable", answer.detail)
        return told


def ask_all(
    urls: Iterable[str], *, inside_hosts: Collection[str] = (), resolve: Resolver | None = None, seconds: float = SECONDS_TOGETHER
) -> LinkRound:
    """Every web address once, whatever fragment it is given with; hosts take turns. What is not answered in time is unasked."""
    wanted = {url: askable(url) for url in urls}
    pages = dict.fromkeys(page for page in wanted.values() if page)
    work = partial(_ask_gently, inside_hosts=inside_hosts, resolve=resolve)
    tasks = [(urlsplit(page).hostname or "", page) for page in pages]
    done = done_in_time(tasks, work, at_once=AT_ONCE, of_one_group=AT_ONE_HOST, seconds=seconds)
    answers = {page: done.get(page, LinkAnswer(state="unasked", heard=False)) for page in pages}
    silent = any(answer.state in ("away", "unasked") for answer in answers.values())
    offline = silent and not any(answer.heard for answer in answers.values())
    return LinkRound(answers={url: answers[page] for url, page in wanted.items() if page}, is_offline=offline)


def _ask_gently(page: str, *, inside_hosts: Collection[str], resolve: Resolver | None) -> LinkAnswer:
    """A server that stumbles is asked a second time."""
    answer = ask(page, inside_hosts=inside_hosts, resolve=resolve)
    return ask(page, inside_hosts=inside_hosts, resolve=resolve) if answer.detail.startswith("answers 5") else answer


def ask(url: str, *, inside_hosts: Collection[str] = (), resolve: Resolver | None = None) -> LinkAnswer:
    """One address and where it leads, each step judged anew."""
    at, until = url, time.monotonic() + SECONDS_ALL_STEPS
    for step in range(MOST_REDIRECTS + 1):
        seconds = min(SECONDS_EACH, max(0.1, until - time.monotonic()))
        answer = _step(at, seconds, inside_hosts, resolve, heard=step > 0)
        if isinstance(answer, LinkAnswer):
            return answer
        if answer.status not in REDIRECTS or not answer.location:
            return _judged(answer, url, at)
        at = _next(at, answer.location)
        if not at:
            return LinkAnswer(state="unreachable", detail="sends readers to what is no address")
        if _is_login(at) and not _is_login(url):
            return LinkAnswer(state="login", detail=f"readers are sent to {urlsplit(at).hostname}")
    return LinkAnswer(state="unreachable", detail="sends readers in a circle")


def _step(at: str, seconds: float, inside_hosts: Collection[str], resolve: Resolver | None, *, heard: bool) -> Answer | LinkAnswer:
    """What came back, or why nothing did; `heard`: somebody answered on the way here."""
    try:
        return outbound.get(
            at, headers=HEADERS, timeout=seconds, inside_hosts=inside_hosts, resolve=resolve, largest=FIRST_BYTES, whole=False
        )  # fmt: skip
    except InvalidInput:
        return LinkAnswer(state="unreachable", detail="is no address that can be asked", heard=heard)
    except Refused:
        return LinkAnswer(state="unreachable", detail="leads to an address inside this network", heard=heard)
    except Unreachable as error:
        ours = error.may_be_ours and not heard
        return LinkAnswer(state="away" if ours else "unreachable", detail=_detail(error, at), heard=not ours)


def _next(at: str, location: str) -> str:
    """Where a redirect leads. Servers write letters of their own there, and http.client reads each byte as one."""
    try:
        said = location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        said = location
    try:
        return askable(urljoin(at, said))
    except ValueError:
        return ""


def _detail(error: Unreachable, at: str) -> str:
    """The sentence without the host that it begins with."""
    return str(error).removeprefix(f"{urlsplit(at).hostname} ").rstrip(".")


def _judged(answer: Answer, url: str, at: str) -> LinkAnswer:
    if answer.is_good:
        moved = urlsplit(url).path != urlsplit(at).path
        return (
            LinkAnswer(state="login", detail="it asks for a password")
            if moved and PASSWORD_FIELD.search(answer.body)
            else LinkAnswer(state="good")
        )
    if answer.status in SAYS_NOTHING or answer.status in REDIRECTS:
        return LinkAnswer(state="unknown")
    if answer.status in (401, 407):
        return LinkAnswer(state="login", detail=f"it answers {answer.status} and asks who one is")
    if answer.status == 403:
        return LinkAnswer(state="login", detail="it answers 403: it asks for permission, or refuses programs")
    return LinkAnswer(state="unreachable", detail=f"answers {answer.status}" + (" (not found)" if answer.status == 404 else ""))


def _is_login(url: str) -> bool:
    parts = urlsplit(url)
    return bool(LOGIN_HOSTS.match(parts.hostname or "")) or not LOGIN_STEPS.isdisjoint(parts.path.casefold().split("/"))
