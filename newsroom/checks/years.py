"""The year of a date that does not say it: from the section's own facts, else from what else is said, else only where all agree."""

import re
from collections.abc import Iterator
from datetime import date, datetime

from newsroom.checks.base import Material, Passage
from newsroom.checks.date_reading import YEAR, Mention, mentions
from newsroom.sections.base import Section
from newsroom.sections.when import Day, Days, Month, Months, Sessions

LONE_YEAR = re.compile(rf"(?<!\d)(?:{YEAR})(?!\d)")
NEAR_DAYS = 550


def typed_days(section: Section | None) -> tuple[date, ...]:
    """The days that the section's facts name."""
    found: list[date] = []
    match getattr(section, "when", None):
        case Sessions(sessions=sessions):
            found += [at.date() for session in sessions for at in (session.starts_at, session.ends_at)]
        case Day(day=day):
            found.append(day)
        case Days(first=first, last=last):
            found += [first, last]
        case Month(month=month):
            found.append(date.fromisoformat(f"{month}-01"))
        case Months(from_month=first_month, to_month=last_month):
            found += [date.fromisoformat(f"{first_month}-01"), date.fromisoformat(f"{last_month}-01")]
    for name in ("deadline", "registration_deadline", "date"):
        moment = getattr(section, name, None)
        if moment is not None:
            found.append(moment.date() if isinstance(moment, datetime) else moment)
    return tuple(found)


class Years:
    """The years that dates of one issue may be of."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._sections = {numbered.number: numbered.section for numbered in material.source.sections}
        self._typed = {number: typed_days(section) for number, section in self._sections.items()}
        self._all_around = tuple(self._lone(None)) + tuple(int(year) for year in LONE_YEAR.findall(material.source.issue_slug))

    def of(self, passage: Passage, mention: Mention) -> tuple[int, ...]:
        """One year where it is known, several where it is not."""
        if mention.year:
            return (mention.year,)
        typed = self._typed.get(passage.number or 0, ())
        if same := [day.year for day in typed if (day.day, day.month) == (mention.day, mention.month)]:
            return (same[0],)
        if typed and (nearest := _nearest(mention, typed[0])):
            return (nearest,)
        return self._guessed(passage, mention)

    def _guessed(self, passage: Passage, mention: Mention) -> tuple[int, ...]:
        send = self._material.send_at.date()
        told = [day for one in self._said(passage) if (day := one.on) and abs((day - send).days) <= NEAR_DAYS]
        if told and (nearest := _nearest(mention, told[0])):
            return (nearest,)
        around = [send.year - 1, send.year, send.year + 1]
        possible = [(abs((day - send).days), day.year, day >= send) for year in around if (day := mention.in_year(year))]
        before = sorted(one for one in possible if not one[2])[:1]
        after = sorted(one for one in possible if one[2])[:1]
        years = [year for _, year, _ in (*after, *before)] + list(self._lone(passage.number)) + list(self._all_around)
        return tuple(dict.fromkeys(years))

    def _said(self, passage: Passage) -> Iterator[Mention]:
        for other in self._material.passages_of(passage.number):
            if other.language == passage.language:
                for block in other.blocks:
                    yield from mentions(block.text, other.language or self._material.source.original)

    def _lone(self, number: int | None) -> Iterator[int]:
        for passage in self._material.passages_of(number):
            for year in LONE_YEAR.findall(passage.text):
                yield int(year)


def _nearest(mention: Mention, to: date) -> int | None:
    """The year in which this day lies nearest to that date."""
    days = [day for year in (to.year - 1, to.year, to.year + 1) if (day := mention.in_year(year))]
    return min(days, key=lambda day: abs((day - to).days)).year if days else None
