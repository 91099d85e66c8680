"""The server is killed while somebody writes: what it said was saved is stored, what was typed more than a second ago is kept.

Every moment is one of the browser's own clock, taken where it happened: how busy the machine is moves nothing. That words leave for the
server within half a second, whatever happens, is shown with a clock that stands still in test_words_on_their_way.
"""

import random
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from newsroom.house import open_house
from newsroom.settings import Settings
from tests.browser.admin_site import log_in
from tests.factories import a_list, a_user, an_issue
from tests.processes import Role, answer

pytestmark = pytest.mark.browser
KILLS = 3
KEYSTROKE = 0.05


@dataclass(kw_only=True)
class Server:
    """A real admin process that can be killed and started again on the same port and data."""

    settings: Settings
    port: int
    role: Role | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        facts = {"data_dir": self.settings.data_dir, "public_url": "https://news.example.org"}
        log = Path(self.settings.data_dir) / "admin.log"
        self.role = Role("admin", "--port", str(self.port), settings=facts, log=log)
        self.role.wait_for(lambda: answer(f"{self.address}/admin/login"))

    def kill(self) -> None:
        assert self.role
        self.role.process.kill()
        self.role.process.wait()


@pytest.fixture
def server(sqlite_settings: Settings) -> Iterator[Server]:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(settings=sqlite_settings, port=port)
    yield server
    if server.role:
        server.kill()


# When each text was typed, kept in this browser, sent and said to be saved.
WATCH = """(() => {
    window.seen = { typed: [], kept: [], saved: [] };
    const title = (changes) => changes.find(({ path }) => path[0] === 'title')?.now;
    document.addEventListener('input', ({ target }) => seen.typed.push([Date.now(), target.value]), true);
    const set = Storage.prototype.setItem;
    Storage.prototype.setItem = function (name, value) {
        set.call(this, name, value);
        if (name.startsWith('newsroom.kept')) seen.kept.push([Date.now(), title(JSON.parse(value).changes)]);
    };
    const real = window.fetch;
    window.fetch = async (url, options) => {
        const answer = await real(url, options);
        if (answer.ok && /sections/.test(url) && options?.body) seen.saved.push([Date.now(), title(JSON.parse(options.body).changes)]);
        return answer;
    };
})()"""


def test_a_server_killed_while_somebody_writes_costs_at_most_the_last_second(server: Server, browser: Browser) -> None:
    house = open_house(server.settings)
    with house.database.transaction() as session:
        email = a_user(session, role="author").email
        issue_id = an_issue(session, a_list(session), sections=[("text", {"title": "0", "text": "<p>Here.</p>"})]).id
    house.database.close()
    server.start()
    page = browser.new_page()
    page.add_init_script(WATCH)
    log_in(page, server.address, email)
    page.goto(f"{server.address}/admin/issues/{issue_id}/write")
    page.locator("[data-section] [data-open]").nth(1).click()
    title = page.get_by_label("Title")
    title.press("End")
    dice = random.Random(4)
    for _ in range(KILLS):
        until = time.monotonic() + dice.uniform(0.3, 2.2)
        while time.monotonic() < until:
            page.keyboard.type(" more")
            time.sleep(KEYSTROKE)
        killed = time.time() * 1000
        server.kill()
        seen, stored = page.evaluate("seen"), stored_title(server.settings)
        assert stored.startswith(newest(seen["saved"], before=killed)), "the person was told that more is saved"
        typed = newest(seen["typed"], before=killed - 1000)
        assert max(stored, newest(seen["kept"]), key=len).startswith(typed), "words older than a second are neither stored nor kept"
        server.start()
        expect(page.locator("[data-status]")).to_contain_text("Saved")
        assert stored_title(server.settings) == title.input_value()
    page.close()


def newest(seen: list[tuple[float, str]], *, before: float = float("inf")) -> str:
    return next((text for moment, text in reversed(seen) if text and moment < before), "0").rstrip()


def stored_title(settings: Settings) -> str:
    with closing(sqlite3.connect(Path(settings.data_dir) / "newsroom.db")) as database:
        (title,) = database.execute("SELECT json_extract(content, '$.title') FROM issue_sections").fetchone()
    return str(title)
