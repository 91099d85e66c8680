"""A translator beside the original: what is typed is saved and done, what changed is shown, right to left where the language is."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from newsroom.house import House
from newsroom.issues import Actor, Issue
from newsroom.section_writing import FieldChange, change_section
from tests.browser.admin_site import log_in, served
from tests.conftest import NOON
from tests.factories import a_list, a_user, an_issue

pytestmark = pytest.mark.browser

AMINA = Actor(name="Amina")
SECTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "welcome",
        {"title": {"en": "Dear colleagues", "ar": "الزملاء الأعزاء"}, "text": "<p>The river has <strong>risen</strong> again.</p>"},
    ),
    (
        "update",
        {
            "title": {"en": "Two mayors met", "ar": "التقى رئيسا بلدية"},
            "text": {"en": "<p>They met on 22 January.</p>", "ar": "<p>التقيا في 22 يناير.</p>"},
            "links": [{"label": "Read the report", "url": "https://example.org/report"}],
        },
    ),
    ("quote", {"text": "<p>We go on.</p>", "attribution": "Amina Diallo"}),
)


DROPPED = "text => { const given = new DataTransfer(); given.items.add(new File([text], 'river days.txt')); return given }"


class Desk:
    """A running admin with one issue in English and Arabic, half of it translated, one text stale."""

    def __init__(self, house: House, address: str) -> None:
        self.house, self.address = house, address
        with house.database.transaction() as session:
            mailing_list = a_list(session, languages=["en", "ar", "fr"])
            self.email = a_user(session, name="Rana").email
            issue = an_issue(session, mailing_list, sections=SECTIONS, subject={"en": "Spring", "ar": "الربيع"}, languages=["en", "ar"])
            self.issue_id, self.uids = issue.id, [row.uid for row in issue.sections]
        self.write(1, ("text",), "<p>They met on 22 January.</p>", "<p>They met on 24 January.</p>")

    def write(self, place: int, path: tuple[str | int, ...], was: str, now: str) -> None:
        """Somebody else changes the original."""
        with self.house.database.transaction() as session:
            issue = session.get_one(Issue, self.issue_id)
            changes = [FieldChange(path=(*path, "en"), was=was, now=now)]
            change_section(session, issue, self.uids[place], changes, base=0, by=AMINA, now=NOON)

    def content(self, place: int) -> dict[str, Any]:
        with self.house.database.reading() as session:
            return session.get_one(Issue, self.issue_id).sections[place].content

    def open(self, page: Page, path: str = "/ar") -> None:
        log_in(page, self.address, self.email)
        page.goto(f"{self.address}/admin/issues/{self.issue_id}/languages{path}")


@pytest.fixture
def translating(sqlite_house: House) -> Iterator[Desk]:
    with served(sqlite_house) as address:
        yield Desk(sqlite_house, address)


def test_a_translator_works_through_an_issue(translating: Desk, browser: Browser) -> None:
    page = browser.new_page()
    translating.open(page, "")
    page.get_by_role("link", name="Translate").click()

    welcome, update, quote = (page.locator(f"#section-{uid}") for uid in translating.uids)
    stale = update.locator("[data-field=text]")
    expect(stale.locator("del")).to_have_text("22")
    expect(stale.locator("ins")).to_have_text("24")
    stale.get_by_role("button", name="Still right").click()
    expect(stale.locator("[data-badge]")).to_have_text("done")
    expect(stale.locator("del")).to_have_count(0)

    text = welcome.locator("[data-field=text]")
    expect(text.locator("[data-badge]")).to_have_text("missing")
    editor = text.get_by_role("textbox")
    assert editor.evaluate("each => getComputedStyle(each).direction") == "rtl"
    editor.click()
    page.keyboard.type("ارتفع النهر")
    expect(text.locator("[data-badge]")).to_have_text("done")
    assert translating.content(0)["text"]["ar"] == "<p>ارتفع النهر</p>"

    label = update.locator("[data-field='links.0.label']").get_by_role("textbox")
    label.fill("اقرأ التقرير")
    expect(page.locator("[data-status]")).to_have_text(re.compile("Saved"))
    expect(update.locator("[data-field='links.0.label'] [data-badge]")).to_have_text("done")
    assert translating.content(1)["links"] == [
        {"label": {"en": "Read the report", "ar": "اقرأ التقرير"}, "url": "https://example.org/report"}
    ]
    # A name is the same in every language until this one says otherwise.
    expect(quote.locator("[data-field=attribution] [data-badge]")).to_have_text("same in every language")
    quote.locator("[data-field=attribution]").get_by_role("textbox").fill("أمينة ديالو")
    expect(quote.locator("[data-field=attribution] [data-badge]")).to_have_text("done")
    assert translating.content(2)["attribution"] == {"en": "Amina Diallo", "ar": "أمينة ديالو"}
    expect(page.locator("[data-count=missing] [data-number]")).to_have_text("1")
    page.reload()
    assert page.locator("[data-state=missing]").count() == 1
    page.close()


def test_two_who_translate_one_text_are_asked(translating: Desk, browser: Browser) -> None:
    page, other = browser.new_page(), browser.new_page()
    for each in (page, other):
        translating.open(each)
    title = f"#section-{translating.uids[0]} [data-field=title]"
    other.locator(title).get_by_role("textbox").fill("أعزائي")
    expect(other.locator("[data-status]")).to_have_text(re.compile("Saved"))
    page.locator(title).get_by_role("textbox").fill("زملائي")
    expect(page.locator(".conflict")).to_contain_text("أعزائي")
    page.get_by_role("button", name="Keep mine").click()
    expect(page.locator(".conflict")).to_have_count(0)
    expect(page.locator("[data-status]")).to_have_text(re.compile("Saved"))
    assert translating.content(0)["title"]["ar"] == "زملائي"


def test_a_document_dropped_on_the_issue_waits_to_be_accepted(translating: Desk, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    log_in(page, translating.address, translating.email)
    page.goto(f"{translating.address}/admin/issues/{translating.issue_id}/write")
    dropped = page.evaluate_handle(
        DROPPED, "River days\n\nAgenda\n\n- 16:00 – 16:05 **Welcome**\n  Ms. Amina Diallo, mayor\n\nThanks\n\nTo all."
    )
    page.dispatch_event("body", "drop", {"dataTransfer": dropped})
    page.wait_for_url("**/proposals")
    expect(page.get_by_text("Ms. Amina Diallo, mayor")).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.get_by_role("button", name="Accept all").click()
    expect(page.get_by_text("Every proposal is decided")).to_be_visible()
    assert [translating.content(place)["title"] for place in (3, 4)] == ["River days", "Thanks"]


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_beside_the_original(translating: Desk, browser: Browser, colours: str) -> None:
    page = browser.new_page(color_scheme=colours, viewport={"width": 390, "height": 844})  # type: ignore[arg-type]
    for path in ("", "/ar", "/ar?dir=rtl", "/ar?show=open&paper=1"):
        translating.open(page, path) if not path else page.goto(
            f"{translating.address}/admin/issues/{translating.issue_id}/languages{path}"
        )
        page.locator("main").wait_for()
        found = Axe().run(page).response["violations"]
        assert [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in found] == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
