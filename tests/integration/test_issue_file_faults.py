"""Wrong issue files: each fault is one plain sentence that names the place, and nothing is stored."""

import copy
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsroom.errors import InvalidInput
from newsroom.house import House
from newsroom.sections.registry import Section
from tests.desk import Desk, a_desk, a_file
from tests.section_samples import sample

DEEP = "<div>" * 20_000 + "deep" + "</div>" * 20_000


@pytest.fixture
def desk(sqlite_house: House, tmp_path: Path) -> Desk:
    return a_desk(sqlite_house, tmp_path / "files")


def refusal(desk: Desk, text: str) -> list[str]:
    """The sentences of the refusal; nothing was stored, even where the caller commits."""
    before = desk.stored()
    with desk.session() as session, pytest.raises(InvalidInput) as refused:
        desk.take(session, text)
    assert desk.stored() == before
    assert "pydantic" not in str(refused.value)
    return str(refused.value).splitlines()


PICTURE = {"kind": "image", "image": {"file": "media/harbour.png"}}


def test_a_file_with_one_fault_leaves_none_of_its_good_pictures_behind(desk: Desk) -> None:
    assert len(refusal(desk, a_file(PICTURE, {"kind": "worksop"}))) == 1


@pytest.mark.parametrize(
    ("section", "place", "words"),
    [
        ({"kind": "worksop"}, "Section 2, kind (line 13)", "'worksop' is not a kind of section. Did you mean workshop?"),
        ({"kind": ["x"]}, "Section 2, kind (line 13)", "a list is not a kind of section. Known are call_to_action"),
        ({"title": "x"}, "Section 2, kind (line 13)", "is missing. Known are call_to_action, divider"),
        ("words", "Section 2 (line 13)", "must be a mapping that begins with kind, not 'words'."),
        ({"kind": "divider", "titel": "x"}, "Section 2 (divider), titel (line 14)", "'titel' is not a field here. Did you mean title?"),
        (
            {"kind": "update", "title": ["x"]},
            "Section 2 (update), title (line 14)",
            "must be a text, or one text per language, not a list.",
        ),
        (
            {"kind": "update", "title": {"frr": "x"}},
            "Section 2 (update), title (line 14)",
            "'frr' is not a language Newsroom writes. Did you mean fr?",
        ),
        ({"kind": "update"}, "Section 2 (update), title (line 13)", "is missing."),
        (
            {"kind": "update", "title": "[[ nmae ]]"},
            "Section 2 (update), title (line 14)",
            "[[ nmae ]] is not a merge field. Did you mean name?",
        ),
        (
            {"kind": "text", "text": {"ar": "مرحبا [[ name"}},
            "Section 2 (text), text.ar (line 15)",
            "[[ name opens a merge field that is never closed.",
        ),
        ({"kind": "text", "text": "[[ **name** ]]"}, "Section 2 (text), text (line 14)", "[[  opens a merge field that is never closed."),
        (
            {"kind": "text", "text": "[x](www.example.org)"},
            "Section 2 (text), text (line 14)",
            "'www.example.org' is not a link. It must begin with https://",
        ),
        ({"kind": "text", "text": "[x](javascript:alert(1))"}, "Section 2 (text), text (line 14)", "'javascript:alert(1)' is not a link."),
        (
            {"kind": "text", "text": DEEP},
            "Section 2 (text), text (line 14)",
            "is nested too deeply: more than 100 tags stand inside each other.",
        ),
        ({"kind": "text", "text": "> " * 300 + "x"}, "Section 2 (text), text (line 14)", "is nested too deeply"),
        (
            {"kind": "text", "text": "x" * 100_001},
            "Section 2 (text), text (line 14)",
            "is too long: 100001 characters, at most 100000 are read.",
        ),
        ({"kind": "divider", "title": "x" * 2001}, "Section 2 (divider), title (line 14)", "is too long: 2001 characters"),
        ({"kind": "divider", "title": "pasted\x07"}, "Section 2 (divider), title (line 14)", "holds the control character U+0007"),
        ({"kind": "quote", "text": "x", "attribution": "[[ name ]]"}, "Section 2 (quote), attribution (line 15)", "holds a merge field"),
        ({"kind": "divider", "id": "Not So"}, "Section 2 (divider), id (line 14)", "'Not So' is not a section's name"),
        ({"kind": "divider", "id": "front"}, "Section 2 (divider), id (line 14)", "'front' is what pages call the issue's own words"),
        ({"kind": "other_news", "items": []}, "Section 2 (other_news), items (line 14)", "must not be empty."),
        ({"kind": "other_news", "items": [{"text": "x"}, {}]}, "Section 2 (other_news), items.2.text (line 16)", "is missing."),
        ({"kind": "other_news", "items": [None]}, "Section 2 (other_news), items.1 (line 15)", "must be a mapping of fields, not nothing."),
        ({"kind": "partners", "logos": "x"}, "Section 2 (partners), logos (line 14)", "must be a list, not 'x'."),
        ({"kind": "divider", "topics": ["Not So"]}, "Section 2 (divider), topics.1 (line 15)", "'Not So' is not a short name"),
        ({"kind": "workshop"}, "Section 2 (workshop) (line 13)", "needs a title, or the key of an event."),
        (
            {"kind": "workshop", "event": "shade"},
            "Section 2 (workshop), event (line 14)",
            "the list has no event 'shade' yet. Give the workshop a title.",
        ),
    ],
)
def test_a_fault_in_a_section_is_told_with_its_place(desk: Desk, section: Any, place: str, words: str) -> None:
    (told,) = refusal(desk, a_file(PICTURE, section))
    assert told.startswith(f"{place}: {words}")


@pytest.mark.parametrize(
    ("facts", "place", "words"),
    [
        ({"when": {"day": "2023-13-40"}}, "when.day (line 13)", "'2023-13-40' is not a date; write for example 2023-10-25."),
        ({"when": {"dya": "2023-10-10"}}, "when (line 12)", "must hold one of: sessions, day, from and to, month"),
        (
            {"when": {"sessions": [{"starts_at": "2023-10-25T15:00", "ends_at": "2023-10-25T14:00"}]}},
            "when.sessions.1 (line 14)",
            "ends at 2023-10-25 14:00, before it starts at 2023-10-25 15:00.",
        ),
        ({"when": {"from": "2023-10-02", "to": "2023-10-01"}}, "when (line 12)", "ends on 2023-10-01, before it starts on 2023-10-02."),
        ({"timezone": "Europe/Madird"}, "timezone (line 12)", "'Europe/Madird' is not a time zone. Did you mean Europe/Madrid?"),
        ({"format": "onlin"}, "format (line 12)", "'onlin' is not one of 'in_person', 'online' or 'hybrid'. Did you mean online?"),
        ({"country": "no"}, "country (line 12)", "'no' is not a country code of two capital letters, such as KE."),
        ({"languages": ["en", "no"]}, "languages.2 (line 14)", "'no' is not a language Newsroom writes."),
        (
            {"agenda": [{"starts": "15:05", "ends": "15:00", "title": "x"}]},
            "agenda.1 (line 13)",
            "ends at 15:00, before it starts at 15:05.",
        ),
        (
            {"agenda": [{"title": "x", "starts": "25:00"}]},
            "agenda.1.starts (line 14)",
            "'25:00' is not a time of day; write for example 15:05.",
        ),
        (
            {"registration_url": "register.example.org"},
            "registration_url (line 12)",
            "'register.example.org' is not a link; it must begin with https://",
        ),
        ({"speakers": [{"name": "x", "rol": "y"}]}, "speakers.1.rol (line 14)", "'rol' is not a field here. Did you mean role?"),
        ({"hashtags": "#one"}, "hashtags (line 12)", "must be a list, not '#one'."),
    ],
)
def test_a_wrong_fact_of_a_workshop_is_told_with_its_place(desk: Desk, facts: dict[str, Any], place: str, words: str) -> None:
    (told,) = refusal(desk, a_file({"kind": "workshop", "title": "x", **facts}))
    assert told.startswith(f"Section 1 (workshop), {place}: {words}")


@pytest.mark.parametrize(
    ("front", "place", "words"),
    [
        ({"list": "mayors-mechanizm"}, "list (line 1)", "there is no mailing list 'mayors-mechanizm'. Did you mean mayors-mechanism?"),
        ({"list": None}, "list (line 1)", "is missing."),
        ({"list": ["x"]}, "list (line 1)", "must be a text, not a list."),
        ({"slug": "Spring Letter"}, "slug (line 2)", "'Spring Letter' is not a short name"),
        ({"languages": ["en", "xx"]}, "languages.2 (line 5)", "'xx' is not a language Newsroom writes. Known are ar, ca"),
        ({"languages": []}, "languages (line 3)", "must not be empty."),
        ({"subject": "Hello"}, "subject (line 6)", "is missing in Français (fr), a language of this issue."),
        ({"subject": {"en": "x", "fr": " "}}, "subject (line 6)", "is missing in Français (fr), a language of this issue."),
        ({"subject": {"en": "x", "fr": "[[ nom ]]"}}, "subject.fr (line 8)", "[[ nom ]] is not a merge field."),
        ({"subject": {"en": "\u202ex", "fr": "x"}}, "subject (line 6)", "holds a mark that turns the direction of the text around"),
        ({"subject": {"en": "x" * 401, "fr": "x"}}, "subject (line 6)", "is too long: 401 characters, at most 400 fit."),
        ({"preview": "x"}, "preview (line 9)", "'preview' is not a field here. Did you mean preview_text?"),
    ],
)
def test_a_fault_in_the_front_is_told_with_its_place(desk: Desk, front: dict[str, Any], place: str, words: str) -> None:
    (told,) = refusal(desk, a_file(PICTURE, **front))
    assert told.startswith(f"{place}: {words}")


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("../../../../../../etc/passwd", "leads out of the folder of the issue file. Put the picture beside it."),
        ("/etc/passwd", "leads out of the folder of the issue file."),
        ("media/../../secret.png", "leads out of the folder of the issue file."),
        ("media/link.png", "leads out of the folder of the issue file."),
        ("media/harbor.png", "There is no picture 'media/harbor.png' beside the issue file. Did you mean harbour.png?"),
        ("media", "'media' is a folder, not a picture."),
        ("media/words.png", "'media/words.png' is not a picture that can be read: PNG, JPEG, GIF and WebP are taken."),
        ("media/drawing.png", "'media/drawing.png' is an SVG drawing"),
        ("media/page.png", "'media/page.png' is a web page, not a picture."),
        ("م" * 200, "cannot be read: File name too long."),
    ],
)
def test_a_picture_that_is_missing_or_none_is_told_by_name(desk: Desk, file: str, sentence: str) -> None:
    (desk.folder.parent / "secret.png").write_bytes((desk.folder / "media" / "harbour.png").read_bytes())
    (desk.folder / "media" / "link.png").symlink_to(desk.folder.parent / "secret.png")
    (desk.folder / "media" / "words.png").write_text("only words")
    (desk.folder / "media" / "drawing.png").write_text("<svg onload='x()'/>")
    (desk.folder / "media" / "page.png").write_text("<html>")
    (told,) = refusal(desk, a_file(PICTURE, {"kind": "image", "image": {"file": file}}))
    assert told.startswith("Section 2 (image), image.file (line 15): ")
    assert sentence in told


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The file is empty."),
        ("- a\n- b", "The file must begin with the fields list, slug, languages, subject and sections; it holds a list."),
        ("only words", "The file must begin with the fields list, slug, languages, subject and sections; it holds 'only words'."),
        ("list: a: b", "Line 1, column 8: is not YAML: a second colon on one line. Put the text in quotes."),
        ("list: a\nlist: b", "Line 2, column 1: names 'list' a second time."),
        ("list: mayors-mechanism\nsubject: pasted\x0bwords", "Line 2, column 16: holds the control character U+000B"),
    ],
)
def test_a_file_that_is_no_issue_is_told_so(desk: Desk, text: str, sentence: str) -> None:
    assert refusal(desk, text)[0].startswith(sentence)


def test_a_comma_without_quotes_does_not_cut_a_text_in_two(desk: Desk) -> None:
    text = "list: mayors-mechanism\nslug: s\nlanguages: [en]\nsubject: x\nsections:\n- kind: divider\n  title: {en: Yes, indeed}\n"
    told = refusal(desk, text)
    assert len(told) == 1
    assert told[0].startswith("Section 1 (divider), title (line 7): 'indeed' is not a language Newsroom writes. Known are ar, ca")


def test_two_sections_of_one_name_are_refused(desk: Desk) -> None:
    (told,) = refusal(desk, a_file({"kind": "divider", "id": "one"}, {"kind": "divider", "id": "one"}))
    assert told == "Section 2 (divider), id (line 13): 'one' is the name of another section already: Section 1 (divider)."


def test_every_fault_is_told_at_once_in_the_order_of_the_file(desk: Desk) -> None:
    told = refusal(
        desk,
        a_file(
            {"kind": "worksop"},
            {"kind": "update", "text": "[[ nme ]] [x](y)", "image": {"file": "media/nothing.png", "colour": "x"}, "when": {"day": "soon"}},
            {"kind": "workshop", "title": "x", "timezone": "Mars", "agenda": [{"title": "a", "starts": "1"}, {"starts": "10:00"}]},
            list="nowhere",
            subject="x",
        ),
    )
    places = [sentence.partition(" (line")[0] for sentence in told]
    assert places == [
        "list", "subject", "Section 1, kind", "Section 2 (update), title", "Section 2 (update), text", "Section 2 (update), text",
        "Section 2 (update), image.file", "Section 2 (update), image.colour", "Section 2 (update), when.day",
        "Section 3 (workshop), timezone", "Section 3 (workshop), agenda.1.starts", "Section 3 (workshop), agenda.2.title",
    ]  # fmt: skip


def test_a_greater_than_sign_after_arabic_text_is_taken(desk: Desk) -> None:
    with desk.session() as session:
        issue = desk.take(session, a_file({"kind": "text", "text": {"ar": "المدينة > القرية"}}))
        assert issue.sections[0].content == {"text": {"ar": "<p>المدينة &gt; القرية</p>"}}


ODD_VALUES = (
    None,
    "",
    "~",
    "x",
    "15:05",
    "NO",
    [],
    {},
    [None],
    ["x"],
    {"en": None},
    {"en": ["x"]},
    {"frr": "x"},
    {"": ""},
    {"kind": "x"},
    [[["x"]]],
    "[[",
    "\x07",
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inner:
        yield (*path, step)
        yield from _places(each, (*path, step))


@pytest.mark.parametrize("kind", sorted(Section.kinds))
def test_a_file_spoilt_anywhere_is_taken_or_refused_and_never_anything_else(desk: Desk, kind: str) -> None:
    dice = random.Random(kind)
    whole = yaml.safe_load(a_file({"kind": kind, "id": "one", **sample(kind)}, preview_text="x"))
    for path in _places(whole):
        spoilt = copy.deepcopy(whole)
        holder = spoilt
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = dice.choice(ODD_VALUES)
        with desk.session() as session, suppress(InvalidInput):
            desk.take(session, yaml.safe_dump(spoilt, allow_unicode=True))
