"""Guests: a link of one purpose, bound to one browser, that closes in one sentence; what they do counts, and looking changes nothing."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from newsroom import guests
from newsroom.clock import utc_now
from newsroom.comments import comments_of
from newsroom.deliveries import Delivery
from newsroom.given_signoffs import signoffs_of
from newsroom.guests import GuestLink, Invitation
from newsroom.house import House
from newsroom.issues import OPERATOR, Issue
from newsroom.renditions import Rendition
from tests.factories import a_list, an_issue
from tests.staff import Staff, somebody

CODE = re.compile(r"Your code is (\d{6})")


def a_guest(house: House, purpose: str = "approve", **facts: Any) -> tuple[int, str, str]:
    """An issue in review, and a link to it: the issue's number, the token, the path."""
    with house.database.transaction() as session:
        issue = an_issue(session, a_list(session, title="Rivertide"), state="in_review", subject="Secret summer")
        signoff = ("approval", "") if purpose == "approve" else ("", "")
        wanted = {"name": "The chief", "email": "chief@example.org", "purpose": purpose, "language": "en", "days": 7, "about": signoff}
        _, token = guests.invite(session, issue, Invitation(**{**wanted, **facts}), by=OPERATOR, now=utc_now())
        return issue.id, token, f"/admin/guest/{token}"


def opened(house: House, path: str) -> Staff:
    browser = Staff(house)
    browser.post(f"{path}/open", page=path)
    return browser


def links(house: House) -> list[GuestLink]:
    with house.database.reading() as session:
        return list(session.scalars(select(GuestLink)))


def test_a_guest_reads_comments_and_approves_without_an_account(house: House) -> None:
    issue_id, _, path = a_guest(house)
    browser = opened(house, path)
    page = browser.get(path).text
    assert "Secret summer" in page
    assert "/admin/issues" not in page, "nothing leads into the admin"
    assert "Here is what happened" in browser.get(f"{path}/letter/en").text
    browser.post(f"{path}/comment", page=path, text="Very good.")
    assert "exactly these letters" in browser.get(browser.post(f"{path}/sign", page=path, note="Go ahead").location).text
    with house.database.reading() as session:
        assert session.get_one(Issue, issue_id).state == "approved"
        (signoff,) = signoffs_of(session, issue_id)
        (thread,) = comments_of(session, issue_id)
    (link,) = links(house)
    assert (signoff.actor, signoff.way, signoff.guest_id, signoff.user_id) == ("The chief", "guest", link.id, None)
    assert (thread.comment.text, thread.comment.guest_id) == ("Very good.", link.id)
    assert "You approved it" in browser.get(path).text


def test_looking_changes_nothing_and_shows_nothing_before_it_is_opened(house: House) -> None:
    _, _, path = a_guest(house)
    for _ in range(2):
        page = Staff(house).get(path).text
        assert "Secret summer" not in page
        assert "Rivertide" not in page
    (link,) = links(house)
    assert (link.browser, link.seen_at) == ("", None)


def test_a_forwarded_link_needs_the_code_that_the_guest_gets_by_mail(house: House) -> None:
    _, _, path = a_guest(house)
    first, second = opened(house, path), Staff(house)
    page = second.get(path).text
    assert "another browser" in page
    assert "Secret summer" not in page
    letter = second.get(f"{path}/letter/en")
    assert (letter.status_code, "Secret summer" in letter.text) == (403, False)
    second.post(f"{path}/open", page=path)
    assert "Secret summer" not in second.get(path).text
    second.post(f"{path}/comment", page=path, text="Let me in")
    second.post(f"{path}/code", page=path)
    with house.database.reading() as session:
        assert session.scalars(select(Delivery.address)).all() == ["chief@example.org"]
        plan = session.scalars(select(Rendition.plan)).one()
    code = CODE.search(plan.decode("utf-8", "replace"))
    assert code
    second.post(f"{path}/code", page=path, code=code.group(1))
    assert "Secret summer" in second.get(path).text
    assert "Secret summer" not in first.get(path).text, "it belongs to one browser at a time"
    with house.database.reading() as session:
        assert comments_of(session, links(house)[0].issue_id) == ()


def test_five_wrong_codes_close_the_link(sqlite_house: House) -> None:
    _, _, path = a_guest(sqlite_house)
    opened(sqlite_house, path)
    thief = Staff(sqlite_house)
    thief.post(f"{path}/code", page=path)
    for _ in range(5):
        thief.post(f"{path}/code", page=path, code="wrong")
    assert thief.get(path).status_code == 404


@pytest.mark.parametrize("fault", ["unknown", "expired", "revoked"])
def test_a_closed_link_says_one_sentence_whatever_closed_it(sqlite_house: House, fault: str) -> None:
    issue_id, _, path = a_guest(sqlite_house)
    browser = opened(sqlite_house, path)
    if fault == "revoked":
        staff, _ = somebody(sqlite_house, "editor")
        staff.post(f"/admin/issues/{issue_id}/guests/1/revoke", page=f"/admin/issues/{issue_id}/guests")
    elif fault == "expired":
        with sqlite_house.database.transaction() as session:
            session.execute(update(GuestLink).values(expires_at=utc_now() - timedelta(seconds=1)))
    tried = f"{path}x" if fault == "unknown" else path
    answers = [browser.get(tried), browser.get(f"{tried}/letter/en"), *(browser.post(f"{tried}/{way}", page="/admin/login", text="x")
               for way in ("open", "code", "comment", "sign"))]  # fmt: skip
    for answer in answers:
        assert answer.status_code == 404
        assert "This link is closed" in answer.text
        assert "Secret summer" not in answer.text
    with sqlite_house.database.reading() as session:
        assert session.get_one(Issue, issue_id).state == "in_review"


def test_who_may_comment_may_not_approve(sqlite_house: House) -> None:
    issue_id, _, path = a_guest(sqlite_house, "comment")
    browser = opened(sqlite_house, path)
    assert f"{path}/sign" not in browser.get(path).text
    assert browser.post(f"{path}/sign", page=path).status_code == 404
    with sqlite_house.database.reading() as session:
        assert session.get_one(Issue, issue_id).state == "in_review"


def test_staff_invite_a_guest_by_mail_and_nobody_hands_on_a_right_they_lack(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        issue_id = an_issue(session, a_list(session), state="in_review").id
    path = f"/admin/issues/{issue_id}/guests"
    form = {"name": "ليلى", "email": "layla@example.org", "language": "ar", "days": "7"}
    editor, _ = somebody(sqlite_house, "editor")
    refused = editor.post(path, page=path, purpose="approve|approval|", **form)
    assert refused.status_code == 422
    assert links(sqlite_house) == []
    publisher, _ = somebody(sqlite_house, "publisher", name="Ana")
    assert publisher.post(path, page=path, purpose="approve|other|", **form).status_code == 422
    publisher.post(path, page=path, purpose="approve|approval|", **form)
    (link,) = links(sqlite_house)
    assert (link.purpose, link.about, link.created_by) == ("approve", "approval", "Ana")
    with sqlite_house.database.reading() as session:
        assert session.scalars(select(Delivery.address)).all() == ["layla@example.org"]
        assert link.digest.encode() not in session.scalars(select(Rendition.plan)).one()
    assert "layla@example.org" in publisher.get(path).text


def test_a_guest_reads_the_page_in_the_language_of_the_link(sqlite_house: House) -> None:
    _, _, path = a_guest(sqlite_house, language="ar")
    page = opened(sqlite_house, path).get(path).text
    assert '<html lang="ar" dir="rtl"' in page


def test_a_guest_who_goes_on_and_on_does_not_fill_the_mailboxes_of_the_staff(sqlite_house: House) -> None:
    issue_id, _, path = a_guest(sqlite_house, "comment")
    browser = opened(sqlite_house, path)
    answers = [browser.post(f"{path}/comment", page=path, text=f"Word {number}") for number in range(12)]
    assert [answer.status_code for answer in answers] == [302] * 10 + [429] * 2
    with sqlite_house.database.reading() as session:
        assert len(comments_of(session, issue_id)) == 10
    assert "Word 9" in browser.get(path).text, "what was said stays, and the page can still be read"


def test_a_chief_who_reads_french_is_not_told_of_an_english_subject(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        subject: dict[str, Any] = {"en": "Autumn updates", "fr": "Nouvelles d’automne"}
        issue_id = an_issue(session, a_list(session, languages=["en", "fr"]), state="in_review", subject=subject).id
    path = f"/admin/issues/{issue_id}/guests"
    publisher, _ = somebody(sqlite_house, "publisher", name="Ana")
    publisher.post(path, page=path, name="Claire", email="c@example.org", language="fr", days="7", purpose="approve|approval|")
    with sqlite_house.database.reading() as session:
        assert "« Nouvelles d’automne »".replace("« ", "«\xa0").replace(" »", "\xa0»") in session.scalars(select(Rendition.subject)).one()
