"""What somebody approves is what they read: nobody signs for what came after their page, whoever changed it and wherever."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from newsroom import events, issues
from newsroom.given_signoffs import signoffs_of
from newsroom.house import House
from newsroom.issues import OPERATOR, Issue
from newsroom.mailing_lists import MailingList
from newsroom.section_writing import FieldChange, change_front
from tests.factories import a_list, an_issue
from tests.guest_factories import a_link, opened
from tests.staff import Staff, somebody

SEEN = re.compile(r'name="seen" value="([^"]+)"')
LATER = datetime(2031, 1, 1, tzinfo=UTC)
TALK = {"title": "A talk", "event": "talk", "text": "<p>Come.</p>"}


def taken_back_written_and_submitted(session: Session, issue: Issue) -> None:
    issues.recall(session, issue, by=OPERATOR, now=LATER)
    change_front(session, issue, [FieldChange(path=("subject",), was=issue.subject, now="Other news")], base=0, by=OPERATOR, now=LATER)
    issues.submit(session, issue, by=OPERATOR, now=LATER)


def another_sender(session: Session, issue: Issue) -> None:
    session.scalars(select(MailingList)).one().from_name = "Somebody else"


def another_day(session: Session, issue: Issue) -> None:
    """Told in another issue of the list."""
    events.tell(session, issue.list_id, "talk", {"venue": "Elsewhere"}, now=LATER)


@pytest.mark.parametrize(
    ("who", "change"), [("guest", taken_back_written_and_submitted), ("guest", another_day), ("staff", another_sender)]
)
def test_nobody_approves_what_was_changed_after_their_page_was_opened(
    sqlite_house: House, who: str, change: Callable[[Session, Issue], None]
) -> None:
    with sqlite_house.database.transaction() as session:
        issue = an_issue(session, a_list(session), state="in_review", subject="Spring news", sections=[("workshop", TALK)])
        events.tell(session, issue.list_id, "talk", {"venue": "Town hall"}, now=issue.updated_at)
        issue_id = issue.id
    browser, page = _at_the_door(sqlite_house, issue_id, who)
    seen = SEEN.search(browser.get(page).text)
    assert seen
    with sqlite_house.database.transaction() as session:
        change(session, session.get_one(Issue, issue_id))
    answer = browser.post(f"{page}/sign" if who == "guest" else f"/admin/issues/{issue_id}/sign", page=page, seen=seen[1])
    assert "changed while your page was open" in browser.get(answer.location).text
    with sqlite_house.database.reading() as session:
        assert signoffs_of(session, issue_id) == []
    browser.post(
        f"{page}/sign" if who == "guest" else f"/admin/issues/{issue_id}/sign", page=page, seen=SEEN.findall(browser.get(page).text)[0]
    )
    with sqlite_house.database.reading() as session:
        assert len(signoffs_of(session, issue_id)) == 1, "what stands there now can be approved"


def _at_the_door(house: House, issue_id: int, who: str) -> tuple[Staff, str]:
    if who == "staff":
        return somebody(house)[0], f"/admin/issues/{issue_id}/review"
    path = a_link(house, issue_id, "approve", ("approval", ""))[1]
    return opened(house, path), path
