"""A document of a colleague becomes sections, each only when somebody accepts it."""

import io
import re

from werkzeug.datastructures import FileStorage

from newsroom import proposals
from newsroom.house import House
from newsroom.issues import Issue
from newsroom.section_versions import versions_of
from tests.factories import a_list, an_issue
from tests.staff import Staff, somebody

PAPER = b"River days\n\nWe met at the river.\n\nWhat comes next\n\nWe meet again in May.\n\nThanks\n\nTo all of you."


def a_draft(house: House, **facts: str) -> int:
    with house.database.transaction() as session:
        return an_issue(session, a_list(session, languages=["en", "fr"]), **facts).id


def bring(staff: Staff, issue_id: int, data: bytes = PAPER, name: str = "river.txt", language: str = "en") -> str:
    files = {"file": FileStorage(io.BytesIO(data), filename=name)}
    answer = staff.post(f"/admin/issues/{issue_id}/documents", files=files, language=language)
    assert answer.status_code == 302
    return staff.get(answer.location).text


def decide(staff: Staff, issue_id: int, proposal_id: int, answer: str) -> int:
    return staff.post(f"/admin/issues/{issue_id}/proposals/{proposal_id}/{answer}").status_code


def titles(house: House, issue_id: int) -> list[str]:
    with house.database.reading() as session:
        return [str(row.content.get("title")) for row in session.get_one(Issue, issue_id).sections]


def test_only_what_is_accepted_enters_the_issue_in_the_order_of_the_document(house: House) -> None:
    staff, _ = somebody(house, "author")
    issue_id = a_draft(house)
    before = titles(house, issue_id)
    page = bring(staff, issue_id)
    assert "river.txt became 3 proposals." in page
    assert titles(house, issue_id) == before
    first, second, third = map(int, re.findall(r'id="proposal-(\d+)"', page))
    assert decide(staff, issue_id, first, "accept") == 302
    assert decide(staff, issue_id, second, "refuse") == 302
    assert decide(staff, issue_id, third, "accept") == 302
    assert decide(staff, issue_id, third, "accept") == 302
    assert titles(house, issue_id) == [*before, "River days", "Thanks"]
    with house.database.reading() as session:
        issue = session.get_one(Issue, issue_id)
        assert versions_of(session, issue_id, issue.sections[-1].uid)[0].how == "accept"
        assert proposals.open_proposals(session, issue_id) == []


def test_all_at_once_are_those_that_were_shown(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house, "author")
    issue_id = a_draft(sqlite_house)
    before = titles(sqlite_house, issue_id)
    shown = re.findall(r'name="proposal" value="(\d+)"', bring(staff, issue_id))
    bring(staff, issue_id, b"Later\n\nA second document, come meanwhile.", "later.txt")
    staff.post(f"/admin/issues/{issue_id}/proposals/accept-all", proposal=shown[: len(shown) // 2])
    assert titles(sqlite_house, issue_id) == [*before, "River days", "What comes next", "Thanks"]
    assert "Later" in staff.get(f"/admin/issues/{issue_id}/proposals").text


def test_a_proposal_of_another_issue_is_not_there(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house, "author")
    mine, other = a_draft(sqlite_house), a_draft(sqlite_house)
    (proposal, *_) = re.findall(r'id="proposal-(\d+)"', bring(staff, other))
    assert decide(staff, mine, int(proposal), "accept") == 404


def test_a_document_for_what_is_no_draft_is_refused_with_a_sentence(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house, "author")
    assert "recall it" in bring(staff, a_draft(sqlite_house, state="in_review"))


def test_a_document_that_cannot_be_read_is_told_so(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house, "author")
    issue_id = a_draft(sqlite_house)
    assert "not a Word file" in bring(staff, issue_id, b"nothing", "paper.docx")
    assert "old kind" in bring(staff, issue_id, b"\xd0\xcf\x11\xe0", "paper.doc")


def test_what_a_document_says_is_shown_and_never_run(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house, "author")
    page = bring(staff, a_draft(sqlite_house), b"Title <script>alert(1)</script>\n\n<img src=x onerror=alert(1)> words.")
    assert "<script>alert" not in page
    assert "<img src=x" not in page
