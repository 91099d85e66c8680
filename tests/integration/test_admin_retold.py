"""What goes wrong is said in the language of whoever did it: on a page, beside a field, to a script, to a guest."""

import io
import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select, update

from newsroom.house import House
from newsroom.issues import OPERATOR
from newsroom.notices import Notice
from newsroom.section_writing import add_section
from tests.conftest import NOON
from tests.factories import a_list, an_issue
from tests.guest_factories import a_link
from tests.integration.test_admin_speaks import said_on
from tests.integration.test_guests import a_guest, opened
from tests.staff import Staff, somebody

ARABIC = re.compile(r"[\u0620-\u064a]")


@pytest.mark.parametrize(
    ("language", "sentence", "way_on"),
    [("fr", "Il n’y a pas de numéro 99.", "Il n’y a rien ici"), ("es", "No existe el número 99.", "Aquí no hay nada"),
     ("en", "There is no issue 99.", "There is nothing here")],
)  # fmt: skip
def test_what_is_not_there_is_said_in_the_language_of_the_reader(sqlite_house: House, language: str, sentence: str, way_on: str) -> None:
    staff, _ = somebody(sqlite_house, language=language)
    answer = staff.get("/admin/issues/99")
    assert (answer.status_code, sentence in answer.text, way_on in answer.text) == (404, True, True)


def test_a_refused_move_a_field_and_a_script_are_answered_in_french(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        issue = an_issue(session, a_list(session, slug="rivers"), state="in_review")
    staff, _ = somebody(sqlite_house, language="fr")
    staff.post(f"/admin/issues/{issue.id}/submit")
    told = staff.get(f"/admin/issues/{issue.id}").text
    assert "Le numéro est à l’état «\u00a0en relecture\u00a0»\u00a0: cette action est impossible pour l’instant\u00a0: soumettre." in told
    answer = staff.post("/admin/lists/new", slug="Not a name", title="T", page="/admin/lists/new")
    assert answer.status_code == 422
    assert "«\u00a0Not a name\u00a0» n’est pas un nom court." in answer.text
    assert "Employez des minuscules" in answer.text
    script = staff.client.post(f"/admin/issues/{issue.id}/sections", json={}, headers={"X-CSRFToken": _token(staff)})
    assert "«\u00a0en relecture\u00a0»" in script.get_json()["sentence"]


def test_an_upload_that_cannot_be_taken_is_refused_in_spanish(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house, language="es")
    drawing = io.BytesIO(b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    headers = {"X-CSRFToken": _token(staff), "Accept": "application/json"}
    answer = staff.client.post("/admin/media", data={"file": (drawing, "logo.svg")}, headers=headers)
    assert answer.status_code == 422
    assert answer.get_json()["sentence"].startswith("«logo.svg» es un dibujo SVG; los programas de correo no los muestran")


def test_what_is_quoted_is_escaped_in_every_language(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house, language="fr")
    answer = staff.post("/admin/lists/new", slug="<script>x", title="T", page="/admin/lists/new")
    assert "«\u00a0&lt;script&gt;x\u00a0» n’est pas un nom court." in answer.text
    assert "<script>x" not in answer.text


def test_a_guest_of_an_arabic_link_is_answered_in_arabic(sqlite_house: House) -> None:
    _, _, path = a_guest(sqlite_house, "comment", language="ar")
    guest = opened(sqlite_house, path)
    guest.post(f"{path}/comment", text="  ", page=path)
    assert "اكتب شيئاً أولاً." in guest.get(path).text


@pytest.mark.parametrize("purpose", ["approve", "comment", "translate", "contribute"])
def test_a_guest_of_an_arabic_link_reads_arabic(sqlite_house: House, purpose: str) -> None:
    with sqlite_house.database.transaction() as session:
        rivers = a_list(session, title="A river", languages=["en", "ar"])
        state = "in_review" if purpose in ("approve", "comment") else "draft"
        sections = (("welcome", {"title": "The river", "text": "<p>The river has risen.</p>"}),)
        issue = an_issue(session, rivers, subject="The river", languages=["en", "ar"], state=state, sections=sections).id
    about = {"approve": ("approval", ""), "translate": ("", "ar")}.get(purpose, ("", ""))
    _, path = a_link(sqlite_house, issue, purpose, about, language="ar", name="ليلى")
    pages = [Staff(sqlite_house).get(path).text, opened(sqlite_house, path).get(path).text]
    assert all('<html lang="ar" dir="rtl"' in page for page in pages)
    said = set().union(*(said_on(page) for page in pages))
    assert len(said) > 4
    assert {clause for clause in said if not ARABIC.search(clause) and "river" not in clause} == set()


def _token(staff: Staff) -> str:
    return str(staff.get("/admin/session").get_json()["csrf"])


def test_a_finding_names_the_field_as_the_page_does_and_says_its_fault_in_spanish(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        issue = an_issue(session, a_list(session))
        add_section(session, issue, "call_to_action", after=None, by=OPERATOR, now=NOON)
    staff, _ = somebody(sqlite_house, language="es")
    shown = unescape(staff.get(f"/admin/issues/{issue.id}/checks").text)
    assert "Título: falta." in shown
    assert "is missing" not in shown


def test_a_reminder_names_its_day_in_the_language_of_its_owner(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        issue = an_issue(session, a_list(session, timezone="Europe/Madrid"))
    staff, owner = somebody(sqlite_house, language="fr")
    facts: dict[str, Any] = {"kind": "send", "day": "2031-06-06", "title": "", "language": "", "remind_days": "2", "owner": str(owner.id)}
    staff.post(f"/admin/issues/{issue.id}/milestones", page=f"/admin/issues/{issue.id}/plan", **facts)
    with sqlite_house.database.transaction() as session:
        notice = session.scalars(select(Notice)).one()
        assert notice.facts["day"].startswith("Friday 6 June 2031")
        session.execute(update(Notice).values(due_at=NOON))
    assert "à faire pour le <bdi>vendredi 6 juin 2031" in staff.get("/admin/notices").text
