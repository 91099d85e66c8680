"""Letters that stand for words, used before the words are said: in each language on its own, in the order of reading."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from newsroom.checks.base import Block, Finding, Material, Passage, check
from newsroom.checks.date_words import month_of, weekday_of

TOKEN = re.compile(r"(?<![\w@#&/.’'-])([A-Z][A-Z0-9&]*[A-Z])(s|’s|'s)?(?:\+\d+)?(?![\w&]|-[A-Z]{2}|\.[A-Za-z]|@)")
LONGEST = 8
#: How far from the letters their words may stand.
NEAR = 240
#: Longer words in capitals are words, unless somebody explains them.
LONGEST_UNTIED = 6
ROMAN = re.compile(r"[IVXLC]+")
VOCABULARY = tomllib.loads((Path(__file__).parent / "acronyms.toml").read_text(encoding="utf-8"))
SMALL, KNOWN, LOUD = (frozenset(VOCABULARY[name].split()) for name in ("small", "known", "loud"))
LONG_FORMS: Mapping[str, Mapping[str, str]] = VOCABULARY["long_forms"]
SMALL_WORDS = "|".join(sorted(SMALL, key=len, reverse=True))
WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)?")
PLAIN_WORD = re.compile(r"\w+")
SAYS_SO = re.compile(
    r"siglas|sigle|acrony|acrónim|en anglais|en inglés|in English|in French"
    r"|in Spanish|en français|en francés|en espagnol|بالانجليزية|المعروف|known as|connu",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Use:
    """A place where the letters stand; `tied` where they are explained there."""

    letters: str
    written: str
    passage: Passage
    block: Block
    start: int
    tied: str | None


@check("acronym")
def acronym(material: Material) -> Iterator[Finding]:
    """The first use of letters that stand for words says the words."""
    for language in material.source.languages:
        passages = [one for one in material.passages if one.language == language and _is_read(one)]
        words = frozenset(word for one in passages for word in PLAIN_WORD.findall(one.text) if word.islower())
        uses = list(_uses(passages))
        tied = {use.letters for use in uses if use.tied is not None}
        seen: set[str] = set()
        for use in uses:
            if use.letters in seen or not _counts(use, tied, words):
                continue
            seen.add(use.letters)
            if use.tied is None:
                yield from _told(use, uses, passages, language)


def _is_read(passage: Passage) -> bool:
    return passage.is_words and passage.number is not None and passage.path[-1] not in ("alt", "role", "hashtags")


def _uses(passages: list[Passage]) -> Iterator[Use]:
    for passage in passages:
        for block in passage.blocks:
            for match in TOKEN.finditer(block.text):
                letters = match[1]
                if len(letters) <= LONGEST:
                    tied = _tie(block.text, match)
                    yield Use(letters=letters, written=match[1] + ("s" if match[2] == "s" else ""), passage=passage, block=block,
                              start=match.start(), tied=tied)  # fmt: skip


def _counts(use: Use, tied: set[str], words: frozenset[str]) -> bool:
    """Not what everybody knows, what is shouted, nor what the letter writes small elsewhere."""
    letters = use.letters
    if letters in KNOWN or ROMAN.fullmatch(letters) or re.fullmatch(r"[A-Z](?:&[A-Z])", letters):
        return False
    if letters in tied:
        return True
    if letters in LOUD or len(letters) > LONGEST_UNTIED or _is_a_date_word(letters, use.passage.language):
        return False
    return letters.lower() not in words and not _is_shouted(use)


def _is_a_date_word(letters: str, language: str) -> bool:
    return month_of(letters, language) is not None or weekday_of(letters, language) is not None


def _is_shouted(use: Use) -> bool:
    """One of three words in capitals side by side, or a line of nothing else."""
    text = use.block.text
    if _is_loud(text):
        return True
    before = re.search(r"((?<!\w)(?:[A-ZÀ-Ý]+[\s,:–-]+)*)$", text[max(0, use.start - 80) : use.start])
    after = re.match(r"((?:[\s,:–-]+[A-ZÀ-Ý]+(?!\w))*)", text[use.start + len(use.letters) :][:80])
    return len((before[1] if before else "").split()) + len((after[1] if after else "").split()) >= 2


@lru_cache(maxsize=1024)
def _is_loud(line: str) -> bool:
    """A line of two words in capitals or more, and of nothing else."""
    return len(re.findall(r"(?<!\w)[A-ZÀ-Ý]{2,}(?!\w)", line)) > 1 and not re.search(r"[a-zà-ÿ\u0600-\u06ff]{2}", line)


def _tie(text: str, match: re.Match[str]) -> str | None:
    """The words that these letters are explained by at this place; None where they are not."""
    letters = match[1]
    before, after = text[max(0, match.start() - NEAR) : match.start()], text[match.end() : match.end() + NEAR]
    if (opened := before.rfind("(")) >= 0 and ")" not in before[opened:]:
        inside = (before[opened + 1 :] + match[0] + after).partition(")")[0]
        if _is_alone(inside, letters):
            return _words_before(before[:opened], letters, sure=bool(SAYS_SO.search(inside)))
        return None
    if bracket := re.match(r"\s*\(([^()]{5,120})\)", after):
        words = WORD.findall(bracket[1])
        if len(words) > 1 and (_fits(letters, words) or SAYS_SO.search(bracket[1])):
            return bracket[1]
    if connected := re.search(r"(?:\s*[–—-]\s*|,?\s+(?:or|also|known as|ou|o|hereafter|abbreviated(?: as)?|dit|dite)\s+)$", before):
        found = _words_before(before[: connected.start()], letters, exact=True)
        return found or None
    return None


def _is_alone(inside: str, letters: str) -> bool:
    """(GCM), (LRGs), (UNFSS+2), (IOM/OIM), (GCM, por sus siglas en inglés): letters and at most a word on them."""
    rest = re.sub(r"[A-Z][A-Z0-9&]*[A-Z]s?(?:\+\d+)?", "", inside).strip(" ,;/–-“”\"'«»")
    return (
        not rest
        or bool(SAYS_SO.search(rest))
        or (inside.strip().startswith(letters) and inside.strip()[len(letters) :].lstrip("s")[:1] in (",", ";"))
    )


def _words_before(before: str, letters: str, *, exact: bool = False, sure: bool = False) -> str | None:
    """The long form that ends here."""
    tail = before[-160:]
    if re.search(r"[\u0600-\u06ff]\W*$", tail):
        return " ".join(tail.split()[-4:])
    words = list(WORD.finditer(tail.replace("-", " ")))[-12:]
    for first in range(len(words) - 1, -1, -1):
        some = [word[0] for word in words[first:]]
        if len(some) > 1 and some[0].casefold() not in SMALL and _fits(letters, some):
            return tail[words[first].start() :].strip(" “”‘’\"'«»")
    if exact:
        return None
    capitals = [word for word in words[-6:] if word[0][0].isupper() and not word[0].isupper()]
    return (
        tail[capitals[0].start() :].strip()
        if capitals and (sure or len(capitals) > 1 or words[-1] is capitals[-1])
        else ""
        if sure
        else None
    )


@lru_cache(maxsize=8192)
def _initials(words: tuple[str, ...]) -> str:
    return "".join(word[0] for word in words).upper()


def _fits(letters: str, words: list[str]) -> bool:
    """The letters are among the initials, in order, the first being the first word's."""
    plain = letters.replace("&", "").translate(str.maketrans("", "", "0123456789"))
    initials = iter(_initials(tuple(_pieces(words))))
    return bool(words) and words[0][0].upper() == plain[0] and all(letter in initials for letter in plain)


def _pieces(words: list[str]) -> Iterator[str]:
    for word in words:
        yield word
        yield from re.findall(r"(?<=[a-zà-ÿ])[A-Z]\w*", word)


def _told(use: Use, uses: list[Use], passages: list[Passage], language: str) -> Iterator[Finding]:
    later = next((other for other in uses if other.letters == use.letters and other.tied), None)
    facts = {"quote": use.written, "letters": use.written}
    if later and later.tied:
        long_form = " ".join(later.tied.split())[-80:]
        says = "acronym.later" if later.passage.number != use.passage.number else "acronym.late"
        yield use.passage.finding("acronym", says, **facts, section=str(later.passage.number or ""), long=long_form)
        return
    form = _long_form(use.letters)
    earlier = use.passage.text[: use.passage.text.find(use.block.text) + use.start]
    if form and form.search(earlier):
        return
    found = next(((one, match) for one in passages for match in [form.search(one.shown)] if match), None) if form else None
    if found:
        later_on = (found[0].number or 0) > (use.passage.number or 0)
        advice = ("acronym.house",) if later_on else ()
        long_form = " ".join(found[1][0].split())
        yield use.passage.finding("acronym", "acronym.untied", advice, **facts, section=str(found[0].number), long=long_form)
    elif known := LONG_FORMS.get(language, {}).get(use.letters):
        yield use.passage.finding("acronym", "acronym.never", ("acronym.house",), **facts, long=known)
    else:
        yield use.passage.finding("acronym", "acronym.never", **facts)


@lru_cache(maxsize=512)
def _long_form(letters: str) -> re.Pattern[str] | None:
    """Capitalised words whose initials are exactly these letters."""
    if not letters.isalpha() or len(letters) > 7:
        return None
    words = [rf"{letter}[^\W\d_A-Z]+(?:[’'][^\W\d_]+)?" for letter in letters]
    between = rf"[\s-]+(?:(?:{SMALL_WORDS})\s+)*"
    return re.compile(rf"(?<!\w){between.join(words)}(?!\w)")
