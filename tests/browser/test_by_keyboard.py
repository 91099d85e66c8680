"""Without a mouse: every page is walked in the order in which it is read, the focus is always seen, and what opens gives it back."""

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import update

from admin.accounts import User
from newsroom.clock import utc_now
from newsroom.issues import Actor, Issue, submit
from tests.browser.walking import out_of_order, walk
from tests.browser.writing_desk import Desk

pytestmark = pytest.mark.browser
FOCUSED = "document.activeElement.getAttribute('aria-label') || document.activeElement.innerText || document.activeElement.id"


@pytest.mark.parametrize(("width", "direction", "paths"), [(1280, "ltr", ("languages/fr", "write", "review")), (390, "rtl", ("write",))])
def test_the_tab_key_walks_a_page_as_it_is_read_and_the_focus_is_always_seen(
    desk: Desk, width: int, direction: str, paths: tuple[str, ...]
) -> None:
    page = desk.page
    page.set_viewport_size({"width": width, "height": 700})
    page.emulate_media(reduced_motion="reduce")  # what fades in cannot be compared
    for path in paths:
        if path == "review":
            _put_before_a_publisher(desk)
        page.goto(f"{desk.address}/admin/issues/{desk.issue_id}/{path}?dir={direction}")
        if path == "write":
            desk.open()
            page.reload()  # what was open is open again, and the walk begins at the top
            page.locator("[data-form]").wait_for()
        page.wait_for_load_state("networkidle")
        stops = walk(page)
        assert stops[0].name.startswith("A skip-link")
        assert [what for stop in stops for what in stop.complaints] == [], path
        assert out_of_order(stops[1:], rtl=direction == "rtl") == [], path
        back = walk(page, "Shift+Tab") if width < 900 else []
        assert [what for stop in back for what in stop.complaints] == []


def _put_before_a_publisher(desk: Desk) -> None:
    with desk.house.database.transaction() as session:
        submit(session, session.get_one(Issue, desk.issue_id), by=Actor(name="Jonas"), now=utc_now())
        session.execute(update(User).values(role="publisher"))


def test_what_opens_is_closed_by_escape_and_gives_the_focus_back(desk: Desk) -> None:
    page = desk.page
    card = desk.open()
    for opener, opened in _openers(page, card):
        opener.focus()
        page.keyboard.press("Enter")
        expect(opened).to_be_visible()
        page.keyboard.press("Escape")
        expect(opened).to_be_hidden()
        expect(opener).to_be_focused()
        expect(card.locator("[data-form]")).to_be_visible()
    title = card.get_by_label("Title English")
    title.fill("")
    title.press("/")
    expect(page.locator("[data-palette]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(title).to_be_focused()
    page.set_viewport_size({"width": 390, "height": 700})
    menu = page.get_by_role("button", name="Menu")
    menu.press("Enter")
    expect(page.locator("#menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()


def _openers(page: Page, card: Locator) -> list[tuple[Locator, Locator]]:
    return [
        (page.locator("[data-keys]"), page.locator("[data-keys-dialog]")),
        (page.locator("[data-add]"), page.locator("[data-palette]")),
        (card.get_by_role("button", name="From the library"), page.locator("[data-chooser]")),
        (card.get_by_role("button", name="More for this section"), card.locator(".dropdown-menu")),
    ]


def test_the_way_past_the_menu_leads_into_the_page_and_the_readers_own_colours_show_the_focus(desk: Desk) -> None:
    page = desk.page
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    desk.reload()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null"), page.evaluate(FOCUSED)
    card = desk.open()
    assert page.evaluate("getComputedStyle(document.querySelector('.piece')).transitionDuration") == "0s"
    for field in (card.get_by_label("Title English"), card.get_by_role("textbox", name="Text · English"), card.get_by_label("Climate")):
        field.focus()
        assert field.evaluate("(each) => getComputedStyle(each.closest('.rich') || each).outlineStyle") == "solid"
