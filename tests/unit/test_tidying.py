"""What is stored of a draft: known fields in one form, finished or not; and what it still lacks."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsroom.errors import InvalidInput
from newsroom.sections.registry import Section, parse_section, stored
from newsroom.sections.tidying import MOST_ENTRIES, faults, model_of, place_of, tidy, tidy_at
from tests.section_samples import sample


@pytest.mark.parametrize("kind", sorted(Section.kinds))
def test_a_whole_section_is_tidy_and_without_fault(kind: str) -> None:
    content = stored(parse_section(kind, sample(kind)))
    tidied = tidy(kind, content)
    assert tidied.keys() == content.keys()
    assert faults(kind, tidied) == ()
    assert tidy(kind, tidied) == tidied


def test_half_a_section_keeps_what_was_typed_and_only_that() -> None:
    typed = {
        "title": "  Shade   for all ", "text": "<p onclick=x()>Trees<script>x</script></p>", "registration_url": "htp:/wrong",
        "registration_deadline": "30 February", "nonsense": 1, "image": {"file": ""}, "when": {"sessions": [{"starts_at": "soon"}]},
        "agenda": [{}, {"title": {"fr": "Début", "xx": "?"}}], "organisers": ["", {"en": "City of Riverton"}],
        "languages": ["en", "elvish"],
    }  # fmt: skip
    assert tidy("workshop", typed) == {
        "title": "Shade for all", "text": "<p>Trees</p>", "registration_url": "htp:/wrong",
        "registration_deadline": "30 February", "when": {"sessions": [{"starts_at": "soon"}]},
        "agenda": [{}, {"title": {"fr": "Début"}}], "organisers": ["", {"en": "City of Riverton"}], "languages": ["en", "elvish"],
    }  # fmt: skip


def test_each_fault_says_its_field_and_how_to_go_on() -> None:
    content = {"title": "Hello [[ nme ]]", "format": "in_perso", "registration_url": "foo", "when": {"sessions": [{"starts_at": "x"}]}}
    found = {fault.path: fault.sentence for fault in faults("workshop", content)}
    assert found[("when", "sessions", 0, "ends_at")] == "is missing."
    assert found[("format",)] == "'in_perso' is not one of 'in_person', 'online' or 'hybrid'. Did you mean in_person?"
    assert "must begin with https://" in found[("registration_url",)]
    assert found[("title",)].startswith("[[ nme ]] is not a merge field.")
    assert len(found) == 5


def test_a_subject_that_is_missing_is_a_fault_of_the_front() -> None:
    assert [fault.path for fault in faults("", {"languages": ["en"]})] == [("subject",)]


@pytest.mark.parametrize(
    ("path", "language"),
    [
        (("title",), ""),
        (("title", "fr"), "fr"),
        (("agenda", 2, "speakers", 0, "role", "ar"), "ar"),
        (("when", "from"), ""),
        (("when", "sessions", 1, "ends_at"), ""),
        (("organisers", 0, "es"), "es"),
        (("hashtags", 3), ""),
        (("topics",), ""),
    ],
)
def test_a_path_leads_to_its_field_and_language(path: tuple[Any, ...], language: str) -> None:
    place = place_of(model_of("workshop"), path)
    assert (place.language, place.path) == (language, path[:-1] if language else path)


@pytest.mark.parametrize(
    "path",
    [(), ("nothing",), ("title", 0), ("title", "fr", "fr"), ("agenda", "fr"), ("agenda", -1), ("city", "xx"), ("format", "en"), ({},)],
)
def test_a_path_to_nowhere_is_refused(path: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidInput, match="There is no field"):
        place_of(model_of("workshop"), path)


def test_a_list_without_end_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidInput, match=r"organisers: holds 1001 entries"):
        tidy("workshop", {"organisers": ["x"] * (MOST_ENTRIES + 1)})


def test_a_text_without_end_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidInput, match=r"agenda.1.title.en: is too long"):
        tidy("workshop", {"agenda": [{"title": {"en": "x" * 100_001}}]})


KEYS = st.text(max_size=8) | st.sampled_from(["en", "ar", "title", "file"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(kind=st.sampled_from(sorted(Section.kinds)), data=st.data())
def test_whatever_comes_is_tidied_once_and_for_all(kind: str, data: st.DataObject) -> None:
    names = [field.alias or name for name, field in Section.kinds[kind].model_fields.items()]
    tidied = tidy(kind, data.draw(st.dictionaries(st.sampled_from(names), JSON, max_size=5)))
    assert tidy(kind, tidied) == tidied
    faults(kind, tidied)
    for name, value in tidied.items():
        assert tidy_at(place_of(model_of(kind), (name,)), value) == value
