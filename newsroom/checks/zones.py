"""Abbreviations of time zones that are not in force on their date: CET in July, EDT in January."""

# ruff: noqa: E501 - tables of words and patterns are read along the line

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsroom.checks.base import Block, Finding, Material, Passage, check
from newsroom.checks.clock_reading import Clock, clocks
from newsroom.checks.date_reading import Mention, mentions
from newsroom.checks.date_words import date_in_words
from newsroom.checks.sentences import sentence_at
from newsroom.checks.years import Years
from newsroom.local_times import instants_of
from newsroom.sections.base import Section
from newsroom.sections.when import Day, Sessions


@dataclass(frozen=True, kw_only=True)
class Family:
    """A zone's names in winter and in summer, each with its offset in hours, and the place whose clocks decide."""

    standard: str
    summer: str
    offsets: tuple[float, float]
    place: str


FAMILIES = (
    Family(standard="CET", summer="CEST", offsets=(1, 2), place="Europe/Paris"),
    Family(standard="WET", summer="WEST", offsets=(0, 1), place="Europe/Lisbon"),
    Family(standard="EET", summer="EEST", offsets=(2, 3), place="Europe/Athens"),
    Family(standard="GMT", summer="BST", offsets=(0, 1), place="Europe/London"),
    Family(standard="EST", summer="EDT", offsets=(-5, -4), place="America/New_York"),
    Family(standard="CST", summer="CDT", offsets=(-6, -5), place="America/Chicago"),
    Family(standard="MST", summer="MDT", offsets=(-7, -6), place="America/Denver"),
    Family(standard="PST", summer="PDT", offsets=(-8, -7), place="America/Los_Angeles"),
    Family(standard="AST", summer="ADT", offsets=(-4, -3), place="America/Halifax"),
    Family(standard="AEST", summer="AEDT", offsets=(10, 11), place="Australia/Sydney"),
    Family(standard="NZST", summer="NZDT", offsets=(12, 13), place="Pacific/Auckland"),
    Family(standard="HNE", summer="HAE", offsets=(-5, -4), place="America/New_York"),
    Family(standard="HNC", summer="HAC", offsets=(-6, -5), place="America/Chicago"),
    Family(standard="HNP", summer="HAP", offsets=(-8, -7), place="America/Los_Angeles"),
    Family(standard="HEC", summer="HAEC", offsets=(1, 2), place="Europe/Paris"),
)
BY_NAME = {name: (family, summer) for family in FAMILIES for name, summer in ((family.standard, False), (family.summer, True))}
#: Names that are words elsewhere count only beside a time.
NEED_A_TIME = frozenset({"EST", "MST", "AST", "WEST", "BST", "WET", "HAC", "HAP", "HEC", "PST", "ADT", "CST", "GMT", "EET", "HAE", "HNE"})
NAME = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(BY_NAME, key=len, reverse=True))})(?![\w+-]|\s*[+−-]\s*\d|/)")
OFFSET = re.compile(r"(?:UTC|GMT)\s*([+−–-])\s*(\d{1,2})(?::?(\d{2}))?(?!\d)")
#: Who shares the name and keeps its clocks as they are, or has dates of its own.
STILL = {
    "CET": {"Africa/Algiers", "Africa/Tunis"}, "EET": {"Africa/Tripoli", "Africa/Cairo", "Asia/Beirut", "Europe/Kaliningrad"},
    "EEST": {"Africa/Cairo", "Asia/Beirut"}, "CST": {"Asia/Shanghai", "America/Mexico_City", "America/Costa_Rica", "America/Guatemala",
    "America/El_Salvador", "America/Tegucigalpa", "America/Managua", "America/Regina", "Asia/Taipei"},
    "EST": {"America/Panama", "America/Jamaica", "America/Cancun", "America/Bogota", "America/Lima"}, "MST": {"America/Phoenix"},
    "AST": {"America/Puerto_Rico", "America/Santo_Domingo", "Asia/Riyadh", "Asia/Kuwait"}, "AEST": {"Australia/Brisbane"},
}  # fmt: skip
STILL_COUNTRIES = {
    "CET": "DZ TN", "EET": "LY EG LB", "EEST": "EG LB", "CST": "CN MX CR GT SV HN NI TW", "EST": "PA JM CO PE EC", "AST": "PR DO SA KW QA",
}  # fmt: skip
STILL_WORDS = {
    "CET": "Algeri|Algéri|Argeli|الجزائر|Alger(?!\\w)|Algiers|Tunis|Túnez|تونس",
    "EET": "Tripoli|Liby|Libia|ليبيا|Cairo|Caire|القاهرة|Egypt|Égypte|Egipto|مصر|Beirut|Beyrouth|بيروت|Leban|Liban|Líbano|لبنان|Kaliningrad",
    "EEST": "Cairo|Caire|القاهرة|Egypt|Égypte|Egipto|مصر|Beirut|Beyrouth|بيروت|Leban|Liban|Líbano|لبنان",
    "CST": "Mexic|México|Costa Rica|Guatemala|Honduras|Salvador|Managua|Shanghai|Beijing|China|Chine|Taipei",
    "EST": "Panam|Jamaica|Kingston|Cancun|Cancún|Bogot|Colombia|Lima(?!\\w)|Perú?(?!\\w)|Quito|Ecuador",
    "MST": "Phoenix|Arizona", "AEST": "Brisbane|Queensland", "AST": "Puerto Rico|Santo Domingo|Riyadh|الرياض|Kuwait|Qatar|Doha",
}  # fmt: skip
BRITISH = re.compile(
    r"London|Londres|لندن|\bUK\b|United Kingdom|Royaume-Uni|Reino Unido|Dublin|Ireland|Manchester|Edinburgh", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A block of a text, with the section it stands in and what decides the years of its dates."""

    material: Material
    years: Years
    passage: Passage
    place: int
    section: Section | None

    @property
    def block(self) -> Block:
        return self.passage.blocks[self.place]

    @property
    def language(self) -> str:
        return self.passage.language or self.material.source.original

    @property
    def zone(self) -> str | None:
        return getattr(self.section, "timezone", None)

    def starts_at(self, clock: Clock | None) -> datetime | None:
        """The session of the section that begins at this time."""
        when = getattr(self.section, "when", None)
        sessions = when.sessions if isinstance(when, Sessions) and clock else ()
        return next((one.starts_at for one in sessions if clock and _minutes(one.starts_at) == clock.minutes), None)


@dataclass(frozen=True, kw_only=True)
class Named:
    """A zone that a text names, and the time before it."""

    name: str
    start: int
    end: int
    clock: Clock | None

    @property
    def family(self) -> Family:
        return BY_NAME[self.name][0]

    @property
    def offset(self) -> float:
        return self.family.offsets[BY_NAME[self.name][1]]


@check("zone")
def zone(material: Material) -> Iterator[Finding]:
    """The name of a zone is the one in force at that moment, and fits the offset written beside it."""
    years = Years(material)
    sections = {numbered.number: numbered.section for numbered in material.source.sections}
    for passage in material.passages:
        for place in range(len(passage.blocks)) if passage.form != "link" else ():
            spot = Spot(material=material, years=years, passage=passage, place=place, section=sections.get(passage.number or 0))
            yield from _names(spot)
            yield from _offsets(spot)


def _names(spot: Spot) -> Iterator[Finding]:
    block = spot.block
    times = clocks(block.text, spot.language)
    for match in NAME.finditer(block.text):
        named = Named(name=match[0], start=match.start(), end=match.end(), clock=_clock_before(times, match.start(), block.text))
        if named.clock is None and (match[0] in NEED_A_TIME or block.text.isupper()):
            continue
        beside = _offset_beside(block.text, match.end())
        if beside is not None and beside != named.offset and not _stays(spot, named):
            quote = block.quote(match.start(), _end_of_offset(block.text, match.end()))
            yield spot.passage.finding("zone", "zone.offset", quote=quote, zone=match[0], right=f"UTC{named.offset:+g}")
        elif day := _day_of(spot, named):
            yield from _judged(spot, named, day)


def _clock_before(times: tuple[Clock, ...], start: int, text: str) -> Clock | None:
    """The time that the name stands behind."""
    before = [clock for clock in times if clock.end <= start and not text[clock.end : start].strip(" (,–-h")]
    return before[-1] if before else None


def _offset_beside(text: str, end: int) -> float | None:
    match = OFFSET.match(text[end : end + 20].lstrip(" (,/="))
    return _hours(match) if match else None


def _hours(match: re.Match[str]) -> float:
    hours = int(match[2]) + int(match[3] or 0) / 60
    return hours if match[1] == "+" else -hours


def _end_of_offset(text: str, end: int) -> int:
    match = OFFSET.search(text, end)
    return match.end() if match else end


def _day_of(spot: Spot, named: Named) -> date | None:
    """The date of the same sentence, else the nearest of this block, else of the blocks beside it, else the section's own."""
    here = mentions(spot.block.text, spot.language)
    begin, end = sentence_at(spot.block.text, named.start)
    for found in ([one for one in here if begin <= one.start < end], here):
        if found:
            before = [one for one in found if one.end <= named.start]
            return _sure(spot, before[-1] if before else found[0])
    for beside in (spot.place - 1, spot.place + 1):
        near = mentions(spot.passage.blocks[beside].text, spot.language) if 0 <= beside < len(spot.passage.blocks) else ()
        if near:
            return _sure(spot, near[-1] if beside < spot.place else near[0])
    return _typed_day(spot, named.clock)


def _sure(spot: Spot, mention: Mention) -> date | None:
    """The date where its year is known, or where clocks are the same in every year."""
    days = [day for year in spot.years.of(spot.passage, mention) if (day := mention.in_year(year))]
    return days[0] if len(days) == 1 or (days and mention.month not in (3, 4, 9, 10, 11)) else None


def _typed_day(spot: Spot, clock: Clock | None) -> date | None:
    match getattr(spot.section, "when", None):
        case Sessions(sessions=sessions):
            return (spot.starts_at(clock) or sessions[0].starts_at).date()
        case Day(day=day):
            return day
    return None


def _stays(spot: Spot, named: Named) -> bool:
    """Whether the place that is meant keeps these clocks all year."""
    name, country = named.name, getattr(spot.section, "country", None)
    if spot.zone in STILL.get(name, ()) or (country and country in STILL_COUNTRIES.get(name, "")):
        return True
    if name == "GMT" and not (BRITISH.search(spot.passage.shown) or spot.zone in ("Europe/London", "Europe/Dublin")):
        return True
    return name in STILL_WORDS and re.search(STILL_WORDS[name], spot.passage.shown) is not None


def _judged(spot: Spot, named: Named, day: date) -> Iterator[Finding]:
    if _stays(spot, named):
        return
    minutes = named.clock.minutes % (24 * 60) if named.clock and named.clock.exists else 12 * 60
    hour, place = time(minutes // 60, minutes % 60), named.family.place
    moments = instants_of(day, hour, place) or instants_of(day, time(12), place)
    offsets = {moment.astimezone(ZoneInfo(place)).utcoffset() for moment in moments}
    if timedelta(hours=named.offset) not in offsets:
        yield _out_of_season(spot, named, datetime.combine(day, hour))
    elif (starts := spot.starts_at(named.clock)) and spot.zone and _real_offset(starts, spot.zone) != timedelta(hours=named.offset):
        yield _not_typed(spot, named.clock, named.end, starts)


def _out_of_season(spot: Spot, named: Named, moment: datetime) -> Finding:
    summer = BY_NAME[named.name][1]
    right = named.family.standard if summer else named.family.summer
    begin = named.clock.start if named.clock else named.start
    meant = moment + timedelta(hours=-1 if summer else 1)
    return spot.passage.finding(
        "zone", "zone.season", ("zone.hint_time",) if named.clock else ("zone.hint",), quote=spot.block.quote(begin, named.end),
        date=date_in_words(moment.year, moment.month, moment.day, spot.language), right=right,
        offset=f"UTC{named.family.offsets[not summer]:+g}", said=f"UTC{named.offset:+g}",
        corrected=f"{spot.block.quote(begin, named.start)}{'' if spot.block.shown[begin:named.start].endswith('(') else ' '}{right}",
        meant=f"{meant:%H:%M} {right}",
    )  # fmt: skip


def _offsets(spot: Spot) -> Iterator[Finding]:
    """The session's own hour beside an offset that is not the one of the section's zone then."""
    if spot.zone is None:
        return
    times = clocks(spot.block.text, spot.language)
    for match in OFFSET.finditer(spot.block.text):
        clock = _clock_before(times, match.start(), spot.block.text)
        starts = spot.starts_at(clock)
        if starts and timedelta(hours=_hours(match)) != _real_offset(starts, spot.zone):
            yield _not_typed(spot, clock, match.end(), starts)


def _not_typed(spot: Spot, clock: Clock | None, end: int, starts: datetime) -> Finding:
    zone_name = spot.zone or "UTC"
    right = f"UTC{_real_offset(starts, zone_name).total_seconds() / 3600:+g}"
    quote = spot.block.quote(clock.start if clock else end, end)
    return spot.passage.finding("zone", "zone.typed", quote=quote, zone=zone_name.rpartition("/")[2].replace("_", " "), right=right)


def _real_offset(local: datetime, zone_name: str) -> timedelta:
    return local.replace(tzinfo=ZoneInfo(zone_name)).utcoffset() or timedelta()


def _minutes(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute
