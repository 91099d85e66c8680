"""Every field of every kind of section is typed through its form, and the issue file says the same."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from admin.composer.fields import kinds, plan_of
from newsroom.clock import utc_now
from newsroom.drafting.exporting import export_issue
from newsroom.drafting.importing import import_issue
from newsroom.drafting.reading import read_document
from newsroom.house import House
from newsroom.issues import OPERATOR, Issue
from newsroom.media import Media, MediaStore
from newsroom.sections.registry import Section
from tests.browser.admin_site import log_in, served
from tests.browser.typist import Typist, every_field, fields_given
from tests.factories import a_list, a_user, an_issue
from tests.section_samples import a_picture, sample, write_pictures

pytestmark = pytest.mark.browser
TESTS = Path(__file__).parent.parent
COLOURS = {"harbour.png": "navy", "portrait.png": "teal", "cover.png": "maroon", "logo.png": "black"}
OWN_NAMES = re.compile(r"^(?:slug|    id): .*\n", re.MULTILINE)


def the_document() -> dict[str, Any]:
    """The sample of each kind, and of the issue of every kind each section that has a field which none had before it."""
    document: dict[str, Any] = read_document((TESTS / "every_kind.yaml").read_text("utf-8")).value
    sections: list[dict[str, Any]] = []
    met: set[tuple[str, ...]] = set()
    for section in [*({"kind": kind, **sample(kind)} for kind in kinds()), *document["sections"]]:
        content = {name: value for name, value in section.items() if name != "kind"}
        given = fields_given(plan_of(Section.kinds[section["kind"]]), content, (section["kind"],))
        if not given <= met:
            sections.append(section)
            met |= given
    assert met == {each for kind in kinds() for each in every_field(plan_of(Section.kinds[kind]), (kind,))}
    subject = {**document["subject"], "es": "Calles, árboles y un puerto"}
    return {**document, "list": "rivers", "languages": ["en", "fr", "ar", "es"], "subject": subject, "sections": sections}


def imported(house: House, folder: Path) -> tuple[int, int]:
    """The issue of the file, and an empty one beside it that is to become the same."""
    document = the_document()
    for name, colour in COLOURS.items():
        (folder / name).write_bytes(a_picture(colour=colour))
    store = MediaStore(house.media_dir)
    with house.database.transaction() as session:
        topics = dict.fromkeys(topic for section in document["sections"] for topic in section.get("topics", ()))
        rivers = a_list(session, slug="rivers", languages=document["languages"], topics=list(topics), timezone="Europe/Madrid")
        text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
        issue = import_issue(session, text, folder=write_pictures(folder), store=store, by=OPERATOR, now=utc_now())
        empty = an_issue(session, rivers, subject="")
        empty.sections.clear()
        return issue.id, empty.id


def exported(house: House, issue_id: int, folder: Path) -> str:
    """The issue's file without what no two issues share."""
    with house.database.reading() as session:
        return OWN_NAMES.sub("", export_issue(session, session.get_one(Issue, issue_id), folder, MediaStore(house.media_dir)))


@pytest.mark.timeout(500)
def test_what_is_typed_into_every_field_of_every_kind_is_what_the_issue_file_says(
    sqlite_house: House, browser: Browser, tmp_path: Path
) -> None:
    file_id, typed_id = imported(sqlite_house, tmp_path)
    with sqlite_house.database.reading() as session:
        issue = session.get_one(Issue, file_id)
        front = {"subject": issue.subject, "preview_text": issue.preview_text}
        sections = [(row.kind, row.content) for row in issue.sections]
        pictures = {each.name: each.original_name for each in session.scalars(select(Media))}
    with sqlite_house.database.transaction() as session:
        email = a_user(session, role="author").email
    with served(sqlite_house) as address:
        page = browser.new_context(viewport={"width": 1000, "height": 1000}).new_page()
        log_in(page, address, email)
        page.goto(f"{address}/admin/issues/{typed_id}/write")
        page.locator("[data-show=all]").click()
        store = MediaStore(sqlite_house.media_dir)
        files = {name: (original, store.read(name)) for name, original in pictures.items()}
        typist = Typist(page=page, languages=issue.languages, pictures=files)
        typist.front(opened(page, 0), front)
        for number, (kind, content) in enumerate(sections, start=1):
            page.locator("[data-add]").click()
            page.locator(f"dialog [data-kind={kind}]").click()
            typist.section(opened(page, number), kind, content)
        expect(page.locator("[data-status]")).to_contain_text("Saved")
        page.goto(f"{address}/admin/issues")
    assert exported(sqlite_house, typed_id, tmp_path / "typed") == exported(sqlite_house, file_id, tmp_path / "given")


def opened(page: Page, number: int) -> Any:
    """The form of this card: 0 is the subject, a new section stands open already."""
    card = page.locator("[data-section]").nth(number)
    expect(page.locator("[data-section]")).to_have_count(max(number + 1, page.locator("[data-section]").count()))
    if not number:
        card.locator("[data-open]").click()
    form = card.locator("[data-form]")
    form.wait_for()
    return form
