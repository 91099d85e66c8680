"""Languages in the admin: how far each is, a word that a text is still right, a paper out and back, and what readers see meanwhile."""

import gc
import io
import re
from typing import Any

import docx
import pytest
from sqlalchemy import event
from werkzeug.datastructures import FileStorage

from newsroom.house import House
from newsroom.issues import OPERATOR, Issue
from newsroom.mailing_lists import get_list
from newsroom.section_writing import FieldChange, change_section
from newsroom.translations import states_of
from tests.conftest import NOON
from tests.factories import a_list, an_issue
from tests.staff import Staff, somebody

UPDATE: dict[str, Any] = {
    "title": {"en": "Two mayors met", "fr": "Deux maires"},
    "text": {"en": "<p>On 22 January.</p>", "fr": "<p>Le 22 janvier.</p>"},
    "links": [{"label": "Read", "url": "https://example.org"}],
}


def an_issue_in_two_languages(house: House, **facts: Any) -> int:
    with house.database.transaction() as session:
        mailing_list = a_list(session, slug="rivers", languages=["en", "fr", "ar"])
        issue = an_issue(session, mailing_list, languages=["en", "fr"], sections=[("update", UPDATE)], **facts)
        return issue.id


def change_original(house: House, issue_id: int, text: str = "<p>On 24 January.</p>") -> None:
    with house.database.transaction() as session:
        issue = session.get_one(Issue, issue_id)
        changes = [FieldChange(path=("text", "en"), was="<p>On 22 January.</p>", now=text)]
        change_section(session, issue, issue.sections[0].uid, changes, base=0, by=OPERATOR, now=NOON)


def states(house: House, issue_id: int) -> dict[Any, str]:
    with house.database.reading() as session:
        row = session.get_one(Issue, issue_id).sections[0]
        return {each.path: each.state for each in states_of(row.kind, row.content, row.sources, original="en", language="fr")}


def content(house: House, issue_id: int) -> dict[str, Any]:
    with house.database.reading() as session:
        return session.get_one(Issue, issue_id).sections[0].content


def test_a_stale_text_is_shown_with_what_changed_and_may_be_said_to_be_right(house: House) -> None:
    staff, _ = somebody(house, "author")
    issue_id = an_issue_in_two_languages(house)
    change_original(house, issue_id)
    page = staff.get(f"/admin/issues/{issue_id}/languages/fr").text
    assert "<del>22</del><ins>24</ins>" in page
    confirm = re.search(rf'action="(/admin/issues/{issue_id}/sections/[^"]+/confirm)"', page)
    assert confirm
    answer = staff.post(confirm[1], field="text", language="fr")
    assert answer.status_code == 302
    assert states(house, issue_id)["text",] == "done"
    assert "<del>" not in staff.get(f"/admin/issues/{issue_id}/languages/fr").text


def test_the_page_of_a_language_counts_as_the_page_of_all_of_them_does(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house, "author")
    issue_id = an_issue_in_two_languages(sqlite_house)
    change_original(sqlite_house, issue_id)
    counted = [
        re.findall(r"data-number>(\d+)<", staff.get(f"/admin/issues/{issue_id}/languages{page}").text)
        for page in ("", "/fr", "/fr?show=open")
    ]
    assert counted == [counted[0]] * 3
    assert counted[0][1] == "1"


def test_nothing_of_an_issue_outlives_its_pages(sqlite_house: House) -> None:
    """What stays in a circle until the collector comes makes every other page wait for it: 300 sections are 60,000 things."""
    staff, _ = somebody(sqlite_house, "administrator")
    issue_id = an_issue_in_two_languages(sqlite_house)
    pages = [f"/admin/issues/{issue_id}{page}" for page in ("", "/write", "/languages", "/languages/fr", "/history", "/review", "/checks")]
    assert {staff.get(page).status_code for page in pages} == {200}
    gc.collect()
    gc.disable()
    try:
        left = {page: _issues_there() for page in pages if staff.get(page)}
    finally:
        gc.enable()
    assert left == dict.fromkeys(pages, 0)


def _issues_there() -> int:
    return sum(isinstance(each, Issue) for each in gc.get_objects())


def test_what_is_not_a_draft_can_be_read_and_not_written(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house, "author")
    issue_id = an_issue_in_two_languages(sqlite_house, state="in_review")
    page = staff.get(f"/admin/issues/{issue_id}/languages/fr").text
    assert "Deux maires" in page
    assert "data-sides" not in page
    assert 'type="file"' not in page


def test_the_number_of_queries_does_not_grow_with_the_sections(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house, "author")
    small = an_issue_in_two_languages(sqlite_house)
    with sqlite_house.database.transaction() as session:
        large = an_issue(session, get_list(session, "rivers"), languages=["en", "fr"], sections=[("update", UPDATE)] * 60).id
    counted = []
    for issue_id in (small, large):
        seen: list[str] = []
        listener = lambda *given, seen=seen: seen.append(given[2])  # noqa: E731 - SQLAlchemy keeps it by identity
        event.listen(sqlite_house.database.engine, "before_cursor_execute", listener)
        assert staff.get(f"/admin/issues/{issue_id}/languages/fr").status_code == 200
        event.remove(sqlite_house.database.engine, "before_cursor_execute", listener)
        counted.append(len(seen))
    assert counted[0] == counted[1]


def paper_of(staff: Staff, issue_id: int, **texts: str) -> bytes:
    """The paper of this issue, with these translations written beside these originals."""
    answer = staff.get(f"/admin/issues/{issue_id}/languages/fr/paper.docx")
    assert answer.status_code == 200
    document = docx.Document(io.BytesIO(answer.data))
    for row in document.tables[0].rows[1:]:
        _, original, translation = row.cells
        if original.text in texts:
            translation.paragraphs[0].text = texts[original.text]
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def look(staff: Staff, issue_id: int, data: bytes) -> str:
    files = {"file": FileStorage(io.BytesIO(data), filename="rivers-fr.docx")}
    answer = staff.client.post(
        f"/admin/issues/{issue_id}/languages/fr/paper", data={"csrf_token": token(staff), **files}, follow_redirects=True
    )
    return answer.text


def token(staff: Staff) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', staff.get("/admin/account").text)
    assert found
    return found[1]


def take(staff: Staff, issue_id: int, page: str, *, also: tuple[str, ...] = ()) -> str:
    ticket = re.search(r'name="ticket" value="([^"]+)"', page)
    assert ticket
    marked = re.findall(r'name="take" value="([^"]+)" checked', page)
    data = {"csrf_token": token(staff), "ticket": ticket[1], "take": [*marked, *also]}
    return staff.client.post(f"/admin/issues/{issue_id}/languages/fr/paper/take", data=data, follow_redirects=True).text


def test_a_paper_goes_out_and_what_was_translated_comes_back_into_its_place(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house, "author")
    issue_id = an_issue_in_two_languages(sqlite_house)
    page = look(staff, issue_id, paper_of(staff, issue_id, Read="Lire", **{"Two mayors met": "Deux maires réunis"}))
    assert "2 texts are new or different." in page
    assert "2 texts were taken." in take(staff, issue_id, page)
    stored = content(sqlite_house, issue_id)
    assert stored["links"][0]["label"] == {"en": "Read", "fr": "Lire"}
    assert stored["title"]["fr"] == "Deux maires réunis"
    assert set(states(sqlite_house, issue_id).values()) == {"done"}


def test_a_text_translated_from_an_original_that_changed_meanwhile_is_to_be_checked(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house, "author")
    issue_id = an_issue_in_two_languages(sqlite_house)
    paper = paper_of(staff, issue_id, **{"On 22 January.": "Le vingt-deux janvier."})
    change_original(sqlite_house, issue_id)
    page = look(staff, issue_id, paper)
    assert "to check afterwards" in page
    take(staff, issue_id, page)
    assert content(sqlite_house, issue_id)["text"]["fr"] == "<p>Le vingt-deux janvier.</p>"
    assert states(sqlite_house, issue_id)["text",] == "stale"
    assert "<del>22</del><ins>24</ins>" in staff.get(f"/admin/issues/{issue_id}/languages/fr").text


def test_what_a_colleague_wrote_meanwhile_is_not_overwritten_unseen(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house, "author")
    issue_id = an_issue_in_two_languages(sqlite_house)
    page = look(staff, issue_id, paper_of(staff, issue_id, **{"Two mayors met": "Deux maires réunis"}))
    with sqlite_house.database.transaction() as session:
        issue = session.get_one(Issue, issue_id)
        changes = [FieldChange(path=("title", "fr"), was="Deux maires", now="Deux mairesses")]
        change_section(session, issue, issue.sections[0].uid, changes, base=0, by=OPERATOR, now=NOON)
    assert "1 text was not taken" in take(staff, issue_id, page)
    assert content(sqlite_house, issue_id)["title"]["fr"] == "Deux mairesses"


@pytest.mark.parametrize("data", [b"no Word file at all", b""])
def test_what_is_no_paper_is_answered_with_a_sentence(sqlite_house: House, data: bytes) -> None:
    staff, _ = somebody(sqlite_house, "author")
    assert "not a Word file" in look(staff, an_issue_in_two_languages(sqlite_house), data)


def test_a_list_says_what_its_readers_see_where_a_text_is_missing(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house)
    an_issue_in_two_languages(sqlite_house)
    saved = staff.post(
        "/admin/lists/rivers/chain", missing_translation="fallback", **{"ar.first": "fr", "ar.second": "en", "fr.first": "fr"}
    )
    assert saved.status_code == 302
    with sqlite_house.database.reading() as session:
        assert get_list(session, "rivers").fallbacks == {"ar": ["fr", "en"]}
    twice = staff.post("/admin/lists/rivers/chain", missing_translation="hide", **{"ar.first": "fr", "ar.second": "fr"})
    assert twice.status_code == 422
    assert "A language stands twice" in twice.text
    with sqlite_house.database.reading() as session:
        assert get_list(session, "rivers").missing_translation == "fallback"
