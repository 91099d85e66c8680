"""No page of the admin asks the database more often when there is more to show: each is opened with little and with much behind it."""

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, update
from werkzeug.routing import Rule

from admin import guard
from admin.accounts import UserSession
from admin.app import create_admin_app
from newsroom.bench.page_issues import LIVES, Amounts
from newsroom.bench.page_paths import ASKED_AGAIN, MOMENTARY, NO_PAGES, PARTS, QUESTIONS, Places, Visit, path_of, visits
from newsroom.bench.page_world import World, make_world
from newsroom.clock import utc_now
from newsroom.house import House, open_house
from newsroom.settings import load_settings
from tests.services import PostgreSQL

#: A section of each kind and two of everything else, against thirty.
LITTLE = Amounts(sections=13, things=2, issues=2 * len(LIVES))
MUCH = Amounts(sections=30, things=30, issues=30 * len(LIVES))
#: These send on whoever has an account and a finished set-up.
SENT_ON = frozenset({"home", "login.show"})
#: Whose pages are opened on which database; what is asked depends on the issue, not on the database.
STATES = {"sqlite": ("draft", "in_review", "sent"), "postgresql": ("scheduled", "sending")}
#: What a page wants to be shown at all is an issue of the other database's.
NOT_OF_THESE = {"sqlite": frozenset[str](), "postgresql": frozenset({"aftermath.ask_resolve"})}
#: Parts that compile letters are opened of these only.
COMPILED_OF = ("draft", "sent")


@dataclass(frozen=True, kw_only=True)
class Seen:
    status: int
    statements: tuple[str, ...]


@contextmanager
def counted(house: House) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(*facts: object) -> None:
        seen.append(" ".join(str(facts[2]).split()))

    event.listen(house.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(house.database.engine, "before_cursor_execute", note)


def looked_through(house: House, amounts: Amounts, states: tuple[str, ...]) -> list[tuple[Visit, Seen]]:
    """Every page once, by an administrator who has the links of the guests as well."""
    world = make_world(house, amounts, people=amounts.things, now=utc_now())
    _seen_for_an_hour(house)
    app = create_admin_app(house, ring=lambda _: None)
    browser = _browser(app, world)
    found = []
    with counted(house) as statements:
        for visit in visits(app, world.places, {state: world.issues[state] for state in states}):
            if visit.is_part and visit.state not in ("", *COMPILED_OF):
                continue
            statements.clear()
            answer = browser.get(visit.path, headers=visit.headers)
            found.append((visit, Seen(status=answer.status_code, statements=tuple(statements))))
    return found


def _seen_for_an_hour(house: House) -> None:
    """Once a minute it is written down that somebody was seen: on a slow machine that would fall on one of the pages."""
    with house.database.transaction() as session:
        session.execute(update(UserSession).values(seen_at=utc_now() + timedelta(hours=1)))


def _browser(app: Flask, world: World) -> FlaskClient:
    browser = app.test_client()
    for name, value in {guard.COOKIE: world.staff.cookie, **world.guest_cookies}.items():
        browser.set_cookie(name, value, path="/admin")
    return browser


@contextmanager
def _opened(folder: Path, url: str) -> Iterator[House]:
    """No mail server in the environment: those kept in the admin count, and their pages are there."""
    house = open_house(load_settings({}, data_dir=folder, database_url=url, public_url="https://news.example.org"))
    yield house
    house.database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def addresses(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A fresh migrated database for little and one for much, on each kind in turn."""
    names = ("little", "much")
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        for name in names:
            shutil.copy(template, tmp_path / f"{name}.db")
        yield {name: f"sqlite:///{tmp_path / name}.db" for name in names}
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    yield {name: server.create(f"pages_{name}", "newsroom_template") for name in names}
    for name in names:
        server.drop(f"pages_{name}")


def test_a_page_asks_no_more_of_the_database_when_there_is_more_to_show(addresses: dict[str, str], tmp_path: Path) -> None:
    found = {}
    for name, amounts in (("little", LITTLE), ("much", MUCH)):
        with _opened(tmp_path / name, addresses[name]) as house:
            found[name] = looked_through(house, amounts, STATES[house.database.engine.dialect.name])
    wrong = [
        f"{visit.endpoint} ({visit.state or visit.path}): {_compared(little, much)}"
        for (visit, little), (_, much) in zip(found["little"], found["much"], strict=True)
        if (little.status, len(little.statements)) != (much.status, len(much.statements))
    ]
    assert not wrong, "\n".join(wrong)
    assert not _never_seen(found["much"]) - NOT_OF_THESE[house.database.engine.dialect.name]


def _compared(little: Seen, much: Seen) -> str:
    """Which statements are more with much, and how often."""
    before, after = Counter(little.statements), Counter(much.statements)
    more = [f"{number - before[one]} x more: {one[:300]}" for one, number in after.items() if number > before[one]]
    return f"{little.status} with {len(little.statements)}, {much.status} with {len(much.statements)} statements\n  " + "\n  ".join(more)


def _never_seen(found: list[tuple[Visit, Seen]]) -> set[str]:
    """Pages that were nothing but refusals: nobody would notice what they ask."""
    statuses = defaultdict(set)
    for visit, seen in found:
        statuses[visit.endpoint].add(seen.status)
    return {endpoint for endpoint, of_it in statuses.items() if 200 not in of_it} - SENT_ON


def test_every_route_is_looked_at_or_said_not_to_be_a_page(sqlite_house: House) -> None:
    app = create_admin_app(sqlite_house, ring=lambda _: None)
    looked_at = {visit.endpoint for visit in visits(app, Places(), {"draft": 1})}
    all_of_them = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert all_of_them == looked_at | NO_PAGES | MOMENTARY
    assert not looked_at & (NO_PAGES | MOMENTARY)
    assert ASKED_AGAIN | PARTS | QUESTIONS.keys() <= looked_at


def test_a_new_part_of_a_path_wants_something_that_stands_for_it(sqlite_house: House) -> None:
    app = create_admin_app(sqlite_house, ring=lambda _: None)
    rule = Rule("/admin/boats/<int:boat_id>", endpoint="boats.show", methods=["GET"])
    app.url_map.add(rule)
    with pytest.raises(AssertionError, match="boat_id"):
        path_of(rule, Places())
