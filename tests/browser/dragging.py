"""Dragging by mouse as a hand does it: what comes in late may shift the page at any moment, so it looks before it lets go."""

import time

from playwright.sync_api import ElementHandle, Locator, Page

from tests.browser.writing_desk import until

PEERS = """
  const peers = [...row.parentElement.children].filter((one) => one.matches("[data-row], [data-section]"))
    .filter((one) => !one.matches(".sortable-drag"));
"""
PLACE = f"(row) => {{ {PEERS} return peers.indexOf(row); }}"
# Where the mouse must go for what is held to move towards that place: into the far edge of what lies there.
TOWARDS = f"""(row, place) => {{ {PEERS}
  const box = peers[place].getBoundingClientRect();
  return [box.left + 20, peers.indexOf(row) < place ? box.bottom - 4 : box.top + 4];
}}"""


def drag(row: Locator, grip: Locator, onto: Locator) -> None:
    """A card or row by its grip to the place of another of the same list."""
    held, place = row.element_handle(), onto.evaluate(PLACE)
    onto.evaluate("(row) => row.scrollIntoView({ block: 'center', behavior: 'instant' })")
    grip.hover()
    row.page.mouse.down()
    until(lambda: _lies_at(row.page, held, place))
    row.page.mouse.up()


def _lies_at(page: Page, held: ElementHandle, place: int) -> bool:
    if held.evaluate(PLACE) == place:
        return True
    x, y = held.evaluate(TOWARDS, place)
    page.mouse.move(x, y + time.monotonic() % 2, steps=4)
    return False
