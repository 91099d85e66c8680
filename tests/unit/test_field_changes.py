"""Changes of one writer against what stands: written, written already, or in conflict, each field by itself."""

from typing import Any

import pytest

from newsroom.errors import InvalidInput
from newsroom.field_changes import FieldChange, apply_changes
from newsroom.sections.tidying import model_of

UPDATE = model_of("update")


def change(*path: str | int, was: Any = None, now: Any = None) -> FieldChange:
    return FieldChange(path=path, was=was, now=now)


def applied(content: dict[str, Any], *changes: FieldChange, trusting: bool = False) -> tuple[dict[str, Any], list[Any]]:
    done = apply_changes(UPDATE, content, changes, original="en", trusting=trusting)
    return done.content, [(conflict.path, conflict.theirs) for conflict in done.conflicts]


@pytest.mark.parametrize(
    ("before", "path", "now", "after"),
    [
        ({}, ("title", "en"), "One", {"title": "One"}),
        ({}, ("title", "fr"), "Un", {"title": {"fr": "Un"}}),
        ({"title": "One"}, ("title", "fr"), "Un", {"title": {"en": "One", "fr": "Un"}}),
        ({"title": "One"}, ("title", "en"), "Two", {"title": "Two"}),
        ({"title": {"en": "One", "fr": "Un"}}, ("title", "fr"), None, {"title": {"en": "One"}}),
        ({"title": {"fr": "Un"}}, ("title", "fr"), "", {}),
        ({"title": "One"}, ("title", "en"), " ", {}),
        ({}, ("image", "file"), "a.png", {"image": {"file": "a.png"}}),
        ({"image": {"file": "a.png"}}, ("image", "file"), None, {}),
        ({"items": [{"text": "<p>a</p>"}, {}]}, ("items", 1, "text", "fr"), "<p>b</p>",
         {"items": [{"text": "<p>a</p>"}, {"text": {"fr": "<p>b</p>"}}]}),
        ({"items": [{"text": "<p>a</p>"}]}, ("items", 0, "text", "en"), None, {"items": [{}]}),
        ({"items": [{"title": "a"}]}, ("items", 0), None, {"items": [{}]}),
        ({}, ("items",), [{}], {"items": [{}]}),
        ({"items": [{}]}, ("items",), [], {}),
        ({"when": {"day": "2024-05-30"}}, ("when",), {"from": "2024-05-30", "to": ""}, {"when": {"from": "2024-05-30"}}),
        ({"links": [{"url": "https://a.org"}]}, ("links", 0, "url", "fr"), "https://a.org/fr",
         {"links": [{"url": {"en": "https://a.org", "fr": "https://a.org/fr"}}]}),
        ({"links": [{"url": {"en": "https://a.org"}}]}, ("links", 0, "url"), "https://b.org", {"links": [{"url": "https://b.org"}]}),
    ],
)  # fmt: skip
def test_a_field_is_set_where_its_path_says(before: dict[str, Any], path: tuple[Any, ...], now: Any, after: dict[str, Any]) -> None:
    assert applied(before, change(*path, now=now), trusting=True) == (after, [])


def test_what_the_writer_saw_decides_field_by_field() -> None:
    content = {"title": {"en": "Theirs", "fr": "Un"}, "text": "<p>Same</p>"}
    mine = [
        change("title", "en", was="One", now="Mine"),
        change("title", "fr", was="Un", now="Deux"),
        change("text", "en", was="<p>Same</p>", now="<p>New</p>"),
    ]
    after, conflicts = applied(content, *mine)
    assert after == {"title": {"en": "Theirs", "fr": "Deux"}, "text": "<p>New</p>"}
    assert conflicts == [(("title", "en"), "Theirs")]


def test_a_change_that_arrives_twice_is_no_conflict() -> None:
    once, _ = applied({"title": "One"}, change("title", "en", was="One", now="Two "))
    assert applied(once, change("title", "en", was="One", now="Two ")) == (once, [])


def test_what_the_writer_saw_is_compared_in_the_form_that_is_stored() -> None:
    assert applied({"title": "One two"}, change("title", "en", was="One  two ", now="Three")) == ({"title": "Three"}, [])
    assert applied({"text": "<p>One</p>"}, change("text", "en", was="<div>One</div>", now="<p>Two</p>")) == ({"text": "<p>Two</p>"}, [])


def test_an_entry_that_somebody_took_away_is_a_conflict_even_to_one_who_saw_everything() -> None:
    lost = change("items", 1, "text", "en", was=None, now="<p>mine</p>")
    assert applied({"items": [{"title": "a"}]}, lost, trusting=True) == ({"items": [{"title": "a"}]}, [(("items", 1, "text", "en"), None)])


def test_one_who_saw_everything_needs_no_comparison() -> None:
    assert applied({"title": "One"}, change("title", "en", was="something else", now="Two"), trusting=True) == ({"title": "Two"}, [])


def test_nothing_given_is_changed_in_place() -> None:
    content = {"items": [{"title": {"en": "a"}}]}
    applied(content, change("items", 0, "title", "fr", now="b"), trusting=True)
    assert content == {"items": [{"title": {"en": "a"}}]}


def test_what_the_writer_sent_before_and_heard_nothing_of_is_their_own() -> None:
    typed_on = FieldChange(path=("title", "en"), was="One", now="One two three", sent=("One two ",))
    assert applied({"title": "One two"}, typed_on) == ({"title": "One two three"}, [])
    assert applied({"title": "One, said Jonas"}, typed_on) == ({"title": "One, said Jonas"}, [(("title", "en"), "One, said Jonas")])


def test_a_section_does_not_grow_without_end_change_by_change() -> None:
    """A guest could have made one of a hundred megabytes, and nobody could open the issue any more."""
    content = {"items": [{"text": f"<p>{'long ' * 19_000}</p>"} for _ in range(21)] + [{}]}
    with pytest.raises(InvalidInput, match="at most 2000000 characters"):
        applied(content, change("items", 21, "text", "en", now=f"<p>{'long ' * 3_000}</p>"))
    smaller, _ = applied(content, change("items", 0, "text", "en", now="<p>Short</p>"), trusting=True)
    assert smaller["items"][0] == {"text": "<p>Short</p>"}
