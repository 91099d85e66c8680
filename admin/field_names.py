"""What a field, a kind of section, a text of the letter is called on a page: the words of the composer, found by path."""

from functools import lru_cache

from markupsafe import Markup

from admin import wording
from admin.speaking import page_language, t
from admin.words.catalogue import CATALOGUE, FIRST
from newsroom.sections.walking import Path


def field_label(kind: str, path: Path) -> str:
    """The way to a field in words, rows counted from one: Agenda 2 · Title."""
    return _way(page_language(), kind, path)


@lru_cache(maxsize=4096)
def _way(_language: str, kind: str, path: Path) -> str:
    """Remembered by language: a page of 300 sections has some two thousand fields, of which few are called differently."""
    said: list[str] = []
    for step in path:
        if isinstance(step, int):
            said[-1:] = [f"{said[-1]} {step + 1}" if said else str(step + 1)]
        else:
            said.append(_name(kind if not said else "", step))
    return " · ".join(said)


def kind_label(kind: str) -> str:
    return _said(f"kind.{kind}", f"kind.{kind}.name") or wording.kind(kind)


def _name(kind: str, name: str) -> str:
    return _said(f"field_of.{kind}.{name}", f"field.{name}", f"text.{name}") or wording.kind(name)


def _said(*keys: str) -> str:
    """The first of these that has words; "" where none has."""
    known = CATALOGUE[FIRST]
    return next((_bare(t(key)) for key in keys if key in known), "")


def _bare(text: Markup | str) -> str:
    return str(Markup(text).striptags())  # noqa: S704 - tags are taken off
