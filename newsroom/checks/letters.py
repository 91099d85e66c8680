"""The letter as a whole: its subject, its weight, its headings, its colours, and what the law asks of it."""

import re
import unicodedata
from collections.abc import Iterator

from newsroom.approval import letters_lacking
from newsroom.checks.base import Finding, Material, check
from newsroom.checks.legibility import pale_texts
from newsroom.checks.passages import INVISIBLE, filled
from newsroom.errors import CompileError
from newsroom.localized import best_wording, in_language
from newsroom.preparing import Prepared
from newsroom.rendering.colours import READABLE, WHITE, contrast, palette, parse_hex

LONGEST_SUBJECT = 70
#: Above this Gmail cuts a letter off, and the way out of the list with it.
LARGEST_HTML = 102 * 1024
#: What a token of ours becomes for a reader: a personal address is about as long as this.
SLOT = re.compile(r"NR[0-9a-f]{8}S\d+E")
SLOT_LENGTH = 90


@check("subject_length")
def subject_length(material: Material) -> Iterator[Finding]:
    """A subject that programs show whole."""
    for language in material.source.languages:
        subject = filled(in_language(material.source.subject, language, original=material.source.original) or "")
        length = seen_length(subject)
        if length > LONGEST_SUBJECT:
            short = subject[:60].rsplit(" ", 1)[0].rstrip(" ,;:–-،")
            yield Finding(check="subject_length", language=language, path=("subject",), says="subject.long",
                          facts={"length": str(length), "longest": str(LONGEST_SUBJECT), "short": short, "quote": str(length)})  # fmt: skip


def seen_length(text: str) -> int:
    """Characters that take room: not the marks on letters, not those that only steer."""
    return sum(not unicodedata.combining(letter) for letter in INVISIBLE.sub("", " ".join(text.split())))


@check("too_heavy")
def too_heavy(material: Material) -> Iterator[Finding]:
    """A letter that arrives whole."""
    for language, letter in material.compiled.items():
        if isinstance(letter, CompileError):
            continue
        html = letter.compiled.html
        size = len(SLOT.sub("x" * SLOT_LENGTH, html).encode())
        if size > LARGEST_HTML:
            yield Finding(
                check="too_heavy",
                language=language,
                says="heavy",
                facts={"language": language, "size": str(round(size / 1024)), "quote": ""},
            )


@check("heading_order")
def heading_order(material: Material) -> Iterator[Finding]:
    """A smaller heading stands under a greater one."""
    for passage in material.passages:
        if passage.form != "rich":
            continue
        before = "h2"
        for block in passage.blocks:
            if block.tag == "h4" and before == "h2":
                yield passage.finding("heading_order", "heading.skip", quote=block.quote(0, len(block.text)))
            before = block.tag if block.tag in ("h3", "h4") else before


@check("contrast")
def too_pale(material: Material) -> Iterator[Finding]:
    """The list's accent carries white words that can be read, and so does every other ground of the letters."""
    accent = material.source.accent.strip()
    colour = parse_hex(accent)
    if accent and colour is None:
        yield Finding(check="contrast", says="contrast.unknown", facts={"quote": accent})
    elif colour and (used := palette(accent).accent).casefold().lstrip("#") != accent.casefold().lstrip("#"):
        ratio = f"{contrast(colour, WHITE):.1f}"
        yield Finding(
            check="contrast", says="contrast.accent", facts={"quote": accent, "ratio": ratio, "needed": f"{READABLE:g}", "used": used}
        )
    yield from _pale(material)


def _pale(material: Material) -> Iterator[Finding]:
    """A pair of colours once, in the section whose words they are."""
    told: set[tuple[str, str, float]] = set()
    for language, letter in material.compiled.items():
        for pale in pale_texts(SLOT.sub("", letter.compiled.html)) if isinstance(letter, Prepared) else ():
            if (pair := (pale.colour, pale.ground, pale.needed)) in told:
                continue
            told.add(pair)
            number, uid = _section_of(material, pale.words, language)
            facts = {
                "quote": f"{pale.colour} {pale.ground} {pale.needed:g}",
                "words": pale.words[:60],
                "colour": pale.colour,
                "ground": pale.ground,
            }
            yield Finding(check="contrast", number=number, uid=uid, says="contrast.pale",
                          facts={**facts, "ratio": f"{pale.ratio:.1f}", "needed": f"{pale.needed:g}"})  # fmt: skip


def _section_of(material: Material, words: str, language: str) -> tuple[int | None, str]:
    """Where these words stand; nowhere for those of the template."""
    for passage in material.passages:
        if passage.number is not None and passage.language in (language, "") and words in " ".join(passage.shown.split()):
            return passage.number, passage.uid
    return None, ""


@check("unlawful")
def unlawful(material: Material) -> Iterator[Finding]:
    """What no letter may go without, and letters that cannot be built."""
    source = material.source
    if not source.languages:
        yield _stops("law.languages", "languages")
    if not source.sections and not material.faults:
        yield _stops("law.sections", "sections")
    address = best_wording(source.postal_address, (), original=source.list_original)
    if address is None or not address.text.strip():
        yield _stops("law.address", "postal_address")
    for language in source.languages:
        if not filled(in_language(source.subject, language, original=source.original) or "").strip():
            yield _stops("law.subject", "subject", language)
    for language, letter in material.compiled.items():
        if isinstance(letter, CompileError):
            number = letter.section
            uid = next((one.uid for one in source.sections if one.number == number), "")
            yield Finding(check="unlawful", severity="error", number=number, uid=uid, language=language, says="law.build",
                          facts={"quote": "", "why": str(letter).partition(": ")[2] or str(letter)})  # fmt: skip
        elif any(letters_lacking({language: letter})):
            yield _stops("law.unsubscribe", "", language)


def _stops(says: str, field: str, language: str | None = None) -> Finding:
    facts = {"language": language} if language else {}
    return Finding(check="unlawful", severity="error", language=language, path=(field,) if field else (), says=says, facts=facts)
