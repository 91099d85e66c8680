"""What a finding says, in the language of whoever reads it; dates, weekdays and languages in its facts are put into words."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale

from newsroom.checks.base import Finding
from newsroom.checks.date_words import date_in_words, weekday_name
from newsroom.checks.translations import field_name

CATALOGUE = Path(__file__).parent / "words.toml"
ORDINALS = {"en": ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")}
LANGUAGE_FACTS = ("language", "original")
WEEKDAY_FACTS = ("weekday", "weekday_wrong")
DETAILS = {
    "detail.gone": re.compile(r"answers (404) \(not found\)"),
    "detail.answers": re.compile(r"answers (\d+)"),
    "detail.circle": re.compile("sends readers in a circle"),
    "detail.nowhere": re.compile("sends readers to what is no address|is no address that can be asked"),
    "detail.inside": re.compile("leads to an address inside this network"),
    "detail.silent": re.compile(r"does not answer within (\S+) seconds"),
    "detail.unknown": re.compile("cannot be asked: its name is not known"),
    "detail.refuses": re.compile("cannot be asked: (.+)"),
    "detail.untrusted": re.compile("cannot be trusted: (.+)"),
    "detail.sent": re.compile(r"readers are sent to (\S+)"),
    "detail.password": re.compile("it asks for a password"),
    "detail.who": re.compile(r"it answers (\d+) and asks who one is"),
    "detail.forbidden": re.compile(r"it answers (403): it asks for permission, or refuses programs"),
}


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))


def message(finding: Finding, language: str = "en") -> str:
    """What is wrong, in one sentence."""
    return _said(finding, finding.says, language)


def hint(finding: Finding, language: str = "en") -> str:
    """The likely correction."""
    usual = f"{finding.says.removesuffix('_more').removesuffix('_less')}.hint"
    return " ".join(_said(finding, says, language) for says in finding.advice or (usual,))


def as_json(finding: Finding) -> dict[str, Any]:
    """The stable form of `newsroom issue check --json`, and the field and the id with it."""
    return {
        "check": finding.check,
        "severity": finding.severity,
        "section": finding.number,
        "language": finding.language,
        "message": message(finding),
        "hint": hint(finding),
        "field": field_name(finding.path),
        "id": finding.id,
    }


def _said(finding: Finding, says: str, language: str) -> str:
    catalogue = words()
    sentence = catalogue.get(language, {}).get(says) or catalogue["en"][says]
    return sentence.format(**_spoken(finding.facts, language if language in catalogue else "en"))


def _spoken(facts: Mapping[str, str], language: str) -> dict[str, str]:
    return {name: _spoken_fact(name, value, facts, language) for name, value in facts.items()}


def _spoken_fact(name: str, value: str, facts: Mapping[str, str], language: str) -> str:
    if name.startswith("date_"):
        day = date.fromisoformat(value)
        return date_in_words(day.year, day.month, day.day, language)
    if name in WEEKDAY_FACTS:
        return _weekday(int(value), facts.get("own" if name == "weekday" else "own_wrong", ""), language)
    if name in LANGUAGE_FACTS:
        return str(Locale.parse(language).languages.get(value, value))
    if name == "detail":
        return of_link(value, language)
    return ordinal(int(value), language) if name == "ordinal" else value


def of_link(detail: str, language: str) -> str:
    """What came of asking for a link, which newsroom.link_asking says in English, as words that go on from its host."""
    catalogue = words().get(language, {})
    for key, pattern in DETAILS.items():
        if (found := pattern.fullmatch(detail)) and (sentence := catalogue.get(key)):
            return sentence.format(*found.groups())
    return detail


def ordinal(number: int, language: str) -> str:
    known = ORDINALS.get(language, ())
    return known[number - 1] if 0 < number <= len(known) else str(number)


def _weekday(number: int, own: str, language: str) -> str:
    """The day as the reader calls it, and as the text should."""
    name = weekday_name(number, language)
    return name if own.casefold() == name.casefold() else f"{name} ({own})"
