"""Dates and times as each language writes them, with the zone named; the numbers keep their order in right-to-left text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, get_timezone_location

from newsroom.rendering.bidi import isolated_text, number_text, runs_against
from newsroom.sections.when import AnyWhen, Day, Days, Month, Months, Session, Sessions

NO_BREAK = "\u00a0"
#: CLDR's own English has an American order; the letters are written in the order of the rest of the world.
LOCALES = {"en": "en_GB"}


@dataclass(frozen=True, kw_only=True)
class Patterns:
    """How a language puts a date together; m1 and m2 are month names, of_m1 the first with the language's 'of'."""

    day: str
    days_in_month: str
    days_in_year: str
    days: str
    month: str
    months_in_year: str
    months: str
    hours: str
    at: str
    zone: str


PATTERNS = {
    "en": Patterns(
        day="{weekday} {d1} {m1} {y1}",
        days_in_month="{d1}–{d2} {m1} {y1}",
        days_in_year="{d1} {m1} – {d2} {m2} {y1}",
        days="{d1} {m1} {y1} – {d2} {m2} {y2}",
        month="{m1} {y1}",
        months_in_year="{m1} – {m2} {y1}",
        months="{m1} {y1} – {m2} {y2}",
        hours="{starts}–{ends}",
        at="{day}, {hours}",
        zone="{city} time, {offset}",
    ),
    "fr": Patterns(
        day="{weekday} {d1} {m1} {y1}",
        days_in_month="du {d1} au {d2} {m1} {y1}",
        days_in_year="du {d1} {m1} au {d2} {m2} {y1}",
        days="du {d1} {m1} {y1} au {d2} {m2} {y2}",
        month="{m1} {y1}",
        months_in_year="{of_m1} à {m2} {y1}",
        months="{of_m1} {y1} à {m2} {y2}",
        hours="de {starts} à {ends}",
        at="{day}, {hours}",
        zone="heure {of_city}, {offset}",
    ),
    "es": Patterns(
        day="{weekday} {d1} de {m1} de {y1}",
        days_in_month="del {d1} al {d2} de {m1} de {y1}",
        days_in_year="del {d1} de {m1} al {d2} de {m2} de {y1}",
        days="del {d1} de {m1} de {y1} al {d2} de {m2} de {y2}",
        month="{m1} de {y1}",
        months_in_year="de {m1} a {m2} de {y1}",
        months="de {m1} de {y1} a {m2} de {y2}",
        hours="de {starts} a {ends}",
        at="{day}, {hours}",
        zone="hora de {city}, {offset}",
    ),
    "ar": Patterns(
        day="{weekday}، {d1} {m1} {y1}",
        days_in_month="من {d1} إلى {d2} {m1} {y1}",
        days_in_year="من {d1} {m1} إلى {d2} {m2} {y1}",
        days="من {d1} {m1} {y1} إلى {d2} {m2} {y2}",
        month="{m1} {y1}",
        months_in_year="من {m1} إلى {m2} {y1}",
        months="من {m1} {y1} إلى {m2} {y2}",
        hours="من {starts} إلى {ends}",
        at="{day}، {hours}",
        zone="بتوقيت {city}، {offset}",
    ),
}
#: For the languages without patterns of their own the whole day comes from CLDR and a dash does the rest.
PLAIN = Patterns(
    day="{full}",
    days_in_month="{d1}–{d2} {m1} {y1}",
    days_in_year="{d1} {m1} – {d2} {m2} {y1}",
    days="{d1} {m1} {y1} – {d2} {m2} {y2}",
    month="{month_of_year}",
    months_in_year="{m1} – {m2} {y1}",
    months="{m1} {y1} – {m2} {y2}",
    hours="{starts}–{ends}",
    at="{day}, {hours}",
    zone="{city}, {offset}",
)


@dataclass(frozen=True, kw_only=True)
class WrittenWhen:
    """One line per session or span of days; `zone` where clock times are told; `number` and `name` are the calendar leaf of a card."""

    lines: tuple[str, ...]
    zone: str = ""
    number: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class DateWriter:
    """Writes the dates of one language; `zone` is the list's, for what names none."""

    language: str
    zone: str = "UTC"
    arabic_months: str = "both"

    def when(self, when: AnyWhen, zone: str | None = None) -> WrittenWhen:
        """`when` in words; a section to be confirmed has words of its own and none here."""
        match when:
            case Sessions(sessions=sessions):
                return self._sessions(sessions, zone or self.zone)
            case Day(day=day):
                return WrittenWhen(lines=(capitalised(self.day(day)),), number=str(day.day), name=self._leaf_month(day))
            case Days(first=first, last=last):
                return WrittenWhen(
                    lines=(capitalised(self.days(first, last)),), number=_leaf_days(first, last), name=self._leaf_month(first)
                )
            case Month() | Months():
                return self._months(when)
        return WrittenWhen(lines=())

    def day(self, day: date) -> str:
        return self._write("day", day, day)

    def days(self, first: date, last: date) -> str:
        if first == last:
            return self.day(first)
        same_year = first.year == last.year
        return self._write(
            "days_in_month" if same_year and first.month == last.month else "days_in_year" if same_year else "days", first, last
        )

    def months(self, first: date, last: date) -> str:
        if (first.year, first.month) == (last.year, last.month):
            return self._write("month", first, last)
        return self._write("months_in_year" if first.year == last.year else "months", first, last)

    def moment(self, moment: date | datetime, zone: str | None = None) -> str:
        """A deadline: the day, and where it has one the time and the zone."""
        if not isinstance(moment, datetime):
            return self.day(moment)
        at = self._patterns.at.format(day=self.day(moment), hours=self.clock(moment.time()))
        return f"{at} ({self.zone_at(moment, zone or self.zone)})"

    def clock(self, at: time) -> str:
        if self.language == "fr":
            return f"{at.hour}{NO_BREAK}h" + (f"{NO_BREAK}{at.minute:02}" if at.minute else "")
        return number_text(f"{at:%H:%M}", self.language)

    def hours(self, starts: time | None, ends: time | None) -> str:
        """The times of an agenda line, short; in right-to-left text the earlier stands to the right."""
        return "\u2009–\u2009".join(self.clock(at) for at in (starts, ends) if at is not None)

    def zone_at(self, local: datetime, zone: str) -> str:
        """The zone by its city, and its distance from UTC on that day."""
        offset = number_text(_offset(local.replace(tzinfo=ZoneInfo(zone))), self.language)
        if zone in ("UTC", "Etc/UTC"):
            return number_text("UTC", self.language)
        city = city_of(zone, self.language)
        city = isolated_text(city) if runs_against(city, self.language) else city
        return self._patterns.zone.format(city=city, of_city=_french_of(city), offset=offset)

    @property
    def _patterns(self) -> Patterns:
        return PATTERNS.get(self.language, PLAIN)

    def _write(self, form: str, first: date, last: date) -> str:
        locale = LOCALES.get(self.language, self.language)
        pattern: str = getattr(self._patterns, form)
        m1, m2 = self.month_name(first.month), self.month_name(last.month)
        return pattern.format(
            weekday=weekday_name(first.weekday(), self.language),
            d1=self._day_number(first), d2=self._day_number(last), m1=m1, m2=m2, of_m1=_french_of(m1), y1=first.year, y2=last.year,
            full=format_date(first, "full", locale=locale) if "{full}" in pattern else "",
            month_of_year=format_skeleton("yMMMM", first, locale=locale) if "{month_of_year}" in pattern else "",
        )  # fmt: skip

    def _day_number(self, day: date) -> str:
        return "1er" if self.language == "fr" and day.day == 1 else str(day.day)

    def month_name(self, month: int) -> str:
        if self.language != "ar":
            return month_names(LOCALES.get(self.language, self.language))[month]
        western, levantine = month_names("ar")[month], month_names("ar_SY")[month]
        return {"both": f"{levantine}/{western}", "levantine": levantine}.get(self.arabic_months, western)

    def _sessions(self, sessions: Sequence[Session], zone: str) -> WrittenWhen:
        first, last = sessions[0].starts_at, sessions[-1].ends_at
        return WrittenWhen(
            lines=tuple(capitalised(self._session(session)) for session in sessions),
            zone=self.zone_at(first, zone),
            number=_leaf_days(first.date(), last.date()),
            name=self._leaf_month(first),
        )

    def _session(self, session: Session) -> str:
        starts, ends = session.starts_at, session.ends_at
        if starts.date() == ends.date():
            hours = self._patterns.hours.format(starts=self.clock(starts.time()), ends=self.clock(ends.time()))
            return self._patterns.at.format(day=self.day(starts.date()), hours=hours)
        return " – ".join(self._patterns.at.format(day=self.day(at.date()), hours=self.clock(at.time())) for at in (starts, ends))

    def _months(self, when: Month | Months) -> WrittenWhen:
        first, last = (when.month, when.month) if isinstance(when, Month) else (when.from_month, when.to_month)
        begin, end = date.fromisoformat(f"{first}-01"), date.fromisoformat(f"{last}-01")
        return WrittenWhen(lines=(capitalised(self.months(begin, end)),), number=self._leaf_months(begin, end), name=str(end.year))

    def _leaf_month(self, day: date) -> str:
        levantine = self.language == "ar" and self.arabic_months == "levantine"
        return month_names("ar_SY" if levantine else LOCALES.get(self.language, self.language), "abbreviated")[day.month]

    def _leaf_months(self, first: date, last: date) -> str:
        names = [self._leaf_month(first)] if first.month == last.month else [self._leaf_month(first), self._leaf_month(last)]
        return "–".join(names)


def capitalised(line: str) -> str:
    """A line that stands alone begins like a sentence."""
    return line[:1].upper() + line[1:]


def _leaf_days(first: date, last: date) -> str:
    """Both days within a month; across months the leaf shows where it begins."""
    return str(first.day) if first == last or first.month != last.month else f"{first.day}–{last.day}"


def _offset(moment: datetime) -> str:
    minutes = round((moment.utcoffset() or (moment - moment)).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes >= 0 else "−"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "") if minutes else "UTC"


def _french_of(name: str) -> str:
    if name.startswith("Le "):
        return f"du {name[3:]}"
    return f"d’{name}" if name[:1].casefold() in "aeiouâéèêîô" else f"de {name}"


@lru_cache(maxsize=512)
def city_of(zone: str, language: str) -> str:
    """The zone's city in this language."""
    return get_timezone_location(ZoneInfo(zone), locale=LOCALES.get(language, language), return_city=True).rpartition("/")[2]


@lru_cache(maxsize=64)
def month_names(locale: str, width: str = "wide") -> dict[int, str]:
    """CLDR's names of the twelve months, by number."""
    return dict(Locale.parse(locale).months["format"][width])


@lru_cache(maxsize=256)
def weekday_name(weekday: int, language: str) -> str:
    """CLDR's name of a day of the week, Monday being 0."""
    return str(Locale.parse(language).days["format"]["wide"][weekday])
