"""The admin in a real browser: no page has a fault that axe knows, in light and dark, in either direction, and none overflows a phone."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import update

from admin.accounts import User
from newsroom.house import House, open_house
from newsroom.issues import Actor, Issue
from newsroom.messages import Recipient, address_letter
from newsroom.public_links import PublicLinks
from newsroom.rendering.plan import load
from newsroom.renditions import load_plans
from newsroom.section_writing import FieldChange, change_front
from newsroom.sendqueue.transports.outbox import captured_path
from newsroom.settings import Settings
from tests.browser.admin_site import faults, log_in, served
from tests.conftest import NOON
from tests.factories import a_delivery, a_list, a_subscriber, a_user, an_issue
from tests.staff import with_relay

pytestmark = pytest.mark.browser

FOUR = ["en", "fr", "es", "ar"]
SUBJECT = {
    "en": "Spring on the water",
    "fr": "Le printemps au bord de l’eau",
    "es": "Primavera junto al agua",
    "ar": "الربيع على ضفاف المياه",
}
PREVIEW_TEXT = {"en": "What rises", "fr": "Ce qui monte", "es": "Lo que sube", "ar": "ما يرتفع"}
#: What stands on most pages, and what is only seen with a question behind the address. Every page there is: test_every_page.py.
PATHS = (
    "/admin/issues?group=stopped", "/admin/issues/{approved}?language=ar&view=phone", "/admin/issues/{approved}?view=text",
    "/admin/issues/{approved}?view=source", "/admin/issues/{review}/checks", "/admin/issues/{sending}", "/admin/issues/{approved}/send",
    "/admin/issues/{written}/history", "/admin/issues/{approved}/plan", "/admin/calendar", "/admin/outbox/{captured}?view=headers",
    "/admin/lists/rivers", "/admin/subscribers?q=nobody-at-all", "/admin/settings/mail-servers", "/admin/nothing-here",
    "/admin/settings/people/invite", "/admin/issues/{review}/review",
)  # fmt: skip
EMPTY_PATHS = (
    "/admin/issues", "/admin/outbox", "/admin/lists", "/admin/subscribers", "/admin/settings/mail-servers",
    "/admin/settings/mail-servers/new",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Site:
    """A running admin with something of everything in it."""

    address: str
    email: str
    ids: dict[str, int]

    def url(self, path: str) -> str:
        return self.address + path.format(**self.ids)


@pytest.fixture
def site(sqlite_settings: Settings) -> Iterator[Site]:
    house = with_relay(open_house(sqlite_settings))
    user, ids = _furnish(house)
    with served(house) as address:
        yield Site(address=address, email=user.email, ids=ids)
    house.database.close()


@pytest.fixture
def empty_site(sqlite_house: House) -> Iterator[Site]:
    with sqlite_house.database.transaction() as session:
        user = a_user(session)
    with served(sqlite_house) as address:
        yield Site(address=address, email=user.email, ids={})


#: The other two are walked with every page there is: test_every_page.py.
@pytest.mark.parametrize(("colours", "direction"), [("light", "rtl"), ("dark", "ltr")])
@pytest.mark.timeout(300)
def test_axe_finds_nothing_on_these_pages(site: Site, browser: Browser, colours: str, direction: str) -> None:
    page = browser.new_page(color_scheme=colours)  # type: ignore[arg-type]
    assert _faults(page, site.address + f"/admin/login?dir={direction}") == []
    log_in(page, site.address, site.email)
    for path in PATHS:
        mark = "&" if "?" in path else "?"
        assert _faults(page, site.url(path) + f"{mark}dir={direction}") == [], path
    page.goto(site.url("/admin/issues/{review}/guests") + f"?dir={direction}")
    page.get_by_label("Name").fill("Layla Haddad")
    page.get_by_label("E-mail address").fill("layla@example.org")
    page.get_by_role("button", name="Only make the link").click()
    page.locator("#made-link").wait_for()
    assert faults(page) == []


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_on_empty_pages_and_menus(empty_site: Site, browser: Browser, colours: str) -> None:
    page = browser.new_page(color_scheme=colours, viewport={"width": 390, "height": 844})  # type: ignore[arg-type]
    log_in(page, empty_site.address, empty_site.email)
    for path in EMPTY_PATHS:
        assert _faults(page, empty_site.url(path)) == [], path
    page.get_by_role("button", name="Menu").click()
    page.locator("#menu").get_by_role("button", name="Administrator").click()
    assert faults(page) == []


def test_nothing_one_does_breaks_the_content_policy(site: Site, browser: Browser) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Content Security Policy" in message.text else None)
    log_in(page, site.address, site.email)
    page.goto(site.url("/admin/issues"))
    page.get_by_role("button", name="Amina").click()
    page.get_by_role("button", name="Log out").wait_for()
    page.goto(site.url("/admin/issues/{approved}"))
    page.get_by_role("link", name="Français").click()
    page.wait_for_url("**language=fr**")
    page.get_by_role("link", name="Phone").click()
    page.wait_for_url("**view=phone")
    assert complaints == []


def test_the_preview_changes_language_in_place_and_shows_the_letter(site: Site, browser: Browser) -> None:
    page = browser.new_page()
    log_in(page, site.address, site.email)
    page.goto(site.url("/admin/issues/{approved}"))
    page.get_by_role("link", name="Español").click()
    page.wait_for_url("**language=es**")
    letter = page.frame_locator("iframe.letter-frame")
    letter.get_by_role("heading", name="Primavera junto al agua").wait_for()
    page.locator("#facts").get_by_text("Lo que sube").wait_for()
    assert page.locator("iframe.letter-frame").get_attribute("sandbox") == "allow-popups allow-popups-to-escape-sandbox"


def test_progress_moves_by_itself_and_the_page_follows_the_state(sqlite_settings: Settings, browser: Browser) -> None:
    house = with_relay(open_house(sqlite_settings))
    user, ids = _furnish(house)
    with served(house) as address:
        site = Site(address=address, email=user.email, ids=ids)
        page = browser.new_page()
        log_in(page, site.address, site.email)
        page.goto(site.url("/admin/issues/{sending}"))
        page.locator(".headline").get_by_text("1 of 3 handed over").wait_for()
        with house.database.transaction() as session:
            a_delivery(session, session.get_one(Issue, ids["sending"]))
            session.execute(update(Issue).where(Issue.id == ids["sending"]).values(audience=4))
        page.locator(".headline").get_by_text("2 of 4 handed over").wait_for()
        with house.database.transaction() as session:
            session.execute(update(Issue).where(Issue.id == ids["sending"]).values(state="paused"))
        page.get_by_role("button", name="Resume").wait_for()
    house.database.close()


def test_the_theme_is_chosen_and_kept(site: Site, browser: Browser) -> None:
    page = browser.new_page(color_scheme="light")
    log_in(page, site.address, site.email)
    page.goto(site.url("/admin/account"))
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("main").get_by_role("button", name="Dark").click()
    page.goto(site.url("/admin/issues"))
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def _furnish(house: House) -> tuple[User, dict[str, int]]:
    with house.database.transaction() as session:
        user = a_user(session, name="Amina Keïta")
        rivers = a_list(
            session, slug="rivers", title={"en": "Cities by the Water", "ar": "مدن على الماء"}, languages=FOUR, timezone="Europe/Madrid",
            topics={"climate": {"en": "Climate", "fr": "Climat"}},
        )  # fmt: skip
        a_list(session, slug="workshops")
        for language, consent, state in (("en", "given", "active"), ("fr", "withdrawn", "left"), ("ar", "unknown", "paused")):
            a_subscriber(session, house, rivers, language=language, consent=consent, state=state, name="Zoë Okafor")
        a_subscriber(session, house, rivers, suppressed=True, deliverability="undeliverable")
        issues = {
            state: an_issue(session, rivers, subject=SUBJECT, preview_text=PREVIEW_TEXT, state=state, house=house)
            for state in ("in_review", "sending", "approved")
        }
        written = an_issue(session, rivers, subject=SUBJECT)
        subject = FieldChange(path=("subject", "ar"), was=None, now="مدن على الماء، من جديد")
        change_front(session, written, [subject], base=1, by=Actor(name="Zoë"), now=NOON)
        for state in ("accepted", "failed", "queued"):
            a_delivery(session, issues["sending"], state=state, reply_code=250 if state == "accepted" else None)
        session.execute(update(Issue).where(Issue.id == issues["sending"].id).values(audience=3))
        captured = a_delivery(session, issues["approved"], kind="rehearsal", relay="outbox", language="ar", closed_at=NOON)
        (plan,) = load_plans(session, [issues["approved"].renditions["ar"]]).values()
    house.outbox_dir.mkdir(exist_ok=True)
    captured_path(house.outbox_dir, captured.id).write_bytes(_letter(house, plan, captured.id, rivers.id))
    ids = {
        "written": written.id,
        "approved": issues["approved"].id,
        "review": issues["in_review"].id,
        "sending": issues["sending"].id,
        "captured": captured.id,
    }
    return user, ids


def _letter(house: House, plan: bytes, delivery_id: int, list_id: int) -> bytes:
    reader = Recipient(subscriber_id=1, address="layla@example.org", name="ليلى حداد", language="ar", list_id=list_id)
    links = PublicLinks(house.keys, house.settings.public_url)
    return address_letter(load(plan), reader, delivery_id=delivery_id, kind="rehearsal", cut=None, links=links, now=NOON).data


def _faults(page: Page, url: str) -> list[str]:
    page.goto(url)
    return faults(page)
