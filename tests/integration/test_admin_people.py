"""Subscribers and captured letters in the admin."""

import io
from itertools import product

import pytest
from sqlalchemy import func, select

from admin.accounts import User
from admin.list_roles import set_rights
from newsroom.house import House
from newsroom.issues import Issue
from newsroom.sendqueue.transports.outbox import captured_path
from subscribers.models import ConsentRecord, Subscriber
from tests.conftest import NOON
from tests.factories import a_delivery, a_list, a_subscriber, an_issue
from tests.staff import Staff, somebody

CSV = "email;name;language\namina@example.org;Amina;fr\nzoe@example.org;Zoë;en\nnonsense;Nobody;en\n"
LETTER = """From: City Network <news@cities.example.org>
To: =?utf-8?q?Zo=C3=AB?= <zoe@example.org>
Subject: =?utf-8?q?Spring_=E2=80=93_{}?=
Date: Mon, 02 Mar 2026 12:00:00 +0000
X-Note: {}
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="=_b"

--=_b
Content-Type: text/plain; charset=utf-8

Plain words {}
--=_b
Content-Type: text/html; charset=utf-8

<html><head></head><body><p>Rich words</p><img src="https://news.example.org/media/abc.png"></body></html>
--=_b--
""".replace("\n", "\r\n")
NASTY = "<script>alert(1)</script>"


def upload(staff: Staff, text: str | bytes, **form: str) -> str:
    data = text if isinstance(text, bytes) else text.encode()
    facts = {"list": "rivers", "mode": "active", **form}
    return staff.post("/admin/subscribers/import/check", **facts, files={"file": (io.BytesIO(data), "people.csv")}).text


def people(house: House) -> int:
    with house.database.reading() as session:
        return session.scalar(select(func.count(Subscriber.id))) or 0


@pytest.fixture
def with_list(house: House) -> House:
    with house.database.transaction() as session:
        a_list(session, slug="rivers", languages=["en", "fr"])
    return house


def test_consent_subscription_and_deliverability_are_shown_apart(house: House) -> None:
    with house.database.transaction() as session:
        mailing_list = a_list(session)
        a_subscriber(session, house, mailing_list, name="Zoë Okafor", consent="unknown", state="paused", deliverability="undeliverable")
        a_subscriber(session, house, mailing_list, name="Amina Keïta", suppressed=True)
    staff, _ = somebody(house)
    page = staff.get("/admin/subscribers").text
    for words in ("Not known", "Paused", "Undeliverable", "Never write again", "Zoë Okafor"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "found"),
    [("q=zoë", {"Zoë"}), ("q=AMINA@", {"Amina"}), ("q=%25", set()), ("consent=withdrawn", {"Amina"}), ("subscription=active", {"Zoë"}),
     ("list=hills", {"Hilda"}), ("consent=nonsense", {"Zoë", "Amina", "Hilda"})],
)  # fmt: skip
def test_people_are_found(house: House, query: str, found: set[str]) -> None:
    with house.database.transaction() as session:
        rivers, hills = a_list(session, slug="rivers"), a_list(session, slug="hills")
        a_subscriber(session, house, rivers, name="Zoë", address="zoe@example.org")
        a_subscriber(session, house, rivers, name="Amina", address="amina@example.org", consent="withdrawn", state="left")
        a_subscriber(session, house, hills, name="Hilda", address="hilda@example.org", state="paused")
    staff, _ = somebody(house)
    page = staff.get(f"/admin/subscribers?{query}").text
    assert {name for name in ("Zoë", "Amina", "Hilda") if f">{name}<" in page} == found


@pytest.mark.parametrize(
    "words", ["'", "''; DROP TABLE subscribers; --", "\\'", "\\", "%s", "%(sought)s",
     ":sought", "[POSTCOMPILE_sought]", "_", "O'Neill \\ 100% :x {y}", "\0", "ع’"],
)  # fmt: skip
def test_what_is_searched_for_is_never_read_as_sql(house: House, words: str) -> None:
    name = f"Nell {words} Ney".replace("\0", "")
    with house.database.transaction() as session:
        rivers = a_list(session)
        a_subscriber(session, house, rivers, name=name)
        a_subscriber(session, house, rivers, name="Somebody else")
    staff, _ = somebody(house)
    page = staff.get("/admin/subscribers", query_string={"q": f"ll {words} n"})
    assert (page.status_code, "Somebody else" in page.text, "Nell" in page.text) == (200, False, True)


@pytest.mark.parametrize("query", ["consent=withdrawn", "consent=unknown", "subscription=left", "subscription=paused"])
def test_a_search_does_not_show_the_people_of_another_list(house: House, query: str) -> None:
    with house.database.transaction() as session:
        rivers, hills = a_list(session, slug="rivers"), a_list(session, slug="hills")
        a_subscriber(session, house, rivers, name="Amina")
        for number, (consent, state) in enumerate(product(("withdrawn", "unknown"), ("left", "paused"))):
            a_subscriber(session, house, hills, name=f"Hilda {number}", consent=consent, state=state)
    staff, user = somebody(house, "author")
    with house.database.transaction() as session:
        set_rights(session, session.get_one(User, user.id), role="author", all_lists=False, list_roles={rivers.id: "editor"})
    staff.log_in(user.email)
    answer = staff.get(f"/admin/subscribers?{query}")
    assert (answer.status_code, "Hilda" in answer.text) == (200, False)


def test_people_are_read_page_by_page(house: House) -> None:
    with house.database.transaction() as session:
        mailing_list = a_list(session)
        for number in range(55):
            a_subscriber(session, house, mailing_list, name=f"Person {number:02}")
    staff, _ = somebody(house)
    first = staff.get("/admin/subscribers").text
    assert "Person 05" in first
    assert "Person 04" not in first
    assert "after=6" in first
    assert "Person 04" in staff.get("/admin/subscribers?after=6").text


def test_an_import_is_looked_at_before_it_changes_anything(with_list: House) -> None:
    staff, _ = somebody(with_list)
    report = upload(staff, CSV)
    assert "Import 2 rows" in report
    assert "nonsense" in report
    assert people(with_list) == 0


def test_an_import_brings_people_in_with_its_file_as_evidence(with_list: House) -> None:
    staff, user = somebody(with_list, name="Amina Keïta")
    ticket = upload(staff, CSV).split('name="ticket" value="')[1].split('"')[0]
    answer = staff.post("/admin/subscribers/import", ticket=ticket, list="rivers", mode="active", name="people.csv")
    assert answer.location == "/admin/subscribers?list=rivers"
    assert "Imported: 2 new" in staff.get(answer.location).text
    assert people(with_list) == 2
    with with_list.database.reading() as session:
        record = session.scalars(select(ConsentRecord)).first()
    assert record is not None
    assert record.source == "import"
    assert "people.csv" in str(record.evidence)
    assert "Amina" in record.actor or user.email in record.actor


def test_a_file_is_imported_once_and_only_by_who_uploaded_it(with_list: House) -> None:
    staff, _ = somebody(with_list)
    ticket = upload(staff, CSV).split('name="ticket" value="')[1].split('"')[0]
    form = {"ticket": ticket, "list": "rivers", "mode": "active", "name": "people.csv"}
    other, _ = somebody(with_list)
    assert "choose it once more" in other.post("/admin/subscribers/import", **form).text
    assert staff.post("/admin/subscribers/import", **form).status_code == 302
    assert "choose it once more" in staff.post("/admin/subscribers/import", **form).text


@pytest.mark.parametrize("ticket", ["", "../../keys.json", "a" * 32, "0" * 31])
def test_a_made_up_ticket_opens_no_file(sqlite_house: House, ticket: str) -> None:
    with sqlite_house.database.transaction() as session:
        a_list(session, slug="rivers")
    staff, _ = somebody(sqlite_house)
    answer = staff.post("/admin/subscribers/import", ticket=ticket, list="rivers", mode="active")
    assert answer.status_code == 422
    assert "choose it once more" in answer.text


def test_a_wrong_import_form_says_what_is_wrong(with_list: House) -> None:
    staff, _ = somebody(with_list)
    assert "Choose a file first" in staff.post("/admin/subscribers/import/check", list="rivers", mode="active").text
    assert "is not a way to import" in upload(staff, CSV, mode="guess")
    assert 'role="alert"' in upload(staff, b"\x00\x01\x02\x03")
    assert people(with_list) == 0


def test_an_utf_16_file_with_semicolons_is_read(with_list: House) -> None:
    staff, _ = somebody(with_list)
    assert "Import 2 rows" in upload(staff, CSV.encode("utf-16"))


def captured(house: House, subject: str = "letter", note: str = "x", text: str = "here") -> int:
    with house.database.transaction() as session:
        issue = an_issue(session, a_list(session), subject="A captured issue")
        delivery = a_delivery(session, issue, kind="rehearsal", relay="outbox", closed_at=NOON, address="zoe@example.org")
    house.outbox_dir.mkdir(exist_ok=True)
    captured_path(house.outbox_dir, delivery.id).write_bytes(LETTER.format(subject, note, text).encode())
    return delivery.id


def test_an_empty_outbox_says_what_to_do(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house)
    assert "Nothing captured yet" in staff.get("/admin/outbox").text


def test_a_captured_letter_is_shown_as_a_mail_reader_does_and_marked(house: House) -> None:
    number = captured(house)
    staff, _ = somebody(house)
    page = staff.get("/admin/outbox").text
    for words in ("Captured, never sent", "Spring – letter", "Zoë &lt;zoe@example.org&gt;", "Mon, 02 Mar 2026 12:00:00 +0000"):
        assert words in page
    letter = staff.get(f"/admin/outbox/{number}/letter").text
    assert "Rich words" in letter
    assert 'src="/admin/media/abc.png"' in letter
    assert "Plain words here" in staff.get(f"/admin/outbox/{number}/text").text
    assert "Content-Type: multipart/alternative" in staff.get(f"/admin/outbox/{number}/source").text
    assert "X-Note" in staff.get(f"/admin/outbox/{number}?view=headers").text


def test_the_outbox_is_filtered_by_issue(house: House) -> None:
    captured(house)
    with house.database.transaction() as session:
        other = an_issue(session, a_list(session), subject="Another one")
    staff, _ = somebody(house)
    assert "zoe@example.org" in staff.get("/admin/outbox").text
    assert "zoe@example.org" not in staff.get(f"/admin/outbox?issue={other.id}").text


def test_what_a_letter_holds_does_not_become_markup_of_the_admin(sqlite_house: House) -> None:
    number = captured(sqlite_house, subject=NASTY, note=NASTY, text=NASTY)
    staff, _ = somebody(sqlite_house)
    for path in ("/admin/outbox", f"/admin/outbox/{number}?view=headers", f"/admin/outbox/{number}/text", f"/admin/outbox/{number}/source"):
        assert NASTY not in staff.get(path).text, path


def test_a_letter_whose_file_is_gone_is_said_to_be_gone(sqlite_house: House) -> None:
    number = captured(sqlite_house)
    captured_path(sqlite_house.outbox_dir, number).unlink()
    staff, _ = somebody(sqlite_house)
    assert "This letter is gone" in staff.get(f"/admin/outbox/{number}").text
    assert staff.get(f"/admin/outbox/{number}/letter").status_code == 404


def test_letters_that_were_really_sent_are_not_in_the_outbox(house: House) -> None:
    with house.database.transaction() as session:
        issue = an_issue(session, a_list(session))
        a_delivery(session, session.get_one(Issue, issue.id), kind="test", relay="mx.example.org", address="far@example.org")
    staff, _ = somebody(house)
    assert "far@example.org" not in staff.get("/admin/outbox").text
