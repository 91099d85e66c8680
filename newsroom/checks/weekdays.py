"""Days of the week that do not fit their dates."""

from collections.abc import Iterator
from datetime import date, timedelta

from newsroom.checks.base import Block, Finding, Material, Passage, check
from newsroom.checks.date_reading import Mention, mentions
from newsroom.checks.date_words import date_in_words, weekday_name
from newsroom.checks.years import Years

YEARS_AWAY = (1, -1, 2, -2)


@check("weekday")
def weekday(material: Material) -> Iterator[Finding]:
    """Where a day of the week stands with a date, the two must agree in every year that may be meant."""
    years = Years(material)
    for passage in material.passages:
        language = passage.language or material.source.original
        for block in passage.blocks if passage.form != "link" else ():
            for mention in mentions(block.text, language):
                if mention.weekday is not None and mention.exists:
                    yield from _judged(material, years, passage, block, mention)


def _judged(material: Material, years: Years, passage: Passage, block: Block, mention: Mention) -> Iterator[Finding]:
    days = [day for year in years.of(passage, mention) if (day := mention.in_year(year))]
    if mention.swapped and mention.year:
        days += _swapped(mention)
    if not days or any(day.weekday() == mention.weekday for day in days):
        return
    language = passage.language or material.source.original
    sent = material.send_at.date()
    day = next((day for day in days if day >= sent), days[0])
    corrections = _corrections(mention, day, language, sent)
    advice = (f"weekday.year_{corrections['tense']}",) if "tense" in corrections and mention.year else ()
    yield passage.finding(
        "weekday", "weekday.was" if day < sent else "weekday.is", (*advice, "weekday.hint"),
        quote=block.quote(mention.start, mention.end), date=date_in_words(day.year, day.month, day.day, language),
        weekday=str(day.weekday()), own=weekday_name(day.weekday(), language), **corrections,
    )  # fmt: skip


def _swapped(mention: Mention) -> list[date]:
    day, month = mention.swapped or (0, 0)
    try:
        return [date(mention.year or 0, month, day)]
    except ValueError:
        return []


def _corrections(mention: Mention, day: date, language: str, sent: date) -> dict[str, str]:
    """The right weekday for the date; the year it would be right in; that weekday in that week."""
    right = weekday_name(day.weekday(), language)
    right = right.capitalize() if mention.weekday_text[:1].isupper() else right
    right = right.upper() if mention.weekday_text.isupper() and language != "ar" else right
    monday = day - timedelta(days=day.weekday())
    same_week = monday + timedelta(days=mention.weekday or 0)
    facts = {
        "corrected": f"{right} {date_in_words(day.year if mention.year else None, day.month, day.day, language)}",
        "near": date_in_words(same_week.year, same_week.month, same_week.day, language),
        "own_wrong": weekday_name(mention.weekday or 0, language),
        "weekday_wrong": str(mention.weekday or 0),
    }
    for away in YEARS_AWAY:
        other = mention.in_year(day.year + away)
        if other and other.weekday() == mention.weekday:
            told = date_in_words(other.year, other.month, other.day, language)
            return {**facts, "other_year": told, "tense": "was" if other < sent else "is"}
    return facts
