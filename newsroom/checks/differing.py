"""Numbers, dates, times, links and lists that are not the same in every language."""

# ruff: noqa: E501 - tables of words and patterns are read along the line

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from newsroom.checks.base import Finding, Material, Passage, check
from newsroom.checks.clock_reading import Clock, clocks
from newsroom.checks.date_reading import Mention, mentions
from newsroom.checks.date_words import date_in_words
from newsroom.checks.years import typed_days
from newsroom.rendering.source import NumberedSection
from newsroom.sections.walking import Path

NUMBER = re.compile(r"(?<![A-Za-zÀ-ÿ0-9_#@])(?<![A-Za-z0-9]-)\d+(?:[.,' ]\d{3}(?!\d))*(?:[.,]\d+)?")
#: With its country, or in groups that no number is written in.
PHONE = re.compile(
    r"(?<![\w/])(?:\(?(?:\+|00)\d{1,3}\)?[\s.-]?(?:\(0\)\s?)?\d{1,4}(?:[\s.-]\d{2,4}){1,5}|0\d{1,2}(?:[\s.-]\d{2,4}){2,5}|\d{2,3}(?:[\s.-]\d{2}){3,4})(?!\d)"
)
THOUSANDS = re.compile(r"^\d{1,3}(?:[.,' ]\d{3})+$")
#: Numbers that a language may spell: what stands as a figure in one may stand as a word in another.
WORDS = {
    "en": "zero|one,a,an,single,first|two,second,both,twice,pair,couple|three,third|four,fourth|five,fifth|six,sixth|seven,seventh|eight,eighth|nine,ninth|ten,tenth"
    "|eleven,eleventh|twelve,twelfth,dozen",
    "fr": "zéro|un,une,premier,première,premiers,premières|deux,deuxième,second,seconde|trois,troisième|quatre,quatrième|cinq,cinquième|six,sixième|sept,septième"
    "|huit,huitième|neuf,neuvième|dix,dixième|onze,onzième|douze,douzième,douzaine",
    "es": "cero|un,uno,una,primer,primero,primera,primeros,primeras|dos,segundo,segunda,ambos,ambas|tres,tercer,tercero,tercera|cuatro,cuarto,cuarta"
    "|cinco,quinto,quinta|seis,sexto,sexta|siete,séptimo,séptima|ocho,octavo,octava|nueve,noveno,novena|diez,décimo,décima|once,undécimo|doce,duodécimo,docena",
    "ar": "صفر|واحد,واحدة,الاول,الاولي,اول,اولي|اثنان,اثنين,اثنتان,اثنتين,الثاني,الثانية|ثلاث,ثلاثة,الثالث,الثالثة|اربع,اربعة,الرابع,الرابعة|خمس,خمسة,الخامس,الخامسة"
    "|ست,ستة,السادس,السادسة|سبع,سبعة,السابع,السابعة|ثمان,ثماني,ثمانية,الثامن,الثامنة|تسع,تسعة,التاسع,التاسعة|عشر,عشرة,العاشر,العاشرة|احد عشر,احدي عشرة|اثنا عشر,اثني عشر,اثنتا عشرة",
}
TENS = {
    "en": "twenty:20|thirty:30|forty:40|fifty:50|sixty:60|seventy:70|eighty:80|ninety:90|hundred:100|thousand:1000|thirteen:13|fourteen:14|fifteen:15|sixteen:16|seventeen:17|eighteen:18|nineteen:19|twentieth:20",
    "fr": "quatre-vingt:80|quatre-vingts:80|vingt:20|trente:30|quarante:40|cinquante:50|soixante:60|cent:100|cents:100|mille:1000|treize:13|quatorze:14|quinze:15|seize:16|centaine:100|vingtaine:20|dizaine:10",
    "es": "veinti\\w+:20|veinte:20|treinta:30|cuarenta:40|cincuenta:50|sesenta:60|setenta:70|ochenta:80|noventa:90|cien:100|ciento:100|mil:1000|trece:13|catorce:14|quince:15|dieciséis:16|diecisiete:17|dieciocho:18|diecinueve:19|decena:10",
    "ar": "عشرون:20|عشرين:20|ثلاثون:30|ثلاثين:30|اربعون:40|اربعين:40|خمسون:50|خمسين:50|ستون:60|ستين:60|سبعون:70|سبعين:70|ثمانون:80|ثمانين:80|تسعون:90|تسعين:90|مئة:100|مائة:100|الف:1000",
}
ROMAN = re.compile(r"(?<!\w)([IVXLC]{1,7})(?:e|ème|er)?(?!\w)")
ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
DUE = re.compile(
    r"deadline|due|until|before|by|closes?|submit|send|date limite|avant|jusqu|échéance|clôture|plazo|antes|hasta|cierra|fecha límite|قبل|حتي|الموعد|موعد",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What can be counted in one text of one language."""

    language: str
    dates: Counter[tuple[int, int]]
    years: Mapping[tuple[int, int], int]
    times: Counter[str]
    numbers: Counter[str]
    links: int
    items: int
    headings: int
    text: str


@check("differs")
def differs(material: Material) -> Iterator[Finding]:
    """Every language says the same numbers, dates and times, and has the same links and lists."""
    if len(material.source.languages) > 1:
        for passages in _texts(material):
            yield from _compared(material, passages)
    for numbered in material.source.sections:
        yield from _against_facts(material, numbered)


def _texts(material: Material) -> Iterator[list[Passage]]:
    """The languages of one text, side by side, in the order of the issue."""
    groups: dict[tuple[int | None, str, Path], list[Passage]] = {}
    for passage in material.passages:
        if passage.is_words:
            groups.setdefault((passage.number, passage.uid, passage.path), []).append(passage)
    order = {language: place for place, language in enumerate(material.source.languages)}
    for passages in groups.values():
        if len(passages) > 1:
            yield sorted(passages, key=lambda one: order.get(one.language, 99))


def _compared(material: Material, passages: Sequence[Passage]) -> Iterator[Finding]:
    """Each against the original; where all others agree against the original, it is the one that differs."""
    figures = [_figures(passage) for passage in passages]
    told = [list(_differences(figures[0], other)) for other in figures[1:]]
    if len(told) > 1 and all(told) and not any(list(_differences(figures[1], other)) for other in figures[2:]):
        says, facts = next(_differences(figures[1], figures[0]))
        yield passages[0].finding("differs", says, **facts, language=figures[0].language, original=figures[1].language)
        return
    for passage, other, found in zip(passages[1:], figures[1:], told, strict=True):
        for says, facts in found:
            yield passage.finding("differs", says, **facts, language=other.language, original=figures[0].language)


def _figures(passage: Passage) -> Figures:
    dates: Counter[tuple[int, int]] = Counter()
    years: dict[tuple[int, int], int] = {}
    times: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    for block in passage.blocks:
        text = block.text
        found = mentions(text, passage.language)
        for one in found:
            dates[(one.day, one.month)] += 1
            if one.year:
                years[(one.day, one.month)] = one.year
        hours = [clock for clock in clocks(text, passage.language) if clock.exists]
        for clock in hours:
            times[f"{clock.minutes // 60:02}:{clock.minutes % 60:02}"] += 1
        numbers.update(_numbers(text, [*found, *hours]))
    tags = Counter(block.tag for block in passage.blocks)
    links = sum(len(block.links) for block in passage.blocks)
    return Figures(
        language=passage.language, dates=dates, years=years, times=times, numbers=numbers, links=links, items=tags["li"],
        headings=tags["h3"] + tags["h4"], text=passage.text,
    )  # fmt: skip


def _numbers(text: str, taken: Sequence[Mention | Clock]) -> Iterator[str]:
    """The figures that stand for nothing of what was read already: not glued to letters, not in a date or a time."""
    spans = [(one.start, one.end) for one in taken]
    for match in PHONE.finditer(text):
        if not any(start < match.end() and match.start() < end for start, end in spans):
            spans.append(match.span())
            yield re.sub(r"\D", "", match[0].replace("(0)", ""))
    for match in NUMBER.finditer(text):
        if any(start <= match.start() < end for start, end in spans) or re.match(r"[A-Za-z_]{3,}", text[match.end() :]):
            continue
        yield value_of(match[0])


def value_of(written: str) -> str:
    """1,000 and 1 000 and 1.000 are one thousand; 2,5 and 2.5 two and a half."""
    if THOUSANDS.match(written):
        return re.sub(r"\D", "", written).lstrip("0") or "0"
    whole, point, rest = written.replace(" ", "").replace("'", "").replace(",", ".").rpartition(".")
    if not point:
        return rest.lstrip("0") or "0"
    return f"{re.sub('[.]', '', whole).lstrip('0') or '0'}.{rest}".removesuffix(".")


def _differences(first: Figures, other: Figures) -> Iterator[tuple[str, dict[str, str]]]:
    for name, told in (
        ("dates", _dates_apart(first, other)),
        ("times", _times_apart(first, other)),
        ("numbers", _numbers_apart(first, other)),
    ):
        if told:
            there, here = told
            says = f"differs.{name}" if there and here else f"differs.{name}_{'more' if here else 'less'}"
            yield says, {"here": here, "there": there, "quote": f"{there}/{here}"}
    for name in ("links", "items", "headings"):
        mine, theirs = getattr(other, name), getattr(first, name)
        if mine != theirs:
            yield f"differs.{name}", {"here": str(mine), "there": str(theirs), "quote": f"{mine}/{theirs}"}


def _dates_apart(first: Figures, other: Figures) -> tuple[str, str] | None:
    """Days that one has and the other has not; a year that only one says is no difference."""
    extra, missing = set(other.dates) - set(first.dates), set(first.dates) - set(other.dates)
    for day in set(first.years) & set(other.years):
        if first.years[day] != other.years[day]:
            extra.add(day)
            missing.add(day)
    return (_dates_said(first, missing), _dates_said(other, extra)) if missing or extra else None


def _dates_said(figures: Figures, days: set[tuple[int, int]]) -> str:
    return ", ".join(
        date_in_words(figures.years.get(day), day[1], day[0], figures.language) for day in sorted(days, key=lambda one: one[::-1])
    )


def _times_apart(first: Figures, other: Figures) -> tuple[str, str] | None:
    missing, extra = sorted(set(first.times) - set(other.times)), sorted(set(other.times) - set(first.times))
    return (", ".join(missing), ", ".join(extra)) if missing or extra else None


def _numbers_apart(first: Figures, other: Figures) -> tuple[str, str] | None:
    """The numbers of each that the other neither writes nor spells."""
    missing = [number for number in sorted(set(first.numbers) - set(other.numbers), key=float) if not _spelled(number, other)]
    extra = [number for number in sorted(set(other.numbers) - set(first.numbers), key=float) if not _spelled(number, first)]
    return (", ".join(missing), ", ".join(extra)) if missing or extra else None


def _spelled(number: str, figures: Figures) -> bool:
    """Whether the text says this number in another way: as a word, a dual, a Roman numeral, a year or day of a date."""
    if number in {str(year) for year in figures.years.values()} or number in {str(day) for day, _ in figures.dates}:
        return True
    text = figures.text.casefold()
    if number in number_words(text, figures.language):
        return True
    if number in ("1", "2") and figures.language == "ar":
        return True  # Arabic says one and two by the noun itself
    if number.isdigit() and any(_roman(match[1]) == int(number) for match in ROMAN.finditer(figures.text)):
        return True
    return number in _other_readings(figures)


def _other_readings(figures: Figures) -> set[str]:
    """Hours and minutes of a time that the other language writes as a plain number."""
    return {value_of(part) for time in figures.times for part in time.split(":")}


#: soixante-dix, quatre-vingt-dix: French counts on.
FRENCH_REACH = {"soixante": 20, "quatre-vingt": 20, "quatre-vingts": 20}


def number_words(text: str, language: str) -> set[str]:
    """The numbers that this text spells."""
    found = set()
    for number, names in enumerate(WORDS.get(language, "").split("|")):
        if names and re.search(rf"(?<!\w)و?(?:{names.replace(',', '|')})(?!\w)", text):
            found.add(str(number))
    if language == "ar":
        found |= {str(10 + int(unit)) for unit in _teens(text)}
    for pair in TENS.get(language, "").split("|"):
        name, _, value = pair.partition(":")
        if name and re.search(rf"(?<!\w)(?:ال|و|وال)?{name}(?!\w)", text):
            reach = FRENCH_REACH.get(name, 10)
            found |= {value, *(str(int(value) + one) for one in range(1, reach) if value.endswith("0") and int(value) < 100)}
    return found


def _teens(text: str) -> Iterator[str]:
    """The units of التاسع عشر and its like."""
    for number, names in enumerate(WORDS["ar"].split("|")[:10]):
        if re.search(
            rf"(?<!\w)(?:و)?(?:{names.replace(',', '|')}|{'الحادي|حادي' if number == 1 else names.replace(',', '|')})\s+عشرة?(?!\w)", text
        ):
            yield str(number)


def _roman(letters: str) -> int:
    values = [ROMAN_VALUES[letter] for letter in letters]
    return sum(-one if place + 1 < len(values) and one < values[place + 1] else one for place, one in enumerate(values))


def _against_facts(material: Material, numbered: NumberedSection) -> Iterator[Finding]:
    """A deadline in the words of a section that is not the one of its field."""
    moment = getattr(numbered.section, "deadline", None) or getattr(numbered.section, "registration_deadline", None)
    if moment is None:
        return
    typed = moment.date() if isinstance(moment, datetime) else moment
    known = set(typed_days(numbered.section))
    near = {typed + timedelta(days=away) for away in (-1, 0, 1)}
    for passage in material.passages_of(numbered.number):
        if passage.is_words and passage.path[0] in ("title", "text"):
            yield from _other_deadline(passage, typed, near | known)


def _other_deadline(passage: Passage, typed: date, near: set[date]) -> Iterator[Finding]:
    for block in passage.blocks:
        found = mentions(block.text, passage.language)
        if len(found) == 1 and DUE.search(block.text[max(0, found[0].start - 60) : found[0].start]):
            day = found[0].on or found[0].in_year(typed.year)
            if day and day not in near:
                yield passage.finding(
                    "differs", "differs.deadline", quote=block.quote(found[0].start, found[0].end),
                    date=date_in_words(typed.year, typed.month, typed.day, passage.language),
                )  # fmt: skip
