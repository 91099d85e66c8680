"""A guest translates one language: their texts are kept, and nothing else of the issue is theirs to read or to write."""

from io import BytesIO
from itertools import product
from typing import Any

import pytest
from docx import Document
from sqlalchemy import select, update

from newsroom.house import House
from newsroom.issues import Actor, Issue
from newsroom.notices import Notice
from newsroom.section_versions import SectionVersion
from newsroom.section_writing import FieldChange, change_section, remove_section
from tests.conftest import NOON
from tests.factories import a_list, a_user, an_issue
from tests.guest_factories import SECTIONS, a_link, link_of, opened, patch
from tests.staff import Staff, somebody


class Work:
    """An issue in English, Arabic and French, and a guest who is to translate it into Arabic."""

    def __init__(self, house: House, **facts: Any) -> None:
        self.house = house
        with house.database.transaction() as session:
            self.officer = a_user(session, name="Ana", role="editor")
            mailing_list = a_list(session, title="Rivertide", languages=["en", "ar", "fr"])
            issue = an_issue(session, mailing_list, sections=SECTIONS, subject={"en": "Spring news"}, languages=["en", "ar", "fr"])
            other = an_issue(session, mailing_list, sections=SECTIONS, subject="Hilltopper", languages=["en", "ar"])
            self.issue_id, self.uids = issue.id, [row.uid for row in issue.sections]
            self.foreign = other.sections[0].uid
        by = Actor(name="Ana", user_id=self.officer.id)
        self.link_id, self.path = a_link(house, self.issue_id, "translate", ("", "ar"), by=by, **facts)
        self.guest = opened(house, self.path)

    def write(self, uid: str, *changes: tuple[list[str | int], Any, Any]) -> Any:
        return patch(self.guest, f"{self.path}/texts/{uid}" if uid else f"{self.path}/texts", self.path, *changes)

    def content(self, place: int) -> dict[str, Any]:
        with self.house.database.reading() as session:
            return session.get_one(Issue, self.issue_id).sections[place].content


@pytest.fixture
def work(house: House) -> Work:
    return Work(house)


@pytest.fixture
def simple_work(sqlite_house: House) -> Work:
    return Work(sqlite_house)


def test_a_translator_without_an_account_writes_the_texts_of_their_language(work: Work) -> None:
    page = work.guest.get(work.path).text
    assert "The river has risen." in page
    assert "Chers amis" not in page, "other languages are not theirs to see"
    answer = work.write(work.uids[0], (["text", "ar"], None, "<p>ارتفع النهر.</p>"), (["title", "ar"], "الزملاء", "زملاءنا"))
    assert answer.status_code == 200
    assert answer.json["content"]["title"] == {"en": "Dear colleagues", "ar": "زملاءنا"}
    assert work.content(0)["title"] == {"en": "Dear colleagues", "ar": "زملاءنا", "fr": "Chers amis"}
    assert work.write("", (["subject", "ar"], None, "أخبار الربيع")).status_code == 200
    with work.house.database.reading() as session:
        (version,) = session.scalars(select(SectionVersion).where(SectionVersion.uid == work.uids[0], SectionVersion.how == "translate"))
        assert (version.actor, version.guest_id, version.user_id) == ("Layla", work.link_id, None)
    states = work.guest.get(f"{work.path}/states").json
    assert states["sections"][work.uids[0]] == {"title": "done", "text": "done"}


STRAYS: tuple[tuple[list[str | int], Any, Any], ...] = (
    (["title", "fr"], "Chers amis", "Salut"),
    (["title", "en"], "Dear colleagues", "Hello"),
    (["title"], None, "Hello"),
    (["title"], None, {"ar": "x"}),
    (["languages"], None, ["ar"]),
    (["topics"], None, ["climate"]),
    (["image", "file"], None, "x.png"),
    (["links", 0, "url"], None, "https://evil.example"),
    (["links"], None, []),
)


def test_whatever_is_no_text_of_that_language_is_refused_and_nothing_of_it_is_written(simple_work: Work) -> None:
    before = [simple_work.content(place) for place in (0, 1)]
    for uid, (where, was, now) in product(("", *simple_work.uids), STRAYS):
        answer = simple_work.write(uid, (["title" if uid else "subject", "ar"], None, "x"), (where, was, now))
        assert answer.status_code in (403, 422), (uid, where, answer.json)
        assert answer.json["sentence"]
    assert [simple_work.content(place) for place in (0, 1)] == before


def test_a_text_of_another_issue_is_not_there(simple_work: Work) -> None:
    assert simple_work.write(simple_work.foreign, (["title", "ar"], "الزملاء", "x")).status_code == 422
    with simple_work.house.database.reading() as session:
        rows = [row for issue in session.scalars(select(Issue)) for row in issue.sections if row.uid == simple_work.foreign]
        assert rows[0].content["title"]["ar"] == "الزملاء"


def test_what_a_colleague_wrote_meanwhile_is_asked_about_without_their_name(simple_work: Work) -> None:
    with simple_work.house.database.transaction() as session:
        issue = session.get_one(Issue, simple_work.issue_id)
        change = FieldChange(path=("title", "ar"), was="الزملاء", now="أعزائي")
        change_section(session, issue, simple_work.uids[0], [change], base=0, by=Actor(name="zoe@example.org"), now=NOON)
    answer = simple_work.write(simple_work.uids[0], (["title", "ar"], "الزملاء", "زملائي"))
    assert answer.status_code == 409
    (conflict,) = answer.json["conflicts"]
    assert (conflict["mine"], conflict["theirs"]) == ("زملائي", "أعزائي")
    assert "zoe" not in answer.text
    with simple_work.house.database.transaction() as session:
        issue = session.get_one(Issue, simple_work.issue_id)
        remove_section(session, issue, simple_work.uids[1], base=issue.sections[1].version, by=Actor(name="zoe@example.org"), now=NOON)
    answer = simple_work.write(simple_work.uids[1], (["title", "ar"], None, "التقى"))
    assert (answer.status_code, answer.json["gone"], answer.json["by"]) == (409, True, "")


def test_a_text_whose_original_changed_is_said_to_be_still_right(simple_work: Work) -> None:
    with simple_work.house.database.transaction() as session:
        issue = session.get_one(Issue, simple_work.issue_id)
        change = FieldChange(path=("title", "en"), was="Dear colleagues", now="Dear friends")
        change_section(session, issue, simple_work.uids[0], [change], base=0, by=Actor(name="Zoe"), now=NOON)
    page = simple_work.guest.get(simple_work.path).text
    assert "<del>" in page
    simple_work.guest.post(f"{simple_work.path}/confirm/{simple_work.uids[0]}", page=simple_work.path, field="title", language="fr")
    assert simple_work.guest.get(f"{simple_work.path}/states").json["sections"][simple_work.uids[0]]["title"] == "done"


def test_the_language_goes_out_in_word_and_comes_back(simple_work: Work) -> None:
    guest, path = simple_work.guest, simple_work.path
    paper = Document(BytesIO(guest.get(f"{path}/paper.docx").data))
    cell = next(row.cells[2] for table in paper.tables for row in table.rows if row.cells[1].text == "Two mayors met")
    cell.paragraphs[0].text = "التقى رئيسا بلدية"
    back = BytesIO()
    paper.save(back)
    back.seek(0)
    look = guest.post(f"{path}/paper", page=path, files={"file": (back, "paper.docx")})
    assert "التقى رئيسا بلدية" in look.text
    ticket, key = (look.text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("ticket", "take"))
    guest.post(f"{path}/paper/take", page=path, ticket=ticket, take=key)
    assert simple_work.content(1)["title"] == {"en": "Two mayors met", "ar": "التقى رئيسا بلدية"}
    refused = guest.post(f"{path}/paper", page=path, files={"file": (BytesIO(b"no paper"), "paper.docx")})
    assert refused.location.startswith(path), "what is no paper is told on the page"


def test_finished_work_is_told_and_can_be_read_not_written_until_it_is_opened_again(work: Work) -> None:
    work.write(work.uids[0], (["title", "ar"], "الزملاء", "زملاءنا"))
    work.guest.post(f"{work.path}/finish", page=work.path)
    with work.house.database.reading() as session:
        (notice,) = session.scalars(select(Notice))
        assert (notice.user_id, notice.says, notice.delivery_id is not None) == (work.officer.id, "guest_translated", True)
    page = work.guest.get(work.path).text
    assert "زملاءنا" in page
    assert "data-sides" not in page
    answer = work.write(work.uids[0], (["title", "ar"], "زملاءنا", "x"))
    assert answer.status_code == 403
    assert "ask Ana" in answer.json["sentence"].replace("\u2068", "").replace("\u2069", "")
    assert work.content(0)["title"]["ar"] == "زملاءنا"
    staff = Staff(work.house)
    staff.log_in(work.officer.email)
    guests = f"/admin/issues/{work.issue_id}/guests"
    staff.post(f"{guests}/{work.link_id}/reopen", page=guests)
    assert work.write(work.uids[0], (["title", "ar"], "زملاءنا", "زملاؤنا")).status_code == 200


@pytest.mark.parametrize("state", ["in_review", "sent"])
def test_only_a_draft_is_translated_and_the_guest_is_told_whom_to_ask(simple_work: Work, state: str) -> None:
    with simple_work.house.database.transaction() as session:
        session.execute(update(Issue).where(Issue.id == simple_work.issue_id).values(state=state))
    assert "Ask Ana if something has to change" in simple_work.guest.get(simple_work.path).text
    answer = simple_work.write(simple_work.uids[0], (["title", "ar"], "الزملاء", "x"))
    assert answer.status_code == 403
    assert "Ask Ana" in answer.json["sentence"]
    simple_work.guest.post(f"{simple_work.path}/confirm/{simple_work.uids[0]}", page=simple_work.path, field="title")
    simple_work.guest.post(f"{simple_work.path}/finish", page=simple_work.path)
    assert link_of(simple_work.house, simple_work.link_id).finished_at is None
    assert simple_work.content(0)["title"]["ar"] == "الزملاء"


def test_a_language_that_was_taken_out_is_told_and_not_written(simple_work: Work) -> None:
    with simple_work.house.database.transaction() as session:
        session.execute(update(Issue).where(Issue.id == simple_work.issue_id).values(languages=["en", "fr"]))
    assert "no longer has this language" in simple_work.guest.get(simple_work.path).text
    assert simple_work.write(simple_work.uids[0], (["title", "ar"], "الزملاء", "x")).status_code == 403


def test_a_link_is_made_for_what_the_issue_has_copied_once_and_given_more_days(sqlite_house: House) -> None:
    work = Work(sqlite_house)
    staff, _ = somebody(sqlite_house, "editor", name="Bo")
    path = f"/admin/issues/{work.issue_id}/guests"
    form: dict[str, Any] = {"name": "Omar", "email": "omar@example.org", "language": "ar", "days": "7", "way": "copy"}
    for wrong in ("translate||es", "translate||en", "contribute|nothing|", "propose|nothing|", "wrong||"):
        assert staff.post(path, page=path, purpose=wrong, **form).status_code == 422, wrong
    staff.post(path, page=path, purpose="translate||ar", **form)
    page = staff.get(path).text
    made = page.split('id="made-link"')[1].split('value="')[1].split('"')[0]
    assert made.partition("/admin/")[2] not in staff.get(path).text, "it is shown once"
    guest = "/admin/" + made.partition("/admin/")[2]
    assert '<html lang="ar" dir="rtl"' in opened(sqlite_house, guest).get(guest).text
    newest = work.link_id + 1
    before = link_of(sqlite_house, newest).expires_at
    staff.post(f"{path}/{newest}/extend", page=path)
    assert (link_of(sqlite_house, newest).expires_at - before).days == 14
    staff.post(f"{path}/{newest}/renew", page=path, way="mail")
    assert Staff(sqlite_house).get(guest).status_code == 404, "the link before opens nothing"
