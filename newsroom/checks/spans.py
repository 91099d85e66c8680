"""Dates and hours that do not exist, and spans that end before they begin."""

# ruff: noqa: E501 - tables of words and patterns are read along the line

import calendar
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsroom.checks.base import Block, Finding, Material, Passage, check
from newsroom.checks.clock_reading import Clock, clocks
from newsroom.checks.date_reading import Mention, mentions, month_spans
from newsroom.checks.date_words import date_in_words, month_name
from newsroom.checks.sentences import sentence_at
from newsroom.checks.years import Years
from newsroom.local_times import instants_of
from newsroom.rendering.source import NumberedSection
from newsroom.sections.base import Section
from newsroom.sections.when import Sessions

#: Where a date is said to have been changed, the later one may stand first.
MOVED = re.compile(
    r"\b(?:moved|brought forward|advanced|postponed|rescheduled|changed|instead|avancé|déplacé|reporté|changé|adelant|traslad|cambi|movid|aplaz|pospu)"
    r"|نقل|تاجيل|تقديم|تغيير|بدلا",
    re.IGNORECASE,
)
NOT_A_CLOCK = re.compile(
    r"(?:\b(?:score|won|win|beat|ratio|verse|Matthew|Mark|Luke|John|Psalms?|Genesis|sura|surah|version|v)\.?\s*)$", re.IGNORECASE
)
LONGEST_TURN = timedelta(days=200)
PLAUSIBLE_HALF_DAY = 9 * 60


@check("impossible_date")
def impossible_date(material: Material) -> Iterator[Finding]:
    """Every day that is named exists, every hour too, and a date has one month."""
    for passage in material.passages:
        for block in passage.blocks if passage.form != "link" else ():
            yield from _impossible_days(material, passage, block)
            yield from _impossible_hours(material, passage, block)
    for numbered in material.source.sections:
        yield from _skipped_hours(numbered, material.source.timezone)


def _impossible_days(material: Material, passage: Passage, block: Block) -> Iterator[Finding]:
    language = passage.language or material.source.original
    for mention in mentions(block.text, language):
        quote = block.quote(mention.start, mention.end)
        if mention.other_month:
            yield passage.finding("impossible_date", "impossible.two_months", quote=quote)
        elif not mention.exists and _is_meant(mention):
            yield passage.finding("impossible_date", *_too_long(mention, language), quote=quote, **_near(mention, language))


def _is_meant(mention: Mention) -> bool:
    """A number that no month has is a day only beside a year or a weekday."""
    return mention.numeric or 1 <= mention.day <= 31 or mention.year is not None or mention.weekday is not None


def _too_long(mention: Mention, language: str) -> tuple[str]:
    return ("impossible.leap",) if (mention.day, mention.month) == (29, 2) else ("impossible.day",)


def _near(mention: Mention, language: str) -> dict[str, str]:
    last = mention.longest_month if mention.year else calendar.monthrange(2023, mention.month)[1]
    year, month = mention.year, mention.month
    following = (year + 1 if year else None, 1) if month == 12 else (year, month + 1)
    leap = next((year for year in range((mention.year or 2024), (mention.year or 2024) + 9) if calendar.isleap(year)), 2028)
    return {
        "date": date_in_words(year, month, mention.day, language), "month": month_name(month, language), "days": str(last),
        "before": date_in_words(year, month, last, language), "after": date_in_words(*following, 1, language),
        "year": str(year or ""), "leap": str(leap),
    }  # fmt: skip


def _impossible_hours(material: Material, passage: Passage, block: Block) -> Iterator[Finding]:
    language = passage.language or material.source.original
    times = clocks(block.text, language)
    for clock in times:
        if clock.exists or not clock.exact or NOT_A_CLOCK.search(block.text[: clock.start]):
            continue
        if (clock.hour < 24) != (clock.minute < 60) and clock.hour < 30 and _among_dates(block, clock, times, language):
            yield passage.finding("impossible_date", "impossible.hour", quote=block.quote(clock.start, clock.end))


def _among_dates(block: Block, clock: Clock, times: Sequence[Clock], language: str) -> bool:
    """Whether the sentence speaks of days or hours at all: a score or a verse does not."""
    begin, end = sentence_at(block.text, clock.start)
    around: list[Clock | Mention] = [*times, *mentions(block.text, language)]
    others = [one for one in around if one is not clock and begin <= one.start < end]
    lead = re.search(r"(?<!\w)(?:at|from|until|till|à|de|a las|hasta las|الساعة)\s+$", block.text[: clock.start], re.IGNORECASE)
    return bool(lead) or any(not isinstance(one, Clock) or one.exists for one in others)


def _skipped_hours(numbered: NumberedSection, list_zone: str) -> Iterator[Finding]:
    """Moments of the section's own facts that no clock of its zone shows, or that it shows twice."""
    section = numbered.section
    zone = getattr(section, "timezone", None) or list_zone
    for path, moment in _moments(section):
        if len(found := instants_of(moment.date(), moment.time(), zone)) != 1:
            says = "impossible.skipped" if not found else "impossible.twice"
            if says == "impossible.skipped":
                yield _typed(numbered, "impossible_date", says, path, at=f"{moment:%H:%M}", zone=zone, date_on=moment.date().isoformat())


def _moments(section: Section) -> Iterator[tuple[tuple[str | int, ...], datetime]]:
    when = getattr(section, "when", None)
    if isinstance(when, Sessions):
        for place, session in enumerate(when.sessions):
            yield ("when", "sessions", place, "starts_at"), session.starts_at
            yield ("when", "sessions", place, "ends_at"), session.ends_at
    for name in ("deadline", "registration_deadline"):
        if isinstance(moment := getattr(section, name, None), datetime):
            yield (name,), moment


def _typed(numbered: NumberedSection, check_name: str, says: str, path: tuple[str | int, ...], **facts: str) -> Finding:
    return Finding(check=check_name, number=numbered.number, uid=numbered.uid, path=path, says=says, facts=facts)


@check("end_before_start")
def end_before_start(material: Material) -> Iterator[Finding]:
    """What is written from one moment to another begins with the earlier one."""
    years = Years(material)
    for passage in material.passages:
        for block in passage.blocks if passage.form != "link" else ():
            yield from _backward_days(material, years, passage, block)
            yield from _backward_hours(material, passage, block)
    for numbered in material.source.sections:
        yield from _backward_facts(numbered, material.source.timezone)


def _backward_days(material: Material, years: Years, passage: Passage, block: Block) -> Iterator[Finding]:
    language = passage.language or material.source.original
    found = mentions(block.text, language)
    for end in found:
        start = found[end.after] if end.after is not None else None
        if start and start.exists and end.exists and _is_backward(start, end) and not _was_moved(block, start):
            facts = {
                "quote": block.quote(start.start, end.end),
                "first": date_in_words(end.year, end.month, end.day, language),
                "last": date_in_words(end.year, start.month, start.day, language),
            }
            yield passage.finding("end_before_start", "span.dates", **facts)
    for span in month_spans(block.text, language):
        if span.first > span.last:
            first, last = (f"{month_name(month, language)} {year}" for year, month in (span.last, span.first))
            yield passage.finding("end_before_start", "span.dates", quote=block.quote(span.start, span.end), first=first, last=last)


def _was_moved(block: Block, start: Mention) -> bool:
    begin, end = sentence_at(block.text, start.start)
    return MOVED.search(block.text[begin:end]) is not None


def _is_backward(start: Mention, end: Mention) -> bool:
    if start.year and end.year and start.told_year and end.told_year:
        return bool(start.on and end.on and start.on > end.on)
    if start.month == end.month:
        return start.day > end.day
    if start.month < end.month:
        return False
    year = end.year or 2027
    first, last = start.in_year(year - 1), end.in_year(year)
    return bool(first and last and last - first > LONGEST_TURN)


def _backward_hours(material: Material, passage: Passage, block: Block) -> Iterator[Finding]:
    found = clocks(block.text, passage.language or material.source.original)
    for end in found:
        start = found[end.after] if end.after is not None else None
        if start and start.exists and end.exists and _hours_backward(start, end):
            quote = block.quote(start.start, end.end)
            turned = f"{block.quote(end.start, end.end)} – {block.quote(start.start, start.end)}"
            yield passage.finding("end_before_start", "span.hours", quote=quote, turned=turned)


def _hours_backward(start: Clock, end: Clock) -> bool:
    """Not a night, and not a morning that runs into the afternoon on a clock of twelve hours."""
    if start.minutes < end.minutes or (start.bare and start.minute == 0 and not end.half and start.hour > 23):
        return False
    if start.minutes >= 18 * 60 and end.minutes % (24 * 60) <= 6 * 60:
        return False
    twelve = not start.half and not end.half and start.hour <= 12 and end.hour <= 12 and not start.padded and not end.padded
    return not (twelve and end.minutes + 12 * 60 - start.minutes <= PLAUSIBLE_HALF_DAY)


def _backward_facts(numbered: NumberedSection, list_zone: str) -> Iterator[Finding]:
    section, when = numbered.section, getattr(numbered.section, "when", None)
    sessions = when.sessions if isinstance(when, Sessions) else ()
    for place in range(1, len(sessions)):
        before, this = sessions[place - 1], sessions[place]
        if this.starts_at < before.ends_at:
            yield _typed(
                numbered, "end_before_start", "span.sessions", ("when", "sessions", place, "starts_at"), ordinal=str(place + 1),
                date_this=this.starts_at.date().isoformat(), at=f"{this.starts_at:%H:%M}",
                date_before=before.ends_at.date().isoformat(), until=f"{before.ends_at:%H:%M}",
            )  # fmt: skip
    yield from _agenda(numbered, sessions[0].starts_at.time() if len(sessions) == 1 else None,
                       sessions[0].ends_at if len(sessions) == 1 else None)  # fmt: skip
    yield from _late_registration(numbered, section, list_zone)


def _agenda(numbered: NumberedSection, starts: time | None, ends: datetime | None) -> Iterator[Finding]:
    """Lines in order, and inside the only session."""
    before: time | None = None
    overnight = ends is not None and starts is not None and ends.time() <= starts
    for place, line in enumerate(getattr(numbered.section, "agenda", ())):
        path = ("agenda", place, "starts")
        if line.starts and before and line.starts < before and not overnight:
            yield _typed(numbered, "end_before_start", "span.agenda_order", path, at=f"{line.starts:%H:%M}", before=f"{before:%H:%M}")
        elif line.starts and starts and line.starts < starts and not overnight:
            yield _typed(numbered, "end_before_start", "span.agenda_early", path, at=f"{line.starts:%H:%M}", starts=f"{starts:%H:%M}")
        elif line.ends and ends and line.ends > ends.time() and not overnight:
            yield _typed(numbered, "end_before_start", "span.agenda_late", ("agenda", place, "ends"), at=f"{line.ends:%H:%M}",
                         ends=f"{ends:%H:%M}")  # fmt: skip
        before = line.starts or before


def _late_registration(numbered: NumberedSection, section: Section, list_zone: str) -> Iterator[Finding]:
    """Registration that closes after everything is over."""
    deadline, last = getattr(section, "registration_deadline", None), last_moment(section)
    if deadline is None or last is None:
        return
    closes = deadline if isinstance(deadline, datetime) else datetime.combine(deadline, time(0))
    if closes.replace(tzinfo=ZoneInfo(list_zone)) > last.replace(tzinfo=ZoneInfo(list_zone)):
        yield _typed(numbered, "end_before_start", "span.registration", ("registration_deadline",),
                     date_closes=closes.date().isoformat(), date_ends=last.date().isoformat())  # fmt: skip


def last_moment(section: Section) -> datetime | None:
    """When what the section tells of is over, on the clock of its own zone; None where that is not said."""
    when = getattr(section, "when", None)
    if isinstance(when, Sessions):
        return max(session.ends_at for session in when.sessions)
    day = last_day(section)
    return datetime.combine(day, time(23, 59, 59)) if day else None


def last_day(section: Section) -> date | None:
    when = getattr(section, "when", None)
    if isinstance(when, Sessions):
        return max(session.ends_at for session in when.sessions).date()
    for name in ("last", "day"):
        if isinstance(day := getattr(when, name, None), date):
            return day
    month = getattr(when, "to_month", None) or getattr(when, "month", None)
    if not month:
        return None
    year, number = (int(part) for part in month.split("-"))
    return date(year, number, calendar.monthrange(year, number)[1])
