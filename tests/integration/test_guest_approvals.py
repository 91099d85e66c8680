"""An approval by a guest is confirmed to their address, and they can take it back until the issue begins to leave."""

import re
from typing import Any

import pytest
from sqlalchemy import select, update

from admin.audit import AuditEntry
from newsroom.deliveries import Delivery
from newsroom.given_signoffs import signoffs_of
from newsroom.house import House
from newsroom.issues import Actor, Issue
from newsroom.notices import Notice
from newsroom.renditions import Rendition
from tests.factories import a_list, a_user, an_issue
from tests.guest_factories import a_link, link_of, opened
from tests.staff import Staff

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
