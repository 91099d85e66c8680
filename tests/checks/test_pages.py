"""What the checks found, in the admin: with the way to the field, and warnings that pass with a reason."""

import html
import re
from pathlib import Path

from sqlalchemy import select

from admin.link_notices import tell_of_links
from newsroom import schema
from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.house import House, open_house
from newsroom.issues import OPERATOR, get_issue, reopen
from newsroom.link_asking import LinkAnswer
from newsroom.link_states import Broken, keep_round
from newsroom.notices import Notice
from newsroom.settings import load_settings
from tests.checks.test_accepting import SECTIONS
from tests.factories import a_list, a_user, an_issue
from tests.staff import somebody
from tests.web_hook import web_hook

WARNING = re.compile(r'name="warning" value="([0-9a-f]{16})"')


def _an_issue(house: House) -> int:
    with house.database.transaction() as session:
        return an_issue(session, a_list(session), sections=SECTIONS, state="in_review", house=house).id


def test_each_finding_leads_to_its_field(sqlite_house: House) -> None:
    number = _an_issue(sqlite_house)
    with sqlite_house.database.reading() as session:
        uid = get_issue(session, number).sections[0].uid
    staff, _ = somebody(sqlite_house, "author")
    shown = html.unescape(staff.get(f"/admin/issues/{number}/checks").text)
    assert "“TODO” is left in the text." in shown
    assert f'href="/admin/issues/{number}/write#{uid}.text"' in shown
    assert not WARNING.findall(shown)  # an author may not let them pass


def test_the_panel_comes_alone_for_a_page_that_loads_it(sqlite_house: House) -> None:
    number = _an_issue(sqlite_house)
    staff, _ = somebody(sqlite_house, "publisher")
    assert "<html" not in staff.get(f"/admin/issues/{number}/checks", headers={"HX-Request": "true"}).text


def test_ticked_warnings_pass_with_a_reason_and_the_others_stay(sqlite_house: House) -> None:
    number = _an_issue(sqlite_house)
    staff, user = somebody(sqlite_house, "publisher", name="Pia")
    path = f"/admin/issues/{number}/checks"
    first, second = WARNING.findall(staff.get(path).text)
    staff.post(f"{path}/accept", warning=first, reason=" ")
    assert "Say why they may pass." in staff.get(path).text
    staff.post(f"{path}/accept", warning=first, reason="Agreed <b>today</b>")
    shown = staff.get(path).text
    assert "Agreed &lt;b&gt;today&lt;/b&gt;" in shown
    assert WARNING.findall(shown) == [second]
    with sqlite_house.database.reading() as session:
        (kept,) = get_issue(session, number).accepted_warnings
        assert (kept["actor"], kept["user_id"]) == ("Pia", user.id)


def test_links_are_tried_on_demand_and_what_came_of_it_stays_for_a_while(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path, public_url="https://news.example.org", inside_hosts=("127.0.0.1",))
    house = open_house(settings)
    schema.upgrade(house.database)
    with web_hook() as hook:
        hook.answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        text = f'<p>Read the <a href="http://127.0.0.1:{hook.port}/report">annual report</a>.</p>'
        with house.database.transaction() as session:
            number = an_issue(session, a_list(session), sections=[("text", {"title": "Report", "text": text})]).id
        staff, _ = somebody(house, "author")
        assert "Links have not been tried." in staff.get(f"/admin/issues/{number}/checks").text
        assert staff.post(f"/admin/issues/{number}/links").status_code == 302
        assert hook.asked
    shown = html.unescape(staff.get(f"/admin/issues/{number}/checks").text)
    assert "“annual report” cannot be reached: 127.0.0.1 answers 404 (not found)." in shown
    house.database.close()


def test_nobody_knocks_at_other_peoples_doors_without_end_by_our_hand(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        number = an_issue(session, a_list(session)).id
    staff, _ = somebody(sqlite_house, "author")
    answers = [staff.post(f"/admin/issues/{number}/links").status_code for _ in range(8)]
    assert answers == [302] * 6 + [429] * 2


def test_the_page_of_an_issue_that_leaves_says_which_links_readers_cannot_open(sqlite_house: House) -> None:
    page, gone = "https://www.uclg.org/<b>report", LinkAnswer(state="unreachable", detail="answers 404 (not found)")
    with sqlite_house.database.transaction() as session:
        number = an_issue(session, a_list(session), state="approved", house=sqlite_house).id
        keep_round(session, number, {page: gone}, is_offline=False, now=utc_now())
    staff, _ = somebody(sqlite_house, "author", language="fr")
    shown = staff.get(f"/admin/issues/{number}").text
    assert "Les lecteurs ne peuvent pas ouvrir 1 lien de ce numéro." in html.unescape(shown)
    assert "répond 404 (page introuvable)" in shown
    assert "<b>report" not in shown
    with sqlite_house.database.transaction() as session:
        reopen(session, get_issue(session, number), by=OPERATOR, now=utc_now())
    assert "répond 404" not in staff.get(f"/admin/issues/{number}").text


def test_a_notice_of_broken_links_is_taken_back_once_the_issue_is_written_again(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        number = (issue := an_issue(session, a_list(session), state="approved", house=sqlite_house)).id
        a_user(session, role="publisher", email="chief@example.org")
        broken = (Broken(url="https://www.uclg.org/report", state="unreachable", detail="answers 404"),)
        tell_of_links(sqlite_house, session, issue, broken, utc_now())
        assert [one.says for one in session.scalars(select(Notice))] == ["links_broken"]
    staff, _ = somebody(sqlite_house, "publisher")
    staff.post(f"/admin/issues/{number}/reopen", page=f"/admin/issues/{number}")
    with sqlite_house.database.reading() as session:
        assert get_issue(session, number).state == "draft"
        assert [one.says for one in session.scalars(select(Notice)) if one.says == "links_broken"] == []
        assert set(session.scalars(select(Delivery.state).where(Delivery.kind == "notice", Delivery.address == "chief@example.org"))) == {
            "cancelled"
        }
