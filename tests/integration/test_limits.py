"""Sending limits in the admin and at the command line: set, shown with what is used, removed, and a slip of the pen told."""

import json

import pytest
from lxml import html

from newsroom.house import House
from newsroom.sendqueue.throttle import list_throttles
from tests.factories import a_list, an_issue
from tests.processes import newsroom
from tests.staff import Staff, somebody, with_relay

PAGE = "/admin/settings/limits"
PACE = {"domain": "", "rate": "600", "per": "60", "burst": "", "daily": ""}


@pytest.fixture
def furnished(house: House) -> House:
    with house.database.transaction() as session:
        mailing_list = a_list(session, slug="rivers", title="نشرة الأنهار")
        an_issue(session, mailing_list, state="approved", house=house, slug="spring")
    return with_relay(house)


@pytest.fixture
def staff(furnished: House) -> Staff:
    return somebody(furnished)[0]


def rules(house: House) -> dict[tuple[str, str], tuple[float | None, int, int | None]]:
    with house.database.reading() as session:
        return {(row.scope, row.key): (row.rule.rate, row.rule.per, row.rule.daily) for row in list_throttles(session)}


@pytest.mark.parametrize(
    ("what", "domain", "stored", "title"),
    [
        ("relay:main", "", ("relay", "main"), "Mail server main"),
        ("domain:*", "", ("domain", "*"), "Every domain by itself"),
        ("domain:", "Gmail.com", ("domain", "gmail.com"), "gmail.com"),
        ("list:1", "", ("list", "1"), "Each issue of the list rivers"),
    ],
)
def test_a_limit_is_set_shown_changed_and_removed(staff: Staff, what: str, domain: str, stored: tuple[str, str], title: str) -> None:
    assert staff.post(PAGE, page=PAGE, **{**PACE, "what": what, "domain": domain, "daily": "5000"}).status_code == 302
    assert rules(staff.house) == {stored: (600, 60, 5000)}
    page = staff.get(PAGE).text
    assert title in page
    assert "600 letters per minute and 5,000 letters a day" in page
    change = html.fromstring(staff.get(f"{PAGE}?change={stored[0]}:{stored[1]}").text).forms[-1]
    fields = dict(change.form_values())
    assert (fields["what"], fields["rate"], fields["daily"]) == (what, "600", "5000")
    staff.post(PAGE, page=PAGE, **{**fields, "rate": "60", "daily": ""})
    assert rules(staff.house) == {stored: (60, 60, None)}
    staff.post(f"{PAGE}/remove", page=PAGE, target=f"{stored[0]}:{stored[1]}")
    assert rules(staff.house) == {}


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"what": ""}, "what"), ({"what": "relay:nowhere"}, "what"), ({"what": "list:99"}, "what"), ({"what": "planet:earth"}, "what"),
        ({"what": "domain:", "domain": "not a domain"}, "domain"), ({"what": "domain:", "domain": ""}, "domain"),
        ({"what": "domain:*", "rate": "", "daily": ""}, "rate"), ({"what": "domain:*", "rate": "many"}, "rate"),
        ({"what": "domain:*", "rate": "0"}, "rate"), ({"what": "domain:*", "rate": "-5"}, "rate"),
        ({"what": "domain:*", "per": "7"}, "per"),
        ({"what": "domain:*", "daily": "9" * 30}, "daily"), ({"what": "domain:*", "burst": "0"}, "burst"),
        ({"what": "domain:*", "daily": "9" * 400}, "daily"), ({"what": "domain:*", "rate": "9" * 5_000}, "rate"),
    ],
)  # fmt: skip
def test_what_is_no_limit_is_told_beside_its_field(staff: Staff, form: dict[str, str], field: str) -> None:
    answer = staff.post(PAGE, page=PAGE, **{**PACE, **form})
    assert answer.status_code == 422
    assert f'id="field-{field}-error"' in answer.text
    assert rules(staff.house) == {}


def test_an_issue_has_a_limit_of_its_own_until_both_numbers_are_empty(furnished: House) -> None:
    staff, _ = somebody(furnished, role="publisher")
    page = "/admin/issues/1/limit"
    assert "as fast as the mail servers take it" in staff.get(page).text
    staff.post(page, page=page, rate="100", per="1", burst="", daily="")
    assert rules(staff.house) == {("issue", "1"): (100, 1, None)}
    assert staff.rung == [1]
    assert "a limit of its own" in staff.get(page).text
    assert staff.post(page, page=page, rate="x", per="1", burst="", daily="").status_code == 422
    staff.post(page, page=page, rate="", per="1", burst="", daily="")
    assert rules(staff.house) == {}


def test_the_limit_of_the_list_is_named_on_its_issues(staff: Staff) -> None:
    staff.post(PAGE, page=PAGE, **{**PACE, "what": "list:1"})
    assert "keeps to the limit of its list: 600 letters per minute" in staff.get("/admin/issues/1/limit").text


def test_a_publisher_sets_no_limit_for_everybody(furnished: House) -> None:
    staff, _ = somebody(furnished, role="publisher")
    assert staff.get(PAGE).status_code == 403
    assert staff.post(PAGE, page="/admin/account", **{**PACE, "what": "domain:*"}).status_code == 403


def test_the_command_line_sets_shows_and_removes_limits(furnished: House) -> None:
    settings = {
        "data_dir": furnished.settings.data_dir,
        "database_url": furnished.settings.database,
        "transport_url": "smtp://127.0.0.1:2525",
    }
    assert newsroom("limits", "set", "list", "rivers", "--rate", "600", settings=settings).returncode == 0
    assert newsroom("limits", "set", "domain", "*", "--daily", "2000", settings=settings).returncode == 0
    shown = json.loads(newsroom("limits", "show", "--json", settings=settings).stdout)
    assert [(one["scope"], one["name"], one["words"]) for one in shown] == [
        ("domain", "*", "2,000 letters a day"), ("list", "rivers", "600 letters per minute"),
    ]  # fmt: skip
    wrong = newsroom("limits", "set", "relay", "nowhere", "--rate", "5", settings=settings)
    assert (wrong.returncode, "There is no mail server 'nowhere'. Known are main." in wrong.stderr) == (1, True)
    assert newsroom("limits", "remove", "domain", "*", settings=settings).returncode == 0
    assert "no such limit" in newsroom("limits", "remove", "domain", "*", settings=settings).stderr
    assert list(rules(furnished)) == [("list", "1")]


def test_a_quota_that_a_new_rate_drops_is_told(furnished: House) -> None:
    """`set` replaces the whole limit: unsaid, the provider's daily quota would be overrun."""
    settings = {"data_dir": furnished.settings.data_dir, "database_url": furnished.settings.database}
    newsroom("limits", "set", "domain", "Gmail.com", "--daily", "5000", settings=settings)
    done = newsroom("limits", "set", "domain", "Gmail.com", "--rate", "30", settings=settings)
    assert "at most 30 letters per minute (until now: 5,000 letters a day)" in done.stdout
