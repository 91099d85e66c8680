"""Refusals in plain words: which class a reply belongs to, and many refusals gathered into the few that differ."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from newsroom.sendqueue.refusal_table import EXPLANATIONS, RULES, Explanation

DOMAINS_SHOWN = 5
NOT_MADE = "the letter could not be made"


@dataclass(frozen=True, kw_only=True)
class Refused:
    """One letter that was refused or put off, as its row says."""

    state: str
    code: int | None
    status: str
    reply: str
    reason: str
    domain: str


@dataclass(frozen=True, kw_only=True)
class RefusalGroup:
    """Letters that met the same words. `words` are those of one of them; `domains` the most frequent, of `domain_count`."""

    key: str
    code: int | None
    status: str
    words: str
    failed: int
    deferred: int
    domains: tuple[tuple[str, int], ...]
    domain_count: int

    @property
    def count(self) -> int:
        return self.failed + self.deferred


@dataclass(frozen=True, kw_only=True)
class RefusalClass:
    """All groups of one explanation, the largest first."""

    explanation: Explanation
    groups: tuple[RefusalGroup, ...]

    @property
    def failed(self) -> int:
        return sum(group.failed for group in self.groups)

    @property
    def deferred(self) -> int:
        return sum(group.deferred for group in self.groups)

    @property
    def count(self) -> int:
        return self.failed + self.deferred


def class_of(code: int | None, status: str, reply: str, reason: str = "") -> str:
    """The key of the explanation that fits best; there is always one."""
    if code is None and reason.startswith(NOT_MADE):
        return "not_made"
    return _class_of(code, status, " ".join(reply.split()))


def explain(code: int | None, status: str, reply: str, reason: str = "") -> Explanation:
    return EXPLANATIONS[class_of(code, status, reply, reason)]


def pattern_of(reply: str) -> str:
    """The words without what differs from letter to letter: addresses, numbers, queue ids, times."""
    plain = _ADDRESS.sub("…", _REPEATED_CODE.sub(" ", reply))
    words = ["…" if _is_passing(word) else word for word in plain.split()]
    return _GAPS.sub("…", " ".join(words)).strip(" .…-;:,").lower()


def group_refusals(rows: Iterable[Refused]) -> list[RefusalGroup]:
    """Rows with the same code, status and pattern as one group; the largest first."""
    gathered: dict[tuple[int | None, str, str], _Gathered] = {}
    for row in rows:
        same = (row.code, row.status, pattern_of(row.reply or row.reason))
        gathered.setdefault(same, _Gathered(row)).add(row)
    return sorted((found.group() for found in gathered.values()), key=lambda group: (-group.count, group.words))


def by_class(groups: Iterable[RefusalGroup]) -> list[RefusalClass]:
    """The groups under their explanations; the most frequent class first."""
    found: dict[str, list[RefusalGroup]] = {}
    for group in groups:
        found.setdefault(group.key, []).append(group)
    classes = [RefusalClass(explanation=EXPLANATIONS[key], groups=tuple(members)) for key, members in found.items()]
    return sorted(classes, key=lambda one: (-one.count, one.explanation.key))


def group_from(facts: Any) -> RefusalGroup:
    """A group as `dataclasses.asdict` wrote it, after its way through JSON."""
    domains = tuple((str(domain), int(number)) for domain, number in facts["domains"])
    return RefusalGroup(**{**facts, "domains": domains})


class _Gathered:
    """The rows of one group, on the way to being one."""

    def __init__(self, first: Refused) -> None:
        self.first = first
        self.states: Counter[str] = Counter()
        self.domains: Counter[str] = Counter()

    def add(self, row: Refused) -> None:
        self.states[row.state] += 1
        self.domains[row.domain] += 1

    def group(self) -> RefusalGroup:
        row = self.first
        ranked: Sequence[tuple[str, int]] = sorted(self.domains.items(), key=lambda pair: (-pair[1], pair[0]))
        return RefusalGroup(
            key=class_of(row.code, row.status, row.reply, row.reason), code=row.code, status=row.status,
            words=row.reply or row.reason, failed=self.states["failed"], deferred=self.states["deferred"],
            domains=tuple(ranked[:DOMAINS_SHOWN]), domain_count=len(ranked),
        )  # fmt: skip


@lru_cache(maxsize=4096)
def _class_of(code: int | None, status: str, text: str) -> str:
    fitting = (rule.key for rule in RULES if rule.fits(code, status or _status_in(text), text))
    return next(fitting, _of_no_rule(code, status))


def _of_no_rule(code: int | None, status: str) -> str:
    """By the first digit; without any no mail server has answered, and the words are Newsroom's own."""
    digit = str(code or status)[:1]
    if not digit:
        return "not_handed_over"
    return "refused" if digit == "5" else "put_off"


def _status_in(text: str) -> str:
    """Some servers write their enhanced status into the middle of the line."""
    found = _STATUS.search(text)
    return found[0] if found else ""


def _is_passing(word: str) -> bool:
    """A word with a digit, unless it is the name of a page or a short name such as 'IPv6' or 'TLSv1'."""
    if not any(letter.isdigit() for letter in word):
        return False
    return not word.startswith(("http://", "https://")) and not _SHORT_NAME.fullmatch(word.strip(".,;:()[]"))


_ADDRESS = re.compile(r"<[^<>\s]*>|[^\s<>\"'(),;:]+@[^\s<>\"'(),;]+")
_REPEATED_CODE = re.compile(r"(?m)(^|\s)(?:[245][0-9][0-9][- ])?[245]\.[0-9]{1,3}\.[0-9]{1,3}(?=\s|$)")
_STATUS = re.compile(r"(?<![\w.])[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![\w.])")
_SHORT_NAME = re.compile(r"[A-Za-z]{2,4}v?[0-9]|S3[0-9]{3}|TSS?[0-9]{2}", re.IGNORECASE)
_GAPS = re.compile(r"…(?:[\s.,:;\-]*…)+")
