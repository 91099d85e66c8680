"""The server is killed while somebody writes: what was typed more than a second ago is stored, and the browser has the rest.

The second is one of a machine that has a processor free. Where tests of others want it too, it is as much longer as a small sum is.
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


@dataclass
class Pace:
    """How many times longer than alone anything takes at the moment: a small sum, timed on the wall and on the processor."""

    wall: float = 0.0
    processor: float = 0.0

    def look(self) -> None:
        began, worked = time.monotonic(), time.thread_time()
        sum(number * number for number in range(20_000))
        self.wall += time.monotonic() - began
        self.processor += time.thread_time() - worked

    @property
    def slowness(self) -> float:
        return max(1.0, self.wall / self.processor)


@pytest.fixture
def server(sqlite_settings: Settings) -> Iterator[Server]:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(settings=sqlite_settings, port=port)
    yield server
    if server.role:
        server.kill()


@pytest.mark.timeout(180)
def test_a_server_killed_while_somebody_writes_costs_at_most_the_last_second(server: Server, browser: Browser) -> None:
    house = open_house(server.settings)
    with house.database.transaction() as session:
        email = a_user(session, role="author").email
        issue_id = an_issue(session, a_list(session), sections=[("text", {"title": "0", "text": "<p>Here.</p>"})]).id
    house.database.close()
    server.start()
    page = browser.new_page()
    log_in(page, server.address, email)
    page.goto(f"{server.address}/admin/issues/{issue_id}/write")
    page.locator("[data-section] [data-open]").nth(1).click()
    title = page.get_by_label("Title")
    title.press("End")
    typed: list[float] = []
    dice = random.Random(4)
    for _ in range(KILLS):
        until, pace = time.monotonic() + dice.uniform(0.3, 2.2), Pace()
        while time.monotonic() < until:
            page.keyboard.type(f" {len(typed) + 1}")
            typed.append(time.monotonic())
            pace.look()
            time.sleep(KEYSTROKE)
        killed = time.monotonic()
        server.kill()
        stored = last_number(server.settings)
        due = sum(moment < killed - pace.slowness for moment in typed)
        assert stored >= due, f"{due - stored} words older than {pace.slowness:.1f} s are lost"
        server.start()
        expect(page.locator("[data-status]")).to_contain_text("Saved", timeout=20000)
        assert last_number(server.settings) == len(typed)
    page.close()


def last_number(settings: Settings) -> int:
    """The last of the counted words that is stored."""
    with closing(sqlite3.connect(Path(settings.data_dir) / "newsroom.db")) as database:
        (title,) = database.execute("SELECT json_extract(content, '$.title') FROM issue_sections").fetchone()
    return int(title.split()[-1])
