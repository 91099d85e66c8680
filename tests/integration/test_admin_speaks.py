"""The admin as French and Spanish colleagues read it: no page that can be opened shows them a sentence in English."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin import guard
from admin.accounts import User
from admin.app import create_admin_app
from admin.permissions import GUEST
from admin.words.catalogue import CATALOGUE
from newsroom.bench.page_issues import LIVES, Amounts
from newsroom.bench.page_paths import PARTS, visits
from newsroom.bench.page_world import make_world
from newsroom.clock import utc_now
from newsroom.db import Base
from newsroom.deliveries import Delivery
from newsroom.house import House
from newsroom.installation import NEXT
from newsroom.issues import OPERATOR, Issue, IssueEvent, get_issue, halt
from newsroom.sendqueue.relay_troubles import RelayTrouble
from newsroom.sendqueue.sweeping import LOST
from tests.factories import a_list, an_issue
from tests.staff import somebody, with_relay

SPOKEN = ("fr", "es")
ENDS = re.compile(r"\s*[.:;?!](?:\s+|$)")
WORDS = re.compile(r"[^\W\d_]{2,}")
#: What is read to somebody, besides what stands between the tags.
SAID_ALOUD = ("aria-label", "title", "placeholder", "alt", "data-label")
#: In these stands what nobody translates: codes, times, letters.
APART = {"code", "iframe", "pre", "script", "style", "template", "textarea", "time"}
EMPTY = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
#: What stands for a reader's name where none is known.
MERGED = re.compile(r"\[\[[^|\]]*\|\s*([^\]]*?)\s*\]\]")
ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+|(https?://)?[\w-]+(\.[\w-]+)+(/\S*)?")
#: Names of time zones.
ZONE = re.compile(r"[A-Za-z]+(/[\w +-]+)+|[A-Z]{3}\d[A-Z]{3}|[A-Z]{2}-\w+|UTC \(UTC\)")
#: The same in every language.
SAME = frozenset({"آذار/مارس"})
#: Where the core keeps sentences of its own: these have to be said in the language of the page.
OF_NEWSROOM = {
    "alarms.text", "deliveries.reason", "installation.doubt", "issue_events.detail", "issues.notice", "relay_troubles.words",
}  # fmt: skip
#: These change nothing, or are told under another name.
NO_DEEDS = {"login.check_code", "login.submit", "notices.read", "subscribers.check"}
DEEDS = {"schedule": "2027-06-10T09:00+00:00", "retry": "2: mailbox_full", "send_to_missing": "1 joined, 2 uncertain"}
HALTED = "The mail server main refuses Newsroom itself: nothing answers at this address and port. Nobody's address was marked."
NOT_STARTED = "Not started: it was due at Monday 2 March 2026, 12:00 (UTC) and nothing ran then. Schedule it anew."
REASONS = {
    "uncertain": LOST,
    "failed": "the letter could not be made: the person has changed something",
    "queued": "held back: at most 2 letters per hour for city5.example",
    "suppressed": "this person no longer receives the list",
}
FULL = Amounts(sections=13, things=2, issues=len(LIVES))
#: What is asked of a page changes little of what it says.
ASKED = ("q=nobody-at-all", "state=uncertain", "change=domain:*")
#: Pages that say more of an issue in another state than in review.
MORE = {
    "draft": ("write", "languages", "checks", "history", "stop/discard"), "approved": ("send", "test"), "scheduled": ("send",),
    "sending": ("deliveries", "retry", "resend", "limit"), "sent": ("extend", "copy", "plan"),
}  # fmt: skip


@dataclass
class Reader(HTMLParser):
    """What a page says in the language of the page: its clauses of two words and more, for a sentence may be half translated."""

    said: set[str] = field(default_factory=set)
    open: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        within = bool(self.open) and self.open[-1]
        apart = within or tag in APART or ("lang" in facts and tag != "html")
        for name in () if apart else SAID_ALOUD:
            self._hear(facts.get(name) or "")
        if tag not in EMPTY:
            self.open.append(apart)

    def handle_endtag(self, tag: str) -> None:
        if self.open and tag not in EMPTY:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not (self.open and self.open[-1]):
            self._hear(data)

    def _hear(self, text: str) -> None:
        for clause in ENDS.split(" ".join(text.split()).removesuffix(" · Newsroom")):
            if len(WORDS.findall(clause)) > 1 and not ADDRESS.fullmatch(clause) and not ZONE.fullmatch(clause):
                self.said.add(clause)


def said_on(page: str) -> set[str]:
    reader = Reader()
    reader.feed(page)
    return reader.said


@dataclass(frozen=True)
class Admin:
    """A furnished admin, a browser that is logged in, and the pages to look at; guests read the language of their link."""

    house: House
    browser: FlaskClient
    paths: Sequence[str]

    def read(self, language: str) -> Mapping[str, set[str]]:
        """Every page as somebody with this language of the interface finds it."""
        with self.house.database.transaction() as session:
            session.execute(update(User).values(language=language))
        answers = {path: answer for path in self.paths if (answer := self.browser.get(path)).status_code < 300}
        return {path: said_on(answer.text) for path, answer in answers.items() if answer.mimetype == "text/html"}


@pytest.fixture
def admin(sqlite_house: House) -> Admin:
    world = make_world(sqlite_house, FULL, people=2, now=utc_now())
    with sqlite_house.database.transaction() as session:
        _tell_why(session, world.issues["sending"])
        _halt(session, get_issue(session, world.issues["paused"]))
        get_issue(session, world.issues["approved"]).notice = NOT_STARTED
    app = create_admin_app(sqlite_house, ring=lambda _: None)
    browser = app.test_client()
    browser.set_cookie(guard.COOKIE, world.staff.cookie, path="/admin")
    of_all = visits(app, world.places, {"in_review": world.issues["in_review"]})
    theirs = {endpoint for endpoint, view in app.view_functions.items() if view.permission == GUEST}  # type: ignore[attr-defined]
    pages = [visit.path for visit in of_all if visit.endpoint not in PARTS | theirs]
    pages = [path for path in pages if "?" not in path or path.endswith(ASKED)]
    pages += [f"/admin/issues/{issue_id}" for issue_id in world.issues.values()]
    pages += [f"/admin/issues/{world.issues[state]}/{name}" for state, names in MORE.items() for name in names]
    return Admin(house=sqlite_house, browser=browser, paths=list(dict.fromkeys(pages)))


def _tell_why(session: Session, issue_id: int) -> None:
    """Reasons that the sender gives for what became of single letters, a mail server's trouble, and what an operator did."""
    for state, why in REASONS.items():
        session.execute(update(Delivery).where(Delivery.state == state).values(reason=why, reply_code=None))
    session.execute(update(Issue).where(Issue.notice != "").values(notice=HALTED))
    session.execute(update(RelayTrouble).values(words="nothing answers at this address and port"))
    for action, detail in (
        ("schedule", "2027-06-10T09:00+00:00"),
        ("retry", "2: mailbox_full"),
        ("send_to_missing", "1 joined, 2 uncertain"),
    ):
        session.add(IssueEvent(issue_id=issue_id, at=utc_now(), action=action, actor=OPERATOR.name, detail=detail))


def _halt(session: Session, issue: Issue) -> None:
    issue.state = "sending"
    session.flush()
    halt(session, issue, now=utc_now(), reason=f"This database is a copy, or was restored from a backup. {NEXT}")


def _written(house: House) -> list[str]:
    """What people wrote, and names: every text of the database that Newsroom did not make itself; the longest first."""
    found: set[str] = set()
    with house.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.columns if f"{table.name}.{column.name}" not in OF_NEWSROOM]
            found.update(text for row in session.execute(select(*columns)) for value in row for text in _texts(value))
    return sorted((text for text in found if len(text) > 2), key=lambda text: -len(text))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        shown = MERGED.sub(r"\1", re.sub(r"<[^>]*>", "\n", value))
        yield from (clause for line in shown.split("\n") for clause in ENDS.split(" ".join(line.split())))
    elif isinstance(value, Mapping):
        yield from (text for each in value.values() for text in _texts(each))
    elif isinstance(value, list | tuple):
        yield from (text for each in value for text in _texts(each))


def _without(sentence: str, written: Sequence[str]) -> str:
    for text in written:
        sentence = sentence.replace(text, "")
    return sentence


@pytest.mark.timeout(180)
def test_no_page_shows_french_or_spanish_colleagues_a_sentence_in_english(admin: Admin) -> None:
    english = admin.read("en")
    assert len(english) > 60
    written = _written(admin.house)
    left: dict[str, str] = {}
    for language in SPOKEN:
        for path, said in admin.read(language).items():
            for sentence in said & english[path] - SAME:
                if len(WORDS.findall(_without(sentence, written))) > 1:
                    left[f"{language}: {sentence}"] = path
    assert left == {}


def test_the_reader_hears_what_is_typed_and_passes_over_what_is_set_apart() -> None:
    page = """<main><p>Two words: two more.</p><bdi>A long name</bdi><time>2 March</time><p lang="fr">Deux mots</p>
    <a title="Look here">x</a><br><code>a b c</code>or so</main>"""
    assert said_on(page) == {"Two words", "two more", "A long name", "Look here", "or so"}


def test_every_deed_has_words_in_the_audit_log(sqlite_house: House) -> None:
    rules = create_admin_app(sqlite_house, ring=lambda _: None).url_map.iter_rules()
    deeds = {rule.endpoint for rule in rules if {"POST", "PATCH", "PUT", "DELETE"} & (rule.methods or set())}
    assert {deed for deed in deeds - NO_DEEDS if f"audit.action.{deed}" not in CATALOGUE["en"]} == set()


def test_what_was_done_and_what_is_wrong_is_told_in_french(sqlite_house: House) -> None:
    house = with_relay(sqlite_house)
    with house.database.transaction() as session:
        issue = f"/admin/issues/{an_issue(session, a_list(session), state='approved', house=house).id}"
    staff, _ = somebody(house, language="fr")
    deeds: Sequence[tuple[str, dict[str, Any], int, str]] = (
        (f"{issue}/test", {"addresses": "ada@example.org", "language": "en"}, 302, "La lettre d’essai part vers ada@example.org."),
        (f"{issue}/schedule", {"date": "soon", "time": "10:00"}, 422, "Choisissez un jour."),
        (f"{issue}/limit", {"rate": "many", "per": "60"}, 422, "Écrivez un nombre entier, par exemple 600."),
        (f"{issue}/limit", {"rate": "600", "per": "60", "daily": "5000"}, 302, "C’est enregistré. Cela vaut dès la prochaine lettre."),
        ("/admin/settings/limits", {"what": ""}, 422, "Choisissez ce que concerne la limite."),
        (f"{issue}/retry", {}, 302, "Choisissez les refus à réessayer."),
    )
    for path, form, status, told in deeds:
        answer = staff.post(path, page=f"{issue}/send", **form)
        assert answer.status_code == status, path
        assert told in (staff.get(answer.location) if status == 302 else answer).text, path
    assert "600 lettres par minute et 5\u202f000 lettres par jour" in staff.get("/admin/settings/limits").text
