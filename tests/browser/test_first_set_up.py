"""The first set-up in a real browser: from the printed link to the first issue, every step without a fault that axe knows."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from admin import setup_link
from newsroom.clock import utc_now
from newsroom.house import House
from tests.browser.admin_site import served
from tests.factories import PASSWORD

pytestmark = pytest.mark.browser


def sound(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [f"{fault['id']}: {node['html'][:160]}" for fault in found for node in fault["nodes"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def go_on(page: Page, step: str, **fields: str) -> None:
    sound(page)
    for name, value in fields.items():
        page.locator(f"#field-{name}").fill(value)
    page.get_by_role("button", name="Continuar").click()
    page.wait_for_url(f"**/{step}")


def test_from_the_printed_link_to_the_first_issue_on_a_phone(sqlite_house: House, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    with served(sqlite_house) as address:
        page.goto(address + setup_link.path_of(sqlite_house.keys, now=utc_now()))
        page.get_by_role("link", name="Español").click()
        go_on(page, "organisation", name="Ana", email="ana@cities.example.org", password=PASSWORD, again=PASSWORD)
        go_on(page, "sender", name="City Network", postal_address="1 Quay Street")
        go_on(page, "mail", list_title="Cities by the Water", from_address="news@cities.example.org")
        page.get_by_label("Enviarlas por un servidor de correo").check()
        assert page.locator("#field-host").is_visible()
        page.get_by_label("Retenerlas por ahora").check()
        assert not page.locator("#field-host").is_visible()
        go_on(page, "languages")
        page.get_by_label("العربية").check()
        go_on(page, "sample")
        sound(page)
        page.get_by_role("button", name="Mostrarme un ejemplo").click()
        page.wait_for_url("**/write")
        page.get_by_text("Algo que ha ocurrido").first.wait_for()
