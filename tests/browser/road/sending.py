"""The last steps: a mail server, the instant, and what stands there once the issue is scheduled."""

import re
from datetime import date, timedelta

from playwright.sync_api import expect

from newsroom.clock import utc_now
from tests.browser.road.people import Walker
from tests.browser.road.reviewing import life
from tests.browser.road.sample import Newsletter, texts_of
from tests.browser.road.translating import plain

HOUR = "09:30"


def add_a_mail_server(writer: Walker, port: int) -> None:
    """Until now every letter was captured. This one is on the same machine, so that it needs no encryption and no https."""
    page = writer.page
    writer.menu("Settings")
    writer.take("settings")
    page.get_by_role("main").get_by_role("link", name=re.compile("mail server", re.IGNORECASE)).first.click()
    page.get_by_role("link", name="Add the first mail server").click()
    page.locator("#field-name").fill("main")
    page.locator("#field-host").fill("127.0.0.1")
    page.locator("#field-tls").select_option("none")
    page.locator("#field-port").fill(str(port))
    writer.take("mail-server")
    writer.press("Add it")
    writer.press("Try it")
    page.locator(".findings").wait_for()
    writer.album.on_phone_too(page, "mail-server-tried")


def schedule(publisher: Walker, day: date) -> None:
    page = publisher.page
    publisher.follow("Overview")
    publisher.follow("Send …")
    for language in ("English", "Français", "Español", "العربية"):
        expect(page.locator(".count-list li", has_text=language)).to_contain_text("2")
    page.get_by_label("Day").fill(day.isoformat())
    page.get_by_label("Hour").fill(HOUR)
    publisher.album.key_page(page, "send")
    publisher.press("Schedule")
    publisher.shows("Scheduled for")


def a_week_ahead() -> date:
    return (utc_now() + timedelta(days=7)).date()


def see_it_scheduled(publisher: Walker, sample: Newsletter, names: tuple[str, ...], day: date) -> None:
    page = publisher.page
    expect(page.locator(".issue-bar .state")).to_have_text("Scheduled")
    expect(page.get_by_text("Goes out").first).to_contain_text(f"{day.day}")
    for name in names:
        expect(life(publisher)).to_contain_text(name)
    publisher.album.key_page(page, "scheduled")
    for language, name in (("en", "English"), ("fr", "Français"), ("es", "Español"), ("ar", "العربية")):
        page.locator("#preview").get_by_role("link", name=name, exact=True).click()
        letter = page.frame_locator("iframe.letter-frame").locator("body")
        for text in texts_in(sample, language):
            expect(letter).to_contain_text(text)
        publisher.take(f"letter-{language}")


def texts_in(sample: Newsletter, language: str) -> list[str]:
    """What a reader of this language finds in the letter: its subject, and the titles and texts of every section it has."""
    shown = [sample.subject[language]]
    for section in sample.sections:
        shown += [plain(text) for path, text in texts_of(section, language) if path in ("title", "text", "summary", "items.0.text")]
    return [text.replace("[[ name | ", "").replace(" ]]", "") for text in shown]
