"""What would make a page slow comes after it: the page stands at once, asks for itself again, and then holds what it lacked."""

import re
from typing import Any

import pytest

from admin import after_the_page, people_pages
from newsroom.house import House
from newsroom.issues import Issue
from subscribers.models import Subscriber
from tests.factories import a_list, a_subscriber, an_issue
from tests.staff import Staff, somebody, with_relay

AGAIN = {"HX-Request": "true"}
ASKS = re.compile(r'hx-get="([^"]+)" hx-trigger="load"')
LONG = [("text", {"title": f"Part {number}", "text": "<p>What cities did.</p>"}) for number in range(after_the_page.SECTIONS_AT_ONCE + 1)]


@pytest.fixture
def staff(sqlite_house: House) -> Staff:
    return somebody(with_relay(sqlite_house))[0]


def made(house: House, *, people: int = 3, **facts: Any) -> int:
    with house.database.transaction() as session:
        mailing_list = a_list(session, slug="rivers")
        for _ in range(people):
            a_subscriber(session, house, mailing_list)
        issue: Issue = an_issue(session, mailing_list, house=house, **facts)
        return issue.id


def loaded(staff: Staff, path: str) -> tuple[str, str]:
    """The page as it comes, and as it is once it has asked again where it says."""
    first = staff.get(path).text
    asked = ASKS.findall(first)
    assert len(asked) == 1, asked
    answer = staff.get(asked[0].replace("&amp;", "&"), headers=AGAIN)
    assert answer.status_code == 200
    return first, answer.text


def test_the_letter_of_a_long_draft_comes_after_its_page(staff: Staff) -> None:
    number = made(staff.house, sections=LONG)
    first, then = loaded(staff, f"/admin/issues/{number}?view=text")
    assert "letter-frame" not in first
    assert "Part 12" in first  # the outline is there at once
    assert f"/admin/issues/{number}/preview/en/text" in then
    assert 'id="preview"' in then
    assert 'id="facts"' in then


@pytest.mark.parametrize("facts", [{}, {"sections": LONG, "state": "approved"}], ids=["short", "approved"])
def test_the_letter_of_a_short_issue_or_an_approved_one_is_there_at_once(staff: Staff, facts: dict[str, Any]) -> None:
    number = made(staff.house, **facts)
    page = staff.get(f"/admin/issues/{number}").text
    assert "letter-frame" in page
    assert not ASKS.findall(page)


def test_what_is_found_in_a_long_issue_comes_after_its_page(staff: Staff) -> None:
    number = made(staff.house, sections=LONG)
    first, then = loaded(staff, f"/admin/issues/{number}/checks")
    assert "checks-found" not in first
    assert "checks-found" in then
    assert "<html" not in then


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three people are many."""
    monkeypatch.setattr(after_the_page, "PEOPLE_AT_ONCE", 2)


@pytest.mark.usefixtures("many")
def test_how_many_get_it_comes_after_the_page_and_what_is_typed_there_stays(staff: Staff) -> None:
    number = made(staff.house, state="approved")
    first, then = loaded(staff, f"/admin/issues/{number}/send")
    assert 'name="date"' in first
    assert "Send to 3 people" not in first
    reach = then.partition('id="reach"')[2].partition('id="later"')[0]
    assert "Send to 3 people" in reach
    assert 'name="date"' not in reach


@pytest.mark.usefixtures("many")
def test_a_refused_time_of_a_great_list_still_tells_how_many_get_it(staff: Staff) -> None:
    number = made(staff.house, state="approved")
    answer = staff.post(f"/admin/issues/{number}/schedule", date="", time="")
    assert answer.status_code == 422
    assert ASKS.findall(answer.text) == [f"/admin/issues/{number}/send"]


@pytest.mark.usefixtures("many")
def test_who_has_not_got_it_is_counted_after_the_page(staff: Staff) -> None:
    number = made(staff.house, state="sent")
    first, then = loaded(staff, f"/admin/issues/{number}/extend")
    assert ">3<" not in first
    assert ">3<" in then.partition('id="missing"')[2]


@pytest.mark.usefixtures("many")
def test_the_people_of_great_lists_are_counted_after_the_page(staff: Staff) -> None:
    made(staff.house)
    first, then = loaded(staff, "/admin/lists")
    place = re.compile(r'<dd class="number" id="people-1">(.*?)</dd>')
    assert "…" in place.findall(first)[0]
    assert place.findall(then) == ["3"]
    assert 'hx-select-oob="#people-1"' in first


NAMES = {
    "ada@rivers.example": "Ada Silva",
    "percent%sign@hills.example": "Ben_Underscore",
    "noor@hills.example": "نور الهدى",
    "e@x.example": "",
}


@pytest.mark.parametrize("few", [people_pages.FEW, 0], ids=["few", "many"])
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("silva", {"ada@rivers.example"}),
        ("SILVA", {"ada@rivers.example"}),
        ("ivers.ex", {"ada@rivers.example"}),
        ("%", {"percent%sign@hills.example"}),
        ("n_u", {"percent%sign@hills.example"}),
        ("hills", {"percent%sign@hills.example", "noor@hills.example"}),
        ("نور", {"noor@hills.example"}),
        ("' OR 1=1 --", set()),
        ("back\\slash :colon %(name)s", set()),
        ("\0", set(NAMES)),
    ],
)
def test_people_are_found_by_any_part_of_their_address_or_name(
    house: House, monkeypatch: pytest.MonkeyPatch, few: int, words: str, found: set[str]
) -> None:
    monkeypatch.setattr(people_pages, "FEW", few)
    wanted = {"list": "", "q": words, "consent": "", "subscription": "", "deliverability": ""}
    with house.database.transaction() as session:
        mailing_list = a_list(session)
        for address, name in NAMES.items():
            a_subscriber(session, house, mailing_list, address=address, name=name)
        page = people_pages.page_of_people(session, wanted, lists=None, after=0)
        assert {person.address for _, person, _, _ in page.rows if isinstance(person, Subscriber)} == found


def test_who_is_never_written_to_again_is_marked(house: House) -> None:
    wanted = dict.fromkeys(("list", "q", "consent", "subscription", "deliverability"), "")
    with house.database.transaction() as session:
        mailing_list = a_list(session)
        a_subscriber(session, house, mailing_list, address="ada@rivers.example", suppressed=True)
        a_subscriber(session, house, mailing_list, address="ben@rivers.example")
        rows = people_pages.page_of_people(session, wanted, lists=None, after=0).rows
        assert {person.address: never for _, person, _, never in rows} == {"ada@rivers.example": True, "ben@rivers.example": False}


@pytest.mark.parametrize("standing", ["withdrawn", "unknown", "left", "paused", "undeliverable"])
def test_those_whose_standing_is_out_of_the_ordinary_are_found(house: House, standing: str) -> None:
    name = {"withdrawn": "consent", "unknown": "consent", "undeliverable": "deliverability"}.get(standing, "subscription")
    fact = {"consent": "consent", "deliverability": "deliverability", "subscription": "state"}[name]
    wanted = {**dict.fromkeys(("list", "q", "consent", "subscription", "deliverability"), ""), name: standing}
    with house.database.transaction() as session:
        mailing_list = a_list(session)
        a_subscriber(session, house, mailing_list)
        one = a_subscriber(session, house, mailing_list, **{fact: standing})
        rows = people_pages.page_of_people(session, wanted, lists=None, after=0).rows
        assert [person.id for _, person, _, _ in rows] == [one.id]
