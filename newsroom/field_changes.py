"""A writer's changes against what stands, field by field: written, written already, or in conflict; nothing is overwritten unseen."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsroom.errors import InvalidInput
from newsroom.sections.base import Part
from newsroom.sections.tidying import Place, place_of, tidy_at
from newsroom.sections.walking import Path

#: The longest interview of the samples, in four languages, some fifty times.
LARGEST_SECTION = 2_000_000


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """What the writer saw at `path` and what it shall be; None for nothing.

    The path is as stored, the language last: ("items", 0, "text", "fr"). Without a language a text or a list is set whole.
    `sent` is what the same writer sent before and heard no answer to: it may stand there already.
    """

    path: Path
    was: Any
    now: Any
    sent: tuple[Any, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FieldConflict:
    """A field that somebody else changed meanwhile: what the writer saw, what they wrote, what stands there."""

    path: Path
    was: Any
    mine: Any
    theirs: Any


@dataclass(frozen=True, kw_only=True)
class Applied:
    """The content after the changes that could be made; `saved` are those, as they are stored, `conflicts` the others."""

    content: dict[str, Any]
    saved: tuple[FieldChange, ...]
    conflicts: tuple[FieldConflict, ...]


def apply_changes(
    model: type[Part], content: Mapping[str, Any], changes: Sequence[FieldChange], *, original: str, trusting: bool
) -> Applied:
    """Compare and set, each field by its value; `trusting` where the writer has seen exactly this content."""
    after: dict[str, Any] = dict(content)
    saved: list[FieldChange] = []
    conflicts: list[FieldConflict] = []
    for change in changes:
        place = place_of(model, tuple(change.path))
        current, was, mine = (tidy_at(place, value) for value in (_value_at(after, place, original), change.was, change.now))
        reachable = mine is None or is_reachable(after, place.path)
        if reachable and (trusting or current in (was, mine) or current in [tidy_at(place, value) for value in change.sent]):
            after = after if current == mine else _set(after, place, mine, original)
            saved.append(FieldChange(path=change.path, was=current, now=mine))
        else:
            conflicts.append(FieldConflict(path=change.path, was=was, mine=mine, theirs=current))
    _refuse_too_large(content, after)
    return Applied(content=after, saved=tuple(saved), conflicts=tuple(conflicts))


def value_at(content: Any, path: Path) -> Any:
    """What stands at this path, None where nothing does."""
    for step in path:
        if isinstance(step, int):
            content = content[step] if isinstance(content, list) and step < len(content) else None
        else:
            content = content.get(step) if isinstance(content, Mapping) else None
    return content


def is_reachable(content: Any, path: Path) -> bool:
    """Whether every entry of a list that the path goes through is there; fields in between may still be made."""
    return all(isinstance(holder := value_at(content, path[:at]), list) and step < len(holder)
               for at, step in enumerate(path) if isinstance(step, int))  # fmt: skip


def in_languages(value: Any, language: str, text: str | None, *, original: str) -> Any:
    """A text, name or link with this language's words set, or taken away by None; a plain value stays plain while it can."""
    is_plain = not isinstance(value, Mapping)
    texts = ({original: value} if value else {}) if is_plain else dict(value)
    if text is None:
        texts.pop(language, None)
    else:
        texts[language] = text
    if is_plain and set(texts) == {original}:
        return texts[original]
    return texts or None


def _refuse_too_large(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Each text and list has its bound, and so has the whole: every version is kept, and a page shows it. What shrinks may."""
    size = len(json.dumps(after, default=str)) if after != before else 0
    if size > LARGEST_SECTION and size > len(json.dumps(before, default=str)):
        raise InvalidInput.of(f"A section holds at most {LARGEST_SECTION} characters in all its languages. Divide it.")


def _value_at(content: Mapping[str, Any], place: Place, original: str) -> Any:
    value = value_at(content, place.path)
    if not place.language:
        return value
    if isinstance(value, str):
        return value if place.language == original else None
    return value.get(place.language) if isinstance(value, Mapping) else None


def _set(content: Mapping[str, Any], place: Place, now: Any, original: str) -> dict[str, Any]:
    if place.language:
        now = in_languages(value_at(content, place.path), place.language, now, original=original)
    if now is None and isinstance(place.path[-1], int):
        now = place.shape.empty_entry
    after: dict[str, Any] = _with(content, place.path, now)
    return after


def _with(holder: Any, path: Path, value: Any) -> Any:
    """The holder with this value at the path; a field that holds nothing is no field, an empty entry of a list keeps its place."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        return [_with(each, rest, value) if index == step else each for index, each in enumerate(holder or [])]
    fields = dict(holder) if isinstance(holder, Mapping) else {}
    inner = _with(fields.get(step), rest, value)
    if inner is None or inner == {}:
        fields.pop(step, None)
    else:
        fields[step] = inner
    return fields
