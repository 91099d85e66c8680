"""Guests at their pages: what they type is saved, survives a lost line, is for nobody who was forwarded the link, and is handed in."""

import base64
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from newsroom.house import House
from newsroom.issues import Actor, Issue
from newsroom.proposals import Proposal
from newsroom.taking_back import newest_of, token_of
from tests.browser.admin_site import served
from tests.browser.walking import out_of_order, walk
from tests.factories import a_list, a_user, an_issue
from tests.guest_factories import SECTIONS, a_link, link_of, opened

pytestmark = pytest.mark.browser

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGNkYGhgwAaYsIoOWgkAaYgAkK2VydMAAAAASUVORK5CYII=")
PHONE: Any = {"width": 390, "height": 844}


class Desk:
    """A running admin, an issue being written, and Ana who invites."""

    def __init__(self, house: House, address: str) -> None:
        self.house, self.address = house, address
        with house.database.transaction() as session:
            ana = a_user(session, name="Ana")
            mailing_list = a_list(session, title={"en": "Rivertide", "ar": "مد النهر"}, languages=["en", "ar", "fr"])
            subject = {"en": "Spring news", "ar": "أخبار الربيع"}
            issue = an_issue(session, mailing_list, sections=SECTIONS, subject=subject, languages=["en", "ar", "fr"])
            self.by = Actor(name="Ana", user_id=ana.id)
            self.issue_id, self.uids = issue.id, [row.uid for row in issue.sections]

    def link(self, purpose: str, *about: str, **facts: Any) -> tuple[int, str]:
        link_id, path = a_link(self.house, self.issue_id, purpose, (about[0], about[1]), by=self.by, **facts)
        return link_id, f"{self.address}{path}"

    def content(self, place: int) -> dict[str, Any]:
        with self.house.database.reading() as session:
            return session.get_one(Issue, self.issue_id).sections[place].content


@pytest.fixture
def desk(sqlite_house: House) -> Iterator[Desk]:
    with served(sqlite_house) as address:
        yield Desk(sqlite_house, address)


def until(holds: Callable[[], bool], within: float = 60) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def enter(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    page.locator("main form button").click()
    page.wait_for_load_state()
    return page


def faults(page: Page) -> list[tuple[str, str]]:
    """By day and by night, in either direction, and none of it wider than a phone."""
    found = []
    for colours, address in (("light", page.url), ("dark", f"{page.url}{'&' if '?' in page.url else '?'}dir=rtl")):
        page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]
        page.goto(address)
        violations = Axe().run(page).response["violations"]
        found += [(colours, f"{fault['id']}: {node['html'][:160]}") for fault in violations for node in fault["nodes"]]
        if not page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"):
            found.append((colours, "wider than a phone"))
    return found


def _forward(browser: Browser, address: str) -> None:
    """Whoever else gets the link sees a door, and nothing behind it."""
    other = browser.new_context(viewport=PHONE)
    forwarded = other.new_page()
    forwarded.goto(address)
    expect(forwarded.get_by_role("heading", level=1)).to_have_text("فُتح هذا الرابط في متصفح آخر")
    assert "The river" not in forwarded.content()
    assert faults(forwarded) == []
    other.close()


def test_a_translator_works_from_right_to_left_on_a_bad_line_and_hands_it_in(desk: Desk, browser: Browser) -> None:
    link_id, address = desk.link("translate", "", "ar", language="ar")
    context = browser.new_context(viewport=PHONE)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = enter(context, address)
    assert page.evaluate("document.documentElement.dir") == "rtl"
    welcome = page.locator(f"#section-{desk.uids[0]}")
    text = welcome.locator("[data-field=text]")
    editor = text.get_by_role("textbox")
    assert editor.evaluate("each => getComputedStyle(each).direction") == "rtl"
    editor.click()
    page.keyboard.type("ارتفع النهر")
    expect(text).to_have_attribute("data-state", "done")
    assert desk.content(0)["text"] == {"en": "<p>The river has risen.</p>", "ar": "<p>ارتفع النهر</p>"}
    context.set_offline(True)
    welcome.locator("[data-field=title]").get_by_role("textbox").fill("زملاءنا")
    expect(page.locator("[data-status]")).to_have_attribute("data-tone", "bad")
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto(address)
    until(lambda: desk.content(0)["title"]["ar"] == "زملاءنا")

    _forward(browser, address)
    title = page.locator(f"#section-{desk.uids[1]} [data-field=title]").get_by_role("textbox")
    title.fill("التقى رئيسا بلدية")
    page.get_by_role("button", name="لقد انتهيت").click()  # at once: what was typed last is saved first
    expect(page.locator("[data-sides]")).to_have_count(0)
    expect(page.locator(f"#section-{desk.uids[1]} [data-field=title]").get_by_role("textbox")).to_have_value("التقى رئيسا بلدية")
    assert desk.content(1)["title"] == {"en": "Two mayors met", "ar": "التقى رئيسا بلدية"}
    assert link_of(desk.house, link_id).finished_at is not None
    assert {url.partition("/admin")[0] for url in asked} == {desk.address}, "nothing is loaded from elsewhere"
    context.close()


def test_a_colleague_proposes_a_section_with_rows_and_a_picture(desk: Desk, browser: Browser, tmp_path: Any) -> None:
    _, address = desk.link("propose", "update", "")
    context = browser.new_context(viewport=PHONE)
    page = enter(context, address)
    page.get_by_label("Title English").fill("Night buses")
    page.get_by_role("button", name="Add a link").click()
    page.get_by_label("Text of the link English").fill("Timetable")
    page.get_by_role("button", name="العربية").click()
    page.get_by_label("Title العربية").fill("حافلات الليل")
    expect(page.locator("[data-status]")).to_have_text(re.compile("Saved"))
    picture = tmp_path / "bus.png"
    picture.write_bytes(PNG)
    page.locator("[data-upload]").first.set_input_files(picture)
    expect(page.locator(".picture-shown").first).to_be_visible()
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    page.wait_for_load_state("networkidle")
    stops = walk(page)
    assert ([what for stop in stops for what in stop.complaints], out_of_order(stops)) == ([], [])
    page.get_by_role("button", name="I am finished").click()
    expect(page.get_by_text("You have handed this in")).to_be_visible()
    expect(page.get_by_label("Title English")).to_be_disabled()
    expect(page.get_by_label("Title English")).to_have_value("Night buses")
    assert faults(page) == []
    with desk.house.database.reading() as session:
        proposed = session.get_one(Proposal, 1).content
    assert proposed["title"] == {"en": "Night buses", "ar": "حافلات الليل"}
    assert proposed["links"] == [{"label": "Timetable"}]
    assert proposed["image"]["file"].endswith(".png")
    context.close()


def test_axe_finds_nothing_at_the_door_and_where_an_approval_is_taken_back(desk: Desk, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(desk.link("translate", "", "fr")[1])
    assert faults(page) == [], "the door"
    with desk.house.database.transaction() as session:
        issue = an_issue(session, session.get_one(Issue, desk.issue_id).mailing_list, state="in_review")
        approving = issue.id
    link_id, path = a_link(desk.house, approving, "approve", ("approval", ""), by=desk.by)
    opened(desk.house, path).post(f"{path}/sign", page=path, reason="It may pass")
    with desk.house.database.reading() as session:
        signoff = newest_of(session, link_of(desk.house, link_id))
        assert signoff is not None
        way = token_of(desk.house.keys, signoff)
    page.goto(f"{desk.address}/admin/guest/{way}/take-back")
    assert faults(page) == [], "take back"
    page.get_by_role("button", name="That was not me").click()
    expect(page.get_by_text("This approval no longer counts.")).to_be_visible()
    assert link_of(desk.house, link_id).revoked_at is not None
    context.close()
