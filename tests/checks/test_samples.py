"""The users' own issues: exactly these findings, and no others."""

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsroom.checks.base import Finding
from newsroom.checks.saying import hint, message, words
from tests.checks.issues import found_in
from tests.letters import every_kind, sample_source

Places = Counter[tuple[int | None, str, str | None]]
SUMMER: Places = Counter(
    {
        (2, "link_placeholder", None): 1, (3, "dangling_colon", "en"): 2, (4, "acronym", "en"): 1, (6, "link_placeholder", "en"): 1,
        (6, "link_text", "en"): 1, (7, "acronym", "en"): 1, (7, "link_placeholder", None): 4, (8, "link_placeholder", "en"): 1,
        (8, "link_text", "en"): 1, (9, "acronym", "en"): 2, (9, "link_placeholder", "en"): 1, (10, "link_placeholder", "en"): 1,
        (10, "link_text", "en"): 1, (10, "acronym", "en"): 1,
    }
)  # fmt: skip
IN_EACH = ("en", "fr", "es", "ar")
AUTUMN: Places = Counter(
    [
        *[(number, "link_placeholder", language) for number in (2, 6) for language in IN_EACH],
        *[(2, "unfinished", None)] * 2, *[(3, "link_placeholder", None)] * 2, *[(3, "missing_translation", "ar")] * 2,
        (4, "link_placeholder", None), (5, "unfinished", None), (6, "differs", "ar"), *[(6, "acronym", "ar")] * 2,
    ]
)  # fmt: skip


def _counted(found: tuple[Finding, ...]) -> Places:
    return Counter((one.number, one.check, one.language) for one in found)


@pytest.mark.parametrize(
    ("sent", "past"),
    [("2023-07-20", {}), ("2026-12-01", {(2, "past", None): 1, (10, "past", "en"): 1})],
    ids=["in its own summer", "years later"],
)
def test_the_summer_letter(samples: Path, sent: str, past: dict[tuple[int | None, str, str | None], int]) -> None:
    found = found_in(sample_source(samples, "summer-2023"), send_at=datetime.fromisoformat(sent).replace(tzinfo=UTC), compiled=True)
    assert _counted(found) == SUMMER + Counter(past)


@pytest.mark.parametrize(
    ("sent", "late"),
    [("2023-09-20", ()), ("2023-10-05", (4,)), ("2026-12-01", (2, 3, 4))],
    ids=["in time", "after the first deadline", "years later"],
)
def test_the_autumn_letter_in_four_languages(samples: Path, sent: str, late: tuple[int, ...]) -> None:
    found = found_in(sample_source(samples, "autumn-2023"), send_at=datetime.fromisoformat(sent).replace(tzinfo=UTC), compiled=True)
    assert _counted(found) == AUTUMN + Counter({(number, "past", None): 1 for number in late})


def test_every_finding_speaks_in_four_languages(samples: Path) -> None:
    for name in ("summer-2023", "autumn-2023"):
        for one in found_in(sample_source(samples, name), send_at=datetime(2026, 12, 1, tzinfo=UTC)):
            for language in ("en", "fr", "es", "ar"):
                assert message(one, language)
                assert hint(one, language)


def test_a_finding_is_told_once(samples: Path) -> None:
    found = found_in(sample_source(samples, "summer-2023"))
    assert len({one.id for one in found}) == len(found)


def test_every_kind_of_section_can_be_checked() -> None:
    assert isinstance(found_in(every_kind(), compiled=True), tuple)


def test_the_catalogue_has_the_same_sentences_in_every_language() -> None:
    catalogue = words()
    assert list(catalogue) == ["en", "fr", "es", "ar"]
    for sentences in catalogue.values():
        assert {key: _places(text) for key, text in sentences.items()}.keys() == catalogue["en"].keys()
        assert not [key for key, text in sentences.items() if _places(text) - _places(catalogue["en"][key])]


def _places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))
