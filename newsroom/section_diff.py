"""What changed between two versions of a section, field by field, in words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from newsroom.sections.base import Part
from newsroom.sections.moments import DATE_TIME
from newsroom.sections.tidying import LOCALIZED, Shape, fields_of, model_of
from newsroom.sections.walking import Path
from newsroom.word_diff import Run, word_diff


@dataclass(frozen=True, kw_only=True)
class FieldDiff:
    """One field in one language ("" for what stands once): its `form` as in Words, "" for a plain value, and what became of its text."""

    path: Path
    language: str
    form: str
    runs: tuple[Run, ...]


def section_diff(kind: str, before: Mapping[str, Any], after: Mapping[str, Any], languages: Sequence[str]) -> tuple[FieldDiff, ...]:
    """The fields that differ, in the order of the class. `languages` are the issue's: a plain text is written in the first."""
    return tuple(_part((model_of(kind),), before, after, (), languages))


def _part(
    models: tuple[type[Part], ...], old: Mapping[str, Any], new: Mapping[str, Any], path: Path, languages: Sequence[str]
) -> Iterator[FieldDiff]:
    for name, shape in fields_of(models).items():
        yield from _field(shape, old.get(name), new.get(name), (*path, name), languages)


def _field(shape: Shape, old: Any, new: Any, path: Path, languages: Sequence[str]) -> Iterator[FieldDiff]:
    if old == new:
        return
    if not shape.is_list:
        yield from _one(shape, old, new, path, languages)
    elif shape.form or shape.parts:
        for place, before, after in _aligned(old or [], new or []):
            yield from _one(shape, before, after, (*path, place), languages)
    else:
        yield from _differing(path, "", "", ", ".join(map(str, old or [])), ", ".join(map(str, new or [])))


def _aligned(old: Sequence[Any], new: Sequence[Any]) -> Iterator[tuple[int, Any, Any]]:
    """The entries that differ, side by side: one put in or taken out moves no other against the wrong neighbour."""
    names = [[json.dumps(entry, sort_keys=True) for entry in entries] for entries in (old, new)]
    for how, from_old, to_old, from_new, to_new in SequenceMatcher(None, names[0], names[1], autojunk=False).get_opcodes():
        for step in range(max(to_old - from_old, to_new - from_new) if how != "equal" else 0):
            at_old, at_new = from_old + step, from_new + step
            there, here = at_old < to_old, at_new < to_new
            yield (at_new if here else at_old), (old[at_old] if there else None), (new[at_new] if here else None)


def _one(shape: Shape, old: Any, new: Any, path: Path, languages: Sequence[str]) -> Iterator[FieldDiff]:
    if shape.form in LOCALIZED:
        is_shared = shape.form in ("name", "link") and not isinstance(old, Mapping) and not isinstance(new, Mapping)
        before, after = (_texts(value, "" if is_shared else languages[0]) for value in (old, new))
        for language in dict.fromkeys((*languages, *before, *after)):
            yield from _differing(path, language, shape.form, before.get(language, ""), after.get(language, ""))
    elif shape.parts and not shape.form:
        yield from _part(shape.parts, old or {}, new or {}, path, languages)
    else:
        yield from _replaced(path, shape.form, str(old or ""), str(new or ""))


def _texts(value: Any, language: str) -> dict[str, str]:
    return dict(value) if isinstance(value, Mapping) else {language: str(value)} if value else {}


def _differing(path: Path, language: str, form: str, old: str, new: str) -> Iterator[FieldDiff]:
    if old != new:
        yield FieldDiff(path=path, language=language, form=form, runs=word_diff(old, new))


def _replaced(path: Path, form: str, old: str, new: str) -> Iterator[FieldDiff]:
    """A date or a picture changes as a whole: half of one says nothing."""
    runs = (Run(kind="gone", text=_readable(old)), Run(kind="new", text=_readable(new)))
    if old != new:
        yield FieldDiff(path=path, language="", form=form, runs=tuple(run for run in runs if run.text))


def _readable(value: str) -> str:
    return " ".join(moment.groups()) if (moment := DATE_TIME.fullmatch(value)) else value
