"""Who walks the road: each with a browser context of their own, so that nobody is logged in as somebody else."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser.road.album import HEIGHT, WIDE, Album

#: A busy machine with two cores is slow, not wrong.
PATIENCE = 60_000
PASSWORD = "a long and quiet river 2023"


@dataclass(frozen=True, kw_only=True)
class Walker:
    """Somebody at a browser, on the admin at this address, and the album that pictures go into."""

    name: str
    email: str
    page: Page
    address: str
    album: Album

    def go(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def menu(self, entry: str) -> None:
        """The way there by the menu at the side."""
        self.page.get_by_role("navigation", name="Main").get_by_role("link", name=entry).click()

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()

    def follow(self, link: str) -> None:
        self.page.get_by_role("link", name=link, exact=True).click()

    def shows(self, words: str) -> None:
        self.page.get_by_text(words).first.wait_for()

    def take(self, name: str, *, whole: bool = True) -> None:
        self.album.take(self.page, name, whole=whole)


def newcomer(browser: Browser, name: str, *, address: str, album: Album, **context: Any) -> Walker:
    """Somebody nobody knows yet, at a browser without any cookie."""
    opened = browser.new_context(viewport={"width": WIDE, "height": HEIGHT}, color_scheme="light", locale="en-GB", **context)
    opened.set_default_timeout(PATIENCE)
    email = f"{name.partition(' ')[0].lower()}@cities.example.org"
    return Walker(name=name, email=email, page=opened.new_page(), address=address, album=album)
