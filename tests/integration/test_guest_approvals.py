"""An approval by a guest is confirmed to their address, and they can take it back until the issue begins to leave."""

import re
from typing import Any

import pytest
from lxml import html
from sqlalchemy import select, update

from admin.audit import AuditEntry
from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.given_signoffs import signoffs_of
from newsroom.house import House
from newsroom.issues import Actor, Issue
from newsroom.notices import Notice
from newsroom.renditions import Rendition
from tests.factories import a_list, a_user, an_issue
from tests.guest_factories import a_link, link_of, opened
from tests.staff import Staff, somebody, with_relay

TAKE_BACK = re.compile(r"/admin/guest/[\w-]+/take-back")


class Approved:
    """An issue that a guest has approved by their link, and the page that their letter leads to."""

    def __init__(self, house: House, **facts: Any) -> None:
        self.house = house
        with house.database.transaction() as session:
            self.officer = a_user(session, name="Ana", role="publisher")
            mailing_list = a_list(session, title="Rivertide")
            self.issue_id = an_issue(session, mailing_list, state="in_review", subject="Spring news").id
        by = Actor(name="Ana", user_id=self.officer.id)
        self.link_id, self.path = a_link(house, self.issue_id, "approve", ("approval", ""), by=by, **facts)
        self.guest = opened(house, self.path)
        self.guest.post(f"{self.path}/sign", page=self.path)
        self.way = self._way_in_the_letter()

    def _way_in_the_letter(self) -> str:
        with self.house.database.reading() as session:
            letter = select(Rendition.plan).join(Delivery, Delivery.rendition_id == Rendition.id)
            plan = session.scalars(letter.where(Delivery.address == "layla@example.org").order_by(Delivery.id.desc())).first()
        found = TAKE_BACK.search((plan or b"").replace(b"=\r\n", b"").decode("utf-8", "replace"))
        assert found, "the guest's own address is told, with a way back"
        return found.group()

    @property
    def state(self) -> str:
        with self.house.database.reading() as session:
            return session.get_one(Issue, self.issue_id).state

    def void(self) -> str:
        with self.house.database.reading() as session:
            (signoff,) = signoffs_of(session, self.issue_id)
        return signoff.void_why

    def told(self) -> list[tuple[int, str]]:
        with self.house.database.reading() as session:
            return [(notice.user_id, notice.says) for notice in session.scalars(select(Notice).where(Notice.says.startswith("guest")))]


@pytest.mark.parametrize("state", ["approved", "scheduled"])
def test_whoever_gets_the_letter_takes_the_approval_back_before_it_leaves(house: House, state: str) -> None:
    done = Approved(house)
    with house.database.transaction() as session:
        session.execute(update(Issue).where(Issue.id == done.issue_id).values(state=state))
    reader = Staff(house)  # the guest's phone: no browser that the link is bound to
    page = reader.get(done.way).text
    assert "Spring news" in page
    assert "Layla" in page
    assert (done.state, done.void(), done.told()) == (state, "", []), "looking changes nothing"
    answer = reader.post(done.way, page=done.way, why="taken_back")
    assert "no longer counts" in answer.text
    assert (done.state, done.void()) == ("draft", "taken_back")
    assert done.told() == [(done.officer.id, "guest_took_back")]
    with house.database.reading() as session:
        deeds = session.scalars(select(AuditEntry.action).where(AuditEntry.issue_id == done.issue_id)).all()
    assert "guest_approvals.take_back" in deeds, "what guests do is in the log, under their issue"
    reader.post(done.way, page="/admin/login", why="taken_back")
    assert len(done.told()) == 1, "once is enough"
    assert link_of(house, done.link_id).revoked_at is None


def test_that_was_not_me_closes_the_link_that_somebody_else_has(sqlite_house: House) -> None:
    done = Approved(sqlite_house)
    Staff(sqlite_house).post(done.way, page=done.way, why="not_theirs")
    assert (done.state, done.void(), done.told()) == ("draft", "not_theirs", [(done.officer.id, "guest_not_theirs")])
    assert "This link is closed" in done.guest.get(done.path).text


def test_one_of_several_sign_offs_is_taken_back_while_the_issue_is_in_review(sqlite_house: House) -> None:
    done = Approved(sqlite_house)
    with sqlite_house.database.transaction() as session:
        session.execute(update(Issue).where(Issue.id == done.issue_id).values(state="in_review", approved_at=None))
    assert done.way.rpartition("/")[2] in done.guest.get(done.path).text, "the guest's own page leads there too"
    Staff(sqlite_house).post(done.way, page=done.way, why="taken_back")
    assert (done.state, done.void()) == ("in_review", "taken_back")
    assert f"{done.path}/sign" in done.guest.get(done.path).text, "they can approve again"


def test_what_is_on_its_way_cannot_be_taken_back_and_says_so(sqlite_house: House) -> None:
    done = Approved(sqlite_house)
    reader = Staff(sqlite_house)
    for state in ("starting", "sending", "paused", "sent", "cancelled"):
        with sqlite_house.database.transaction() as session:
            session.execute(update(Issue).where(Issue.id == done.issue_id).values(state=state))
        for answer in (reader.get(done.way), reader.post(done.way, page="/admin/login", why="taken_back")):
            assert answer.status_code == 200
            assert "too late" in answer.text
        assert (done.state, done.void(), done.told()) == (state, "", [])


def test_a_way_back_that_was_not_ours_opens_nothing(sqlite_house: House) -> None:
    done = Approved(sqlite_house, language="ar")
    reader = Staff(sqlite_house)
    assert '<html lang="ar" dir="rtl"' in reader.get(done.way).text
    token = done.path.rpartition("/")[2]
    for forged in (done.way.replace("/guest/", "/guest/x"), f"/admin/guest/{token}/take-back"):
        assert reader.get(forged).status_code == 404
        assert reader.post(forged, page=done.way, why="taken_back").status_code == 404
    assert done.void() == ""


def test_a_guest_is_not_thanked_for_an_approval_that_counts_no_more_and_can_give_it_again(sqlite_house: House) -> None:
    done = Approved(sqlite_house)
    editor, _ = somebody(sqlite_house, role="editor")
    there = f"/admin/issues/{done.issue_id}"
    told = editor.get(editor.post(f"{there}/reopen", page=there).location).text
    assert "until now it had been approved by Layla" in told
    assert "ask Layla once more" in told, "whoever has no account hears of nothing by themselves"
    page = done.guest.get(done.path).text
    assert "You approved it" not in page
    assert "no longer counts" in page
    assert "approved before it was changed" in editor.get(f"{there}/guests").text
    editor.post(f"{there}/submit", page=there)
    assert "waits for your approval once more" in done.guest.get(done.path).text
    done.guest.post(f"{done.path}/sign", page=done.path)
    assert "You approved it" in done.guest.get(done.path).text
    assert done.state == "approved"
    assert "approved before it was changed" not in editor.get(f"{there}/guests").text


def test_a_scheduled_issue_that_is_reopened_does_not_stay_away_in_silence(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        issue = an_issue(session, a_list(session, timezone="Europe/Madrid"), state="approved", house=sqlite_house)
    there = f"/admin/issues/{issue.id}"
    publisher, scheduler = somebody(with_relay(sqlite_house), role="publisher")
    publisher.post(f"{there}/schedule", page=f"{there}/send", date=f"{utc_now().year + 1}-05-24", time="10:00")
    editor, _ = somebody(sqlite_house, role="editor")
    told = editor.get(editor.post(f"{there}/reopen", page=there).location).text
    assert f"24 May {utc_now().year + 1}, 10:00 (CEST); that time is kept" in told
    with sqlite_house.database.reading() as session:
        notices = select(Notice.user_id, Notice.says).where(Notice.issue_id == issue.id, Notice.says == "reopened_scheduled")
        assert session.execute(notices).all() == [(scheduler.id, "reopened_scheduled")]
    assert "does not go out as scheduled" in publisher.get("/admin/notices").text


def test_a_guest_reads_what_the_checks_warn_of_as_a_list_and_loses_no_word(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        faults = [("text", {"title": f"Part {number}", "text": '<p>Read it <a href="#">here</a>.</p>'}) for number in range(40)]
        issue_id = an_issue(session, a_list(session), state="in_review", sections=faults).id
    _, path = a_link(sqlite_house, issue_id, "approve", ("approval", ""))
    guest = opened(sqlite_house, path)
    answer = guest.post(f"{path}/sign", page=path, note="Go ahead, and thank you")
    assert answer.status_code == 422
    page = html.fromstring(answer.text)
    assert len(page.cssselect(".warnings li")) >= 40, "each stands by itself, with its section"
    assert "section 40" in page.cssselect(".warnings")[0].text_content()
    assert page.get_element_by_id("note").text == "Go ahead, and thank you"
    assert page.get_element_by_id("reason").get("required") is not None
    assert "Not approved yet" in answer.text
    seen = {"note": "Go ahead", "warned": page.cssselect("input[name=warned]")[0].get("value")}
    assert guest.post(f"{path}/sign", page=path, **{**seen, "warned": "others"}, reason="Fine.").status_code == 422, "not what was read"
    guest.post(f"{path}/sign", page=path, **seen, reason="These links come tomorrow.")
    with sqlite_house.database.reading() as session:
        assert session.get_one(Issue, issue_id).state == "approved"


def test_an_arabic_warning_about_english_words_is_read_from_right_to_left(sqlite_house: House) -> None:
    """A warning that begins with the words it is about is still a sentence of the page's language."""
    with sqlite_house.database.transaction() as session:
        sections = [("text", {"title": "News", "text": '<p>Read <a href="#">the report of the mayors</a>.</p>'})]
        issue_id = an_issue(session, a_list(session), state="in_review", sections=sections).id
    _, path = a_link(sqlite_house, issue_id, "approve", ("approval", ""), language="ar")
    page = html.fromstring(opened(sqlite_house, path).post(f"{path}/sign", page=path).text)
    (said,) = page.cssselect(".warnings li > span:not(.quiet)")
    assert "«\u2068the report of the mayors\u2069»" in said.text_content()
    assert said.get("dir") is None, "by its first letter it would run from left to right"
