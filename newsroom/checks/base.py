"""What a check works on, what it says, and the registry of all checks; no database, no clock, no socket."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

from newsroom.errors import CompileError
from newsroom.preparing import Prepared
from newsroom.rendering.source import LetterSource
from newsroom.sections.tidying import FieldFault
from newsroom.sections.walking import Path

#: The stable names, in the order in which the findings of one place are told.
NAMES = (
    "weekday", "zone", "impossible_date", "end_before_start", "past", "link_empty", "link_placeholder", "link_unreachable", "link_text",
    "dangling_colon", "alt_text", "missing_translation", "differs", "acronym", "subject_length", "unfinished", "too_heavy",
    "heading_order", "contrast", "unlawful",
)  # fmt: skip
Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One fault: where it is, which sentence tells it (`says` in words.toml), and the facts of that sentence."""

    check: str
    severity: Severity = "warning"
    number: int | None = None
    uid: str = ""
    language: str | None = None
    path: Path = ()
    says: str
    #: The sentences of the hint; none: the one that belongs to `says`.
    advice: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The same until the text that it speaks of changes: what was accepted stays accepted."""
        told = json.dumps([self.check, self.uid, self.language, self.path, self.says, self.facts.get("quote", "")], ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class LinkRun:
    """A link in a block of text: where its words stand, and where it leads."""

    start: int
    end: int
    text: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Block:
    """A paragraph, heading or list entry. `text` is made easy to search, letter for letter as long as `shown`."""

    tag: str = "p"
    text: str
    shown: str
    links: tuple[LinkRun, ...] = ()

    def quote(self, start: int, end: int) -> str:
        """The words as they are written, at most 60 characters of them."""
        words = " ".join(self.shown[start:end].split())
        return words if len(words) <= 60 else f"{words[:59].rstrip()}…"


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One text of one language. `number` None and `uid` "": the subject or the preview text."""

    number: int | None
    uid: str
    kind: str
    path: Path
    form: str
    language: str
    blocks: tuple[Block, ...]

    @cached_property
    def text(self) -> str:
        return "\n".join(block.text for block in self.blocks)

    @cached_property
    def shown(self) -> str:
        return "\n".join(block.shown for block in self.blocks)

    @property
    def is_words(self) -> bool:
        """Prose or rich text: written for this language, not a name or an address."""
        return self.form in ("prose", "rich")

    def finding(self, check_name: str, says: str, advice: tuple[str, ...] = (), /, **facts: str) -> Finding:
        return Finding(
            check=check_name, number=self.number, uid=self.uid, language=self.language or None, path=self.path, says=says, advice=advice,
            facts=facts,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Stale:
    """A translation whose original has changed since it was written. `number` None and `uid` "": the issue's own words."""

    number: int | None
    uid: str
    path: Path
    language: str
    text: str
    original: str


@dataclass(frozen=True, kw_only=True)
class Material:
    """An issue as the checks see it: its sections, its texts in order of reading, its letters, and what its links answered."""

    source: LetterSource
    send_at: datetime
    passages: tuple[Passage, ...]
    compiled: Mapping[str, Prepared | CompileError] = field(default_factory=dict)
    #: What keeps sections out of the letter: (number, uid, fault).
    faults: tuple[tuple[int, str, FieldFault], ...] = ()
    #: The pictures' own file names, by their names in the library.
    picture_names: Mapping[str, str] = field(default_factory=dict)
    #: Sections that stand as they stood in an earlier issue: (number, uid).
    untouched: tuple[tuple[int, str], ...] = ()
    #: Translations that are older than their originals, in the order of the sections.
    stale: tuple[Stale, ...] = ()
    #: What is known of addresses that readers cannot open: url -> (why, where).
    links: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    #: Hosts of this network that links may lead to all the same (NEWSROOM_INSIDE_HOSTS).
    inside_hosts: frozenset[str] = frozenset()

    def passages_of(self, number: int | None) -> tuple[Passage, ...]:
        return self._by_section.get(number, ())

    @cached_property
    def _by_section(self) -> Mapping[int | None, tuple[Passage, ...]]:
        found: dict[int | None, list[Passage]] = {}
        for passage in self.passages:
            found.setdefault(passage.number, []).append(passage)
        return {number: tuple(passages) for number, passages in found.items()}


Check = Callable[[Material], Iterator[Finding]]
#: Every check by name; complete once newsroom.checks.registry is imported.
CHECKS: dict[str, Check] = {}


def check(name: str) -> Callable[[Check], Check]:
    """Registers a check under one of the stable names."""
    if name not in NAMES:
        raise KeyError(name)

    def kept(function: Check) -> Check:
        CHECKS[name] = function
        return function

    return kept
