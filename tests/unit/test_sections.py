"""Every kind of section: found by itself, with a sample, and the same after the database as before."""

import json
from datetime import date, datetime, time
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from newsroom.sections.moments import ClockTime, Deadline, LocalDate, LocalDateTime, YearMonth
from newsroom.sections.news import Update
from newsroom.sections.registry import Section, new_uid, parse_section, stored
from newsroom.sections.values import Country, Language, Link, Name, Prose, RichText, Slug, Zone, printable
from newsroom.sections.walking import given_leaves, leaves
from newsroom.sections.when import When
from newsroom.sections.workshop import Workshop
from tests.section_samples import FOLDER, sample, sample_path

KINDS = sorted(Section.kinds)


def test_the_kinds_are_those_of_the_letter() -> None:
    assert KINDS == [
        "call_to_action", "divider", "image", "interview", "other_news", "partners",
        "publication", "quote", "text", "update", "welcome", "workshop",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_sample_that_uses_every_field(kind: str) -> None:
    assert sample_path(kind).is_file()
    assert set(sample(kind)) == set(Section.kinds[kind].model_fields)


def test_no_sample_is_of_a_kind_that_is_gone() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.yaml")) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_section_comes_back_from_the_database_as_it_was(kind: str) -> None:
    section = parse_section(kind, sample(kind))
    content = json.loads(json.dumps(stored(section)))
    assert parse_section(kind, content) == section
    assert stored(parse_section(kind, content)) == content


@pytest.mark.parametrize("kind", KINDS)
def test_every_marked_value_is_found_before_and_after_validation(kind: str) -> None:
    section = parse_section(kind, sample(kind))
    given = {(leaf.path, leaf.form) for leaf in given_leaves(type(section), sample(kind))}
    assert given == {(leaf.path, leaf.form) for leaf in leaves(section)}
    assert given


@pytest.mark.parametrize("kind", KINDS)
def test_the_headline_is_a_field_of_words(kind: str) -> None:
    model = Section.kinds[kind]
    assert model.headline in model.model_fields


def test_what_is_not_set_is_not_stored() -> None:
    assert stored(Update(title="x", image=None)) == {"title": "x"}


def test_a_workshop_needs_a_title_or_an_event() -> None:
    with pytest.raises(ValidationError, match="needs a title, or the key of an event"):
        Workshop(city="Mombasa")
    assert Workshop(event="shade-for-all").title == ""


def test_no_two_sections_get_one_name() -> None:
    assert len({new_uid() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("field", "written", "read"),
    [
        (LocalDate, "2024-02-29", date(2024, 2, 29)),
        (LocalDateTime, "2024-02-29T9:30", datetime(2024, 2, 29, 9, 30)),
        (LocalDateTime, "2024-02-29 23:59:30", datetime(2024, 2, 29, 23, 59, 30)),
        (Deadline, "2024-02-29", date(2024, 2, 29)),
        (Deadline, "2024-02-29T00:00", datetime(2024, 2, 29, 0, 0)),
        (ClockTime, "9:05", time(9, 5)),
        (ClockTime, "15:05:30", time(15, 5, 30)),
        (YearMonth, "2024-02", "2024-02"),
        (Name, "  Old   Market\n Hall ", "Old Market Hall"),
        (RichText, "one\x0btwo\x00\ufffe", "one\ntwo"),
        (Link, {"en": "https://a.org", "fr": "#"}, {"en": "https://a.org", "fr": "#"}),
    ],
)
def test_values_are_read_as_people_write_them(field: Any, written: Any, read: Any) -> None:
    adapter = TypeAdapter(field)
    value = adapter.validate_python(written)
    assert (value, type(value)) == (read, type(read))
    assert adapter.validate_python(json.loads(adapter.dump_json(value))) == value


@pytest.mark.parametrize(
    ("field", "written", "sentence"),
    [
        (LocalDate, "20240229", "'20240229' is not a date"),
        (LocalDate, "2023-02-29", "'2023-02-29' is not a date"),
        (LocalDate, "86400", "'86400' is not a date"),
        (LocalDate, 86400, "must be one value"),
        (LocalDate, ["2024-02-29"], "must be one value, not a list or a mapping"),
        (LocalDateTime, "2024-02-29", "'2024-02-29' is not a date and time"),
        (LocalDateTime, "2024-02-29T15:00+02:00", "names a zone"),
        (LocalDateTime, "2024-02-29T25:00", "is not a date and time; write for example"),
        (ClockTime, "905", "'905' is not a time of day"),
        (ClockTime, "24:00", "'24:00' is not a time of day"),
        (YearMonth, "2024-13", "'2024-13' is not a month"),
        (Zone, "Europe/Madird", "Did you mean Europe/Madrid"),
        (Zone, "Mars", "Write for example Europe/Madrid"),
        (Country, "no", "'no' is not a country code of two capital letters"),
        (Language, "frr", "Did you mean fr"),
        (Slug, "Shade For All", "is not a short name"),
        (Prose, {"frr": "x"}, "'frr' is not a language"),
        (Prose, {"fr": ["x"]}, r"must be a text in Français \(fr\)"),
        (Prose, {}, "not an empty mapping"),
        (Prose, ["x"], "must be a text, or one text per language, not a list"),
        (Prose, "x" * 2001, "is too long: 2001 characters"),
        (Link, "www.example.org", "must begin with https://"),
        (Link, {"fr": "javascript:alert(1)"}, "'javascript:alert"),
        (Link, "https://[", "is not a link that can be read"),
        (Link, "https://", "without a host name"),
        (When, {"dya": "2024-01-01"}, "must hold one of: sessions, day"),
        (When, {"day": "2024-01-01", "to": "2024-01-02"}, "extra"),
        (When, {"from": "2024-01-02", "to": "2024-01-01"}, "ends on 2024-01-01, before it starts on 2024-01-02"),
        (When, {"from_month": "2024-02", "to_month": "2024-01"}, "ends in 2024-01, before it starts in 2024-02"),
        (When, {"sessions": []}, "at least 1"),
    ],
)
def test_a_wrong_value_is_refused_in_a_sentence(field: Any, written: Any, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        TypeAdapter(field).validate_python(written)


def test_line_breaks_of_a_word_paste_stay_and_control_characters_go() -> None:
    assert printable("a\x0bb\x0cc\u2028d\r\ne\x00\x1f\x9f\ud800\U0001fffe") == "a\nb\nc\nd\ne"
