"""A new issue in the admin: begun with a subject, for a list, in its languages."""

import pytest
from sqlalchemy import select

from newsroom.house import House
from newsroom.issues import Actor, Issue
from newsroom.mailing_lists import MailingList
from newsroom.section_versions import versions_of
from newsroom.section_writing import FRONT, FieldChange, change_front
from tests.conftest import NOON
from tests.factories import a_list, an_issue
from tests.staff import Staff, somebody

GIVEN = {"list": "rivers", "subject": "Spring on the water", "original": "en", "languages": ["en", "fr"]}
NEW = "/admin/issues/new"


@pytest.fixture
def staff(house: House) -> Staff:
    with house.database.transaction() as session:
        a_list(session, slug="rivers", title="Cities by the Water", languages=["en", "fr", "ar"])
    return somebody(house, "author")[0]


def issues_of(house: House) -> list[Issue]:
    with house.database.reading() as session:
        return list(session.scalars(select(Issue)))


def test_an_author_begins_an_issue_with_its_subject(staff: Staff) -> None:
    answer = staff.post(NEW, page=NEW, **GIVEN)
    (issue,) = issues_of(staff.house)
    assert answer.status_code == 302
    assert f"/admin/issues/{issue.id}" in answer.location
    assert (issue.slug, issue.subject, issue.languages, issue.state) == (
        "spring-on-the-water",
        "Spring on the water",
        ["en", "fr"],
        "draft",
    )
    assert staff.get(answer.location).status_code == 200


def test_the_language_it_is_written_in_comes_first(staff: Staff) -> None:
    staff.post(NEW, page=NEW, **{**GIVEN, "subject": "الربيع", "original": "ar"})
    assert issues_of(staff.house)[0].languages == ["ar", "en", "fr"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"subject": "  "}, "Give it a subject."),
        ({"subject": "x" * 201}, "at most 200 characters"),
        ({"slug": "Not a slug"}, "This is not a short name."),
        ({"slug": "taken"}, "has an issue of that short name already"),
        ({"original": "de"}, "among the languages of the list"),
        ({"original": "", "languages": []}, "Choose at least one language."),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_made(staff: Staff, wrong: dict[str, str], sentence: str) -> None:
    with staff.house.database.transaction() as session:
        an_issue(session, session.scalars(select(MailingList)).one(), slug="taken")
    answer = staff.post(NEW, page=NEW, **{**GIVEN, **wrong})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert [issue.slug for issue in issues_of(staff.house)] == ["taken"]


def test_a_repeated_click_makes_a_second_issue_of_another_short_name(staff: Staff) -> None:
    staff.post(NEW, page=NEW, **GIVEN)
    staff.post(NEW, page=NEW, **GIVEN)
    assert sorted(issue.slug for issue in issues_of(staff.house)) == ["spring-on-the-water", "spring-on-the-water-2"]


def test_with_several_lists_the_list_is_asked_first(staff: Staff) -> None:
    with staff.house.database.transaction() as session:
        a_list(session, slug="hills", title="Cities in the Hills")
    page = staff.get(NEW).text
    assert "For which list?" in page
    assert "Cities by the Water" in page
    assert 'name="subject"' in staff.get(f"{NEW}?list=hills").text


def test_without_a_list_the_next_step_is_told(sqlite_house: House) -> None:
    assert "Make the first list" in somebody(sqlite_house)[0].get(NEW).text
    assert "Make the first list" not in somebody(sqlite_house, "author")[0].get(NEW).text


def test_a_list_one_does_not_write_for_is_not_there(staff: Staff) -> None:
    assert staff.post(NEW, page=NEW, **{**GIVEN, "list": "secret"}).status_code == 404


def test_its_subject_can_be_changed_and_both_are_kept(staff: Staff) -> None:
    staff.post(NEW, page=NEW, **GIVEN)
    with staff.house.database.transaction() as session:
        issue = session.scalars(select(Issue)).one()
        change = FieldChange(path=("subject", "en"), was="Spring on the water", now="Summer on the water")
        change_front(session, issue, [change], base=issue.front_version, by=Actor(name="Ana"), now=NOON)
        kept = [version.content["subject"] for version in versions_of(session, issue.id, FRONT)]
    assert len(kept) == 2
    assert "Summer on the water" in str(kept[0])
    assert "Spring on the water" in str(kept[1])
