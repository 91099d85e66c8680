"""Content on its way into the database, be it finished or not: known fields only, in one form, bounded; and what it still lacks.

A letter needs a whole section; a writer in the middle of a word has none. So what is stored of a draft is tidy, not complete,
and `faults` says what stands between it and a letter.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError

from newsroom import merge_fields
from newsroom.drafting.faults import hint_of, is_echo, sentence_of, without_tags
from newsroom.drafting.rich_text import check_merge_fields, clean_html
from newsroom.errors import InvalidInput
from newsroom.localized import NATIVE_NAMES
from newsroom.sections.base import Part
from newsroom.sections.registry import Section, parse_section
from newsroom.sections.values import SPACES, Language, Prose, printable
from newsroom.sections.walking import Path, by_language, form_of, given_leaves, parts_of

LONGEST_TEXT = 100_000
MOST_ENTRIES = 1_000
LOCALIZED = frozenset({"prose", "rich", "name", "link"})


class FrontWords(Part):
    """The issue's own words, as section_writing writes them; its versions have the kind ""."""

    subject: Prose
    preview_text: Prose = ""
    languages: tuple[Language, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a field holds: words of a form, parts of some classes, or a plain value; one, or a list of them."""

    form: str
    parts: tuple[type[Part], ...]
    is_list: bool

    @property
    def empty_entry(self) -> dict[str, Any] | str:
        """What an entry of such a list is while nothing is written in it: it keeps its place, for the writer has just made it."""
        return {} if self.parts and not self.form else ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a path leads: `path` without the language, and the language "" where the path names none."""

    path: Path
    language: str
    shape: Shape


@dataclass(frozen=True, kw_only=True)
class FieldFault:
    """What keeps a field out of a letter. `says` is a key for words in other languages, `sentence` the English one."""

    path: Path
    says: str
    facts: Mapping[str, str]
    sentence: str


def model_of(kind: str) -> type[Part]:
    """The class of a kind of section; of the issue's own words for the kind ""."""
    if kind and kind not in Section.kinds:
        raise InvalidInput.of(f"{kind!r} is not a kind of section.", place="kind")
    return Section.kinds[kind] if kind else FrontWords


def tidy(kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The content in the one form that is stored. InvalidInput only where something is too long or nested too deeply."""
    return _tidy_part((model_of(kind),), content, ())


def place_of(model: type[Part], path: Path) -> Place:
    """What stands at this path of what is stored for the class; InvalidInput where there is no such field."""
    shape, at = Shape(form="", parts=(model,), is_list=False), 0
    for at, step in enumerate(path, start=1):
        if isinstance(step, int) and shape.is_list and step >= 0:
            shape = Shape(form=shape.form, parts=shape.parts, is_list=False)
        elif isinstance(step, str) and not shape.is_list and step in (known := fields_of(shape.parts)):
            shape = known[step]
        elif isinstance(step, str) and step in NATIVE_NAMES and not shape.is_list and shape.form in LOCALIZED and at == len(path):
            return Place(path=path[:-1], language=step, shape=shape)
        else:
            raise _no_field(path)
    if not at:
        raise _no_field(path)
    return Place(path=path, language="", shape=shape)


def tidy_at(place: Place, value: Any) -> Any:
    """The value as it would be stored at this place; None for nothing."""
    if place.language:
        return _text(place.shape.form, value, (*place.path, place.language)) if isinstance(value, str) else None
    return _tidy_value(place.shape, value, place.path)


def faults(kind: str, content: Mapping[str, Any]) -> tuple[FieldFault, ...]:
    """Everything that keeps this content from being a section of a letter, each once."""
    return (*_shape_faults(kind, content), *merge_faults(kind, content))


@cache
def fields_of(models: tuple[type[Part], ...]) -> Mapping[str, Shape]:
    """Every field of these classes by its name in what is stored; the first class that has it decides."""
    found: dict[str, Shape] = {}
    for model in models:
        for name, field in model.model_fields.items():
            shape = Shape(form=form_of(model, name), parts=tuple(parts_of(field.annotation)), is_list=_is_list(field.annotation))
            found.setdefault(field.alias or name, shape)
    return found


def _is_list(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin in (Union, UnionType, Annotated):
        return any(_is_list(inner) for inner in get_args(annotation))
    return origin is tuple


def _no_field(path: Path) -> InvalidInput:
    return InvalidInput.of(f"There is no field {'.'.join(map(str, path)) or 'without a name'!r} here.")


def _tidy_part(models: tuple[type[Part], ...], given: Mapping[str, Any], path: Path) -> dict[str, Any]:
    told = {name: _tidy_value(shape, given[name], (*path, name)) for name, shape in fields_of(models).items() if name in given}
    return {name: value for name, value in told.items() if value is not None}


def _tidy_value(shape: Shape, given: Any, path: Path) -> Any:
    if not shape.is_list:
        return _tidy_one(shape, given, path)
    if not isinstance(given, Sequence) or isinstance(given, str):
        return None
    if len(given) > MOST_ENTRIES:
        raise InvalidInput.of(f"holds {len(given)} entries, at most {MOST_ENTRIES} are kept.", place=dotted(path))
    entries = [_tidy_one(shape, each, (*path, index)) for index, each in enumerate(given)]
    return [shape.empty_entry if entry is None else entry for entry in entries] or None


def _tidy_one(shape: Shape, given: Any, path: Path) -> Any:
    if shape.form in LOCALIZED and isinstance(given, Mapping):
        texts = {language: _text(shape.form, given[language], (*path, language)) for language in given if language in NATIVE_NAMES}
        return {language: text for language, text in texts.items() if text} or None
    if shape.parts and not shape.form:
        return (_tidy_part(shape.parts, given, path) or None) if isinstance(given, Mapping) else None
    return _text(shape.form, given, path) if isinstance(given, str) else None


def _text(form: str, given: Any, path: Path) -> str | None:
    try:
        return _tidied(form, given) or None if isinstance(given, str) else None
    except InvalidInput as error:
        raise InvalidInput.of(error.problems[0].message, place=dotted(path)) from None


def _tidied(form: str, text: str) -> str:
    if form == "rich":
        return clean_html(text)
    if len(text) > LONGEST_TEXT:
        raise InvalidInput.of(f"is too long: {len(text)} characters, at most {LONGEST_TEXT} are read.")
    return SPACES.sub(" ", printable(text)).strip()


def dotted(path: Path) -> str:
    """A path as a sentence names it; lists are counted from 1."""
    return ".".join(str(step + 1) if isinstance(step, int) else step for step in path)


def _shape_faults(kind: str, content: Mapping[str, Any]) -> Iterator[FieldFault]:
    try:
        if kind:
            parse_section(kind, content)
        else:
            FrontWords.model_validate(dict(content))
    except ValidationError as error:
        for found in error.errors(include_url=False):
            if not is_echo(found):
                yield _fault(found)


def _fault(found: Any) -> FieldFault:
    facts = {name: str(value) for name, value in found.get("ctx", {}).items()}
    sentence = f"{sentence_of(found)} {hint_of(found)}".rstrip()
    return FieldFault(path=without_tags(found["loc"]), says=found["type"], facts={**facts, "given": _given(found)}, sentence=sentence)


def _given(found: Any) -> str:
    return found["input"] if isinstance(found["input"], str) else ""


def merge_faults(kind: str, content: Mapping[str, Any]) -> Iterator[FieldFault]:
    """Merge fields that are wrong, or stand where none may."""
    for leaf in given_leaves(model_of(kind), content):
        for language, text in by_language(leaf.value):
            path = (*leaf.path, language) if language else leaf.path
            yield from _refused(path, CHECKS[leaf.form], text)


def _refused(path: Path, check: Callable[[str], object], text: str) -> Iterable[FieldFault]:
    try:
        check(text)
    except InvalidInput as error:
        for problem in error.problems:
            yield FieldFault(path=path, says="merge_field", facts={}, sentence=f"{problem.message} {problem.hint}".rstrip())


def _check_no_fields(text: str) -> None:
    if merge_fields.has_fields(text):
        raise InvalidInput.of("holds a merge field; those may stand in texts and in the subject only.")


CHECKS: Mapping[str, Callable[[str], object]] = {
    "rich": check_merge_fields,
    "prose": merge_fields.split,
    "name": _check_no_fields,
    "link": _check_no_fields,
    "file": _check_no_fields,
}
