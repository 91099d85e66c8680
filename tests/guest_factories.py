"""Guests with their links and their browsers, for tests."""

from typing import Any

from newsroom import guests
from newsroom.clock import utc_now
from newsroom.guests import GuestLink, Invitation
from newsroom.house import House
from newsroom.issues import Actor, Issue
from tests.staff import Staff

ANA = Actor(name="Ana")
#: Who each purpose is asked of, and for what in an issue of English and Arabic with these sections.
SECTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("welcome", {"title": {"en": "Dear colleagues", "ar": "الزملاء", "fr": "Chers amis"}, "text": "<p>The river has risen.</p>"}),
    ("update", {"title": "Two mayors met", "links": [{"label": "Read on", "url": "https://example.org/report"}]}),
)


def a_link(house: House, issue_id: int, purpose: str, about: tuple[str, str] = ("", ""), by: Actor = ANA, **facts: Any) -> tuple[int, str]:
    """A guest's link to this issue: its number, and the path of its page."""
    wanted = {"name": "Layla", "email": "layla@example.org", "language": "en", "days": 7, "purpose": purpose, "about": about}
    with house.database.transaction() as session:
        issue = session.get_one(Issue, issue_id)
        link, token = guests.invite(session, issue, Invitation(**{**wanted, **facts}), by=by, now=utc_now())
        return link.id, f"/admin/guest/{token}"


def opened(house: House, path: str) -> Staff:
    """The guest's browser, which the link is bound to."""
    browser = Staff(house)
    browser.post(f"{path}/open", page=path)
    return browser


def patch(browser: Staff, path: str, page: str, *changes: tuple[list[str | int], Any, Any]) -> Any:
    """What the scripts of the guest's page send: path, what was seen, what it shall be."""
    facts = browser.get(f"{page}/session").json or {}
    told = [{"path": list(where), "was": was, "now": now} for where, was, now in changes]
    headers = {"X-CSRFToken": facts.get("csrf", "")}
    return browser.client.post(path, json={"base": 0, "changes": told}, headers=headers)


def link_of(house: House, link_id: int) -> GuestLink:
    with house.database.reading() as session:
        return session.get_one(GuestLink, link_id)
