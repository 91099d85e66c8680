"""One browser for the tests of a file; a writer at an issue."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from newsroom.house import House
from tests.browser.admin_site import log_in, served
from tests.browser.writing_desk import Desk
from tests.factories import a_list, a_user, an_issue
from tests.services import missing

# How long a page may take: a machine that is ten times slower for a moment is no fault, and what holds at once waits for nothing.
expect.set_options(timeout=60_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The same for a test as a whole: the general limit is made for tests without a browser."""
    for item in items:
        if item.get_closest_marker("browser") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(400))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        missing("Chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield opened
        opened.close()


@pytest.fixture
def desk(sqlite_house: House, browser: Browser) -> Iterator[Desk]:
    with sqlite_house.database.transaction() as session:
        user = a_user(session, name="Amina Keïta", role="author")
        rivers = a_list(session, slug="rivers", languages=["en", "fr", "ar"], topics={"climate": "Climate"}, timezone="Europe/Madrid")
        issue = an_issue(session, rivers, subject="Spring on the water")
    with served(sqlite_house) as address:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        log_in(page, address, user.email)
        desk = Desk(house=sqlite_house, address=address, issue_id=issue.id, page=page)
        desk.reload()
        yield desk
        context.close()
