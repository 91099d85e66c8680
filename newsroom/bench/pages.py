"""The benchmark of the admin: every page opened again and again, with a million subscribers and a hundred issues behind it."""

import math
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import event

from admin import guard
from admin.app import create_admin_app
from newsroom.bench.installation import settle_down
from newsroom.bench.letter import PUBLIC_URL
from newsroom.bench.page_crowd import add_crowd_letters
from newsroom.bench.page_issues import Amounts, add_written_issue
from newsroom.bench.page_paths import Visit, page_rules, visits
from newsroom.bench.page_world import World, make_world
from newsroom.bench.report import machine
from newsroom.bench.scratch import Scratch, scratch
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput
from newsroom.house import House, open_house
from newsroom.issues import Issue
from newsroom.nearest import did_you_mean
from newsroom.section_writing import MOST_SECTIONS
from newsroom.sendqueue.refreshing import refresh
from newsroom.settings import Settings
from newsroom.settling_in import settle_in_to_answer

LIMIT_MS = 150
SECTIONS, THINGS = 72, 30
#: Parts are loaded after their page; they are timed less often, since some of them compile letters.
LOOKS_AT_PARTS = 5
#: So many of the slowest pages are opened again by an editor who has one list alone.
HEAVIEST = 20
GREAT = "draft of 300 sections"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """`only`: pages whose name begins with one of these, as `subscribers` or `issues.show`; none: all of them."""

    people: int
    issues: int
    looks: int
    database_url: str = ""
    sqlite: bool = False
    only: tuple[str, ...] = ()
    sections: int = SECTIONS
    most_sections: int = MOST_SECTIONS


@dataclass(frozen=True, kw_only=True)
class Look:
    """Milliseconds by the clock and of this process's processor, the statements and the bytes of one opening."""

    status: int
    clock: float
    processor: float
    statements: int
    size: int


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A page with every look at it after the first, which fills what is remembered; `first` tells what that one took."""

    visit: Visit
    first: Look
    looks: tuple[Look, ...]
    editor: bool = False

    @property
    def p95(self) -> float:
        return _p95([look.clock for look in self.looks])

    @property
    def is_slow(self) -> bool:
        return self.p95 > LIMIT_MS

    def report(self) -> dict[str, Any]:
        clock, processor = [look.clock for look in self.looks], [look.processor for look in self.looks]
        who = "editor" if self.editor else "administrator"
        return {
            "page": self.visit.endpoint, "issue": self.visit.state, "path": self.visit.path, "by": who,
            "status": self.first.status, "p50_ms": round(statistics.median(clock), 1), "p95_ms": round(self.p95, 1),
            "first_ms": round(self.first.clock, 1), "processor_p50_ms": round(statistics.median(processor), 1),
            "processor_p95_ms": round(_p95(processor), 1), "statements": self.looks[-1].statements, "kb": round(self.first.size / 1024, 1),
        }  # fmt: skip


@dataclass
class Counter:
    """The statements since it was last asked."""

    seen: int = 0

    def note(self, *_: object) -> None:
        self.seen += 1

    def taken(self) -> int:
        found, self.seen = self.seen, 0
        return found


@dataclass(frozen=True, kw_only=True)
class Browsers:
    """Who looks, each with their cookies, and what their looks cost the database."""

    administrator: FlaskClient
    editor: FlaskClient
    counter: Counter = field(default_factory=Counter)

    def open(self, visit: Visit, *, editor: bool = False) -> Look:
        client = self.editor if editor else self.administrator
        self.counter.taken()
        begun, used = time.perf_counter(), time.process_time()
        answer = client.get(visit.path, headers=visit.headers)
        size = len(answer.get_data())
        return Look(
            status=answer.status_code, clock=(time.perf_counter() - begun) * 1000, processor=(time.process_time() - used) * 1000,
            statements=self.counter.taken(), size=size,
        )  # fmt: skip

    def timed(self, visit: Visit, looks: int, *, editor: bool = False) -> Timed:
        first = self.open(visit, editor=editor)
        return Timed(visit=visit, first=first, editor=editor, looks=tuple(self.open(visit, editor=editor) for _ in range(looks)))


def bench_pages(wish: Wish) -> dict[str, Any]:
    with scratch(database_url=wish.database_url, sqlite=wish.sqlite) as made, _opened(made) as house:
        app = create_admin_app(house, ring=lambda _: None)
        _refuse_unknown(app, wish.only)
        begun = time.perf_counter()
        world, issues = _furnished(house, wish)
        filled = time.perf_counter() - begun
        settle_in_to_answer()
        with _browsers(app, house, world) as browsers:
            found = [browsers.timed(visit, _looks(visit, wish.looks)) for visit in _wanted(app, world, issues, wish.only)]
            seen = [one for one in found if one.first.status == 200]
            pages = [one for one in seen if not one.visit.is_part]
            pages += _by_the_editor(browsers, pages, wish.looks)
        parts = [one for one in seen if one.visit.is_part]
        return {
            "database": made.label, "people": wish.people, "issues": wish.issues, "looks": wish.looks, "filled_in_s": round(filled, 1),
            "limit_ms": LIMIT_MS, "pages_opened": len(pages), "over_the_limit": _ranked([one for one in pages if one.is_slow]),
            "slowest": _ranked(_one_of_each(pages)), "parts": _ranked(_one_of_each(parts)), "machine": machine(),
        }  # fmt: skip


def _wanted(app: Flask, world: World, issues: Mapping[str, int], only: tuple[str, ...]) -> list[Visit]:
    return [visit for visit in visits(app, world.places, issues) if not only or visit.endpoint.startswith(only)]


def _refuse_unknown(app: Flask, only: tuple[str, ...]) -> None:
    names = [rule.endpoint for rule in page_rules(app)]
    for wish in only:
        if not any(name.startswith(wish) for name in names):
            raise InvalidInput.of(f"No page has a name that begins with {wish!r}. {did_you_mean(wish, names)}".rstrip(), place="--only")


@contextmanager
def _opened(made: Scratch) -> Iterator[House]:
    """Without a mail server of the environment's: those kept in the admin count, and their pages are there."""
    house = open_house(Settings(data_dir=made.data_dir, database_url=SecretStr(made.database_url), public_url=PUBLIC_URL))
    try:
        yield house
    finally:
        house.database.close()


def _furnished(house: House, wish: Wish) -> tuple[World, Mapping[str, int]]:
    now = utc_now()
    world = make_world(house, Amounts(sections=wish.sections, things=THINGS, issues=wish.issues), people=wish.people, now=now)
    with house.database.transaction() as session:
        great = add_written_issue(session, house, wish.most_sections, slug="great", now=now).id
        for state in ("sending", "sent"):
            issue = session.get_one(Issue, world.issues[state])
            issue.audience = (issue.audience or 0) + wish.people
    for state, done in (("sending", wish.people // 2), ("sent", wish.people + 1)):
        add_crowd_letters(house.database, world.issues[state], wish.people, done=done, now=now)
    settle_down(house.database)
    refresh(house.database, utc_now())
    return world, {**world.issues, GREAT: great}


@contextmanager
def _browsers(app: Flask, house: House, world: World) -> Iterator[Browsers]:
    clients = [_client(app, {guard.COOKIE: cookie, **world.guest_cookies}) for cookie in (world.staff.cookie, world.staff.editor_cookie)]
    browsers = Browsers(administrator=clients[0], editor=clients[1])
    event.listen(house.database.engine, "before_cursor_execute", browsers.counter.note)
    yield browsers
    event.remove(house.database.engine, "before_cursor_execute", browsers.counter.note)


def _client(app: Flask, cookies: Mapping[str, str]) -> FlaskClient:
    client = app.test_client()
    for name, value in cookies.items():
        client.set_cookie(name, value, path="/admin")
    return client


def _looks(visit: Visit, looks: int) -> int:
    return min(looks, LOOKS_AT_PARTS) if visit.is_part else looks


def _by_the_editor(browsers: Browsers, pages: list[Timed], looks: int) -> list[Timed]:
    heaviest = [one.visit for one in sorted(pages, key=lambda one: -one.p95)[:HEAVIEST]]
    return [browsers.timed(visit, looks, editor=True) for visit in heaviest if browsers.open(visit, editor=True).status == 200]


def _one_of_each(found: list[Timed]) -> list[Timed]:
    """Of each page the issue and the question with which it was slowest."""
    worst: dict[str, Timed] = {}
    for one in sorted(found, key=lambda one: one.p95):
        worst[one.visit.endpoint] = one
    return list(worst.values())


def _ranked(found: list[Timed]) -> list[dict[str, Any]]:
    return [one.report() for one in sorted(found, key=lambda one: -one.p95)]


def _p95(values: list[float]) -> float:
    ranked = sorted(values)
    return ranked[math.ceil(len(ranked) * 0.95) - 1]
