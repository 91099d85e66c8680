"""The issue that the road rebuilds: the users' autumn letter in four languages, and what only their summer letter has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("en", "fr", "es", "ar")
#: By title: what of the summer letter comes along. Each brings a kind of section, of time or of list that autumn has not.
FROM_SUMMER = (
    "Takeaways from the GFMD Thematic Workshops in Paris",
    "In-person meeting of the GFMD Working Group on Balancing Migration Narratives",
    "Peer learning activities on Climate Migration and Displacement",
    "Virtual peer learning: ‘Climate Migration and Displacement: What are LRGs Doing?’",
    "2023 High Level Political Forum",
)
Section = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Newsletter:
    """What is to be typed; `folder` holds the pictures that the sections name."""

    slug: str
    subject: Mapping[str, str]
    preview_text: Mapping[str, str]
    sections: tuple[Section, ...]
    folder: Path

    def number_of(self, kind: str, title: str = "") -> int:
        """The place of the first section of this kind, from 1; where a title is given, of the one that begins with it."""
        places = (n for n, one in enumerate(self.sections, 1) if one["kind"] == kind and said(one.get("title", "")).startswith(title))
        return next(places)

    @property
    def topics(self) -> list[str]:
        return sorted({topic for section in self.sections for topic in section.get("topics", ())})


def read_sample(folder: Path) -> Newsletter:
    """The two files as they stand beside the project, read anew at every run."""
    autumn, summer = (yaml.safe_load((folder / f"{name}-2023.yaml").read_text(encoding="utf-8")) for name in ("autumn", "summer"))
    borrowed = [section for section in summer["sections"] if section.get("title") in FROM_SUMMER or section["kind"] == "partners"]
    return Newsletter(
        slug=autumn["slug"], subject=autumn["subject"], preview_text=autumn["preview_text"],
        sections=(*autumn["sections"], *borrowed), folder=folder,
    )  # fmt: skip


def said(value: Any, language: str = "en") -> str:
    """A text in this language; a plain value stands for every language. "" where there is none."""
    if isinstance(value, Mapping):
        return str(value.get(language, ""))
    return str(value or "")


def texts_of(value: Any, language: str, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text that says something of its own in this language, by its dotted place in the section."""
    if is_per_language(value):
        if language in value:
            yield path, value[language]
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from texts_of(inner, language, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from texts_of(inner, language, f"{path}.{place}")


def is_per_language(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and set(value) <= set(LANGUAGES)
