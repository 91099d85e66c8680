"""An officer on the day after, in a real browser, with a real sender behind it and a mail server that keeps what it gets."""

import csv
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from newsroom.house import House
from newsroom.sendqueue.sender import Sender
from tests.browser.admin_site import log_in, served
from tests.factories import a_user
from tests.integration.test_repeating import Sent
from tests.sending import eventually
from tests.smtp_server import SmtpServer
from tests.staff import with_relay

pytestmark = pytest.mark.browser


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


def test_an_officer_tries_again_sends_a_copy_and_takes_the_list_home(sqlite_house: House, server: SmtpServer, browser: Browser) -> None:
    house = with_relay(sqlite_house, server.url)
    sent = Sent(house)
    refused = sent.row(sent.failed(0, 452, "4.2.2", "mailbox full")).address
    sent.failed(1)
    with house.database.transaction() as session:
        email = a_user(session, name="Amina Keïta").email
    sender = Sender(house)
    sender.start()
    try:
        with served(house, sender.ring) as address:
            page = browser.new_page(accept_downloads=True)
            log_in(page, address, email)
            page.goto(f"{address}/admin/issues/{sent.issue_id}")
            page.get_by_role("button", name="Try the chosen ones again …").click()
            page.get_by_role("button", name="Try the ticked ones again").click()
            page.get_by_text("1 letter is tried again.").wait_for()
            eventually(lambda: server.recipients == [refused])
            page.goto(f"{address}/admin/issues/{sent.issue_id}/copy")
            page.get_by_label("To", exact=True).fill("press@paper.example")
            page.get_by_role("button", name="Send the copy").click()
            page.get_by_text("A copy goes to press@paper.example.").wait_for()
            eventually(lambda: server.recipients == [refused, "press@paper.example"])
            with page.expect_download() as download:
                page.get_by_role("link", name="Download as CSV").click()
            rows = list(csv.DictReader(download.value.path().read_text("utf-8-sig").splitlines()))
            page.close()
    finally:
        sender.stop()
    assert len(rows) == 6
    assert sorted(row["state"] for row in rows) == ["accepted"] * 5 + ["failed"]
