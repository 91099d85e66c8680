"""A guest writes one section, or proposes one: its fields and its pictures are theirs, everything else of the issue is not."""

from io import BytesIO
from typing import Any

from PIL import Image
from sqlalchemy import select

from newsroom.house import House
from newsroom.issues import Actor, Issue
from newsroom.media import Media
from newsroom.notices import Notice
from newsroom.proposals import Proposal
from tests.factories import a_list, a_user, an_issue
from tests.guest_factories import SECTIONS, a_link, link_of, opened, patch
from tests.staff import Staff, somebody


class Work:
    """An issue, and a guest who is to write its second section, or to propose one of this kind."""

    def __init__(self, house: House, propose: str = "") -> None:
        self.house = house
        with house.database.transaction() as session:
            officer = a_user(session, name="Ana", role="editor")
            mailing_list = a_list(session, title="Rivertide", languages=["en", "ar"])
            issue = an_issue(session, mailing_list, sections=SECTIONS, subject={"en": "Spring news"}, languages=["en", "ar"])
            self.issue_id, self.uids, self.officer_id = issue.id, [row.uid for row in issue.sections], officer.id
        about = ("propose", (propose, "")) if propose else ("contribute", (self.uids[1], ""))
        self.link_id, self.path = a_link(house, self.issue_id, *about, by=Actor(name="Ana", user_id=officer.id))
        self.guest = opened(house, self.path)

    def write(self, *changes: tuple[list[str | int], Any, Any]) -> Any:
        return patch(self.guest, f"{self.path}/section", self.path, *changes)

    def upload(self, data: bytes, name: str = "river.png") -> Any:
        token = self.guest.get(f"{self.path}/session").json["csrf"]
        headers = {"X-CSRFToken": token, "Accept": "application/json"}
        return self.guest.client.post(f"{self.path}/pictures", data={"file": (BytesIO(data), name)}, headers=headers)

    def contents(self) -> list[dict[str, Any]]:
        with self.house.database.reading() as session:
            return [row.content for row in session.get_one(Issue, self.issue_id).sections]


def test_a_colleague_without_an_account_writes_their_section_and_hands_it_in(house: House) -> None:
    work = Work(house)
    page = work.guest.get(work.path).text
    assert "Two mayors met" in page
    assert "The river has risen." not in page, "other sections are not theirs to see"
    answer = work.write((["text", "en"], None, "<p>They met.</p>"), (["items"], None, [{"text": "One"}]))
    assert answer.status_code == 200
    before, after = work.contents()
    assert (after["text"], after["items"], after["title"]) == ("<p>They met.</p>", [{"text": "<p>One</p>"}], "Two mayors met")
    assert work.write((["title", "en"], "Another title", "x")).status_code == 409
    for where in (["topics"], ["kind"], ["event"], ["id"]):
        answer = work.write((["title", "en"], "Two mayors met", "x"), (where, None, ["climate"]))
        assert (answer.status_code, bool(answer.json["sentence"])) == (403, True), where
    assert work.contents() == [before, after]
    work.guest.post(f"{work.path}/finish", page=work.path)
    assert work.write((["title", "en"], "Two mayors met", "x")).status_code == 403
    with house.database.reading() as session:
        (notice,) = session.scalars(select(Notice))
        assert (notice.user_id, notice.says) == (work.officer_id, "guest_wrote")


def test_a_picture_of_a_guest_is_verified_and_says_nothing_of_the_library(sqlite_house: House) -> None:
    work = Work(sqlite_house)
    drawn = BytesIO()
    Image.new("RGB", (40, 30), "navy").save(drawn, "PNG")
    answer = work.upload(drawn.getvalue())
    assert answer.json["alt"] == ""
    assert work.write((["image", "file"], None, answer.json["name"])).status_code == 200
    with sqlite_house.database.transaction() as session:
        session.scalars(select(Media)).one().alt = "The secret of the library"
    assert work.upload(drawn.getvalue()).json == {"alt": "", "name": answer.json["name"]}
    for data, name in ((b"<svg><script/></svg>", "x.svg"), (b"no picture", "x.png")):
        refused = work.upload(data, name)
        assert (refused.status_code, bool(refused.json["sentence"])) == (422, True)
    assert "data-choose" not in work.guest.get(work.path).text
    statuses = {work.upload(b"no picture").status_code for _ in range(25)}
    assert 429 in statuses, "pictures are braked"


def test_a_proposed_section_waits_for_the_staff(house: House) -> None:
    work = Work(house, propose="quote")
    work.guest.post(f"{work.path}/finish", page=work.path)
    assert link_of(house, work.link_id).finished_at is None, "nothing is no proposal"
    assert work.write((["text", "en"], None, "<p>We go on.</p>"), (["attribution"], None, "Layla")).status_code == 200
    assert work.write((["text", "en"], "<p>We go on.</p>", "<p>We do go on.</p>")).json["content"]["text"] == "<p>We do go on.</p>"
    assert work.write((["text", "en"], "<p>We go on.</p>", "<p>No.</p>")).status_code == 409
    assert len(work.contents()) == 2, "nothing enters an issue by itself"
    staff, _ = somebody(house, "editor")
    page = f"/admin/issues/{work.issue_id}/proposals"
    assert "A guest is still writing this" in staff.get(page).text
    work.guest.post(f"{work.path}/finish", page=work.path)
    shown = staff.get(page).text
    assert "We do go on." in shown
    assert "A guest is still writing this" not in shown
    with house.database.reading() as session:
        (proposal,) = session.scalars(select(Proposal))
        assert (proposal.guest_id, proposal.actor) == (work.link_id, "Layla")
        assert session.scalars(select(Notice.says)).all() == ["guest_proposed"]
    staff.post(f"{page}/{proposal.id}/accept", page=page)
    assert work.contents()[2] == {"text": "<p>We do go on.</p>", "attribution": "Layla"}


def test_what_was_accepted_is_no_longer_written_by_the_guest(sqlite_house: House) -> None:
    work = Work(sqlite_house, propose="quote")
    assert "We go on" not in work.guest.get(work.path).text
    work.write((["text", "en"], None, "<p>We go on.</p>"))
    staff, _ = somebody(sqlite_house, "editor")
    page = f"/admin/issues/{work.issue_id}/proposals"
    staff.post(f"{page}/1/accept", page=page)
    answer = work.write((["text", "en"], "<p>We go on.</p>", "<p>No.</p>"))
    assert (answer.status_code, bool(answer.json["sentence"])) == (422, True)
    assert work.contents()[2]["text"] == "<p>We go on.</p>"


def test_a_section_that_was_taken_out_is_told_to_its_guest(sqlite_house: House) -> None:
    work = Work(sqlite_house)
    staff, _ = somebody(sqlite_house, "editor")
    facts = staff.get("/admin/session").json
    with sqlite_house.database.reading() as session:
        base = session.get_one(Issue, work.issue_id).sections[1].version
    path = f"/admin/issues/{work.issue_id}/sections/{work.uids[1]}/remove"
    assert staff.client.post(path, json={"base": base}, headers={"X-CSRFToken": facts["csrf"]}).status_code == 200
    assert "has been taken out" in work.guest.get(work.path).text
    answer = work.write((["title", "en"], "Two mayors met", "x"))
    assert (answer.status_code, answer.json["gone"]) == (409, True)


def test_a_script_of_somebody_who_forwards_the_link_writes_nothing(sqlite_house: House) -> None:
    work = Work(sqlite_house)
    stranger = Staff(sqlite_house)
    assert stranger.get(f"{work.path}/session").json["user_id"] is None
    answer = patch(stranger, f"{work.path}/section", work.path, (["title", "en"], "Two mayors met", "x"))
    assert (answer.status_code, answer.json["sentence"]) == (403, "This link was opened in another browser")
    assert work.contents()[1]["title"] == "Two mayors met"
