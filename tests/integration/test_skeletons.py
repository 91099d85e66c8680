"""Summer opens from the summer before: the sections come along, the old dates stay behind as a hint."""

from typing import get_args

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from newsroom.checks.gathering import findings_of
from newsroom.events import tell
from newsroom.house import House
from newsroom.issue_making import new_issue
from newsroom.issues import Actor, Issue
from newsroom.section_writing import FieldChange, change_section
from newsroom.sections.registry import Section
from newsroom.skeletons import OF_THAT_TIME, candidates, open_from, without_its_time
from tests.conftest import NOON
from tests.factories import a_list, an_issue
from tests.staff import Staff, somebody

ANA = Actor(name="Ana")
MEETING = {
    "title": {"en": "Assembly", "fr": "Assemblée"},
    "when": {"sessions": [{"starts_at": "2023-06-27T10:00", "ends_at": "2023-06-27T12:00"}]},
    "timezone": "Europe/Madrid", "registration_url": "https://cities.example.org/2023", "event": "assembly-2023",
    "registration_deadline": "2023-06-20",
}  # fmt: skip
PARTS = [("welcome", {"title": "Dear friends,"}), ("workshop", MEETING)]


def the_summer_before(session: Session, slug: str = "summer-2023") -> Issue:
    rivers = a_list(session, slug="rivers", languages=["en", "fr", "ar"])
    return an_issue(session, rivers, slug=slug, subject="Summer 2023", languages=["en", "fr"], sections=PARTS)


def opened(session: Session) -> Issue:
    return open_from(session, the_summer_before(session), slug="", subject="Summer 2024", languages=["en", "fr", "ar"], by=ANA, now=NOON)


def test_the_sections_come_along_without_their_dates(house: House) -> None:
    with house.database.transaction() as session:
        issue = opened(session)
        welcome, meeting = issue.sections
        assert (issue.slug, issue.state, issue.languages) == ("summer-2024", "draft", ["en", "fr", "ar"])
        assert welcome.content == {"title": "Dear friends,"}
        assert meeting.content == {"title": MEETING["title"], "timezone": "Europe/Madrid"}
        assert meeting.skeleton is not None
        assert meeting.skeleton["cleared"]["registration_deadline"] == "2023-06-20"


def test_a_section_that_names_only_its_event_does_not_come_along_empty(house: House) -> None:
    with house.database.transaction() as session:
        rivers = a_list(session, slug="rivers", languages=["en"])
        tell(session, rivers.id, "assembly-2023", {"title": "Assembly", "venue": "The Ferry House", "date": "2023-06-27"}, now=NOON)
        earlier = an_issue(session, rivers, languages=["en"], sections=[("workshop", {"event": "assembly-2023", "venue": "Town hall"})])
        (meeting,) = open_from(session, earlier, slug="", subject="Summer 2024", languages=["en"], by=ANA, now=NOON).sections
        assert meeting.content == {"title": "Assembly", "venue": "Town hall"}
        assert meeting.skeleton is not None
        assert meeting.skeleton["cleared"] == {"date": "2023-06-27", "event": "assembly-2023"}


def test_a_section_is_untouched_until_somebody_writes_in_it(house: House) -> None:
    with house.database.transaction() as session:
        issue = opened(session)
        uid = issue.sections[0].uid
        assert [row.is_untouched for row in issue.sections] == [True, True]
        change_section(
            session, issue, uid, [FieldChange(path=("title", "en"), was="Dear friends,", now="Dear all,")], base=1, by=ANA, now=NOON
        )
        assert [row.is_untouched for row in issue.sections] == [False, True]


def test_what_nobody_touched_is_told_before_it_goes_out(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        issue = opened(session)
        found = findings_of(session, issue, keys=sqlite_house.keys, public_url="https://news.example.org", now=NOON)
    assert [finding.number for finding in found if finding.says == "unfinished.untouched"] == [1, 2]


def test_every_date_of_every_kind_is_of_that_time() -> None:
    """A new kind with a date joins the table, or its old date goes out again."""
    moments = {
        field.alias or name
        for kind in Section.kinds.values()
        for name, field in kind.model_fields.items()
        if any(mark in str([field.annotation, *get_args(field.annotation)]) for mark in ("datetime.date", "Sessions"))
    }
    assert {"when", "date", "deadline", "registration_deadline"} <= moments
    assert moments <= set(OF_THAT_TIME)
    assert without_its_time({"title": "x", "date": "2023-01-01", "when": None}) == ({"title": "x"}, {"date": "2023-01-01"})


def test_a_discarded_issue_and_an_empty_one_are_nothing_to_begin_with(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        earlier = the_summer_before(session)
        an_issue(session, earlier.mailing_list, slug="gone", state="discarded")
        new_issue(session, earlier.mailing_list, slug="empty", subject="x", languages=["en"], by=ANA, now=NOON)
        assert [issue.slug for issue in candidates(session, earlier.list_id)] == ["summer-2023"]


@pytest.fixture
def staff(sqlite_house: House) -> Staff:
    with sqlite_house.database.transaction() as session:
        the_summer_before(session)
    return somebody(sqlite_house, "author")[0]


def newest(staff: Staff) -> Issue:
    with staff.house.database.reading() as session:
        issue = session.scalars(select(Issue).order_by(Issue.id.desc())).first()
        assert issue is not None
        assert issue.sections is not None
        return issue


def test_in_the_browser_the_earlier_dates_stand_beside_the_fields(staff: Staff) -> None:
    form = {"list": "rivers", "subject": "Summer 2024", "earlier": "1", "original": "en", "languages": ["en", "fr"]}
    assert "Summer 2023" in staff.get("/admin/issues/new").text
    answer = staff.post("/admin/issues/new", page="/admin/issues/new", **form)
    assert "not touched yet" in staff.get(answer.location).text
    meeting = newest(staff).sections[1]
    page = staff.get(f"{answer.location}/{meeting.uid}").text
    assert "27 June 2023 10:00" in page
    assert "20 June 2023" in page
    staff.post(f"/admin/issues/{newest(staff).id}/sections/{meeting.uid}/keep")
    assert newest(staff).sections[1].skeleton is None
    assert "20 June 2023" not in staff.get(f"{answer.location}/{meeting.uid}").text


def test_an_issue_of_another_list_is_not_opened_from(staff: Staff) -> None:
    with staff.house.database.transaction() as session:
        a_list(session, slug="hills")
    form = {"list": "hills", "subject": "Hills 2024", "earlier": "1", "original": "en", "languages": ["en"]}
    staff.post("/admin/issues/new", page="/admin/issues/new?list=hills", **form)
    assert newest(staff).sections == []
