"""The history pages: who did what, what it changed in words, and the way back."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest

from newsroom.house import House
from newsroom.issues import Actor, Issue, submit
from newsroom.section_order import order_sections
from newsroom.section_writing import FieldChange, add_section, bring_back, change_front, change_section, remove_section
from tests.conftest import NOON
from tests.factories import a_list, an_issue
from tests.staff import Staff, somebody

ANA, KARIM = Actor(name="Ana", user_id=1), Actor(name="Karim", user_id=2)


@pytest.fixture
def house(sqlite_house: House) -> House:
    """Writing and going back are tried on both databases by test_section_writing; here are the pages."""
    return sqlite_house


@pytest.fixture
def issue(house: House) -> Issue:
    """An issue whose first section Ana and then Karim wrote in."""
    with house.database.transaction() as session:
        issue = an_issue(session, a_list(session), subject="Spring")
        uid = issue.sections[0].uid
        for version, (by, was, now) in enumerate([(ANA, "Dear colleagues", "Dear mayors"), (KARIM, "Dear mayors", "Dear all")], start=1):
            change = FieldChange(path=("title", "en"), was=was, now=now)
            change_section(session, issue, uid, [change], base=version, by=by, now=NOON + timedelta(hours=version))
        session.refresh(issue, ["sections"])
    return issue


def page_of(staff: Staff, issue: Issue, place: str = "", *, status: int = 200) -> str:
    answer = staff.get(f"/admin/issues/{issue.id}/history{place}")
    assert answer.status_code == status
    return answer.text


def read(page: str) -> str:
    """What a reader sees of it, changes in brackets."""
    marked = re.sub(r"<(del|ins)[^>]*><span[^>]*>[^<]*</span>", r"[\1 ", page).replace("</del>", "]").replace("</ins>", "]")
    return " ".join(unescape(re.sub("<[^>]*>", " ", marked.partition("<main")[2])).split())


def test_the_history_tells_who_did_what_to_which_section(house: House, issue: Issue) -> None:
    staff, _ = somebody(house, "author")
    said = read(page_of(staff, issue))
    assert said.index("Karim wrote") < said.index("Ana wrote") < said.index("As it stood before versions were kept")
    assert "Dear mayors Welcome" in said


def test_a_version_shows_what_it_changed_and_what_has_changed_since(house: House, issue: Issue) -> None:
    staff, _ = somebody(house, "author")
    uid = issue.sections[0].uid
    assert "Title Dear [del mayors][ins all]" in read(page_of(staff, issue, f"/{uid}"))
    assert "Title Dear [del colleagues][ins mayors]" in read(page_of(staff, issue, f"/{uid}/2"))
    assert "Title Dear [del colleagues][ins all]" in read(page_of(staff, issue, f"/{uid}/1?with=now"))


def test_an_earlier_version_is_brought_back_and_the_later_ones_stay(house: House, issue: Issue) -> None:
    staff, _ = somebody(house, "author")
    uid = issue.sections[0].uid
    path = f"/admin/issues/{issue.id}/history/{uid}/1"
    answer = staff.post(f"{path}/restore", page=path, base="3")
    assert answer.status_code == 302
    page = page_of(staff, issue, f"/{uid}")
    assert "That version stands again" in page
    assert "Title Dear [del all][ins colleagues]" in read(page)
    assert "Version 3" in read(page)


def test_a_version_is_not_brought_back_over_what_was_written_meanwhile(house: House, issue: Issue) -> None:
    staff, _ = somebody(house, "author")
    uid = issue.sections[0].uid
    path = f"/admin/issues/{issue.id}/history/{uid}/1"
    staff.post(f"{path}/restore", page=path, base="2")
    page = page_of(staff, issue, f"/{uid}")
    assert "Somebody wrote in this section meanwhile" in page
    assert "Title Dear [del mayors][ins all]" in read(page)


def test_a_removed_section_is_found_and_brought_back(house: House, issue: Issue) -> None:
    staff, _ = somebody(house, "author")
    uid = issue.sections[0].uid
    change_by(house, issue, lambda session, issue: remove_section(session, issue, uid, base=3, by=KARIM, now=NOON + timedelta(hours=9)))
    assert "Karim removed it" in read(page_of(staff, issue))
    page = read(page_of(staff, issue, f"/{uid}"))
    assert "The section was removed; this is how it last stood." in page
    assert "Title [del Dear all]" in page
    path = f"/admin/issues/{issue.id}/history/{uid}/4"
    staff.post(f"{path}/restore", page=path, base="0")
    with house.database.transaction() as session:
        assert session.get_one(Issue, issue.id).sections[0].uid == uid
        assert bring_back(session, session.get_one(Issue, issue.id), uid, by=ANA, now=NOON).version == 5


def test_the_issues_own_words_have_a_history_too(house: House, issue: Issue) -> None:
    staff, _ = somebody(house, "author")
    change = FieldChange(path=("subject", "en"), was="Spring", now="High summer")
    change_by(house, issue, lambda session, issue: change_front(session, issue, [change], base=1, by=ANA, now=NOON))
    assert "Subject [del Spring][ins High summer]" in read(page_of(staff, issue, "/-"))


def test_nobody_goes_back_in_what_is_no_draft(house: House, issue: Issue) -> None:
    staff, _ = somebody(house, "author")
    uid = issue.sections[0].uid
    assert "Bring this version back" in page_of(staff, issue, f"/{uid}/1")
    change_by(house, issue, lambda session, issue: submit(session, issue, by=ANA, now=NOON))
    assert "Bring this version back" not in page_of(staff, issue, f"/{uid}/1")
    assert "in review: recall it" in staff.post(f"/admin/issues/{issue.id}/history/{uid}/1/restore", base="3").text


def test_what_was_never_written_shows_as_it_stands(house: House, issue: Issue) -> None:
    staff, _ = somebody(house, "author")
    assert "This is the first version that is kept." in page_of(staff, issue, f"/{issue.sections[1].uid}")


@pytest.mark.parametrize("place", ["/nothing", "/nothing/1"])
def test_what_never_stood_there_is_not_found(house: House, place: str) -> None:
    with house.database.transaction() as session:
        issue = an_issue(session, a_list(session))
    staff, _ = somebody(house, "author")
    page_of(staff, issue, place, status=404)
    page_of(staff, issue, f"/{issue.sections[0].uid}/9", status=404)


def change_by(house: House, issue: Issue, act: Callable[..., object]) -> None:
    with house.database.transaction() as session:
        act(session, session.get_one(Issue, issue.id))


def test_whoever_moved_a_section_is_seen_in_the_history_and_the_order_before_is_brought_back(house: House, issue: Issue) -> None:
    staff, user = somebody(house, "author", name="Ana Ruiz")
    one, two = (row.uid for row in issue.sections)
    assert read(page_of(staff, issue, "/~", status=404))
    ana = Actor(name=user.name, user_id=user.id)
    with house.database.transaction() as session:
        here = session.get_one(Issue, issue.id)
        third = add_section(session, here, "text", {"title": "Fish & chips"}, after=None, by=ANA, now=NOON).uid
        order_sections(session, here, [third, one, two], by=ana, now=NOON + timedelta(hours=5))
    said = read(page_of(staff, issue))
    assert "Order of the sections" in said
    assert "Ana Ruiz moved “ Fish & chips ” from 3 to 1," in said
    assert "Ana added it · place 3," in said
    page = page_of(staff, issue, "/~")
    assert "Fish & chips was 3" in read(page)
    assert "Bring this order back" not in page, "it stands"
    path = f"/admin/issues/{issue.id}/history/~/1"
    assert staff.post(f"{path}/sideways", page=path).status_code == 404
    staff.post(f"{path}/before", page=path, base="1")
    assert "stand in that order again" in (shown := page_of(staff, issue, "/~"))
    assert "brought back an earlier order" in shown
    with house.database.reading() as session:
        assert [row.uid for row in session.get_one(Issue, issue.id).sections] == [one, two, third]
    staff.post(f"{path}/after", page=path, base="1")
    assert "Somebody moved sections meanwhile" in page_of(staff, issue, "/~")


def test_who_may_only_read_is_not_offered_to_bring_an_order_back(house: House, issue: Issue) -> None:
    staff, _ = somebody(house, "author")
    with house.database.transaction() as session:
        order_sections(session, session.get_one(Issue, issue.id), [row.uid for row in reversed(issue.sections)], by=KARIM, now=NOON)
        submit(session, session.get_one(Issue, issue.id), by=ANA, now=NOON + timedelta(hours=6))
    path = f"/admin/issues/{issue.id}/history/~/1"
    assert "Bring back the order before it" not in staff.get(path).text
    staff.post(f"{path}/before", page=path, base="1")
    with house.database.reading() as session:
        assert [row.uid for row in session.get_one(Issue, issue.id).sections] == [row.uid for row in reversed(issue.sections)]
