"""Which sections a language version has, in which language each is shown, and for which topics it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from newsroom.localized import in_language
from newsroom.rendering.source import LetterSource
from newsroom.sections.base import Section
from newsroom.sections.news import Divider
from newsroom.sections.walking import leaves


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A section of one version: `language` is the one it is written in, `foreign` where that is not the reader's."""

    number: int
    section: Section
    language: str
    foreign: bool
    topics: tuple[str, ...]


def arrange(source: LetterSource, language: str) -> tuple[Placed, ...]:
    """The sections of this version in order; those it lacks are hidden or shown in a fallback language, as the list says."""
    placed = []
    for numbered in source.sections:
        shown = shown_in(numbered.section, language, source)
        if shown is not None:
            placed.append(
                Placed(
                    number=numbered.number,
                    section=numbered.section,
                    language=shown,
                    foreign=shown != language,
                    topics=numbered.section.topics,
                )
            )
    return _with_dividers(placed)


def shown_in(section: Section, language: str, source: LetterSource) -> str | None:
    """The language the section is shown in, None where this version does without it."""
    headline = headline_of(section)
    if headline is None or in_language(headline, language, original=source.original):
        return language
    if source.missing_translation == "hide":
        return None
    for fallback in source.chain_for(language):
        if in_language(headline, fallback, original=source.original):
            return fallback
    return next((written for written, text in headline.items() if text), language) if isinstance(headline, dict) else source.original


def headline_of(section: Section) -> Any:
    """The words that decide whether the section exists in a language: its headline, else its first words; None without words."""
    words = (leaf.value for leaf in leaves(section) if leaf.form in ("prose", "rich") and leaf.value)
    return getattr(section, section.headline, None) or next(words, None)


def _with_dividers(placed: Sequence[Placed]) -> tuple[Placed, ...]:
    """A divider belongs to what follows: it goes when all of that, up to the next divider, goes."""
    return tuple(
        _divider(entry, placed[index + 1 :]) if isinstance(entry.section, Divider) else entry for index, entry in enumerate(placed)
    )


def _divider(entry: Placed, following: Sequence[Placed]) -> Placed:
    group = []
    for other in following:
        if isinstance(other.section, Divider):
            break
        group.append(other)
    if entry.topics or not group or not all(other.topics for other in group):
        return entry
    topics = tuple(dict.fromkeys(topic for other in group for topic in other.topics))
    return Placed(number=entry.number, section=entry.section, language=entry.language, foreign=entry.foreign, topics=topics)
