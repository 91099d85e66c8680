"""The editorial calendar: milestones with owners, reminders that come and go with them, what is late, what goes out."""

from datetime import date, timedelta

import pytest
from lxml import html
from sqlalchemy import event, select

from admin import audit
from admin.accounts import User
from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.house import House
from newsroom.milestones import Wish, plan
from newsroom.notices import Notice
from tests.factories import a_delivery, a_list, a_user, an_issue
from tests.staff import Staff, somebody

SOON = (utc_now() + timedelta(days=10)).date()
PLAN = "/admin/issues/1/plan"


def given(owner: User | None = None, **facts: str) -> dict[str, str]:
    wanted = {"kind": "contributions", "day": SOON.isoformat(), "title": "", "language": "", "remind_days": "2"}
    return wanted | {"owner": str(owner.id) if owner else ""} | facts


@pytest.fixture
def staff(house: House) -> Staff:
    with house.database.transaction() as session:
        rivers = a_list(session, slug="rivers", languages=["en", "fr"], timezone="Europe/Madrid")
        an_issue(session, rivers, subject="Spring on the water", languages=["en", "fr"])
    return somebody(house, "editor")[0]


def owner_of(staff: Staff) -> User:
    with staff.house.database.transaction() as session:
        return a_user(session, role="author", name="Karim Osei")


def reminders(staff: Staff) -> list[tuple[str, date, str]]:
    """What each says, when, and how its letter stands."""
    with staff.house.database.reading() as session:
        found = session.scalars(select(Notice).order_by(Notice.id))
        return [(notice.says, notice.due_at.date(), session.get_one(Delivery, notice.delivery_id).state) for notice in found]


def test_a_milestone_is_planned_shown_and_reminded_of(staff: Staff) -> None:
    karim = owner_of(staff)
    assert staff.post(f"{PLAN[:-5]}/milestones", page=PLAN, **given(karim)).location == PLAN
    assert "Karim Osei" in staff.get(PLAN).text
    page = staff.get(f"/admin/calendar?month={SOON:%Y-%m}").text
    assert "Contributions are in" in page
    assert "Spring on the water" in page
    assert reminders(staff) == [("reminder", SOON - timedelta(days=2), "queued")]


def test_what_is_done_reminds_nobody_until_it_is_taken_up_again(staff: Staff) -> None:
    staff.post("/admin/issues/1/milestones", page=PLAN, **given(owner_of(staff)))
    staff.post("/admin/issues/1/milestones/1/done", page=PLAN)
    assert reminders(staff) == []
    assert "Not done yet" in staff.get(PLAN).text
    staff.post("/admin/issues/1/milestones/1/open", page=PLAN)
    assert [says for says, _, _ in reminders(staff)] == ["reminder"]
    staff.post("/admin/issues/1/milestones/1/remove", page=PLAN)
    assert reminders(staff) == []
    assert "None yet." in staff.get(PLAN).text


@pytest.mark.parametrize("ending", ["deactivated", "of another list"])
def test_who_goes_is_reminded_no_more_and_what_they_leave_is_named(staff: Staff, ending: str) -> None:
    """A reminder would tell somebody who may not know any more what an issue is about, and nobody else would know that it is left."""
    karim = owner_of(staff)
    staff.post("/admin/issues/1/milestones", page=PLAN, **given(karim))
    staff.post("/admin/issues/1/milestones", page=PLAN, **given(karim, kind="translation", language="fr"))
    staff.post("/admin/issues/1/milestones/2/done", page=PLAN)
    with staff.house.database.transaction() as session:
        hills = a_list(session, slug="hills")
    page = f"/admin/settings/people/{karim.id}"
    chief, _ = somebody(staff.house)
    if ending == "deactivated":
        chief.post(f"{page}/deactivate", page=page)
    else:
        chief.post(page, name="Karim Osei", role="author", **{f"list.{hills.id}": "author"})
    told = chief.get(page).text
    assert "Contributions are in (Spring on the water)" in told
    assert "French" not in told[told.index("Nobody sees to this now") :]
    assert reminders(staff) == []
    assert "Karim Osei" not in staff.get(PLAN).text
    with staff.house.database.reading() as session:
        left = [entry.detail["left_to_nobody"] for entry in audit.all_of(session, audit.Wanted()) if "left_to_nobody" in entry.detail]
    assert left == ["Contributions are in (Spring on the water)"]


def test_who_gets_other_rights_on_the_same_list_keeps_what_is_theirs(staff: Staff) -> None:
    karim = owner_of(staff)
    staff.post("/admin/issues/1/milestones", page=PLAN, **given(karim))
    chief, _ = somebody(staff.house)
    page = f"/admin/settings/people/{karim.id}"
    chief.post(page, name="Karim Osei", role="editor", all_lists="1")
    assert "Nobody sees to this now" not in chief.get(page).text
    assert [says for says, _, _ in reminders(staff)] == ["reminder"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"kind": "own"}, "Give it a name."),
        ({"kind": "translation"}, "Choose a language that the issue is translated into."),
        ({"kind": "nonsense"}, "Choose one of these."),
        ({"day": "soon"}, "Choose a day."),
        ({"remind_days": "-3"}, "It can be 0 to 60 days."),
        ({"title": "x" * 201}, "at most 200 characters"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_planned(sqlite_house: House, wrong: dict[str, str], sentence: str) -> None:
    with sqlite_house.database.transaction() as session:
        an_issue(session, a_list(session, languages=["en", "fr"]), languages=["en", "fr"])
    staff, _ = somebody(sqlite_house, "editor")
    answer = staff.post("/admin/issues/1/milestones", page=PLAN, **given(**wrong))
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert "None yet." in staff.get(PLAN).text


def test_a_milestone_is_found_with_its_own_issue_only(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        rivers = a_list(session)
        plan(session, an_issue(session, rivers), Wish(kind="send", due_at=utc_now()))
        an_issue(session, rivers)
    staff, _ = somebody(sqlite_house, "editor")
    assert staff.post("/admin/issues/2/milestones/1/done", page="/admin/account").status_code == 404
    assert staff.post("/admin/issues/2/milestones/1/remove", page="/admin/account").status_code == 404


def test_what_is_late_stands_above_every_month_until_it_is_done(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        rivers = a_list(session)
        plan(session, an_issue(session, rivers, subject="Late one"), Wish(kind="approval", due_at=utc_now() - timedelta(days=90)))
        plan(session, an_issue(session, rivers, state="discarded"), Wish(kind="send", due_at=utc_now() - timedelta(days=90)))
    staff, _ = somebody(sqlite_house, "author")
    page = staff.get("/admin/calendar").text
    assert page.count("is-late") == 1
    assert "Late one" in page
    staff.post("/admin/issues/1/milestones/1/done", page=PLAN)
    assert "is-late" not in staff.get("/admin/calendar").text


def test_an_issue_that_goes_out_stands_on_the_day_of_its_list(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        auckland = a_list(session, timezone="Pacific/Auckland")
        issue = an_issue(session, auckland, subject="Kia ora", house=sqlite_house, state="scheduled")
        issue.scheduled_at = utc_now().replace(year=2031, month=5, day=31, hour=20)
    staff, _ = somebody(sqlite_house, "author")
    assert "Kia ora" not in staff.get("/admin/calendar?month=2031-05").text
    assert "Kia ora" in staff.get("/admin/calendar?month=2031-06").text
    for month in ("nonsense", "0001-01", "9999-12", "10000-01"):
        assert staff.get(f"/admin/calendar?month={month}").status_code == 200, "an address that somebody typed breaks nothing"


@pytest.mark.parametrize(
    ("state", "said", "line"),
    [
        ("sent", "Went out", "plan-entry is-done"),
        ("starting", "Is going out", "plan-entry"),
        ("sending", "Is going out", "plan-entry"),
        ("paused", "Stopped, 1 of 3 handed over", "plan-entry is-late"),
        ("cancelled", "Cancelled after 1 of 3", "plan-entry is-done"),
    ],
)
def test_an_issue_that_did_not_go_out_is_not_said_to_have(sqlite_house: House, state: str, said: str, line: str) -> None:
    with sqlite_house.database.transaction() as session:
        issue = an_issue(session, a_list(session), house=sqlite_house, state="approved")
        issue.state, issue.started_at, issue.audience = state, utc_now(), 3
        for letter in ("accepted", "failed", "queued"):
            a_delivery(session, issue, state=letter)
    staff, _ = somebody(sqlite_house, "author")
    (entry,) = html.fromstring(staff.get("/admin/calendar").text).find_class("plan-entry")
    assert (entry.find_class("plan-what")[0].text_content(), entry.get("class")) == (said, line)


def test_an_issue_that_was_cancelled_before_its_audience_was_known_says_no_numbers(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        issue = an_issue(session, a_list(session), house=sqlite_house, state="approved")
        issue.state, issue.started_at = "cancelled", utc_now()
    staff, _ = somebody(sqlite_house, "author")
    assert '<span class="plan-what">Cancelled</span>' in staff.get("/admin/calendar").text


def test_the_calendar_asks_the_same_number_of_questions_however_full_it_is(sqlite_house: House) -> None:
    staff, user = somebody(sqlite_house, "editor")
    counted: list[int] = []
    for _ in range(2):
        with sqlite_house.database.transaction() as session:
            rivers = a_list(session)
            for _ in range(5):
                issue = an_issue(session, rivers)
                plan(session, issue, Wish(kind="send", due_at=utc_now() + timedelta(hours=1), owner_id=user.id))
                stopped = an_issue(session, rivers, house=sqlite_house, state="approved")
                stopped.state, stopped.started_at, stopped.audience = "paused", utc_now(), 3
        counted.append(_queries(staff, "/admin/calendar"))
    assert counted[0] == counted[1]


def _queries(staff: Staff, path: str) -> int:
    asked: list[str] = []
    engine = staff.house.database.engine

    def note(*facts: object) -> None:
        asked.append(str(facts[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert staff.get(path).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(asked)


def test_somebody_who_left_is_not_written_to_about_what_they_had_promised(staff: Staff) -> None:
    karim, other = owner_of(staff), owner_of(staff)
    for owner in (karim, other):
        staff.post("/admin/issues/1/milestones", page=PLAN, **given(owner))
    administrator, _ = somebody(staff.house)
    page = f"/admin/settings/people/{karim.id}"
    administrator.post(f"{page}/deactivate", page=page)
    assert [letter for _, _, letter in reminders(staff)] == ["queued"]
    with staff.house.database.reading() as session:
        letters = session.execute(select(Delivery.address, Delivery.state).order_by(Delivery.id)).all()
    assert [tuple(row) for row in letters] == [(karim.email, "cancelled"), (other.email, "queued")]
