"""A writer at an issue in the browser, and what is stored of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from newsroom.house import House
from newsroom.issues import IssueSection


@dataclass(kw_only=True)
class Desk:
    """One writer at an issue."""

    house: House
    address: str
    issue_id: int
    page: Page

    def open(self, number: int = 1) -> Locator:
        """The card of this number, unfolded; 0 is the subject."""
        piece = self.page.locator("[data-section]").nth(number)
        piece.locator("[data-open]").click()
        piece.locator("[data-form]").wait_for()
        return piece

    def stored(self, number: int = 1) -> dict[str, Any]:
        with self.house.database.reading() as session:
            rows = session.scalars(select(IssueSection).where(IssueSection.issue_id == self.issue_id).order_by(IssueSection.position))
            return list(rows)[number - 1].content

    def kinds(self) -> list[str]:
        with self.house.database.reading() as session:
            rows = select(IssueSection.kind).where(IssueSection.issue_id == self.issue_id).order_by(IssueSection.position)
            return list(session.scalars(rows))

    def saved(self) -> None:
        expect(self.page.locator("[data-status]")).to_contain_text("Saved")

    def reload(self) -> None:
        self.page.goto(f"{self.address}/admin/issues/{self.issue_id}/write")


def until(true: Callable[[], bool], within: float = 60.0) -> float:
    """Seconds until this held."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < within, "it never came true"
        time.sleep(0.02)
    return time.monotonic() - began
