"""Every route of guests, with every purpose, from every kind of wrong hand: the expectation comes from one table."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from admin.app import create_admin_app
from admin.permissions import GUEST
from admin.security import FRAME_POLICY, PAGE_POLICY
from newsroom.clock import utc_now
from newsroom.comments import Comment, comment
from newsroom.given_signoffs import Signoff
from newsroom.guests import PURPOSES, GuestLink
from newsroom.house import House
from newsroom.issues import Actor, Issue, IssueSection
from newsroom.proposals import Proposal
from tests.conftest import NOON
from tests.factories import a_list, a_subscriber, a_user, an_issue
from tests.guest_factories import SECTIONS, a_link, opened
from tests.staff import Staff

ALL, READING, TRANSLATING = frozenset(PURPOSES), frozenset({"approve", "comment"}), frozenset({"translate"})
WRITING, WORK = frozenset({"contribute", "propose"}), frozenset({"translate", "contribute", "propose"})
#: Every route of guests and the purposes that it is for. A new route needs a line here, and its view must say the same.
ROUTES: dict[str, frozenset[str]] = {
    "guests.show": ALL, "guests.enter": ALL, "guests.code": ALL, "guests.facts": ALL,
    "guests.comment": READING, "guests.sign": frozenset({"approve"}), "guests.letter": READING | TRANSLATING,
    "guest_translating.change": TRANSLATING, "guest_translating.change_front": TRANSLATING, "guest_translating.states": TRANSLATING,
    "guest_translating.confirm": TRANSLATING, "guest_translating.paper": TRANSLATING, "guest_translating.look": TRANSLATING,
    "guest_translating.take": TRANSLATING,
    "guest_sections.change": WRITING, "guest_sections.upload": WRITING, "guest_sections.finish": WORK,
    "guest_approvals.show": frozenset({"approve"}), "guest_approvals.take_back": frozenset({"approve"}),
}  # fmt: skip
#: Behind the sealed token of a letter, which no link's token opens.
BY_LETTER = frozenset({"guest_approvals.show", "guest_approvals.take_back"})
JSON = frozenset({"guest_translating.change", "guest_translating.change_front", "guest_sections.change", "guest_sections.upload"})
CLOSED = ("expired", "revoked", "forged")
#: Words that no guest may ever read: another issue, a colleague's address, a reader's, what the staff said to each other.
NEVER = ("Hilltopper", "zoe@example.org", "subscriber-one@example.org", "Between us")
#: What only some purposes show of the own issue.
FRENCH, FIRST_SECTION, TITLE = "Chers amis", "The river has risen.", "Spring news"
HIDDEN: dict[str, tuple[str, ...]] = {
    "approve": (), "comment": (), "translate": (FRENCH,), "contribute": (FRENCH, FIRST_SECTION), "propose": (FRENCH, FIRST_SECTION),
}  # fmt: skip
ABOUT = {"approve": ("approval", ""), "comment": ("", ""), "translate": ("", "ar"), "propose": ("quote", "")}


@dataclass(frozen=True, kw_only=True)
class Asked:
    endpoint: str
    method: str
    path: str


class Case:
    """An issue with a guest of one purpose, in their own browser; and another issue of another list."""

    def __init__(self, house: House, purpose: str) -> None:
        self.house, self.purpose = house, purpose
        with house.database.transaction() as session:
            zoe = a_user(session, email="zoe@example.org")
            mailing_list = a_list(session, slug="rivers", title="Rivertide", languages=["en", "ar", "fr"])
            a_subscriber(session, house, mailing_list, address="subscriber-one@example.org")
            issue = an_issue(
                session, mailing_list, sections=SECTIONS, subject=TITLE, languages=["en", "ar", "fr"],
                state="in_review" if purpose == "approve" else "draft",
            )  # fmt: skip
            comment(session, issue, text="Between us", by=Actor(name="Zoe", user_id=zoe.id), now=NOON)
            foreign = an_issue(session, a_list(session, slug="hills", title="Hilltopper"), subject="Hilltopper news", sections=SECTIONS)
            self.issue_id, self.foreign_id = issue.id, foreign.id
            self.uid, self.foreign_uid = issue.sections[1].uid, foreign.sections[0].uid
        about = ABOUT.get(purpose) or (self.uid, "")
        self.link_id, self.path = a_link(house, self.issue_id, purpose, about)
        self.guest = opened(house, self.path)
        self.guest.app.config["WTF_CSRF_ENABLED"] = False
        self.stranger = self.guest.another_browser()

    def routes(self, *, uid: str = "", language: str = "en") -> Iterator[Asked]:
        token = self.path.rpartition("/")[2]
        for rule in guest_rules(self.guest.app):
            values = {"token": token, "uid": uid or self.uid, "language": language}
            built = rule.build({name: values[name] for name in rule.arguments})
            assert built is not None
            for method in {"GET", "POST"} & set(rule.methods or ()):
                yield Asked(endpoint=rule.endpoint, method=method, path=built[1])

    def ask(self, browser: Staff, asked: Asked, path: str = "") -> TestResponse:
        body: dict[str, Any] = {"data": {"text": "Let me in", "field": "title", "code": "0"}}
        if asked.endpoint in JSON:
            body = {"json": {"base": 0, "changes": [{"path": ["title", "ar"], "was": None, "now": "Let me in"}]}}
        return browser.client.open(path or asked.path, method=asked.method, **(body if asked.method == "POST" else {}))

    def set(self, **facts: Any) -> None:
        with self.house.database.transaction() as session:
            session.execute(update(GuestLink).where(GuestLink.id == self.link_id).values(**facts))

    def stands(self, *, issue_id: int | None = None) -> list[tuple[Any, ...]]:
        """All that a guest could change in an issue."""
        with self.house.database.reading() as session:
            tables = (IssueSection.__table__, Comment.__table__, Signoff.__table__, Proposal.__table__)
            chosen = [select(table).where(table.c.issue_id == (issue_id or self.issue_id)) for table in tables]
            rows = [tuple(row) for wanted in chosen for row in session.execute(wanted)]
            issue = session.get_one(Issue, issue_id or self.issue_id)
            return [*rows, (issue.state, issue.subject, issue.front_version)]


def guest_rules(app: Flask) -> list[Any]:
    views = app.view_functions
    return [rule for rule in app.url_map.iter_rules() if getattr(views[rule.endpoint], "permission", "") == GUEST]


def shown(answer: TestResponse, *words: str) -> list[str]:
    return [word for word in words if word.encode() in answer.data]


def is_closed(answer: TestResponse) -> bool:
    return answer.status_code == 404 and b"This link is closed" in answer.data


def test_the_table_knows_every_route_and_every_view_says_the_same(sqlite_house: House) -> None:
    app = create_admin_app(sqlite_house, ring=lambda _: None)
    said = {rule.endpoint: app.view_functions[rule.endpoint].purposes for rule in guest_rules(app)}  # type: ignore[attr-defined]
    assert said == ROUTES


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_link_opens_what_it_is_for_in_its_own_browser_and_nothing_else(sqlite_house: House, purpose: str) -> None:
    case = Case(sqlite_house, purpose)
    foreign, before, wrong = case.stands(issue_id=case.foreign_id), case.stands(), []
    for asked in case.routes():
        answer = case.ask(case.stranger, asked)
        open_to_purpose = purpose in ROUTES[asked.endpoint] and asked.endpoint not in BY_LETTER
        if not open_to_purpose and not is_closed(answer):
            wrong.append(f"{asked}: {answer.status_code}, though it is not for {purpose}")
        if open_to_purpose and answer.status_code not in (200, 302, 403):
            wrong.append(f"{asked}, at the door: {answer.status_code}")
        wrong += [f"{asked} shows {word!r} at the door" for word in shown(answer, *NEVER, TITLE, FRENCH, FIRST_SECTION)]
    assert case.stands() == before, "another browser changes nothing"
    case.set(code_tries=0, code_digest="", code_expires_at=None)
    for condition in CLOSED:
        wrong += closed(case, condition)
    assert case.stands() == before, "a closed link changes nothing"
    for asked in case.routes(uid=case.foreign_uid, language="fr" if purpose == "translate" else "en"):
        answer = case.ask(case.guest, asked)
        opens = purpose in ROUTES[asked.endpoint] and asked.endpoint not in BY_LETTER
        if (asked.endpoint, purpose) == ("guests.letter", "translate"):
            opens = False  # of a language that is none of theirs
        if opens == is_closed(answer) or answer.status_code >= 500:
            wrong.append(f"{asked}, in their own browser: {answer.status_code}")
        wrong += [f"{asked} shows {word!r}" for word in shown(answer, *NEVER, *HIDDEN[purpose])]
    assert not wrong, "\n".join(wrong)
    assert case.stands(issue_id=case.foreign_id) == foreign


def closed(case: Case, condition: str) -> list[str]:
    """What a link that is expired, taken back or made up does not answer with the one sentence."""
    past = utc_now() - timedelta(seconds=1)
    before = {"expired": {"expires_at": past}, "revoked": {"revoked_at": past}}.get(condition)
    if before:
        case.set(**before)
    wrong = []
    for asked in case.routes():
        path = asked.path.replace(case.path, f"{case.path}x") if condition == "forged" else asked.path
        answer = case.ask(case.guest, asked, path)
        if not is_closed(answer):
            wrong.append(f"{asked}, {condition}: {answer.status_code}")
        wrong += [f"{asked}, {condition}, shows {word!r}" for word in shown(answer, *NEVER, TITLE, FIRST_SECTION)]
    case.set(expires_at=utc_now() + timedelta(days=7), revoked_at=None)
    return wrong


@pytest.mark.parametrize("purpose", sorted(WORK))
def test_finished_work_is_not_written_by_any_route(sqlite_house: House, purpose: str) -> None:
    case = Case(sqlite_house, purpose)
    case.set(finished_at=utc_now())
    before = case.stands()
    for asked in case.routes():
        answer = case.ask(case.guest, asked)
        if asked.endpoint in JSON and purpose in ROUTES[asked.endpoint]:
            assert (answer.status_code, "ask Ana" in answer.json["sentence"]) == (403, True), asked  # type: ignore[index]
        assert answer.status_code < 500, asked
    assert case.stands() == before


@pytest.mark.parametrize("purpose", ["approve", "translate", "contribute"])
def test_a_page_with_a_token_in_its_address_tells_nobody_of_it(sqlite_house: House, purpose: str) -> None:
    case = Case(sqlite_house, purpose)
    for asked in case.routes():
        answer = case.ask(case.guest, asked)
        assert answer.headers["Referrer-Policy"] == "no-referrer", asked
        assert answer.headers["Content-Security-Policy"] in (PAGE_POLICY, FRAME_POLICY), asked
        assert answer.headers["Cache-Control"] == "no-store", asked
        if answer.mimetype == "text/html" and asked.endpoint != "guests.letter":
            assert "/admin/issues" not in answer.text, f"{asked}: nothing leads into the admin"
            assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", answer.text), asked


def test_over_https_a_guest_posts_without_a_referrer_and_a_foreign_page_does_not(sqlite_house: House) -> None:
    case = Case(sqlite_house, "comment")
    case.guest.app.config["WTF_CSRF_ENABLED"] = True
    at = {"base_url": "https://localhost"}
    token = case.guest.client.get(f"{case.path}/session", **at).json["csrf"]  # type: ignore[index,arg-type]

    def say(path: str, **headers: str) -> int:
        return case.guest.client.post(path, data={"text": "Good", "csrf_token": token}, headers=headers, **at).status_code  # type: ignore[arg-type]

    assert say(f"{case.path}/comment", **{"Sec-Fetch-Site": "same-origin"}) == 302
    assert say(f"{case.path}/comment", **{"Sec-Fetch-Site": "cross-site"}) == 400
    assert say("/admin/login") == 400, "everywhere else the page is to be named"
    token = "made-up"
    assert say(f"{case.path}/comment") == 400


def test_whoever_tries_made_up_links_is_slowed(sqlite_house: House) -> None:
    case = Case(sqlite_house, "comment")
    assert {case.stranger.get(f"{case.path}{number}").status_code for number in range(15)} == {404, 429}
