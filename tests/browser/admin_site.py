"""An admin that a browser can open, and the way in."""

import threading
from collections.abc import Callable

import waitress
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from admin.app import create_admin_app
from newsroom.house import House
from tests.factories import PASSWORD

#: A colour half way from light to dark is no colour of ours. What turns without end is not waited for.
AT_REST = """Promise.all(document.getAnimations().filter((each) => each.effect.getComputedTiming().endTime < Infinity)
    .map((each) => each.finished.catch(() => {})))"""


def _rings_for_nobody(_: int) -> None:
    pass


class served:  # noqa: N801 - reads as a verb in `with`
    """The admin of this house on a free port; gives its address."""

    def __init__(self, house: House, ring: Callable[[int], None] = _rings_for_nobody) -> None:
        # poll, as in admin/server.py: select breaks off loudly when the server is closed while it waits.
        application = create_admin_app(house, ring=ring)
        self.server = waitress.create_server(application, host="127.0.0.1", port=0, threads=6, asyncore_use_poll=True)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        return f"http://127.0.0.1:{self.server.effective_port}"

    def __exit__(self, *_: object) -> None:
        self.server.close()
        self.thread.join(timeout=0.5)  # the browser may still hold a connection open


def faults(page: Page, part: str | None = None) -> list[str]:
    """What axe finds on the page once it has come to rest, or in the parts of it that this selector names; targets of 24 pixels included.

    Letters stand in frames where no script runs: axe is not made to wait for their answer.
    """
    page.evaluate(AT_REST)
    asked = {"iframes": False, "rules": {"target-size": {"enabled": True}}}
    found = Axe().run(page, context=part, options=asked).response["violations"]
    return [f"{fault['id']}: {node['html'][:200]}" for fault in found for node in fault["nodes"]]


def log_in(page: Page, address: str, email: str) -> None:
    page.goto(f"{address}/admin/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/issues")
