"""Every text, link and picture of a section, whatever its kind: found by the markers of its fields."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from newsroom.sections.base import Part
from newsroom.sections.values import Words

Path = tuple[str | int, ...]
LocalizedValue = str | Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """One marked value: `form` as in Words, `path` through the stored section, keys as in files."""

    form: str
    path: Path
    value: LocalizedValue


def leaves(part: Part, path: Path = ()) -> Iterator[Leaf]:
    """Every marked value that is set, in the order of the fields."""
    for name, field in type(part).model_fields.items():
        if name in part.model_fields_set:
            here = (*path, field.alias or name)
            yield from _value_leaves(getattr(part, name), form_of(type(part), name), here)


def _value_leaves(value: Any, form: str, path: Path) -> Iterator[Leaf]:
    if isinstance(value, tuple):
        for index, element in enumerate(value):
            yield from _value_leaves(element, form, (*path, index))
    elif isinstance(value, Part):
        yield from leaves(value, path)
    elif form and value is not None:
        yield Leaf(form=form, path=path, value=value)


@cache
def form_of(part: type[Part], name: str) -> str:
    """The form of this field, or of its elements where it is a list of words; "" for what is neither word, link nor picture."""
    field = part.model_fields[name]
    marks = [*field.metadata, *(mark for inner in get_args(field.annotation) for mark in getattr(inner, "__metadata__", ()))]
    return next((mark.form for mark in marks if isinstance(mark, Words)), "")


def given_leaves(model: type[Part], given: Any, path: Path = ()) -> Iterator[Leaf]:
    """Every marked value in what was given for this class, be the rest of it as wrong as it may."""
    if not isinstance(given, Mapping):
        return
    for key, form, parts in _givable(model):
        if key in given:
            yield from _given_value(given[key], form, parts, (*path, key))


@cache
def _givable(model: type[Part]) -> tuple[tuple[str, str, tuple[type[Part], ...]], ...]:
    """Every name that a field of this class may be given by, with its form and the classes it is made of."""
    return tuple(
        (key, form_of(model, name), tuple(parts_of(field.annotation)))
        for name, field in model.model_fields.items()
        for key in dict.fromkeys((field.alias or name, name))
    )


def _given_value(given: Any, form: str, parts: tuple[type[Part], ...], path: Path) -> Iterator[Leaf]:
    if isinstance(given, list):
        for index, element in enumerate(given):
            yield from _given_value(element, form, parts, (*path, index))
    elif not form:
        for part in parts:
            yield from given_leaves(part, given, path)
    elif isinstance(given, str):
        yield Leaf(form=form, path=path, value=given)
    elif isinstance(given, Mapping):
        yield Leaf(form=form, path=path, value={language: text for language, text in given.items() if isinstance(text, str)})


def parts_of(annotation: Any) -> Iterator[type[Part]]:
    """Every class of parts that an annotation speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for argument in get_args(annotation):
        yield from parts_of(argument)


def changed(content: dict[str, Any], leaf: Leaf, change: Callable[[str], str]) -> None:
    """Change one value of the stored section in place, each language of it alike."""
    put_at(content, leaf.path, each(leaf.value, change))


def put_at(content: dict[str, Any], path: Path, value: Any) -> None:
    """Put a value in the place of the one that stands at this path."""
    holder: Any = content
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value


def each(value: LocalizedValue, change: Callable[[str], str]) -> LocalizedValue:
    return change(value) if isinstance(value, str) else {language: change(text) for language, text in value.items()}


def by_language(value: LocalizedValue) -> list[tuple[str, str]]:
    """Pairs of language and text; "" is the language of a plain value."""
    return [("", value)] if isinstance(value, str) else list(value.items())
