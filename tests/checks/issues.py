"""Issues for the checks, straight from sections: no database."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from newsroom.checks.base import Finding, Material
from newsroom.checks.gathering import letters_of
from newsroom.checks.passages import passages_of
from newsroom.checks.registry import run_checks
from newsroom.mailing_lists import MailingList
from newsroom.rendering.source import LetterSource, PictureSize
from tests.letters import source_of
from tests.plans import KEYS

SENT = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
PICTURES = {"media/harbour.png": PictureSize(width=60, height=40)}


def source_of_case(case: Mapping[str, Any]) -> LetterSource:
    """The issue of one row of cases.yaml."""
    languages = case.get("languages") or [case.get("language") or "en"]
    subject = case.get("issue", {}).get("subject") or case.get("subject") or "News"
    section, repeat = deepcopy(case["section"]), case.get("repeat", {"text": 1, "sections": 1})
    if "repeat" in case:
        section["text"] *= repeat["text"]
    document = {
        "languages": languages,
        "subject": dict.fromkeys(languages, subject) if isinstance(subject, str) else subject,
        "sections": [section] * repeat["sections"],
    }
    return source_of(document, media=PICTURES, topics={"inclusion": "Inclusion"}, **case.get("list", {}))


def found_in(
    source: LetterSource, *, send_at: datetime = SENT, compiled: bool = False, links: Mapping[str, tuple[str, str]] | None = None
) -> tuple[Finding, ...]:
    """What the checks find; with the letters themselves where they are asked for."""
    mailing_list = MailingList(from_address="news@cities.example.org", reply_to="")
    letters = letters_of(source, mailing_list, KEYS) if compiled else {}
    return run_checks(Material(source=source, send_at=send_at, passages=tuple(passages_of(source)), compiled=letters, links=links or {}))


def answers_of(case: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """`reach` of a row: "Broken: answers 404" and "BehindLogin: login.example" as the links' states."""
    states = {"Broken": "unreachable", "BehindLogin": "login"}
    told = {url: said.partition(": ") for url, said in case.get("reach", {}).items()}
    return {url: (states[state], detail) for url, (state, _, detail) in told.items() if state in states}
