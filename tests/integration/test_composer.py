"""The composer over HTTP: what its scripts send is stored, compared with what others wrote, and answered so that nothing is lost."""

import re
from io import BytesIO
from typing import Any

import lxml.html
import pytest
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from admin.previews import preview_of
from newsroom.clock import utc_now
from newsroom.comments import comment, resolve
from newsroom.house import House
from newsroom.issues import Actor, Issue, IssueSection
from newsroom.media import Media
from tests.factories import a_list, an_issue
from tests.section_samples import a_picture
from tests.staff import TOKEN, Staff, somebody


@pytest.fixture
def issue_id(house: House) -> int:
    with house.database.transaction() as session:
        mailing_list = a_list(session, slug="rivers", languages=["en", "fr", "ar"])
        return an_issue(session, mailing_list, subject="Spring").id


def send(staff: Staff, path: str, body: Any) -> TestResponse:
    found = TOKEN.search(staff.get("/admin/account").text)
    assert found
    return staff.client.post(path, json=body, headers={"X-CSRFToken": found.group(1)})


def sections_of(house: House, issue_id: int) -> list[IssueSection]:
    with house.database.reading() as session:
        return list(session.scalars(select(IssueSection).where(IssueSection.issue_id == issue_id).order_by(IssueSection.position)))


def title(was: Any, now: Any, language: str = "en") -> dict[str, Any]:
    return {"path": ["title", language], "was": was, "now": now}


def test_what_is_typed_is_stored_and_answered_with_its_new_version(house: House, issue_id: int) -> None:
    staff, _ = somebody(house, "author", name="Amina")
    uid = sections_of(house, issue_id)[0].uid
    patch = {"base": 1, "changes": [title("Dear colleagues", "Dear friends"), title(None, "Chers amis", "fr")]}
    answer = send(staff, f"/admin/issues/{issue_id}/sections/{uid}", patch)
    assert answer.status_code == 200
    assert answer.json["content"]["title"] == {"en": "Dear friends", "fr": "Chers amis"}
    assert "Dear friends" in answer.json["card"]
    again = send(staff, f"/admin/issues/{issue_id}/sections/{uid}", patch)
    assert (again.status_code, again.json["version"]) == (200, answer.json["version"])
    assert sections_of(house, issue_id)[0].content["title"] == {"en": "Dear friends", "fr": "Chers amis"}


def test_a_section_without_a_text_is_in_no_language_complete(house: House, issue_id: int) -> None:
    staff, _ = somebody(house, "author", name="Amina")
    added = send(staff, f"/admin/issues/{issue_id}/sections", {"kind": "divider", "after": None, "uid": "ab12cd34ef"})
    assert "tongue-state" not in added.json["card"]
    typed = send(
        staff,
        f"/admin/issues/{issue_id}/sections/{sections_of(house, issue_id)[-1].uid}",
        {"base": 1, "changes": [title("Dear colleagues", "Hi")]},
    )
    assert "tongue-state" in typed.json["card"]


def test_two_people_in_one_field_are_both_kept_and_other_fields_are_saved(house: House, issue_id: int) -> None:
    amina, _ = somebody(house, "author", name="Amina")
    jonas, _ = somebody(house, "author", name="Jonas")
    url = f"/admin/issues/{issue_id}/sections/{sections_of(house, issue_id)[0].uid}"
    send(amina, url, {"base": 1, "changes": [title("Dear colleagues", "Dear friends")]})
    text = {"path": ["text", "en"], "was": "<p>Here is what happened.</p>", "now": "<p>This happened.</p>"}
    answer = send(jonas, url, {"base": 1, "changes": [title("Dear colleagues", "Dear all"), text]})
    assert answer.status_code == 409
    assert answer.json["by"] == "Amina"
    assert answer.json["conflicts"] == [{"path": ["title", "en"], "was": "Dear colleagues", "mine": "Dear all", "theirs": "Dear friends"}]
    assert sections_of(house, issue_id)[0].content == {"title": "Dear friends", "text": "<p>This happened.</p>"}


def test_a_section_is_added_copied_ordered_removed_and_brought_back(house: House, issue_id: int) -> None:
    staff, _ = somebody(house, "author")
    base = f"/admin/issues/{issue_id}/sections"
    first, second = (row.uid for row in sections_of(house, issue_id))
    added = send(staff, base, {"kind": "workshop", "after": first, "uid": "a1b2c3d4e5"}).json
    assert (added["uid"], added["after"]) == ("a1b2c3d4e5", first)
    assert send(staff, base, {"kind": "workshop", "after": first, "uid": "a1b2c3d4e5"}).json["uid"] == added["uid"]
    copied = send(staff, f"{base}/{first}/duplicate", {}).json
    assert [row.uid for row in sections_of(house, issue_id)] == [first, copied["uid"], added["uid"], second]
    order = [second, first, added["uid"], copied["uid"]]
    assert send(staff, f"{base}/~/order", {"uids": order}).status_code == 200
    assert send(staff, f"{base}/~/order", {"uids": order[1:]}).status_code == 409
    assert [row.uid for row in sections_of(house, issue_id)] == order
    removed = send(staff, f"{base}/{first}/remove", {"base": 1})
    assert removed.status_code == 200
    gone = send(staff, f"{base}/{first}", {"base": 1, "changes": [title("Dear colleagues", "x")]})
    assert (gone.status_code, gone.json["gone"]) == (409, True)
    assert send(staff, f"{base}/{first}/bring-back", {}).json["after"] == second
    assert [row.uid for row in sections_of(house, issue_id)] == order


def test_what_somebody_wrote_meanwhile_is_not_removed_unasked(house: House, issue_id: int) -> None:
    staff, _ = somebody(house, "author")
    uid = sections_of(house, issue_id)[0].uid
    send(staff, f"/admin/issues/{issue_id}/sections/{uid}", {"base": 1, "changes": [title("Dear colleagues", "Dear friends")]})
    answer = send(staff, f"/admin/issues/{issue_id}/sections/{uid}/remove", {"base": 1})
    assert (answer.status_code, answer.json["gone"]) == (409, False)
    assert len(sections_of(house, issue_id)) == 2


def test_the_subject_is_written_like_a_section(house: House, issue_id: int) -> None:
    staff, _ = somebody(house, "author")
    changes = [
        {"path": ["subject", "fr"], "was": "Spring", "now": "Le printemps"},
        {"path": ["languages"], "was": ["en", "fr", "ar"], "now": ["en", "fr"]},
    ]
    answer = send(staff, f"/admin/issues/{issue_id}/front", {"base": 1, "changes": changes})
    assert answer.status_code == 200
    assert (answer.json["content"]["subject"]["fr"], answer.json["content"]["languages"]) == ("Le printemps", ["en", "fr"])


def test_an_issue_in_review_is_not_changed_and_says_so(house: House, issue_id: int) -> None:
    staff, _ = somebody(house, "author")
    uid = sections_of(house, issue_id)[0].uid
    staff.post(f"/admin/issues/{issue_id}/submit")
    answer = send(staff, f"/admin/issues/{issue_id}/sections/{uid}", {"base": 1, "changes": [title("Dear colleagues", "x")]})
    assert 400 <= answer.status_code < 500
    assert answer.json["sentence"]
    assert sections_of(house, issue_id)[0].content["title"] == "Dear colleagues"


@pytest.mark.parametrize(
    "body", [[], {}, {"base": 1}, {"base": "1", "changes": []}, {"base": 1, "changes": [{"path": [], "now": "x"}]},
             {"base": 1, "changes": [{"path": [{}], "now": "x"}]}, {"base": 1, "changes": [{"path": ["nothing"], "now": "x"}]},
             {"base": 1, "changes": [{"path": ["title", "xx"], "now": "x"}]}, {"base": -1, "changes": []}],
)  # fmt: skip
def test_what_is_no_patch_is_refused(sqlite_house: House, body: Any) -> None:
    with sqlite_house.database.transaction() as session:
        number = an_issue(session, a_list(session)).id
    staff, _ = somebody(sqlite_house, "author")
    uid = sections_of(sqlite_house, number)[0].uid
    assert 400 <= send(staff, f"/admin/issues/{number}/sections/{uid}", body).status_code < 500


def test_a_section_of_another_issue_is_not_there(house: House, issue_id: int) -> None:
    staff, _ = somebody(house, "author")
    with house.database.transaction() as session:
        other = an_issue(session, a_list(session)).id
    uid = sections_of(house, issue_id)[0].uid
    assert staff.get(f"/admin/issues/{other}/write/{uid}").status_code == 404
    answer = send(staff, f"/admin/issues/{other}/sections/{uid}", {"base": 1, "changes": [title("Dear colleagues", "x")]})
    assert answer.status_code in (404, 409)
    assert sections_of(house, issue_id)[0].content["title"] == "Dear colleagues"


def test_the_page_asks_the_database_as_often_for_three_hundred_sections_as_for_two(house: House) -> None:
    staff, _ = somebody(house, "author")
    with house.database.transaction() as session:
        mailing_list = a_list(session, languages=["en", "fr"])
        few = an_issue(session, mailing_list).id
        many = an_issue(session, mailing_list, sections=[("update", {"title": f"Part {number}"}) for number in range(300)]).id
    assert _queries(house, staff, f"/admin/issues/{few}/write") == _queries(house, staff, f"/admin/issues/{many}/write")


def _queries(house: House, staff: Staff, path: str) -> int:
    staff.get(path)
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(house.database.engine, "before_cursor_execute", note)
    assert staff.get(path).status_code == 200
    event.remove(house.database.engine, "before_cursor_execute", note)
    return len(asked)


def test_a_picture_is_uploaded_described_and_offered(house: House) -> None:
    staff, user = somebody(house, "author")
    answer = upload(staff, a_picture(), "harbour.png", accept="application/json")
    assert answer.status_code == 200
    with house.database.reading() as session:
        picture = session.scalars(select(Media).where(Media.name == answer.json["name"])).one()
    assert (picture.original_name, picture.uploaded_by) == ("harbour.png", user.id)
    staff.post(f"/admin/media/{picture.id}/alt", page="/admin/media", **{"alt.en": "Boats", "alt.ar": "قوارب"})
    assert "&#34;ar&#34;: &#34;\\u0642" in staff.get("/admin/media/choose").text
    assert upload(staff, a_picture(), "harbour.png", accept="application/json").json["alt"] == {"en": "Boats", "ar": "قوارب"}
    assert "harbour.png" in staff.get("/admin/media?q=harb").text
    assert "harbour.png" not in staff.get("/admin/media?q=mountain").text


@pytest.mark.parametrize(
    ("data", "name", "word"),
    [(b"<svg onload=alert(1)>", "x.svg", "SVG"), (b"", "x.png", "empty"), (b"0" * 20_000_001, "x.png", "too large")],
)
def test_what_is_no_picture_for_mail_is_refused_with_a_sentence(sqlite_house: House, data: bytes, name: str, word: str) -> None:
    staff, _ = somebody(sqlite_house, "author")
    answer = upload(staff, data, name, accept="application/json")
    assert answer.status_code == 422
    assert word in answer.json["sentence"]
    assert upload(staff, data, name, accept="text/html").status_code == 302


def upload(staff: Staff, data: bytes, name: str, *, accept: str) -> TestResponse:
    found = TOKEN.search(staff.get("/admin/account").text)
    assert found

    return staff.client.post(
        "/admin/media", data={"file": (BytesIO(data), name)}, headers={"X-CSRFToken": found.group(1), "Accept": accept}
    )


def test_the_cards_tell_what_the_checks_found_and_which_comments_are_open(house: House) -> None:
    staff, _ = somebody(house, "publisher", name="Amina")
    with house.database.transaction() as session:
        mailing_list = a_list(session, slug="rivers", languages=["en", "fr"])
        text = {"title": {"en": "Today", "fr": "Hier"}, "text": {"en": "<p>TODO ask Jonas.</p>", "fr": "<p>TODO demander à Jonas.</p>"}}
        plain = {"title": {"en": "Thanks", "fr": "Merci"}, "text": {"en": "<p>To all.</p>", "fr": "<p>À tous.</p>"}}
        issue = an_issue(session, mailing_list, sections=[("text", text), ("text", plain)])
        first, second = [section.uid for section in issue.sections]
        settled = comment(session, issue, text="Done.", uid=second, by=Actor(name="Jonas"), now=utc_now())
        resolve(session, issue, settled.id, by=Actor(name="Jonas"), now=utc_now())
        comment(session, issue, text="Who is Jonas?", uid=first, by=Actor(name="Claire"), now=utc_now())
    told = cards_of(staff, issue.id)
    assert told["waiting-front"] == []
    assert told[f"waiting-{second}"] == []
    assert told[f"waiting-{first}"] == ["2 remarks of the checks", "1 open comment"]
    ways = re.findall(r'data-remark="(\w+)" data-way="([\w.]+)"', staff.get(f"/admin/issues/{issue.id}/waiting").text)
    assert [way for _, way in ways] == ["text", "text.fr"]
    staff.post(f"/admin/issues/{issue.id}/checks/accept", warning=ways[0][0], reason="Jonas is told.")
    assert cards_of(staff, issue.id)[f"waiting-{first}"] == ["1 remark of the checks", "1 open comment"]
    assert _queries(house, staff, f"/admin/issues/{issue.id}/waiting") <= 12


def cards_of(staff: Staff, issue_id: int) -> dict[str, list[str]]:
    """What each card says that it waits for."""
    page = lxml.html.fragment_fromstring(staff.get(f"/admin/issues/{issue_id}/waiting").text, create_parent=True)
    spans = page.xpath("//span[@data-waiting]")
    return {span.get("id"): span.xpath(".//button/@title") for span in spans}


def test_the_letter_is_that_of_this_moment_though_letters_are_remembered(house: House, issue_id: int) -> None:
    staff, _ = somebody(house, "author")
    address = f"/admin/issues/{issue_id}/write/letter/en"
    before = staff.get(f"{address}/letter").text
    assert staff.get(f"{address}/letter").text == before
    uid = sections_of(house, issue_id)[0].uid
    send(staff, f"/admin/issues/{issue_id}/sections/{uid}", {"base": 1, "changes": [title("Dear colleagues", "Dear friends")]})
    with house.database.transaction() as session:
        mailing_list = session.get_one(Issue, issue_id).mailing_list
        mailing_list.postal_address, mailing_list.from_address = "9 New Street", "new@cities.example.org"
    assert all(words in staff.get(f"{address}/letter").text for words in ("Dear friends", "9 New Street"))
    assert all(words in staff.get(f"{address}/text").text for words in ("Dear friends", "9 New Street"))
    with house.database.reading() as session:
        shown = preview_of(session, session.get_one(Issue, issue_id), "en", house=house, now=utc_now(), anchors=True)
    assert "new@cities.example.org" in shown.header("From")
    assert 'id="section-1"' in staff.get(f"{address}/letter").text
    assert 'id="section-1"' not in staff.get(f"/admin/issues/{issue_id}/preview/en/letter").text
