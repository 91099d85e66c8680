"""A letter's source as it is loaded from the database."""

from datetime import datetime
from pathlib import Path

import pytest

from newsroom.drafting.exporting import export_issue
from newsroom.drafting.importing import import_issue
from newsroom.errors import CompileError
from newsroom.house import House
from newsroom.issues import OPERATOR
from newsroom.mailing_lists import Topic, add_list
from newsroom.media import MediaStore
from newsroom.rendering.compiling import compile_letter
from newsroom.rendering.source import LetterSource, load_source
from newsroom.sections.workshop import Workshop
from tests.factories import a_list, an_issue, cities
from tests.letters import NONCE, faults_of

POSTAL = "Mayors Mechanism\n12 Harbour Street\nBarcelona"


def sources(house: House, folder: Path, now: datetime, *names: str) -> list[LetterSource]:
    """The sources of these issue files, imported one after the other into one list."""
    with house.database.transaction() as session:
        mailing_list = add_list(
            session, slug="mayors-mechanism", title="Mayors Mechanism", from_name="Mayors", from_address="news@example.org",
            postal_address=POSTAL, languages=("en", "fr", "es", "ar"), timezone="Europe/Madrid", now=now,
        )  # fmt: skip
        mailing_list.topics = [Topic(slug="inclusion", title={"en": "Inclusion"}), Topic(slug="financing", title="Financing", position=1)]
        store = MediaStore(house.media_dir)
        issues = [
            import_issue(session, (folder / f"{name}.yaml").read_text(encoding="utf-8"), folder=folder, store=store, by=OPERATOR, now=now)
            for name in names
        ]
        session.flush()
        return [load_source(session, issue, public_url="https://news.example.org/") for issue in issues]


def test_the_samples_compile_in_every_language(house: House, samples: Path, now: datetime) -> None:
    for source in sources(house, samples, now, "summer-2023", "autumn-2023"):
        for language in source.languages:
            letter = compile_letter(source, language, nonce=NONCE)
            assert faults_of(letter.html) == []
            assert len(letter.html.encode()) < 102_000


def test_pictures_have_their_public_address_and_their_size(sqlite_house: House, samples: Path, now: datetime) -> None:
    (source,) = sources(sqlite_house, samples, now, "summer-2023")
    assert {(size.width, size.height) for size in source.media.values()} == {(1200, 675), (480, 200)}
    letter = compile_letter(source, "en", nonce=NONCE)
    for name in source.media:
        assert f'src="https://news.example.org/media/{name}"' in letter.html


def test_a_workshop_is_completed_from_its_event(sqlite_house: House, tmp_path: Path, now: datetime) -> None:
    words = "list: mayors-mechanism\nlanguages: [en]\nsubject: A subject\n"
    full = "sections:\n  - kind: workshop\n    event: forum\n    title: The forum\n    city: Lindholm\n    when: {day: 2024-05-01}\n"
    (tmp_path / "first.yaml").write_text(f"{words}slug: first\n{full}", encoding="utf-8")
    (tmp_path / "second.yaml").write_text(f"{words}slug: second\nsections:\n  - kind: workshop\n    event: forum\n", encoding="utf-8")
    _, source = sources(sqlite_house, tmp_path, now, "first", "second")
    workshop = source.sections[0].section
    assert isinstance(workshop, Workshop)
    assert (workshop.title, workshop.city) == ("The forum", "Lindholm")
    assert "Wednesday 1 May 2024" in compile_letter(source, "en", nonce=NONCE).text


def test_the_list_s_facts_are_there(sqlite_house: House, samples: Path, now: datetime) -> None:
    (source,) = sources(sqlite_house, samples, now, "autumn-2023")
    assert source.topics == {"inclusion": {"en": "Inclusion"}, "financing": "Financing"}
    assert source.archive_url("ar") == "https://news.example.org/archive/mayors-mechanism/autumn-2023/ar"
    assert [numbered.number for numbered in source.sections] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_compiled_letter_names_the_topics_of_its_spans(sqlite_house: House, samples: Path, now: datetime, language: str) -> None:
    (source,) = sources(sqlite_house, samples, now, "autumn-2023")
    spans = compile_letter(source, language, nonce=NONCE).spans
    assert [span.topics for span in spans if not span.personal] == [("inclusion",), ("financing",)]


UNFINISHED = [("update", {"title": "Ready"}), ("update", {"text": "<p>No title</p>"}), ("quote", {"text": "<p>[[ nme ]]</p>"})]


def test_a_lenient_reader_gets_the_letter_without_what_is_not_finished(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        issue = an_issue(session, a_list(session), sections=UNFINISHED)
        source = load_source(session, issue, public_url="https://news.example.org", lenient=True)
        assert [numbered.number for numbered in source.sections] == [1]
        assert source.unreadable == tuple((number, issue.sections[number - 1].uid) for number in (2, 3))


def test_a_strict_reader_is_told_which_section_is_not_finished_and_what_it_lacks(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        issue = an_issue(session, a_list(session), sections=UNFINISHED)
        with pytest.raises(CompileError, match=r"Section 2: this update is not finished\. title: is missing\."):
            load_source(session, issue, public_url="https://news.example.org")


def test_an_unfinished_issue_is_not_exported_to_a_file_nobody_could_import(sqlite_house: House, tmp_path: Path) -> None:
    with sqlite_house.database.transaction() as session:
        issue = an_issue(session, a_list(session), sections=UNFINISHED)
        with pytest.raises(CompileError, match="Section 2: this update is not finished"):
            export_issue(session, issue, tmp_path, MediaStore(sqlite_house.media_dir))


def test_the_chain_of_the_list_is_there(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        mailing_list = cities(session)
        mailing_list.fallbacks = {"ar": ["fr", "en"]}
        source = load_source(session, an_issue(session, mailing_list), public_url="https://news.example.org")
        assert (source.chain_for("ar"), source.chain_for("es")) == (("fr", "en", "es", "ar"), ("en", "fr", "es", "ar"))
