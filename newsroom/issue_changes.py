"""What changed in an issue since a moment, section by section and language by language, in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from newsroom.fronts import FRONT, Front
from newsroom.issues import Issue
from newsroom.localized import NATIVE_NAMES
from newsroom.section_order import Move, moves_since
from newsroom.section_versions import newest_at
from newsroom.word_diff import Run, plain_text, word_diff

#: Of a long stretch that stayed, so much is shown on each side of a change.
AROUND = 60
How = Literal["new", "gone", "changed"]


@dataclass(frozen=True, kw_only=True)
class TextChange:
    """The texts of one language, one below the other; "" for what all languages share."""

    language: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, kw_only=True)
class SectionChange:
    """`number` is its place now, None where it is gone; uid FRONT: subject, preview text and languages."""

    uid: str
    number: int | None
    kind: str
    content: Mapping[str, Any]
    how: How
    texts: tuple[TextChange, ...]


@dataclass(frozen=True, kw_only=True)
class Changes:
    """`untouched` sections are as they were; any of them may have been moved."""

    sections: tuple[SectionChange, ...]
    moves: tuple[Move, ...]
    untouched: int


def changes_since(session: Session, issue: Issue, at: datetime) -> Changes:
    """Everything between that moment of the issue's life and now, in the order of now; what is gone comes last."""
    before = {uid: (row.kind, row.content) for uid, row in newest_at(session, issue.id, at).items()}
    now = {FRONT: (FRONT, Front(issue).content)} | {row.uid: (row.kind, row.content) for row in issue.sections}
    numbers = {row.uid: number for number, row in enumerate(issue.sections, start=1)}
    found = []
    for uid in [*now, *(uid for uid in before if uid not in now)]:
        (kind, content), old = now.get(uid, before.get(uid, ("", {}))), before.get(uid)
        how: How = "gone" if uid not in now else "new" if old is None else "changed"
        texts = tuple(_texts(old[1] if old else {}, content if uid in now else {}, issue))
        if texts or how != "changed":
            found.append(SectionChange(uid=uid, number=numbers.get(uid), kind=kind, content=content, how=how, texts=texts))
    untouched = sum(uid not in {one.uid for one in found} for uid in numbers)
    return Changes(sections=tuple(found), moves=moves_since(session, issue, at), untouched=untouched)


def shortened(runs: Sequence[Run]) -> Iterator[Run]:
    """With long stretches that stayed cut to what stands beside a change."""
    last = len(runs) - 1
    for place, run in enumerate(runs):
        if run.kind != "same" or len(run.text) <= 3 * AROUND:
            yield run
        else:
            head = "" if place == 0 else run.text[:AROUND].rpartition(" ")[0]
            tail = "" if place == last else run.text[-AROUND:].partition(" ")[2]
            yield Run(kind="same", text=f"{head} … {tail}")


def _texts(before: Mapping[str, Any], after: Mapping[str, Any], issue: Issue) -> Iterator[TextChange]:
    old, new = _by_language(before, issue.original), _by_language(after, issue.original)
    for language in dict.fromkeys([*issue.languages, *old, *new]):
        was, is_now = "\n".join(old.get(language, ())), "\n".join(new.get(language, ()))
        if was != is_now:
            yield TextChange(language=language, runs=tuple(shortened(word_diff(was, is_now))))


def _by_language(content: Mapping[str, Any], original: str) -> dict[str, list[str]]:
    """Every text of a section, a line each; lists stay in order, so that one entry more is one line more."""
    found: dict[str, list[str]] = {}
    for language, text in _leaves(content, original):
        found.setdefault(language, []).append(plain_text(text))
    return found


def _leaves(value: Any, original: str) -> Iterator[tuple[str, str]]:
    """(language, text); a plain text is in the original language, a number or a date in none."""
    if isinstance(value, Mapping):
        if value and all(isinstance(text, str) and key in NATIVE_NAMES for key, text in value.items()):
            yield from value.items()
        else:
            for key in sorted(value):
                yield from _leaves(value[key], original)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _leaves(entry, original)
    elif isinstance(value, str):
        yield original, value
    elif value is not None and not isinstance(value, bool):
        yield "", str(value)
