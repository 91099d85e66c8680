"""All checks: importing this module makes the registry complete. A new check file is imported here and nowhere else."""

from newsroom.checks import (
    acronyms,
    colons,
    differing,
    lateness,
    letters,
    links,
    pictures,
    spans,
    translations,
    unfinished,
    weekdays,
    zones,
)
from newsroom.checks.base import CHECKS, NAMES, Finding, Material

FILES = (acronyms, colons, differing, lateness, letters, links, pictures, spans, translations, unfinished, weekdays, zones)


def run_checks(material: Material) -> tuple[Finding, ...]:
    """Every finding once: the issue's own first, then section by section, in the order of fields, languages and checks."""
    found: dict[str, Finding] = {}
    for name in NAMES:
        for finding in CHECKS[name](material):
            found.setdefault(finding.id, finding)
    places = _places(material)
    languages = {language: place for place, language in enumerate(material.source.languages)}
    return tuple(
        sorted(
            found.values(),
            key=lambda one: (
                one.number or 0, places.get((one.number, one.path), 10_000), languages.get(one.language or "", -1), NAMES.index(one.check)
            ),
        )
    )  # fmt: skip


def _places(material: Material) -> dict[tuple[int | None, tuple[str | int, ...]], int]:
    places: dict[tuple[int | None, tuple[str | int, ...]], int] = {}
    for place, passage in enumerate(material.passages):
        places.setdefault((passage.number, passage.path), place)
    return places
