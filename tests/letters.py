"""Letters for tests: the users' samples and a made-up issue of every kind, as sources ready to compile."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from PIL import Image

from newsroom.drafting.rich_text import from_markdown
from newsroom.rendering.source import LetterSource, NumberedSection, PictureSize
from newsroom.sections.base import Part, Section
from newsroom.sections.registry import parse_section
from newsroom.sections.values import Words

NONCE = "0badcafe"
LIST: Mapping[str, Any] = {
    "list_slug": "mayors-mechanism",
    "list_title": {"en": "Mayors Mechanism", "ar": "آلية رؤساء البلديات"},
    "from_name": "Mayors Mechanism",
    "postal_address": "Mayors Mechanism\n12 Harbour Street\n08002 Barcelona, Spain",
    "footer": {"en": "A letter of cities for cities.", "fr": "Une lettre des villes pour les villes."},
    "list_languages": ("en", "fr", "es", "ar"),
    "timezone": "Europe/Madrid",
    "public_url": "https://news.example.org",
}


def sample_source(samples: Path, name: str, **changes: Any) -> LetterSource:
    """A sample of the users, read without the importer."""
    document = yaml.safe_load((samples / f"{name}.yaml").read_text(encoding="utf-8"))
    sizes = {f"media/{path.name}": _size(path) for path in (samples / "media").iterdir()}
    return source_of(document, media=sizes, **changes)


def source_of(document: Mapping[str, Any], **changes: Any) -> LetterSource:
    sections = tuple(
        NumberedSection(number=number, uid=f"s{number}", section=section_of(fields))
        for number, fields in enumerate(document["sections"], start=1)
    )
    facts: dict[str, Any] = {
        **LIST,
        "issue_slug": document.get("slug", "issue"),
        "languages": tuple(document.get("languages", ["en"])),
        "subject": document.get("subject", "A subject"),
        "preview_text": document.get("preview_text", ""),
        "sections": sections,
    }
    return LetterSource(**{**facts, **changes})


def section_of(fields: Mapping[str, Any]) -> Section:
    """A section whose rich texts are written in Markdown."""
    content = dict(fields)
    kind = content.pop("kind")
    return parse_section(kind, _cleaned(Section.kinds[kind], content))


def _cleaned(part: type[Part], content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _field(part, name, value) for name, value in content.items()}


def _field(part: type[Part], name: str, value: Any) -> Any:
    info = part.model_fields.get(name)
    if info is None:
        return value
    if any(isinstance(mark, Words) and mark.form == "rich" for mark in info.metadata):
        return {key: from_markdown(text) for key, text in value.items()} if isinstance(value, dict) else from_markdown(value)
    inner = next(iter(_parts(info.annotation)), None)
    if inner and isinstance(value, dict):
        return _cleaned(inner, value)
    if inner and isinstance(value, list):
        return [_cleaned(inner, entry) for entry in value]
    return value


def _parts(annotation: Any) -> list[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return [annotation]
    return [found for argument in get_args(annotation) for found in _parts(argument)]


def _size(path: Path) -> PictureSize:
    with Image.open(path) as picture:
        return PictureSize(width=picture.width, height=picture.height)


def without_marks(text: str, nonce: str = NONCE) -> str:
    """As anybody sees it: spans opened, slots filled with a word of their own."""
    opened = re.sub(rf"(<!--)?NR{nonce}[BD]\d+E(-->|\n)?", "", text)
    return re.sub(rf"NR{nonce}S(\d+)E", r"slot\1", opened)
