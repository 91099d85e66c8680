"""Pictures that say nothing to those who do not see them."""

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from newsroom.checks.base import Finding, Material, check
from newsroom.rendering.source import NumberedSection
from newsroom.sections.base import Part
from newsroom.sections.news import Logo
from newsroom.sections.parts import Image
from newsroom.sections.walking import Path, by_language

FILE_NAME = re.compile(
    r"\.(?:png|jpe?g|gif|webp|tiff?|bmp|heic)$|^(?:IMG|DSC|DSCN|DCIM|PXL|P|WhatsApp Image|Screenshot|Captura)[ _-]?\d+", re.IGNORECASE
)
ONLY_A_WORD = re.compile(
    r"^(?:image|picture|photo|photograph|pic|img|logo|icon|graphic|banner|foto|fotografía|imagen|photographie|illustration|bannière|صورة|الصورة|شعار)\s*\d*$",
    re.IGNORECASE,
)


@check("alt_text")
def alt_text(material: Material) -> Iterator[Finding]:
    """Each picture has words of its own."""
    for numbered in material.source.sections:
        for path, picture in pictures(numbered.section):
            yield from _judged(material, numbered, path, picture)


def pictures(value: Any, path: Path = ()) -> Iterator[tuple[Path, Image | Logo]]:
    """Every picture of a section, however deep, with its place."""
    if isinstance(value, Image | Logo):
        yield path, value
    elif isinstance(value, Part):
        for name, field in type(value).model_fields.items():
            yield from pictures(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, tuple):
        for place, element in enumerate(value):
            yield from pictures(element, (*path, place))


def _judged(material: Material, numbered: NumberedSection, path: Path, picture: Image | Logo) -> Iterator[Finding]:
    facts = {"number": numbered.number, "uid": numbered.uid, "path": (*path, "alt")}
    name = material.picture_names.get(picture.file, picture.file)
    words = [(language, text.strip()) for language, text in by_language(picture.alt) if text.strip()]
    if not words:
        yield Finding(check="alt_text", says="alt.none", facts={"quote": name}, **facts)  # type: ignore[arg-type]
    for language, text in words:
        own = language or (material.source.original if isinstance(picture, Image) else "")
        is_word = isinstance(picture, Image) and ONLY_A_WORD.match(text)
        if (not own or own in material.source.languages) and (FILE_NAME.search(text) or is_word or _is_stem(text, name)):
            yield Finding(check="alt_text", says="alt.file_name", language=own or None, facts={"quote": text}, **facts)  # type: ignore[arg-type]


def _is_stem(text: str, name: str) -> bool:
    """The file's own name, where it is no word that a person would write: paris-2023_final."""
    stem = PurePath(name).stem
    return text == stem and bool(re.search(r"[\d_-]", stem))
