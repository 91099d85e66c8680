"""The pictures taken along the road, named in their order: 01-wizard-account.png, 02-..."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

WIDE, NARROW, HEIGHT = 1280, 390, 850


class Album:
    """A folder of pictures; `take` keeps one as the page stands, `on_phone_too` one more on a phone, `key_page` a third in the dark.

    In the dark only if somebody wants to look at them: axe looks at every page by night in test_every_page.
    """

    def __init__(self, folder: Path, *, by_night: bool) -> None:
        self.folder, self.by_night, self.names = folder, by_night, list[str]()
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, page: Page, name: str, *, whole: bool = True) -> None:
        """`whole`: the page to its foot; else what the window shows."""
        self.names.append(f"{len(self.names) + 1:02}-{name}.png")
        if whole:
            page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=self.folder / self.names[-1], full_page=whole, animations="disabled")

    def on_phone_too(self, page: Page, name: str, *, whole: bool = True) -> None:
        self.take(page, name, whole=whole)
        with on_a_phone(page):
            self.take(page, f"{name}-390", whole=whole)

    def key_page(self, page: Page, name: str, *, whole: bool = True) -> None:
        self.on_phone_too(page, name, whole=whole)
        if self.by_night:
            with in_the_dark(page):
                self.take(page, f"{name}-dark", whole=whole)


@contextmanager
def on_a_phone(page: Page) -> Iterator[None]:
    page.set_viewport_size({"width": NARROW, "height": 844})
    yield
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (
        f"{page.url} is wider than a phone"
    )
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})


@contextmanager
def in_the_dark(page: Page) -> Iterator[None]:
    page.emulate_media(color_scheme="dark")
    yield
    page.emulate_media(color_scheme="light")
