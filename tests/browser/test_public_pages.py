"""The public pages in a real browser: readable by everybody, at home on a phone, quiet in the console."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from admin.public import create_public_app
from newsroom.house import open_house
from newsroom.mailing_lists import get_list
from newsroom.settings import Settings
from tests.integration.test_public_pages import Site, build_site
from tests.services import free_port

pytestmark = pytest.mark.browser

WIDTHS = {"desk": 1280, "phone": 390}


@dataclass(frozen=True)
class Served:
    address: str
    site: Site

    def path(self, page: str) -> str:
        links, nobody = self.site.links, (0, self.site.list_id)
        return {
            "unsubscribe": self.site.unsubscribe, "preferences": self.site.preferences, "archive": "/archive/cities/",
            "home": "/", "test": links.unsubscribe(*nobody), "missing": "/nowhere",
        }[page]  # fmt: skip


@pytest.fixture
def served(sqlite_settings: Settings, now: datetime) -> Iterator[Served]:
    """The public site on a free port of this machine."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    house = open_house(sqlite_settings.model_copy(update={"public_url": address}))
    site = build_site(house, now)
    with house.database.transaction() as session:
        get_list(session, "cities").accent = "#e8871e"  # too light for white text: the page must darken it
    server = make_server("127.0.0.1", port, create_public_app(house), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Served(address, site)
    server.shutdown()
    thread.join()
    server.server_close()
    house.database.close()


def visit(browser: Browser, served: Served, page: str, *, width: int = 1280, scheme: Any = "light", language: str = "en") -> Page:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    tab = context.new_page()
    tab.goto(f"{served.address}{served.path(page)}?lang={language}")
    return tab


def faults(tab: Page) -> list[str]:
    """What axe finds, with the rule and the place."""
    found = Axe().run(tab, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).response
    return [f"{one['id']}: {node['target']}" for one in found["violations"] for node in one["nodes"]]


@pytest.mark.parametrize(
    ("width", "language", "scheme"),
    [("desk", "en", "light"), ("phone", "ar", "light"), ("phone", "en", "dark"), ("desk", "ar", "dark")],
)
def test_every_public_page_can_be_used_by_everybody(browser: Browser, served: Served, width: str, language: str, scheme: str) -> None:
    found: dict[str, list[str]] = {}
    for page in ("unsubscribe", "preferences", "archive", "home", "test", "missing"):
        tab = visit(browser, served, page, width=WIDTHS[width], scheme=scheme, language=language)
        found[page] = faults(tab)
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{page} must not scroll sideways"
        tab.context.close()
    tab = visit(browser, served, "preferences", width=WIDTHS[width], scheme=scheme, language=language)
    tab.fill("#name", "\u202ename")
    tab.click(".fields button")
    found["wrong name"] = faults(tab)
    tab.fill("#name", "Amina")
    tab.click(".fields button")
    found["saved"] = faults(tab)
    tab.click(".leave button")
    found["left"] = faults(tab)
    tab.context.close()
    assert {page: what for page, what in found.items() if what} == {}


def test_a_reader_leaves_with_two_clicks_and_without_scripts(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{served.address}{served.path('preferences')}?lang=es")
    tab.click(".leave button")
    assert tab.inner_text("h1") == "Se ha dado de baja"
    assert served.site.person()[3:5] == ("withdrawn", "left")
    assert context.cookies() == []
    context.close()


def test_no_page_breaks_its_own_policy_or_loads_anything_from_elsewhere(browser: Browser, served: Served) -> None:
    context = browser.new_context()
    tab = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("request", lambda request: asked.append(request.url))
    for path in (*map(served.path, ("unsubscribe", "preferences", "archive", "home")), served.site.view, "/archive/cities/spring/ar"):
        tab.goto(f"{served.address}{path}")
    assert said == []
    assert [url for url in asked if not url.startswith(served.address)] == []
    context.close()
