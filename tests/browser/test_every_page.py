"""Every page there is, from the routes: by day on a desk, by night on a small phone, right to left; no fault, no breach of policy."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

from admin import guard, second_factor
from admin.accounts import User
from admin.app import create_admin_app
from newsroom.bench.page_issues import Amounts
from newsroom.bench.page_paths import Visit, visits
from newsroom.bench.page_world import World, make_world
from newsroom.clock import utc_now
from newsroom.house import House, open_house
from newsroom.settings import Settings
from tests.browser.admin_site import faults, served
from tests.factories import PASSWORD, a_user

pytestmark = pytest.mark.browser

SOME = Amounts(sections=14, things=3, issues=11)
#: Pages want an issue in a state that has them: the first of these that does not send elsewhere is looked at.
STATES = ("draft", "in_review", "scheduled", "sending", "sent")
#: One address, and another page for each purpose of a guest's link.
FOR_EACH_PURPOSE = ("guests.show",)
DESK = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
#: As narrow as a page must bear, which is also a desk at four times its size (WCAG 1.4.10).
PHONE = {"viewport": {"width": 320, "height": 700}, "color_scheme": "dark"}
#: What a reader may set who needs more air to read (WCAG 1.4.12); a sheet of styles, as theirs would be.
MORE_SPACE = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
        p { margin-block-end: 2em !important; }`);
    document.adoptedStyleSheets = [sheet];
}"""
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"


@dataclass(frozen=True, kw_only=True)
class Site:
    """The address of a running admin with something of everything, and the pages that answer there."""

    address: str
    world: World
    pages: tuple[Visit, ...]


@pytest.fixture
def site(sqlite_settings: Settings) -> Iterator[Site]:
    house = open_house(sqlite_settings)
    world = make_world(house, SOME, people=5, now=utc_now())
    with served(house) as address:
        yield Site(address=address, world=world, pages=tuple(_pages(house, world)))
    house.database.close()


def _pages(house: House, world: World) -> Iterator[Visit]:
    """One address for each endpoint; parts that a page loads into itself are looked at there."""
    app = create_admin_app(house, ring=lambda _: None)
    client = app.test_client()
    for name, value in _cookies(world).items():
        client.set_cookie(name, value, path="/admin")
    seen = set()
    for visit in visits(app, world.places, {state: world.issues[state] for state in STATES}):
        if visit.is_part or (visit.endpoint in seen and visit.endpoint not in FOR_EACH_PURPOSE):
            continue
        answer = client.get(visit.path)
        if answer.status_code == 200 and b"<html" in answer.data:
            seen.add(visit.endpoint)
            yield visit


def _cookies(world: World) -> dict[str, str]:
    return {guard.COOKIE: world.staff.cookie, **world.guest_cookies}


def _signed_in(browser: Browser, site: Site, **screen: object) -> BrowserContext:
    context = browser.new_context(**screen)  # type: ignore[arg-type]
    context.add_cookies([{"name": name, "value": value, "url": f"{site.address}/admin"} for name, value in _cookies(site.world).items()])
    return context


@pytest.mark.timeout(400)
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_no_page_has_a_fault_or_is_cut_off(site: Site, browser: Browser, direction: str) -> None:
    assert len(site.pages) > 50
    page = _signed_in(browser, site, **(DESK if direction == "ltr" else PHONE)).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Content Security Policy" in message.text else None)
    wrong = {visit.path: found for visit in site.pages if (found := _faults(page, f"{site.address}{visit.path}", direction))}
    assert (wrong, complaints) == ({}, [])


def test_the_page_that_asks_for_a_code_has_no_fault(sqlite_house: House, browser: Browser) -> None:
    with sqlite_house.database.transaction() as session:
        email = a_user(session).email
        user = session.scalars(select(User).where(User.email == email)).one()
        second_factor.begin(user, keys=sqlite_house.keys)
        user.totp_confirmed_at = utc_now() - timedelta(days=1)
    with served(sqlite_house) as address:
        page = browser.new_page(**PHONE)  # type: ignore[arg-type]
        page.goto(f"{address}/admin/login")
        page.get_by_label("E-mail address").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/login/code**")
        assert faults(page) == []


def _faults(page: Page, url: str, direction: str) -> list[str]:
    page.goto(f"{url}{'&' if '?' in url else '?'}dir={direction}")
    found = faults(page) + ([] if page.evaluate(FITS) else ["wider than the screen"])
    page.evaluate(MORE_SPACE)
    return found + ([] if page.evaluate(FITS) else ["wider than the screen where lines have more space"])
