"""What a check found, in the language of the page: fields by the names they have on it, faults of fields in its words."""

from collections.abc import Callable
from dataclasses import replace
from unicodedata import bidirectional

from admin.field_names import field_label
from admin.retelling import retold
from admin.speaking import ISOLATED, page_direction, page_language
from newsroom.checks.base import Finding
from newsroom.checks.links import readable
from newsroom.checks.saying import hint, message

#: Facts that the core tells in its own words, and how they are told here.
RETOLD: dict[str, Callable[[Finding], str]] = {
    "field": lambda finding: ", ".join(_called(name) for name in finding.facts["field"].split(", ")),
    "why": lambda finding: retold(finding.facts["why"]),
}

#: Facts that the core reads before it says them.
READ = ("date_", "weekday", "own", "language", "original", "detail", "ordinal")


def message_of(finding: Finding) -> str:
    return message(_retold(finding), page_language())


def hint_of(finding: Finding) -> str:
    return hint(_retold(finding), page_language())


def _called(name: str) -> str:
    """items.2.text, as the core counts, by its name on the page."""
    return field_label("", tuple(int(step) - 1 if step.isdecimal() else step for step in name.split("."))) if "…" not in name else name


def _retold(finding: Finding) -> Finding:
    """Its facts as the page calls them; what runs against the page stands by itself, so that the words around keep their order."""
    named = _named(finding)
    return replace(named, facts={name: value if name.startswith(READ) else _apart(value) for name, value in named.facts.items()})


def _apart(words: str) -> str:
    against = ("L",) if page_direction() == "rtl" else ("R", "AL")
    return ISOLATED.format(words) if any(bidirectional(sign) in against for sign in words) else words


def _named(finding: Finding) -> Finding:
    told = {name: how(finding) for name, how in RETOLD.items() if name in finding.facts}
    if finding.path and finding.facts.get("quote") == readable(finding.path):  # a link without words of its own
        told["quote"] = field_label("", finding.path)
    return replace(finding, facts={**finding.facts, **told}) if told else finding
