"""A section as a template sees it: the same fields, its words already in the language of the passage."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from newsroom.rendering.phrases import Voice
from newsroom.sections.base import Part
from newsroom.sections.walking import form_of
from newsroom.sections.when import AnyWhen

Reader = Callable[[Any, Voice], Any]


def read(part: Part, voice: Voice) -> SimpleNamespace:
    """Prose and names as lines, rich text as passages, links as usable addresses; dates, numbers and choices as they are."""
    readers = _readers(type(part))
    return SimpleNamespace(**{name: reader(getattr(part, name), voice) for name, reader in readers.items()})


@lru_cache(maxsize=128)
def _readers(part: type[Part]) -> Mapping[str, Reader]:
    return {name: _reader(form_of(part, name)) for name in part.model_fields}


def _reader(form: str) -> Reader:
    one = WORDS.get(form, _as_it_is)

    def several(value: Any, voice: Voice) -> Any:
        if not isinstance(value, tuple):
            return one(value, voice)
        return tuple(element for element in (one(entry, voice) for entry in value) if element or not form)

    return several


def _as_it_is(value: Any, voice: Voice) -> Any:
    # Dates stay what they are: a template has a helper that writes them.
    if isinstance(value, Part) and not isinstance(value, AnyWhen):
        return read(value, voice)
    return value


WORDS: Mapping[str, Reader] = {
    "prose": lambda value, voice: voice.prose(value),
    "rich": lambda value, voice: voice.passage(value),
    "name": lambda value, voice: voice.name(value),
    "link": lambda value, voice: voice.link(value),
}
