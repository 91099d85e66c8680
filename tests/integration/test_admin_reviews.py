"""What people read before they approve, send or try a letter is what they decide on."""

import io
import re
from typing import Any

import pytest
from sqlalchemy import select

from newsroom import issues
from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.house import House
from newsroom.issues import OPERATOR, Issue
from tests.factories import PLAIN_SECTIONS, a_delivery, a_list, a_subscriber, an_issue
from tests.staff import Staff, above_the_history, somebody, with_relay

SEEN = re.compile(r'name="seen" value="([^"]+)"')


def make_issue(house: House, state: str = "draft", **facts: Any) -> Issue:
    with house.database.transaction() as session:
        mailing_list = a_list(session)
        a_subscriber(session, house, mailing_list)
        return an_issue(session, mailing_list, state=state, house=house, **facts)


def state_of(house: House, issue: Issue) -> str:
    with house.database.reading() as session:
        return session.get_one(Issue, issue.id).state


def seen_on(staff: Staff, path: str) -> str:
    found = SEEN.search(staff.get(path).text)
    assert found
    return found.group(1)


def test_what_a_reviewer_asked_for_stands_on_the_draft_until_it_is_submitted_again(house: House) -> None:
    issue = make_issue(house, "in_review")
    staff, _ = somebody(house, "editor", name="Amina")
    path = f"/admin/issues/{issue.id}"
    staff.post(f"{path}/request-changes", reason="Shorten <b>section 2</b>.\nThe date is wrong.")
    shown = above_the_history(staff.get(path).text)
    assert "Amina</bdi> asked for changes" in shown
    assert "Shorten &lt;b&gt;section 2&lt;/b&gt;." in shown
    assert "The date is wrong." in shown
    staff.post(f"{path}/submit")
    assert "asked for changes" not in above_the_history(staff.get(path).text)


def taken_back_and_submitted_again(house: House, issue: Issue, *way: str) -> None:
    with house.database.transaction() as session:
        found = session.get_one(Issue, issue.id)
        for action in way:
            issues.move(session, found, action, by=OPERATOR, now=utc_now())


def test_a_letter_changed_since_the_reviewer_opened_it_is_not_approved(house: House) -> None:
    issue = make_issue(house, "in_review")
    staff, _ = somebody(house)
    path = f"/admin/issues/{issue.id}"
    seen = seen_on(staff, path)
    taken_back_and_submitted_again(house, issue, "recall", "submit")
    refused = staff.post(f"{path}/approve", seen=seen)
    assert "changed while your page was open" in staff.get(refused.location).text
    assert state_of(house, issue) == "in_review"
    staff.post(f"{path}/approve", seen=seen_on(staff, path))
    assert state_of(house, issue) == "approved"


def test_a_letter_changed_since_the_confirmation_was_opened_is_not_sent(house: House) -> None:
    issue = make_issue(house, "approved")
    staff, _ = somebody(with_relay(house))
    path = f"/admin/issues/{issue.id}/send"
    seen = seen_on(staff, path)
    taken_back_and_submitted_again(house, issue, "reopen", "submit", "approve")
    refused = staff.post(path, seen=seen)
    assert "changed while your page was open" in staff.get(refused.location).text
    assert (state_of(house, issue), staff.rung) == ("approved", [])
    staff.post(path, seen=seen_on(staff, path))
    assert state_of(house, issue) == "scheduled"


@pytest.mark.parametrize(
    "typed",
    [
        "ana@example.org; ben@example.org",
        'Ana <ana@example.org>, "Ben, of the harbour" <ben@example.org>',
        "ana@example.org ben@example.org\nana@example.org",
    ],
)
def test_addresses_copied_from_a_mail_program_are_understood(house: House, typed: str) -> None:
    issue = make_issue(house)
    staff, _ = somebody(house)
    answer = staff.post(f"/admin/issues/{issue.id}/test", language="en", addresses=typed)
    assert "read it in the outbox" in staff.get(answer.location).text
    with house.database.reading() as session:
        assert session.scalars(select(Delivery.address).order_by(Delivery.id)).all() == ["ana@example.org", "ben@example.org"]


def test_a_refused_test_says_that_nothing_was_sent(sqlite_house: House) -> None:
    issue = make_issue(sqlite_house)
    staff, _ = somebody(sqlite_house)
    page = staff.post(f"/admin/issues/{issue.id}/test", language="en", addresses="ana@example.org nobody")
    assert "Nothing was sent yet" in page.text


def test_a_rehearsed_letter_is_never_called_handed_to_a_mail_server(house: House) -> None:
    issue = make_issue(house)
    with house.database.transaction() as session:
        a_delivery(session, session.get_one(Issue, issue.id), kind="rehearsal")
    staff, _ = somebody(house)
    page = staff.get(f"/admin/issues/{issue.id}/deliveries?kind=rehearsal").text
    assert "Kept in the outbox" in page
    assert "Handed to the mail server" not in page


def test_a_section_without_a_title_is_named_by_its_kind(sqlite_house: House) -> None:
    issue = make_issue(sqlite_house, sections=[*PLAIN_SECTIONS, ("divider", {})])
    staff, _ = somebody(sqlite_house)
    assert "<bdi>Divider</bdi></span>" in staff.get(f"/admin/issues/{issue.id}").text


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_a_stopped_issue_is_not_left_saying_that_a_letter_is_being_handed_over(sqlite_house: House, state: str) -> None:
    issue = make_issue(sqlite_house, "approved")
    with sqlite_house.database.transaction() as session:
        found = session.get_one(Issue, issue.id)
        found.state, found.audience = state, 1
        delivery = a_delivery(session, found, state="handed_over").id
    staff, _ = somebody(sqlite_house)
    path = f"/admin/issues/{issue.id}/progress/issue"
    assert "every 2s" in staff.get(path).text
    with sqlite_house.database.transaction() as session:
        session.get_one(Delivery, delivery).state = "accepted"
    assert "every 2s" not in staff.get(path).text


@pytest.mark.parametrize(("mode", "said"), [("active", "agreed to receive it"), ("withdrawn", "asked not to be written to")])
def test_nobody_imports_people_into_the_wrong_list_or_with_the_wrong_consent_unawares(sqlite_house: House, mode: str, said: str) -> None:
    with sqlite_house.database.transaction() as session:
        a_list(session, slug="rivers", title="Letters from the river")
    staff, _ = somebody(sqlite_house)
    files = {"file": (io.BytesIO(b"email\nana@example.org\n"), "people.csv")}
    page = staff.post("/admin/subscribers/import/check", list="rivers", mode=mode, files=files).text
    assert re.search(r"<strong><[^>]+>Letters from the river<", page)
    assert f"<strong>{said}</strong>" in page


def test_an_author_is_not_sent_to_an_outbox_that_they_may_not_open(sqlite_house: House) -> None:
    issue = make_issue(sqlite_house, "approved")
    staff, _ = somebody(sqlite_house, "author")
    page = staff.get(f"/admin/issues/{issue.id}").text
    assert "kept in the outbox, and nothing leaves" in page
    answer = staff.post(f"/admin/issues/{issue.id}/test", language="en", addresses="ana@example.org")
    assert "read it in the outbox" not in staff.get(answer.location).text


def test_a_cancelled_issue_does_not_look_as_if_everybody_got_it(sqlite_house: House) -> None:
    issue = make_issue(sqlite_house, "approved")
    with sqlite_house.database.transaction() as session:
        found = session.get_one(Issue, issue.id)
        found.state, found.audience = "cancelled", 3
        for state in ("accepted", "cancelled", "cancelled"):
            a_delivery(session, found, state=state)
    staff, _ = somebody(sqlite_house)
    page = staff.get(f"/admin/issues/{issue.id}").text
    assert "1 of 3 handed over" in page
    assert "3 of 3" not in page


@pytest.mark.parametrize(
    ("state", "role", "said", "unsaid"),
    [
        ("in_review", "author", "take it back on its overview", "ask an editor"),
        ("approved", "author", "ask an editor or a publisher", "take it back"),
        ("approved", "editor", "reopen it for writing on its overview", "ask an editor"),
    ],
)
def test_whoever_finds_a_typo_too_late_reads_the_way_that_is_open_to_them(
    sqlite_house: House, state: str, role: str, said: str, unsaid: str
) -> None:
    with sqlite_house.database.transaction() as session:
        issue = an_issue(session, a_list(session), state=state, house=sqlite_house)
    staff, _ = somebody(sqlite_house, role=role)
    page = staff.get(f"/admin/issues/{issue.id}/write").text
    assert said in page
    assert unsaid not in page
