"""The composer as axe sees it: sections of every kind, and everything that opens, by day on a desk, by night on a phone, right to left."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.admin_site import faults
from tests.browser.writing_desk import Desk

pytestmark = pytest.mark.browser


def what_opens(page: Page) -> Iterator[str]:
    """Everything that opens in a card or over the page, one after the other: where it stands."""
    card = page.locator("[data-section]").nth(1)
    card.locator("[data-open]").click()
    card.locator(".said-here > summary").click()
    card.get_by_label("Your comment").fill("Could this be shorter?")
    card.get_by_role("button", name="Comment", exact=True).click()
    card.locator(".thread summary").click()
    yield ".said-here"
    card.get_by_role("button", name="From the library").click()
    page.locator("[data-chooser] h2, [data-chooser] p").first.wait_for()
    yield "[data-chooser]"
    page.keyboard.press("Escape")
    for key, dialog in (("/", "[data-palette]"), ("?", "[data-keys-dialog]")):
        page.locator("body").click(position={"x": 2, "y": 2})
        page.keyboard.press(key)
        page.locator(dialog).wait_for()
        yield dialog
        page.keyboard.press("Escape")
    card.get_by_role("button", name="More for this section").click()
    yield ".dropdown-menu.show"
    card.get_by_role("button", name="Remove").click()
    page.locator("[data-toasts] .toast-line").wait_for()
    yield "[data-toasts]"


@pytest.mark.parametrize(
    ("colours", "direction", "width", "kinds"),
    [
        ("light", "ltr", 1280, ("workshop", "interview", "partners", "publication", "call_to_action", "quote")),
        ("dark", "rtl", 390, ("update", "other_news", "image", "text", "welcome", "divider")),
    ],
)
def test_axe_finds_nothing_in_the_composer(desk: Desk, colours: str, direction: str, width: int, kinds: tuple[str, ...]) -> None:
    """Between them the two open a section of every kind; what opens over the page is looked at in both."""
    page = desk.page
    page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 850})
    page.goto(f"{desk.address}/admin/issues/{desk.issue_id}/write?dir={direction}")
    assert faults(page) == []
    for kind in kinds:
        page.keyboard.press("/")
        page.locator(f"[data-palette] [data-kind={kind}]").click()
        form = page.locator(f".piece.is-open[data-kind={kind}] [data-form]")
        form.wait_for()
        for button in form.locator("[data-row-add]").all():
            if button.is_visible():
                button.click()
        if (rich := form.locator("[role=textbox]")).count() and rich.first.is_visible():
            rich.first.click()
        assert faults(page, ".piece.is-open") == [], kind
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    for opened in what_opens(page):
        assert faults(page, opened) == []
