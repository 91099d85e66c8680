"""Sentences that end in a colon with nothing after it."""

# ruff: noqa: E501 - tables of words and patterns are read along the line

import re
from collections.abc import Iterator, Sequence

from newsroom.checks.base import Block, Finding, Material, Passage, check
from newsroom.rendering.source import NumberedSection
from newsroom.sections.walking import Path

HANGS = re.compile(r"[:：]\s*[\s”»’\"'\]\)|]*$")
IN_BRACKETS = re.compile(r"[\w”»’\"']\s*:\s*[)\]](?!\w)")
#: Words that announce links below.
ANNOUNCES_LINKS = re.compile(
    r"(?:links?\s+below|link\s+here|\bhere|liens?\s+ci-dessous|(?<!\w)ici|enlaces?\s+(?:a\s+continuación|siguientes?)|(?<!\w)aquí|الروابط\s+\w*\s*ادناه|هنا)\s*:\s*$",
    re.IGNORECASE,
)
#: Words that announce names: what follows in a short line of its own is another thing.
ANNOUNCES_NAMES = re.compile(
    r"(?:(?<!\w)(?:by|with|including|namely|emphasi[sz]ing|par|avec|notamment|soit|por|con|incluid[oa]s|a saber|من قبل|مع|ومنها|منها))\s*:\s*$",
    re.IGNORECASE,
)
#: Verbs that want a clause: a line without a full stop that follows is a title.
WANTS_A_CLAUSE = re.compile(
    r"(?:emphasi[sz]ing|stressing|highlighting|underlining|soulignant|insistant sur|destacando|subrayando|مؤكدين|مشددين)\s*:\s*$",
    re.IGNORECASE,
)
SHORT_LINE = 14
GREETING_WORDS = 6
#: The fields that a template prints right after a text: they answer its last line.
AFTER = {
    ("update", "text"): ("items", "links"),
    ("workshop", "text"): ("guiding_questions", "speakers", "agenda", "documents", "registration_url", "stream_url"),
    ("call_to_action", "text"): ("deadline", "button"),
    ("interview", "summary"): ("exchanges", "documents", "url"),
    ("publication", "summary"): ("documents", "url"),
    ("welcome", "title"): ("text", "image"),
    ("interview", "text"): ("exchanges", "documents"),
    ("publication", "text"): ("documents",),
}
#: Lines that hang one after the other further than this answer nothing.
MOST_AHEAD = 40
TITLES = ("title", "label", "role", "alt", "question")


@check("dangling_colon")
def dangling_colon(material: Material) -> Iterator[Finding]:
    """What a colon announces, follows."""
    sections = {numbered.number: numbered for numbered in material.source.sections}
    for passage in material.passages:
        if not passage.is_words or passage.number is None or passage.path[-1] in TITLES:
            continue
        answered = _answered_after(sections[passage.number], passage.path)
        for place, block in enumerate(passage.blocks):
            if (IN_BRACKETS.search(block.text) and not _is_smile(block.text)) or _dangles(material, passage, place, answered=answered):
                yield passage.finding("dangling_colon", "colon.dangling", quote=_tail(block))


def _tail(block: Block) -> str:
    """The last words: what comes before the colon."""
    match = IN_BRACKETS.search(block.text) or HANGS.search(block.text)
    end = match.end() if match else len(block.text)
    words = block.shown[:end].split()
    return (" ".join(words) if len(words) <= 6 else f"…{' '.join(words[-6:])}").rstrip(" |")


def _is_smile(text: str) -> bool:
    match = IN_BRACKETS.search(text)
    return bool(match and "(" not in text[: match.start()] and "[" not in text[: match.start()])


def _hangs(block: Block) -> bool:
    return block.tag not in ("h3", "h4") and HANGS.search(block.text) is not None


def _dangles(material: Material, passage: Passage, place: int, *, answered: bool) -> bool:
    block, following = passage.blocks[place], passage.blocks[place + 1 : place + 1 + MOST_AHEAD]
    if not _hangs(block) or _greets(passage, place):
        return False
    told = block.text.rstrip(" |\n")
    if ANNOUNCES_LINKS.search(told) and not _has_links(material, passage, place):
        return True
    if not following:
        return not answered
    return _is_no_answer(told, following[0]) or not _some_answer(following, answered=answered)


def _is_no_answer(told: str, following: Block) -> bool:
    """Whether what follows begins something else, seen from the words before the colon."""
    if following.tag in ("li", "blockquote"):
        return False
    if ANNOUNCES_NAMES.search(told) and _starts_another(following):
        return True
    return WANTS_A_CLAUSE.search(told) is not None and following.tag == "p" and _is_a_line(following.text)


def _some_answer(following: Sequence[Block], *, answered: bool) -> bool:
    """A heading starts something else; lines that hang themselves answer only if they are answered."""
    for block in following:
        if block.tag in ("h3", "h4"):
            return False
        if not _hangs(block) or block.links or block.tag in ("li", "blockquote"):
            return True
        if WANTS_A_CLAUSE.search(block.text.rstrip(" |\n")):
            return False
    return answered


def _starts_another(block: Block) -> bool:
    if block.tag in ("h3", "h4") or _hangs(block):
        return True
    return block.tag == "p" and not block.links and len(block.text.split()) <= SHORT_LINE and _looks_like_a_title(block.text)


def _is_a_line(text: str) -> bool:
    return len(text.split()) <= SHORT_LINE and not re.search(r"[.!?؟;,]\W*$", text)


def _looks_like_a_title(text: str) -> bool:
    """Words in capitals, most of them, and no full stop: "Briefing on the road to the International Migration Review Forum (IMRF)"."""
    words = re.findall(r"[A-Za-zÀ-ÿ]{4,}", text)
    capitals = [word for word in words if word[0].isupper()]
    begins = text.split(maxsplit=1)[0].casefold() if text.split() else ""
    return begins in ("briefing", "background", "agenda", "context", "contexte", "antecedentes", "programme", "program", "format") or (
        bool(words) and text.isupper() and len(capitals) == len(words)
    )


def _has_links(material: Material, passage: Passage, place: int) -> bool:
    if any(block.links for block in passage.blocks[place:]):
        return True
    return any(other.form == "link" and other.shown.strip() for other in material.passages_of(passage.number))


def _greets(passage: Passage, place: int) -> bool:
    """Dear all: / Estimadas y estimados colegas:"""
    return passage.kind in ("welcome", "text") and place == 0 and len(passage.blocks) > 1 and (
        len(passage.blocks[0].text.split()) <= GREETING_WORDS and _is_greeting(passage.blocks[0].text)
    )  # fmt: skip


def _is_greeting(text: str) -> bool:
    return (
        re.match(
            r"\s*(?:dear|hello|hi|good\s|cher|chère|chères|chers|bonjour|madame|monsieur|mesdames|estimad|querid|hola|buen|apreciad|الزملاء|الزميلات|عزيز|اعزاء|تحية|السادة|حضرات)",
            text,
            re.IGNORECASE,
        )
        is not None
    )


def _answered_after(numbered: NumberedSection, path: Path) -> bool:
    """Whether the section prints something right behind this text."""
    section = numbered.section
    if path[:1] == ("items",) and path[-1] == "text" and isinstance(path[1], int):
        item = section.items[path[1]]  # type: ignore[attr-defined]
        return bool(item.url) or item.image is not None
    names = AFTER.get((section.kind, str(path[0])), ()) if len(path) == 1 else ()
    return any(getattr(section, name, None) for name in names)
