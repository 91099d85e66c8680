"""Planted faults are found, what is right is left in peace: the table of cases.yaml, row by row."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from newsroom.checks.base import CHECKS, NAMES, Finding
from newsroom.checks.gathering import letters_of
from newsroom.checks.saying import as_json, hint, message
from newsroom.mailing_lists import MailingList
from newsroom.preparing import Prepared
from tests.checks.issues import answers_of, found_in, source_of_case
from tests.plans import KEYS

TABLE = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))


def _checked(case: dict[str, Any]) -> tuple[Finding, ...]:
    whole = case["check"] in ("too_heavy", "unlawful", "contrast")
    return found_in(source_of_case(case), compiled=whole, links=answers_of(case))


def _name(case: dict[str, Any]) -> str:
    return f"{case['id']}-{case['check']}-{case['language']}"


@pytest.mark.parametrize("case", TABLE["faults"], ids=_name)
def test_a_planted_fault_is_found(case: dict[str, Any]) -> None:
    found = [one for one in _checked(case) if (one.check, one.language) == (case["check"], case["language"])]
    assert [one for one in found if all(word in f"{message(one)} {hint(one)}" for word in case["expect"])], found
    assert {one.severity for one in found} == {case.get("severity", "warning")}


@pytest.mark.parametrize("case", TABLE["clean"], ids=_name)
def test_what_is_right_is_left_in_peace(case: dict[str, Any]) -> None:
    assert [message(one) for one in _checked(case) if one.check == case["check"]] == []


def test_the_table_is_large_and_speaks_four_languages() -> None:
    for kind in ("faults", "clean"):
        assert len(TABLE[kind]) >= 60
        assert {case["language"] for case in TABLE[kind]} >= {"en", "fr", "es", "ar"}
        assert {case["check"] for case in TABLE[kind]} == set(NAMES)


def test_every_check_of_the_stable_surface_is_there() -> None:
    assert set(CHECKS) == set(NAMES)


def test_a_finding_in_json_has_the_stable_keys() -> None:
    case = next(case for case in TABLE["faults"] if case["id"] == "F01")
    (found,) = found_in(source_of_case(case))
    told = as_json(found)
    assert {name: told[name] for name in ("check", "severity", "section", "language", "field")} == {
        "check": "weekday", "severity": "warning", "section": 1, "language": "en", "field": "text",
    }  # fmt: skip
    assert told["message"] == "“Friday 22 January 2020” does not fit: 22 January 2020 was a Wednesday."
    assert told["hint"].startswith("22 January 2021 was a Friday")


def test_a_link_without_an_address_leaves_its_words_in_the_letter() -> None:
    """It is no reason to refuse the file: it comes in, is found, and readers see the words."""
    source = source_of_case({"section": {"kind": "text", "text": "Read the [summary notes]() of [the session](https://www.uclg.org/s)."}})
    letter = letters_of(source, MailingList(from_address="news@cities.example.org", reply_to=""), KEYS)["en"]
    assert isinstance(letter, Prepared)
    assert "summary notes</a>" not in letter.compiled.html
    assert "the session</a>" in letter.compiled.html
    assert "Read the summary notes of" in letter.compiled.text
