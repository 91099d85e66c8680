"""Sending and scheduling at the admin: the list's clock, its odd nights, the hold, and the undo."""

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from lxml import html
from sqlalchemy import select, update

from newsroom.clock import utc_now
from newsroom.house import House
from newsroom.issues import Issue, get_issue
from newsroom.mailing_lists import MailingList
from newsroom.sendqueue.tick import tick_once
from tests.factories import a_list, a_subscriber, an_issue
from tests.staff import Staff, above_the_history, somebody, with_relay

MADRID = ZoneInfo("Europe/Madrid")


@pytest.fixture
def issue_id(house: House) -> int:
    with house.database.transaction() as session:
        mailing_list = a_list(session, slug="rivers", timezone="Europe/Madrid", title="نشرة الأنهار")
        a_subscriber(session, house, mailing_list)
        return an_issue(session, mailing_list, state="approved", house=house).id


@pytest.fixture
def staff(house: House, issue_id: int) -> Iterator[Staff]:
    found, _ = somebody(with_relay(house), role="publisher")
    return found


def the_issue(house: House, issue_id: int) -> Issue:
    with house.database.reading() as session:
        return get_issue(session, issue_id)


def schedule(staff: Staff, issue_id: int, **form: str) -> object:
    return staff.post(f"/admin/issues/{issue_id}/schedule", page=f"/admin/issues/{issue_id}/send", **form)


def next_year() -> int:
    return utc_now().year + 1


def last_sunday(year: int, month: int) -> str:
    """When clocks in Europe change."""
    day = next(day for day in range(31, 24, -1) if date(year, month, day).weekday() == 6)
    return f"{year}-{month:02}-{day:02}"


def test_the_page_names_the_clock_that_counts(staff: Staff, issue_id: int) -> None:
    page = staff.get(f"/admin/issues/{issue_id}/send").text
    assert "Europe/Madrid (CET, UTC+01:00)" in page or "Europe/Madrid (CEST, UTC+02:00)" in page
    assert "60 seconds after you press" in page


def test_a_time_is_kept_as_the_lists_clock_shows_it_and_said_back_with_its_weekday(staff: Staff, house: House, issue_id: int) -> None:
    day = f"{next_year()}-05-24"
    assert schedule(staff, issue_id, date=day, time="10:00").status_code == 302  # type: ignore[attr-defined]
    at = the_issue(house, issue_id).scheduled_at
    assert at is not None
    assert at.astimezone(MADRID).isoformat() == f"{day}T10:00:00+02:00"
    page = staff.get(f"/admin/issues/{issue_id}").text
    assert f"{at.astimezone(MADRID):%A} 24 May {next_year()}, 10:00 (CEST)" in page
    assert "Change the time" in page


def test_it_can_be_moved_and_taken_back(staff: Staff, house: House, issue_id: int) -> None:
    schedule(staff, issue_id, date=f"{next_year()}-05-24", time="10:00")
    fields = dict(html.fromstring(staff.get(f"/admin/issues/{issue_id}/send").text).forms[-1].form_values())
    assert (fields["date"], fields["time"]) == (f"{next_year()}-05-24", "10:00")
    schedule(staff, issue_id, **{**fields, "time": "11:30"})
    moved = the_issue(house, issue_id)
    assert moved.scheduled_at is not None
    assert f"{moved.scheduled_at.astimezone(MADRID):%H:%M}" == "11:30"
    staff.post(f"/admin/issues/{issue_id}/unschedule")
    assert the_issue(house, issue_id).state == "approved"


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        ({"date": "2020-01-01", "time": "10:00"}, "date", "Wednesday 1 January 2020, 10:00 (CET) has passed"),
        ({"date": "", "time": "10:00"}, "date", "Choose a day"),
        ({"date": "2031-02-30", "time": "10:00"}, "date", "Choose a day"),
        ({"date": "2031-02-20", "time": ""}, "time", "Choose an hour"),
        ({"date": "2031-02-20", "time": "25:00"}, "time", "Choose an hour"),
        ({"date": "2031-02-20", "time": "10:00+05:00"}, "time", "Choose an hour"),
        ({"date": "9999-12-31", "time": "10:00"}, "date", "more than two years ahead"),
    ],
)
def test_what_is_no_time_ahead_is_told_beside_its_field(
    staff: Staff, issue_id: int, form: dict[str, str], field: str, sentence: str
) -> None:
    answer = schedule(staff, issue_id, **form)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    page = answer.text  # type: ignore[attr-defined]
    assert f'id="field-{field}-error"' in page
    assert sentence in page
    assert the_issue(staff.house, issue_id).state == "approved"


def test_an_hour_that_clocks_skip_is_refused(staff: Staff, house: House, issue_id: int) -> None:
    answer = schedule(staff, issue_id, date=last_sunday(next_year(), 3), time="02:30")
    assert "clocks in Europe/Madrid skip 02:30" in answer.text  # type: ignore[attr-defined]
    assert the_issue(house, issue_id).state == "approved"


def test_an_hour_that_clocks_show_twice_is_asked_back_and_the_answer_counts(staff: Staff, house: House, issue_id: int) -> None:
    day = last_sunday(next_year(), 10)
    page = schedule(staff, issue_id, date=day, time="02:30").text  # type: ignore[attr-defined]
    assert "02:30 CEST, before the clocks go back" in page
    assert "02:30 CET, an hour later" in page
    assert the_issue(house, issue_id).state == "approved"
    schedule(staff, issue_id, date=day, time="02:30", fold="1")
    at = the_issue(house, issue_id).scheduled_at
    assert at is not None
    assert at.isoformat() == f"{day}T01:30:00+00:00"


def test_pressing_send_holds_it_and_the_page_counts_down(staff: Staff, house: House, issue_id: int) -> None:
    staff.post(f"/admin/issues/{issue_id}/send")
    page = staff.get(f"/admin/issues/{issue_id}").text
    assert "It starts in" in page
    assert "Undo" in page
    assert staff.rung == [issue_id]
    panel = staff.get(f"/admin/issues/{issue_id}/countdown")
    assert "HX-Refresh" not in panel.headers
    staff.post(f"/admin/issues/{issue_id}/unschedule")
    assert the_issue(house, issue_id).state == "approved"
    assert "nobody has got it" in staff.get(f"/admin/issues/{issue_id}").text
    assert tick_once(with_relay(house), utc_now() + timedelta(minutes=5)).started == ()


def test_undo_after_the_start_says_so(staff: Staff, house: House, issue_id: int) -> None:
    staff.post(f"/admin/issues/{issue_id}/send")
    tick_once(with_relay(house), utc_now() + timedelta(seconds=61))
    assert staff.get(f"/admin/issues/{issue_id}/countdown").headers["HX-Refresh"] == "true"
    staff.post(f"/admin/issues/{issue_id}/unschedule")
    assert "Too late: it has started" in staff.get(f"/admin/issues/{issue_id}").text
    assert the_issue(house, issue_id).state == "sending"


def test_without_a_hold_it_starts_at_once(staff: Staff, house: House, issue_id: int) -> None:
    with house.database.transaction() as session:
        session.execute(update(MailingList).values(hold_seconds=0))
    staff.post(f"/admin/issues/{issue_id}/send")
    assert "It is on its way" in staff.get(f"/admin/issues/{issue_id}").text
    assert tick_once(with_relay(house), utc_now()).started == (issue_id,)


@pytest.mark.parametrize("value", ["-1", "3601", "soon", "1e3", "9" * 30])
def test_a_hold_that_is_none_is_told_beside_its_field(house: House, issue_id: int, value: str) -> None:
    staff, _ = somebody(house)
    form = dict(html.fromstring(staff.get("/admin/lists/rivers").text).forms[-1].form_values())
    answer = staff.post("/admin/lists/rivers", **{**form, "hold_seconds": value})
    assert answer.status_code == 422
    assert 'id="field-hold_seconds-error"' in answer.text


def test_a_hold_is_a_setting_of_the_list(house: House, issue_id: int) -> None:
    staff, _ = somebody(house)
    form = dict(html.fromstring(staff.get("/admin/lists/rivers").text).forms[-1].form_values())
    assert staff.post("/admin/lists/rivers", **{**form, "hold_seconds": "300"}).status_code == 302
    with house.database.reading() as session:
        assert session.scalars(select(MailingList.hold_seconds)).all() == [300]


def test_a_page_that_was_left_open_schedules_nothing_that_came_later(staff: Staff, house: House, issue_id: int) -> None:
    answer = schedule(staff, issue_id, date=f"{next_year()}-05-24", time="10:00", seen="1999-01-01T00:00:00+00:00")
    assert answer.status_code == 302  # type: ignore[attr-defined]
    assert the_issue(house, issue_id).state == "approved"


def test_a_pause_with_words_shows_them_to_colleagues(staff: Staff, house: House, issue_id: int) -> None:
    staff.post(f"/admin/issues/{issue_id}/send")
    tick_once(with_relay(house), utc_now() + timedelta(seconds=61))
    staff.post(f"/admin/issues/{issue_id}/pause", reason="A link is wrong.\nAna looks at it <b>now</b>.")
    page = above_the_history(staff.get(f"/admin/issues/{issue_id}").text)
    assert "A link is wrong." in page
    assert "&lt;b&gt;now&lt;/b&gt;" in page
    assert "stopped by itself" not in page
    staff.post(f"/admin/issues/{issue_id}/resume")
    assert "A link is wrong." not in above_the_history(staff.get(f"/admin/issues/{issue_id}").text)


def test_who_wants_to_send_without_a_mail_server_is_led_to_set_one_up(house: House, issue_id: int) -> None:
    chief, _ = somebody(house)
    publisher, _ = somebody(house, role="publisher")
    for path in (f"/admin/issues/{issue_id}", f"/admin/issues/{issue_id}/send"):
        assert '<a href="/admin/settings/mail-servers">Look at the mail servers</a>' in chief.get(path).text, path
        assert "Ask an administrator to look at the mail servers." in publisher.get(path).text, path
    page = chief.get(f"/admin/issues/{issue_id}").text
    assert page.index("No mail server is set up") < page.index('class="life"')


def test_a_scheduled_issue_that_cannot_leave_does_not_promise_to(house: House, staff: Staff, issue_id: int) -> None:
    schedule(staff, issue_id, date=f"{next_year()}-03-03", time="10:00")
    assert "Goes out" in staff.get(f"/admin/issues/{issue_id}").text
    page = somebody(house)[0].get(f"/admin/issues/{issue_id}").text
    assert "Goes out" not in above_the_history(page)
    assert "as things are it will not be sent" in page
    assert "No mail server is set up" in page
