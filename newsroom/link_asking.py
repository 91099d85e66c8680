"""Whether readers can open the links of an issue: asked over the one outbound client, several at once, within a time."""

import re
import threading
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Literal
from urllib.parse import urldefrag, urljoin, urlsplit

from newsroom import outbound
from newsroom.errors import InvalidInput, Refused, Unreachable
from newsroom.outbound import Answer, Resolver

AT_ONCE, AT_ONE_HOST = 8, 2
SECONDS_EACH, SECONDS_TOGETHER = 5.0, 12.0
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
    """Every web address once, whatever fragment it is given with. What is not answered in time stays unknown."""
    wanted = {url: urldefrag(url)[0] for url in urls if urlsplit(url).scheme in ("http", "https")}
    pages = dict.fromkeys(wanted.values())
    gates = {urlsplit(page).hostname: threading.Semaphore(AT_ONE_HOST) for page in pages}
    pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="links")
    try:
        asked: dict[str, Future[LinkAnswer]] = {
            page: pool.submit(partial(_ask_gently, page, gates[urlsplit(page).hostname], inside_hosts, resolve)) for page in pages
        }
        wait(asked.values(), timeout=seconds)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    answers = {page: _result(future) for page, future in asked.items()}
    known = [answer for answer in answers.values() if answer.state not in ("unknown", "unasked")]
    offline = bool(answers) and all(answer.state == "away" for answer in known)
    return LinkRound(answers={url: answers[page] for url, page in wanted.items()}, is_offline=offline)


def _result(future: "Future[LinkAnswer]") -> LinkAnswer:
    return future.result() if future.done() and not future.cancelled() else LinkAnswer(state="unasked")


def _ask_gently(page: str, gate: threading.Semaphore, inside_hosts: Collection[str], resolve: Resolver | None) -> LinkAnswer:
    """At most two at once of one host; a server that stumbles is asked a second time."""
    with gate:
        answer = ask(page, inside_hosts=inside_hosts, resolve=resolve)
        return ask(page, inside_hosts=inside_hosts, resolve=resolve) if answer.detail.startswith("answers 5") else answer


def ask(url: str, *, inside_hosts: Collection[str] = (), resolve: Resolver | None = None) -> LinkAnswer:
    """One address and where it leads, each step judged anew."""
    at = url
    for _ in range(MOST_REDIRECTS + 1):
        try:
            answer = outbound.get(
                at, headers=HEADERS, timeout=SECONDS_EACH, inside_hosts=inside_hosts, resolve=resolve, largest=FIRST_BYTES, whole=False
            )  # fmt: skip
        except InvalidInput:
            return LinkAnswer(state="unreachable", detail="is no address that can be asked")
        except Refused:
            return LinkAnswer(state="unreachable", detail="leads to an address inside this network")
        except Unreachable as error:
            return LinkAnswer(state="away" if error.may_be_ours else "unreachable", detail=_detail(error, at))
        if answer.status not in REDIRECTS or not answer.location:
            return _judged(answer, url, at)
        at = urldefrag(urljoin(at, answer.location))[0]
        if _is_login(at) and not _is_login(url):
            return LinkAnswer(state="login", detail=f"readers are sent to {urlsplit(at).hostname}")
    return LinkAnswer(state="unreachable", detail="sends readers in a circle")


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
