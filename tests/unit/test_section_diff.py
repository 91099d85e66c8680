"""What changed between two versions of a section, field by field."""

from typing import Any

import pytest

from newsroom.section_diff import section_diff
from newsroom.sections.registry import Section, parse_section, stored
from tests.section_samples import sample

MARKS = {"same": "{}", "gone": "[-{}-]", "new": "[+{}+]"}


def told(kind: str, before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (".".join(map(str, diff.path)), diff.language, "".join(MARKS[run.kind].format(run.text) for run in diff.runs))
        for diff in section_diff(kind, before, after, ("en", "fr"))
    ]


def test_each_language_tells_its_own_change() -> None:
    before = {"title": {"en": "Dear colleagues", "fr": "Chers amis"}, "text": "<p>Seven cities met.</p>"}
    after = {"title": {"en": "Dear mayors", "fr": "Chers amis"}, "text": {"en": "<p>Eight cities met.</p>", "fr": "<p>Huit</p>"}}
    assert told("update", before, after) == [
        ("title", "en", "Dear [-colleagues-][+mayors+]"),
        ("text", "en", "[-Seven-][+Eight+] cities met."),
        ("text", "fr", "[+Huit+]"),
    ]


def test_a_name_that_is_the_same_everywhere_has_no_language_until_it_differs() -> None:
    assert told("workshop", {"city": "Mombasa"}, {"city": "Nairobi"}) == [("city", "", "[-Mombasa-][+Nairobi+]")]
    assert told("workshop", {"city": "Mombasa"}, {"city": {"en": "Mombasa", "fr": "Mombassa"}}) == [("city", "fr", "[+Mombassa+]")]


def test_a_line_put_in_above_leaves_the_others_alone() -> None:
    old = [{"starts": "09:00", "title": "Opening"}, {"starts": "10:00", "title": "Trees"}]
    new = [{"starts": "08:30", "title": "Coffee"}, old[0], {"starts": "10:30", "title": "Trees"}]
    assert told("workshop", {"agenda": old}, {"agenda": new}) == [
        ("agenda.0.starts", "", "[+08:30+]"),
        ("agenda.0.title", "en", "[+Coffee+]"),
        ("agenda.2.starts", "", "[-10:00-][+10:30+]"),
    ]


def test_what_was_taken_out_is_told_with_its_old_place() -> None:
    assert told("workshop", {"organisers": ["A", "B"]}, {"organisers": ["A"]}) == [("organisers.1", "", "[-B-]")]


def test_another_form_of_when_tells_both_whole() -> None:
    assert told("update", {"when": {"day": "2024-05-30"}}, {"when": {"from": "2024-05-30", "to": "2024-06-01"}}) == [
        ("when.day", "", "[-2024-05-30-]"),
        ("when.from", "", "[+2024-05-30+]"),
        ("when.to", "", "[+2024-06-01+]"),
    ]


def test_a_moment_is_told_as_people_write_it() -> None:
    before, after = ({"registration_deadline": moment} for moment in ("2024-05-30T18:00", "2024-05-31"))
    assert told("workshop", before, after) == [("registration_deadline", "", "[-2024-05-30 18:00-][+2024-05-31+]")]


def test_topics_are_told_as_a_line() -> None:
    assert told("text", {"topics": ["trees"]}, {"topics": ["trees", "rivers"]}) == [("topics", "", "trees[+, rivers+]")]


def test_the_issues_own_words_are_told_too() -> None:
    before, after = {"subject": "One", "languages": ["en"]}, {"subject": "Two", "languages": ["en", "fr"]}
    assert told("", before, after) == [("subject", "en", "[-One-][+Two+]"), ("languages", "", "en[+, fr+]")]


@pytest.mark.parametrize("kind", sorted(Section.kinds))
def test_nothing_changed_is_nothing_told_and_everything_is_told_of_what_is_new(kind: str) -> None:
    content = stored(parse_section(kind, sample(kind)))
    assert told(kind, content, content) == []
    assert {path.partition(".")[0] for path, _, _ in told(kind, {}, content)} == {name for name, value in content.items() if value}
