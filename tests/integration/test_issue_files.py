"""Issue files: the users' own, taken as they are; exported and imported again; replaced; events remembered."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from newsroom import events
from newsroom.drafting.exporting import export_issue
from newsroom.drafting.importing import import_issue
from newsroom.errors import InvalidInput, NotFound, Refused
from newsroom.house import House
from newsroom.issues import ISSUE_LIFECYCLE, OPERATOR, Actor, Issue, IssueSection, submit
from newsroom.media import Media
from newsroom.sections.registry import Section
from newsroom.sections.walking import given_leaves
from newsroom.sections.workshop import Workshop
from tests.conftest import NOON
from tests.desk import LANGUAGES, Desk, a_desk, a_file, content_of
from tests.section_samples import sample

LATER = NOON + timedelta(hours=1)
EDITOR = Actor(name="Editor", user_id=7)


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Desk:
    return a_desk(house, tmp_path / "files")


@pytest.fixture
def small_desk(sqlite_house: House, tmp_path: Path) -> Desk:
    return a_desk(sqlite_house, tmp_path / "files")


@pytest.mark.parametrize(("name", "sections", "pictures"), [("summer-2023", 11, 4), ("autumn-2023", 6, 1)])
def test_the_users_own_papers_are_taken_as_they_are(desk: Desk, samples: Path, name: str, sections: int, pictures: int) -> None:
    with desk.session() as session:
        issue = desk.take(session, (samples / f"{name}.yaml").read_text(), folder=samples)
        assert (issue.state, issue.slug, len(issue.sections)) == ("draft", name, sections)
        assert len(session.scalars(select(Media)).all()) == pictures
    assert desk.stored()[-1] == pictures


@pytest.mark.parametrize("name", ["summer-2023", "autumn-2023"])
def test_an_exported_paper_imports_to_the_same_issue(desk: Desk, samples: Path, tmp_path: Path, name: str) -> None:
    with desk.session() as session:
        before = content_of(desk.take(session, (samples / f"{name}.yaml").read_text(), folder=samples))
    with desk.session() as session:
        issue = session.scalars(select(Issue)).one()
        text = export_issue(session, issue, tmp_path / "out", desk.store)
        again = desk.take(session, text, folder=tmp_path / "out", now=LATER)
        assert content_of(again) == before
        assert again.updated_at == NOON
        assert export_issue(session, again, tmp_path / "out", desk.store) == text


@st.composite
def sections_of_any_kind(draw: st.DrawFn) -> dict[str, Any]:
    """A sample section with some fields left out and all its words anew."""
    kind = draw(st.sampled_from(sorted(Section.kinds)))
    model = Section.kinds[kind]
    needed = {name for name, field in model.model_fields.items() if field.is_required()} | {"title"}
    content = {name: value for name, value in sample(kind).items() if name in needed or draw(st.booleans())}
    for leaf in given_leaves(model, content):
        if leaf.form in ("prose", "name", "rich"):
            words = LINES if leaf.form != "rich" else MARKDOWN
            languages = draw(st.lists(st.sampled_from(LANGUAGES), min_size=1, unique=True))
            _set(content, leaf.path, {language: draw(words) for language in languages} if draw(st.booleans()) else draw(words))
    return {"kind": kind, **content}


def _set(content: Any, path: tuple[str | int, ...], value: Any) -> None:
    for step in path[:-1]:
        content = content[step]
    content[path[-1]] = value


LETTERS = st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co"], exclude_characters="[\u2028\u2029")
LINES = st.text(LETTERS, min_size=1, max_size=30).map(lambda text: f"x{text}")
MARKDOWN = st.lists(
    LINES | st.sampled_from(["- a\n- b", "1. ع\n2. b", "> «x»", "### h", "**b** *c*", "[l](https://a.org/é)", "a\\\nb"]), max_size=4
).map("\n\n".join)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(sections=st.lists(sections_of_any_kind(), max_size=5), subject=LINES)
def test_any_issue_exports_to_a_file_that_imports_to_it(small_desk: Desk, sections: list[dict[str, Any]], subject: str) -> None:
    folder = small_desk.folder / "out"
    with small_desk.session() as session:
        issue = small_desk.take(session, a_file(*sections, languages=["ar"], subject=subject, preview_text={"fr": subject}))
        before = content_of(issue)
        assert content_of(small_desk.take(session, export_issue(session, issue, folder, small_desk.store), folder=folder)) == before


def test_an_exported_file_reads_well(desk: Desk, tmp_path: Path) -> None:
    with desk.session() as session:
        issue = desk.take(
            session,
            a_file({"kind": "workshop", "id": "shade", **sample("workshop")}, languages=LANGUAGES, subject=dict.fromkeys(LANGUAGES, "x")),
        )
        session.expire_all()
        text = export_issue(session, issue, tmp_path, desk.store)
    assert text.startswith("list: mayors-mechanism\nslug: spring\nlanguages: [en, fr, es, ar]\nsubject:\n  en: x\n")
    assert "  - kind: workshop\n    id: shade\n    topics: [trees]\n    event: shade-for-all\n    title:\n      en: Shade for all\n" in text
    assert "ar: ظلٌّ للجميع" in text
    assert "starts_at: 2024-05-30T09:30" in text
    assert sorted(path.name for path in (tmp_path / "media").iterdir()) == ["harbour.png", "square.png"]


def test_pictures_of_one_name_leave_under_two(desk: Desk, tmp_path: Path) -> None:
    other = desk.folder / "other"
    other.mkdir()
    (other / "harbour.png").write_bytes((desk.folder / "media" / "square.png").read_bytes())
    with desk.session() as session:
        files = ["media/harbour.png", "other/harbour.png"]
        issue = desk.take(session, a_file(*({"kind": "image", "image": {"file": file}} for file in files)))
        text = export_issue(session, issue, tmp_path, desk.store)
    assert sorted(path.name for path in (tmp_path / "media").iterdir()) == ["harbour-2.png", "harbour.png"]
    assert "file: media/harbour.png" in text
    assert "file: media/harbour-2.png" in text


def test_an_export_overwrites_no_picture_of_another_content(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "harbour.png").write_bytes(b"mine")
    with desk.session() as session:
        issue = desk.take(session, a_file({"kind": "image", "image": {"file": "media/harbour.png"}}))
        assert "file: media/harbour-2.png" in export_issue(session, issue, tmp_path, desk.store)
    assert (tmp_path / "media" / "harbour.png").read_bytes() == b"mine"


def test_an_export_names_a_picture_that_is_gone(desk: Desk, tmp_path: Path) -> None:
    with desk.session() as session:
        issue = desk.take(session, a_file({"kind": "image", "image": {"file": "media/harbour.png"}}))
        desk.store.path(issue.sections[0].content["image"]["file"]).unlink()
        with pytest.raises(NotFound, match="There is no picture"):
            export_issue(session, issue, tmp_path, desk.store)


def test_a_second_import_replaces_the_draft_and_keeps_its_sections(desk: Desk) -> None:
    first = [{"kind": "text", "id": "opening", "text": "One"}, {"kind": "divider"}, {"kind": "quote", "text": "Two"}]
    second = [
        {"kind": "quote", "text": "Two"},
        {"kind": "text", "id": "opening", "text": "One, better"},
        {"kind": "divider", "title": "New"},
    ]
    with desk.session() as session:
        issue = desk.take(session, a_file(*first))
        number, (opening, divider, quote) = issue.id, [(row.id, row.uid) for row in issue.sections]
    with desk.session() as session:
        issue = desk.take(session, a_file(*second, subject={"en": "Again", "fr": "Encore"}), now=LATER, by=EDITOR)
        assert (issue.id, issue.subject["en"], issue.updated_at, issue.created_at) == (number, "Again", LATER, NOON)
    with desk.session() as session:
        rows = session.get_one(Issue, number).sections
        assert [(row.id, row.uid) for row in rows[:2]] == [quote, opening]
        assert [(row.version, row.updated_at, row.updated_by) for row in rows[:2]] == [(1, NOON, None), (2, LATER, 7)]
        assert rows[1].content == {"text": "<p>One, better</p>"}
        assert divider not in [(row.id, row.uid) for row in rows]
        assert session.scalar(select(func.count()).select_from(IssueSection)) == 3


@pytest.mark.parametrize("state", sorted(ISSUE_LIFECYCLE.states - {"draft"}))
def test_an_issue_further_along_is_never_replaced_by_a_file(small_desk: Desk, state: str) -> None:
    with small_desk.session() as session:
        issue = small_desk.take(session, a_file({"kind": "text", "text": "One"}))
        submit(session, issue, by=OPERATOR, now=NOON)
        issue.state = state
    before = small_desk.stored()
    sentence = f"The issue 'spring' of the list 'mayors-mechanism' is {state.replace('_', ' ')}: a file replaces only a draft."
    with pytest.raises(Refused, match=sentence), small_desk.session() as session:
        small_desk.take(session, a_file({"kind": "image", "image": {"file": "media/harbour.png"}}))
    assert small_desk.stored() == before


def test_languages_of_the_list_hold_where_the_file_names_none(small_desk: Desk) -> None:
    with small_desk.session() as session:
        issue = small_desk.take(session, a_file(languages=None, subject=dict.fromkeys(LANGUAGES, "x")))
        assert issue.languages == LANGUAGES


def test_one_picture_in_two_places_is_kept_once(desk: Desk) -> None:
    image = {"kind": "image", "image": {"file": "media/harbour.png"}}
    with desk.session() as session:
        issue = desk.take(session, a_file(image, {**image, "image": {"file": "./media/harbour.png"}}))
        assert issue.sections[0].content["image"] == issue.sections[1].content["image"]
    assert desk.stored()[-1] == 1


def test_without_a_folder_pictures_come_from_the_library(desk: Desk) -> None:
    with desk.session() as session:
        name = desk.take(session, a_file({"kind": "image", "image": {"file": "media/harbour.png"}})).sections[0].content["image"]["file"]
        known = import_issue(
            session, a_file({"kind": "image", "image": {"file": name}}), folder=None, store=desk.store, by=OPERATOR, now=NOON
        )
        assert known.sections[0].content["image"]["file"] == name
        with pytest.raises(InvalidInput, match="in the library"):
            import_issue(
                session,
                a_file({"kind": "image", "image": {"file": "media/harbour.png"}}),
                folder=None,
                store=desk.store,
                by=OPERATOR,
                now=NOON,
            )


def test_an_event_remembers_what_was_told_last_field_by_field(desk: Desk) -> None:
    announced = {
        "kind": "workshop",
        "event": "shade",
        "title": "Shade",
        "when": {"to_be_confirmed": "In May"},
        "city": "Mombasa",
        "topics": ["trees"],
    }
    dated = {"kind": "workshop", "event": "shade", "when": {"day": "2024-05-30"}, "text": "Come **all**."}
    with desk.session() as session:
        desk.take(session, a_file(announced))
        issue = desk.take(session, a_file(dated, slug="summer"), now=LATER)
        told = {"title": "Shade", "city": "Mombasa", "when": {"day": "2024-05-30"}, "text": "<p>Come <strong>all</strong>.</p>"}
        facts = events.facts_of(session, issue.list_id, {"shade", "nothing"})
        assert facts == {"shade": told}
        assert session.scalars(select(events.Event.updated_at)).all() == [LATER]
        desk.take(session, a_file(dated, slug="summer"), now=LATER + timedelta(hours=1))
        assert session.scalars(select(events.Event.updated_at)).all() == [LATER]


def test_a_section_says_of_its_event_what_it_says_itself_and_the_record_says_the_rest() -> None:
    section = Workshop(event="shade", title="Shade, again", topics=("trees",))
    facts = {"title": "Shade", "city": {"en": "Mombasa"}, "topics": ["rivers"], "a_field_that_is_gone": 1, "when": {"day": "2024-05-30"}}
    resolved = events.resolve(section, facts)
    assert (resolved.title, resolved.city, resolved.topics, resolved.event) == ("Shade, again", {"en": "Mombasa"}, ("trees",), "shade")
    assert resolved.when is not None
