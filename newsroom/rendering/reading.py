"""A section as a template sees it: the same fields, its words already in the language of the passage."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, get_args

from newsroom.rendering.phrases import Voice
from newsroom.sections.base import Part
from newsroom.sections.values import Words
from newsroom.sections.when import Day, Days, Month, Months, Sessions, ToBeConfirmed

#: Dates stay what they are: a template has a helper that writes them.
UNREAD = (Sessions, Day, Days, Month, Months, ToBeConfirmed)
Reader = Callable[[Any, Voice], Any]


def read(part: Part, voice: Voice) -> SimpleNamespace:
    """Prose and names as lines, rich text as passages, links as usable addresses; dates, numbers and choices as they are."""
    readers = _readers(type(part))
    return SimpleNamespace(**{name: reader(getattr(part, name), voice) for name, reader in readers.items()})


@lru_cache(maxsize=128)
def _readers(part: type[Part]) -> Mapping[str, Reader]:
    return {name: _reader([*info.metadata, *_inner_marks(info.annotation)]) for name, info in part.model_fields.items()}


def _inner_marks(annotation: Any) -> tuple[Any, ...]:
    """The markers of the elements, where the field is a tuple of words."""
    return tuple(mark for element in get_args(annotation) for mark in getattr(element, "__metadata__", ()))


def _reader(marks: list[Any]) -> Reader:
    form = next((mark.form for mark in marks if isinstance(mark, Words)), None)
    one = WORDS.get(form, _as_it_is) if form else _as_it_is

    def several(value: Any, voice: Voice) -> Any:
        if not isinstance(value, tuple):
            return one(value, voice)
        return tuple(element for element in (one(entry, voice) for entry in value) if element or not form)

    return several


def _as_it_is(value: Any, voice: Voice) -> Any:
    if isinstance(value, Part) and not isinstance(value, UNREAD):
        return read(value, voice)
    return value


WORDS: Mapping[str, Reader] = {
    "prose": lambda value, voice: voice.prose(value),
    "rich": lambda value, voice: voice.passage(value),
    "name": lambda value, voice: voice.name(value),
    "link": lambda value, voice: voice.link(value),
}
