"""Dates in running text: every day that a text names, with its month, year and weekday, and which of them are the ends of a range."""

# ruff: noqa: E501 - tables of words and patterns are read along the line

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache

from newsroom.checks.date_words import DASHES, ends_between, month_of, plain, weekday_of, words_of

YEAR = r"(?:1[89]|20|21)\d\d"
CLOCK = r"\d{1,2}(?:[:.h]\d{0,2})?\s?(?:[ap]\.?m\.?|h)?"
WINDOW = 160
#: Where an English month is written small, these are other words.
NOT_SMALL = frozenset({"may", "march", "mar"})
NUMERIC = re.compile(
    rf"(?<![\w/.:-])(?:(?P<year>{YEAR})-(?P<month>\d\d)-(?P<day>\d\d)|(?P<one>\d{{1,2}})(?P<sep>[./-])(?P<two>\d{{1,2}})(?P=sep)(?P<last>{YEAR}))(?![\w/:-]|\.\d)"
)
BEFORE_MONTH_FIRST = re.compile(
    r"(?:^|(?<!\w)(?:on|by|before|until|till|from|since|after|of|for|through|between|and|to)\s+|[(,:–—-]\s*)$", re.IGNORECASE
)
AFTER_MONTH_FIRST = re.compile(r"\s*(?:$|[,.;:!?)\]–—|-]|(?:at|in|from|to|through|until|is|was|and|we)\b)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Mention:
    """A day that is named. `year` None: not said; `told_year` False: said of a neighbour only. `after` is the place of the mention
    in whose range this is the end; `swapped` the other reading of a date in figures."""

    start: int
    end: int
    day: int
    month: int
    year: int | None = None
    told_year: bool = True
    weekday: int | None = None
    weekday_text: str = ""
    after: int | None = None
    swapped: tuple[int, int] | None = None
    other_month: int | None = None
    numeric: bool = False

    @property
    def longest_month(self) -> int:
        """How many days its month has, at most, where the year is not said."""
        return calendar.monthrange(self.year or 2024, self.month)[1]

    @property
    def exists(self) -> bool:
        return 1 <= self.day <= self.longest_month

    @property
    def on(self) -> date | None:
        return self.in_year(self.year) if self.year else None

    def in_year(self, year: int) -> date | None:
        return date(year, self.month, self.day) if 1 <= self.day <= calendar.monthrange(year, self.month)[1] else None


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """The regular expressions of one language."""

    language: str
    month: re.Pattern[str]
    days_before: re.Pattern[str]
    item: re.Pattern[str]
    range_between: re.Pattern[str]
    year_after: re.Pattern[str]
    weekday_before: re.Pattern[str]
    weekday_after: re.Pattern[str]
    another_weekday: re.Pattern[str]
    months: re.Pattern[str]
    days_after: re.Pattern[str]


@cache
def grammar(language: str) -> Grammar:
    words = words_of(language)
    arabic = words.language == "ar"
    weekday = rf"(?<![\w’'-]){'[وبلفك]{0,2}' if arabic else ''}(?P<weekday>{words.weekday})"
    any_weekday = weekday.replace("?P<weekday>", "?:")
    between = rf"[\s,،]*(?:(?:the|le|el|الموافق|في|يوم)\s+)?(?:(?:at|à|a las|الساعة)?\s*{CLOCK}[\s,،]+)?"
    day = rf"(?<![A-Za-z\d:.])(?:\d{{1,2}}(?:{words.ordinal})?|{words.first})(?!\d|[:.]\d)"
    ranged = rf"[\s,،]*(?:[{DASHES}]|(?<!\w)(?:{words.range})(?!\w))[\s,،]*(?:(?:le|the|el|يوم)\s+)?"
    listed = rf"\s*(?:[,،/&]|(?<!\w)(?:{words.list})(?!\w)|(?<!\w)و)\s*(?:(?:le|the|el)\s+)?"
    item, of = rf"(?:{any_weekday}{between})?{day}", rf"\s*(?:(?:{words.of})\s+)?"
    pair = rf"(?:\s*[/(]\s*(?P<second>{words.month})(?!\w)\)?)?" if arabic else ""
    compiled = {
        "month": rf"(?<!\w){'[وبل]?' if arabic else ''}(?P<month>{words.month})(?!\w){pair}",
        "days_before": rf"(?:{item}(?:{ranged}|{listed})){{0,6}}{item}{of}$",
        "item": rf"(?:{weekday}{between})?(?P<day>{day})",
        "range_between": ranged,
        "year_after": rf"(?:\s*[,،/]\s*|\.?\s+(?:(?:{words.of})\s+)?(?:(?:año|عام|سنة|لعام)\s+)?)(?P<year>{YEAR})(?!\d|%|[A-Za-z]|[:.]\d|\s?ه(?!\w))(?:\s?م(?!\w))?",
        "weekday_before": rf"{weekday}[\s,،]*(?:(?:the|le|el|الموافق)\s+)?$",
        "months": _months(words.month, of, ranged),
        "weekday_after": _after(words.weekday),
        "another_weekday": rf"{weekday}(?:{ranged}|{listed}|\s+)[وب]?$",
        "days_after": rf"\.?\s+(?P<first>\d{{1,2}})(?P<th>st|nd|rd|th)?(?!\d|[:.]\d)(?:\s*(?P<sep>[{DASHES}]|to|through|until|and|&)\s*(?P<last>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|[:.]\d|\s*(?:am|pm)))?",
    }  # fmt: skip
    return Grammar(language=words.language, **{name: re.compile(text, re.IGNORECASE) for name, text in compiled.items()})


def _months(month: str, of: str, ranged: str) -> str:
    """September 2027 to June 2028: no day stands before either."""
    first, last = (rf"(?<!\w)(?P<month{number}>{month})(?!\w){of}\s*(?P<year{number}>{YEAR})(?!\d)" for number in (1, 2))
    return rf"(?<!\d )(?<!\d de ){first}{ranged}{last}"


def _after(weekday: str) -> str:
    """A weekday in brackets, or behind a comma and before the end of the clause."""
    return rf"\s*(?:\(\s*(?P<inside>{weekday})\s*(?:[),;،]|\d{{1,2}}[:h])|[,،]\s*(?P<outside>{weekday})\s*(?=$|[.;:!?)،–—]))"


@dataclass(frozen=True, kw_only=True)
class MonthSpan:
    """From one month to another, each as (year, month)."""

    start: int
    end: int
    first: tuple[int, int]
    last: tuple[int, int]


def month_spans(text: str, language: str) -> Iterator[MonthSpan]:
    for match in grammar(language).months.finditer(text):
        first, last = ((int(match[f"year{number}"]), month_of(match[f"month{number}"], language) or 0) for number in (1, 2))
        yield MonthSpan(start=match.start(), end=match.end(), first=first, last=last)


@lru_cache(maxsize=4096)
def mentions(text: str, language: str) -> tuple[Mention, ...]:
    """Every date of this text, in order; the year of a range's end counts for its beginning."""
    rules = grammar(language)
    found = [*_in_figures(text, rules)]
    for match in rules.month.finditer(text):
        found += _around(text, match, rules)
    return _with_years(_ranges(text, sorted(_apart(found), key=lambda one: (one.start, one.end)), rules))


def _apart(found: Sequence[Mention]) -> Iterator[Mention]:
    """A stretch of text is read once."""
    taken: set[tuple[int, int]] = set()
    for one in found:
        if (one.start, one.end) not in taken:
            taken.add((one.start, one.end))
            yield one


def _around(text: str, match: re.Match[str], rules: Grammar) -> list[Mention]:
    month = month_of(match["month"], rules.language)
    if month is None:
        return []
    begin = max(0, match.start() - WINDOW)
    before = rules.days_before.search(text[begin : match.start()])
    year = rules.year_after.match(text, match.end())
    small = rules.language == "en" and match["month"].islower() and plain(match["month"]) in NOT_SMALL
    if before and not (small and not year):
        return list(_days(text, begin + before.start(), match, month, rules))
    return list(_month_first(text, match, month, rules)) if rules.language == "en" and not small else []


def _days(text: str, start: int, match: re.Match[str], month: int, rules: Grammar) -> Iterator[Mention]:
    """The days that stand before a month: one, a list, or the ends of a range."""
    items = _listed(text, list(rules.item.finditer(text, start, match.start())))
    year = rules.year_after.match(text, match.end())
    second = month_of(match["second"], rules.language) if rules.language == "ar" and match["second"] else None
    end = year.end() if year else match.end()
    for item, (weekday, name, begin) in zip(items, _weekdays_of(text, items, rules), strict=True):
        last = item is items[-1]
        one = Mention(
            start=begin, end=end if last else item.end(), day=_number(item["day"]), month=month, year=int(year["year"]) if year else None,
            told_year=last, weekday=weekday, weekday_text=name, other_month=second if second != month else None,
        )  # fmt: skip
        yield _weekday_behind(text, one, rules) if last and one.weekday is None else one


def _listed(text: str, items: list[re.Match[str]]) -> list[re.Match[str]]:
    """Without what a comma parts from the only day: "Round 1, 12 May"; a list has an "and" before its last day."""
    if len(items) < 2 or "," not in text[items[-2].end() : items[-1].start()] or items[-1]["weekday"]:
        return items
    return items[-1:]


Named = tuple[int | None, str, int]


def _weekdays_of(text: str, items: Sequence[re.Match[str]], rules: Grammar) -> list[Named]:
    """The weekday of each day and where its words begin. "Monday to Friday, 5 – 9 July" pairs two with two; where the numbers
    of names and days differ, nothing is said."""
    named: list[Named] = [(_weekday(item["weekday"], rules), item["weekday"] or "", item.start()) for item in items]
    earlier = rules.another_weekday.search(text[max(0, items[0].start() - 40) : items[0].start()])
    if earlier and named[0][0] is not None:
        days = (items[0].start("day"), *(item.start() for item in items[1:]))
        named[0] = (None, "", days[0])
        if len(items) == 2 and named[1][0] is None:
            return [(_weekday(earlier["weekday"], rules), earlier["weekday"], days[0]),
                    (_weekday(items[0]["weekday"], rules), items[0]["weekday"], days[1])]  # fmt: skip
    return named


def _month_first(text: str, match: re.Match[str], month: int, rules: Grammar) -> Iterator[Mention]:
    """May 12, 2027 and May 16 – 20, 2027; without a year only where no other word could follow."""
    days = rules.days_after.match(text, match.end())
    if not days or int(days["first"]) > 39:
        return
    year = rules.year_after.match(text, days.end())
    weekday = rules.weekday_before.search(text[max(0, match.start() - 40) : match.start()])
    sure = year or weekday or days["th"] or days["last"] or BEFORE_MONTH_FIRST.search(text[max(0, match.start() - 12) : match.start()])
    if not sure or not (year or AFTER_MONTH_FIRST.match(text, days.end()) or weekday):
        return
    if weekday and rules.another_weekday.search(text[max(0, match.start() - 40) : match.start()][: weekday.start()]):
        weekday = None
    start = match.start() - len(weekday[0]) if weekday else match.start()
    told = int(year["year"]) if year else None
    end, split = year.end() if year else days.end(), days.end("th") if days["th"] else days.end("first")
    first = Mention(
        start=start, end=split if days["last"] else end, day=int(days["first"]), month=month, year=told, told_year=not days["last"],
        weekday=_weekday(weekday["weekday"], rules) if weekday else None, weekday_text=weekday["weekday"] if weekday else "",
    )  # fmt: skip
    yield _weekday_behind(text, first, rules) if not days["last"] and first.weekday is None else first
    if days["last"]:
        yield Mention(start=days.start("last"), end=end, day=int(days["last"]), month=month, year=told)


def _in_figures(text: str, rules: Grammar) -> Iterator[Mention]:
    """2027-06-30, 30/06/2027, 30.6.2027; the day first, unless only the other order makes a date."""
    for match in NUMERIC.finditer(text):
        if match["year"]:
            year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
        else:
            year, month, day = int(match["last"]), int(match["two"]), int(match["one"])
        swapped = None
        if not match["year"] and month > 12 >= day:
            month, day = day, month
        elif not match["year"] and month <= 12 and day <= 12 and rules.language == "en":
            swapped = (month, day)
        if not 1 <= month <= 12:
            continue
        weekday = rules.weekday_before.search(text[max(0, match.start() - 40) : match.start()])
        start = match.start() - len(weekday[0]) if weekday else match.start()
        one = Mention(
            start=start, end=match.end(), day=day, month=month, year=year, swapped=swapped, numeric=True,
            weekday=_weekday(weekday["weekday"], rules) if weekday else None, weekday_text=weekday["weekday"] if weekday else "",
        )  # fmt: skip
        yield _weekday_behind(text, one, rules) if one.weekday is None else one


def _weekday_behind(text: str, one: Mention, rules: Grammar) -> Mention:
    behind = rules.weekday_after.match(text, one.end)
    if not behind:
        return one
    name = behind["inside"] or behind["outside"]
    end = behind.end("inside") if behind["inside"] else behind.end("outside")
    return replace(one, weekday=_weekday(name, rules), weekday_text=name, end=end)


def _number(word: str) -> int:
    digits = re.match(r"\d+", word)
    return int(digits[0]) if digits else 1


def _weekday(word: str | None, rules: Grammar) -> int | None:
    return weekday_of(word, rules.language) if word else None


def _ranges(text: str, found: list[Mention], rules: Grammar) -> list[Mention]:
    """Neighbours with nothing but a dash or a 'to' between them are the ends of one range."""
    for place in range(1, len(found)):
        first, second = found[place - 1], found[place]
        between = text[first.end : second.start]
        if rules.range_between.fullmatch(between) or ends_between(text, first.start, first.end, second.start, rules.language):
            found[place] = replace(found[place], after=place - 1)
    return found


def _with_years(found: list[Mention]) -> tuple[Mention, ...]:
    """28 December – 2 January 2027: the first is of the year before."""
    for place in range(len(found) - 1, 0, -1):
        end, start = found[place], found[place - 1]
        if end.after == place - 1 and end.year and start.year is None:
            crosses = start.month > end.month
            found[place - 1] = replace(start, year=end.year - crosses, told_year=False)
    return tuple(found)
