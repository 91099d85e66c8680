"""What the rest of Newsroom says in English, said in the language of the page.

Below the interface a sentence is made in English, once: the command line prints it, the database keeps it. Here it is known again by
its form, and what it quotes is set into the same sentence of another language. A sentence without words stays as it is.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property, lru_cache
from pathlib import Path

from babel.dates import format_date
from babel.numbers import format_decimal

from admin.speaking import ISOLATED, LOCALES, page_language, plain
from admin.words.catalogue import CATALOGUE, FIRST
from newsroom.localized import direction_of

FOLDER = Path(__file__).parent / "words" / "retold"
#: The file of words and names of fields, which are no sentences.
WORDS = "words"
PLACE = re.compile(r"\{(\w+)(?::(said|when))?\}")
#: What a sentence quotes ends before the next one begins; only where nothing else fits may it hold one.
STRICT, LOOSE = r"""('[^']*'|"[^"]*"|(?:(?![.?!] [A-Z0-9`\[]).)+?)""", r"(.+?)"
ENDS = re.compile(r"(?<=[.?!])\s+")
ABOUT = re.compile(r"([\w .()/-]{1,60}): (?=\S)")
FIELD = re.compile(r"[\w.-]+")
QUOTED = re.compile(r"(['\"])(.*)\1", re.DOTALL)
QUOTES = {"fr": "«\u00a0{}\u00a0»", "es": "«{}»", "ar": "«{}»"}
THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+")
COLONS = {"fr": "\u00a0: "}
COMMAS = {"ar": "، "}
SPOKEN = re.compile(r"[A-Z][a-z]+day (\d{1,2}) ([A-Z][a-z]+) (\d{4})(.*)")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
LONG_DATES = {"fr": "EEEE d MMMM y", "es": "EEEE d 'de' MMMM 'de' y", "ar": "EEEE d MMMM y"}
MOST_AT_ONCE, LONGEST = 12, 2_000
#: Where three and more things are quoted, a longer text can be split in so many ways that somebody could keep a server busy with it.
LONGEST_QUOTING = 600


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """In every language that knows it. `{name}` quotes what stands there, `{name:said}` says it in its turn, `{name:when}` is a date.

    A word is no sentence: it is known only where a sentence quotes it.
    """

    words: Mapping[str, str]
    is_word: bool = False

    @cached_property
    def places(self) -> list[tuple[str, str]]:
        return PLACE.findall(self.words[FIRST])

    @cached_property
    def strict(self) -> re.Pattern[str]:
        return self._pattern(STRICT)

    @cached_property
    def loose(self) -> re.Pattern[str]:
        return self._pattern(LOOSE)

    def _pattern(self, place: str) -> re.Pattern[str]:
        first, *others = [re.escape(text) for text in PLACE.sub("\0", self.words[FIRST].removesuffix(".")).split("\0")]
        begun = f"(?i:{first[0]}){first[1:]}" if first[:1].isalpha() else first
        return re.compile(place.join([begun, *others]), re.DOTALL)


def retold(sentence: str, language: str = "") -> str:
    """The sentence, or several one after the other, in this language (default: the page's)."""
    wanted = language or page_language()
    return sentence if wanted == FIRST or not sentence or len(sentence) > LONGEST else _retold(str(sentence), wanted)


def sentences() -> tuple[Sentence, ...]:
    """Every one, file by file, as they are written."""
    return tuple(
        Sentence(words=one, is_word=path.stem == WORDS)
        for path in sorted(FOLDER.glob("*.toml"))
        for one in tomllib.loads(path.read_text("utf-8"))["sentence"]
    )


@lru_cache(maxsize=2048)
def _retold(text: str, language: str) -> str:
    try:
        return "\n".join(_several(line, language) or _known(line, language, loosely=True) or line for line in text.split("\n"))
    except RecursionError:
        # A mail server may answer with hundreds of clauses, each quoted by the one before: no page breaks for that.
        return text


def _several(text: str, language: str) -> str | None:
    """Sentences one after the other; those without words stay as they are. None where none has any."""
    pieces = ENDS.split(text) if len(ENDS.findall(text)) < MOST_AT_ONCE else [text]
    found, begin, known = [], 0, False
    while begin < len(pieces):
        end, said = _longest(pieces, begin, language)
        known = known or said is not None
        found.append(said or " ".join(pieces[begin:end]))
        begin = end
    return " ".join(found) if known else None


def _longest(pieces: list[str], begin: int, language: str) -> tuple[int, str | None]:
    """As many pieces from here on as one sentence has words for: some are of two."""
    for end in range(len(pieces), begin, -1):
        if said := _one(" ".join(pieces[begin:end]), language):
            return end, said
    return begin + 1, None


def _one(text: str, language: str) -> str | None:
    """`Section 3 (fr): it is so.`: a sentence, perhaps after the name of what it is about."""
    about = ABOUT.match(text)
    name = _name(about.group(1), language) if about else None
    rest = _known(text[about.end() :], language) if about and name else None
    after_name = f"{name}{COLONS.get(language, ': ')}{rest}" if rest else None
    # A name that is known makes two of it; any other first word may as well begin the sentence.
    return (after_name if about and name != about.group(1) else None) or _known(text, language) or after_name


def _name(text: str, language: str) -> str | None:
    """A known word, or the path of a field; None where it is neither."""
    steps = text.split(".") if FIELD.fullmatch(text) else []
    if any(f"field.{step}" in CATALOGUE[FIRST] for step in steps):
        return " · ".join(_step(step, language) for step in steps)
    return _known(text, language, words=True) or (text if steps else None)


def _step(step: str, language: str) -> str:
    key = f"field.{step}"
    return plain(language, key) if key in CATALOGUE[FIRST] else step


def _known(text: str, language: str, *, words: bool = False, loosely: bool = False) -> str | None:
    exact = _exact(words=words).get(_bare(text))
    if exact and language in exact.words:
        return _finished(exact.words[language], text, exact)
    bare = text.removesuffix(".")
    for sentence in _with_places(words=words):
        if len(bare) > LONGEST_QUOTING and len(sentence.places) > 2:
            continue
        match = (sentence.loose if loosely else sentence.strict).fullmatch(bare)
        if match and language in sentence.words:
            return _finished(_filled(sentence, match, language), text, sentence)
    return None


def _filled(sentence: Sentence, match: re.Match[str], language: str) -> str:
    given = {name: HOW[how](text, language) for (name, how), text in zip(sentence.places, match.groups(), strict=True)}
    return PLACE.sub(lambda place: given[place.group(1)], sentence.words[language])


def _finished(said: str, text: str, sentence: Sentence) -> str:
    """A clause that was made a sentence of is one in every language, and the other way round."""
    said = f"{said.removesuffix('.')}." if text.endswith(".") else said.removesuffix(".")
    began_large = sentence.words[FIRST][:1].isupper()
    if text[:1].isupper() == began_large:
        return said
    return f"{said[:1].lower() if began_large else said[:1].upper()}{said[1:]}"


def _bare(text: str) -> str:
    """What a clause and the sentence made of it have in common."""
    return f"{text[:1].lower()}{text[1:]}".removesuffix(".")


def _as_it_is(text: str, language: str) -> str:
    quoted = QUOTED.fullmatch(text)
    shown = QUOTES[language].format(quoted.group(2)) if quoted and quoted.group(2) else _numbered(text, language)
    return ISOLATED.format(shown) if direction_of(language) == "rtl" else shown


def _numbered(text: str, language: str) -> str:
    """1,200 as each language writes it."""
    return format_decimal(int(text.replace(",", "")), locale=LOCALES[language]) if THOUSANDS.fullmatch(text) else text


def _said(text: str, language: str) -> str:
    """A word, a list of words or a clause, where there are words for it."""
    if said := _known(text, language, words=True) or _several(text, language):
        return said
    several = text.split(", ")
    return COMMAS.get(language, ", ").join(_said(one, language) for one in several) if len(several) > 1 else _as_it_is(text, language)


def dated(text: str, language: str = "") -> str:
    """Friday 24 May 2024, 10:00 (CEST), as the core writes and keeps it, in this language (default: the page's)."""
    wanted = language or page_language()
    return text if wanted == FIRST else _date(text, wanted)


def _date(text: str, language: str) -> str:
    spoken = SPOKEN.fullmatch(text)
    if spoken is None or spoken.group(2) not in MONTHS:
        return _as_it_is(text, language)
    day, month, year, rest = spoken.groups()
    written = format_date(date(int(year), MONTHS.index(month) + 1, int(day)), LONG_DATES[language], locale=LOCALES[language])
    return written + rest.replace(", ", COMMAS.get(language, ", "), 1)


HOW: Mapping[str, Callable[[str, str], str]] = {"": _as_it_is, "said": _said, "when": _date}


@cache
def _exact(*, words: bool) -> Mapping[str, Sentence]:
    return {_bare(one.words[FIRST]): one for one in sentences() if not one.places and one.is_word == words}


@cache
def _with_places(*, words: bool) -> tuple[Sentence, ...]:
    """Those that say most themselves first."""
    found = [one for one in sentences() if one.places and one.is_word == words]
    return tuple(sorted(found, key=lambda one: -len(PLACE.sub("", one.words[FIRST]))))
