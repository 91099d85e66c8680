"""Texts that lack a language of the issue."""

import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from typing import Any

from newsroom.checks.base import Finding, Material, Stale, check
from newsroom.checks.passages import searchable
from newsroom.rendering.source import NumberedSection
from newsroom.sections.walking import Leaf, leaves

TAGS = re.compile("<[^>]*>")
MOST_FIELDS = 3
ARABIC_SCRIPT = frozenset({"ar", "fa", "ur", "ps", "ckb"})


@check("missing_translation")
def missing_translation(material: Material) -> Iterator[Finding]:
    """What is said in one language of the issue is said in all of them."""
    if len(material.source.languages) < 2:
        return
    for name in ("preview_text",):
        yield from _of_front(material, name)
    for numbered in material.source.sections:
        yield from _of_section(material, numbered)
    yield from _older(material)


def _older(material: Material) -> Iterator[Finding]:
    """Once per section and language: whoever compares one of its texts has all of them before them."""
    groups: dict[tuple[int | None, str, str], list[Stale]] = {}
    for one in material.stale:
        groups.setdefault((one.number, one.uid, one.language), []).append(one)
    for (number, uid, language), found in groups.items():
        told = "".join(f"{one.path}{one.text}{one.original}" for one in found)
        facts = {
            "language": language, "original": material.source.original, "section": str(number or ""),
            "field": ", ".join(field_name(one.path) for one in found[:MOST_FIELDS]) + (", …" if len(found) > MOST_FIELDS else ""),
            "words": _first_words(found[0].text), "quote": sha256(told.encode()).hexdigest()[:12],
        }  # fmt: skip
        yield Finding(check="missing_translation", number=number, uid=uid, language=language, path=found[0].path,
                      says="missing.stale" if number else "missing.stale_front", facts=facts)  # fmt: skip


def _of_front(material: Material, name: str) -> Iterator[Finding]:
    leaf = Leaf(form="prose", path=(name,), value=getattr(material.source, name))
    for language in _lacking(leaf, material):
        yield Finding(
            check="missing_translation", language=language, path=leaf.path, says="missing.preview", facts=_facts(material, language)
        )


def _of_section(material: Material, numbered: NumberedSection) -> Iterator[Finding]:
    found = [leaf for leaf in leaves(numbered.section) if leaf.form in ("prose", "rich", "name", "link")]
    words = [leaf for leaf in found if leaf.form in ("prose", "rich") and has_letters(leaf.value)]
    for language in material.source.languages:
        lacking = [leaf for leaf in found if language in _lacking(leaf, material)]
        facts = {**_facts(material, language), "section": str(numbered.number)}
        if words and all(leaf in lacking for leaf in words):
            yield Finding(
                check="missing_translation", number=numbered.number, uid=numbered.uid, language=language, path=words[0].path,
                says="missing.section", advice=(_advice(material, whole=True),), facts=facts,
            )  # fmt: skip
            continue
        for leaf in lacking:
            says = "missing.link" if leaf.form == "link" else "missing.text"
            told = {**facts, "field": field_name(leaf.path), "quote": _first_words(leaf.value)}
            yield Finding(
                check="missing_translation", number=numbered.number, uid=numbered.uid, language=language, path=leaf.path, says=says,
                advice=(_advice(material, whole=False),), facts=told,
            )  # fmt: skip


def _advice(material: Material, *, whole: bool) -> str:
    if material.source.missing_translation == "hide":
        return "missing.hidden_section" if whole else "missing.hidden"
    return "missing.fallback"


def _facts(material: Material, language: str) -> dict[str, str]:
    return {"language": language, "original": next((one for one in material.source.languages if one != language), language)}


def field_name(path: tuple[str | int, ...]) -> str:
    """items.2.text: counted from 1, as staff do."""
    return ".".join(str(step + 1) if isinstance(step, int) else step for step in path)


def _lacking(leaf: Leaf, material: Material) -> list[str]:
    """The languages of the issue that this value should have and has not; plain names and links are the same in all."""
    value, source = leaf.value, material.source
    if isinstance(value, str):
        if leaf.form in ("name", "link") or not has_letters(value):
            return []
        return [language for language in source.languages if language != source.original]
    if not has_letters(value) or not any(text.strip() for text in value.values()):
        return []
    return [
        language
        for language in source.languages
        if not value.get(language, "").strip() and not _blank_link(leaf, language) and not _is_known_person(leaf, language)
    ]


def _is_known_person(leaf: Leaf, language: str) -> bool:
    """A person is called the same in every language of one script: who has a name in English needs none in French."""
    if leaf.form != "name" or leaf.path[-1] != "name" or isinstance(leaf.value, str):
        return False
    given = (one for one, text in leaf.value.items() if text.strip())
    return any((one in ARABIC_SCRIPT) == (language in ARABIC_SCRIPT) for one in given)


def _blank_link(leaf: Leaf, language: str) -> bool:
    """An address that stands there and is blank is told as an empty link."""
    return leaf.form == "link" and isinstance(leaf.value, dict) and language in leaf.value


def has_letters(value: Any) -> bool:
    """Whether there is anything to translate: not for numbers, hashtags and addresses."""
    return any(_is_of_letters(text) for text in ([value] if isinstance(value, str) else value.values()))


@lru_cache(maxsize=8192)
def _is_of_letters(text: str) -> bool:
    if text.startswith(("http", "mailto", "tel")):
        return True
    words = (word for word in searchable(text).split() if not word.startswith("#"))
    return any(letter.isalpha() for word in words for letter in word)


def _first_words(value: Any) -> str:
    text = value if isinstance(value, str) else next((text for text in value.values() if text.strip()), "")
    return " ".join(TAGS.sub(" ", text).split())[:40]
