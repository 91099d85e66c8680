"""Dates and times as sections hold them: wall-clock time as people write it; the zone stands in a field of its own."""

import re
from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

DATE = re.compile(r"\d{4}-\d\d-\d\d")
DATE_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d{1,2}:\d\d(?::\d\d)?)")
CLOCK_TIME = re.compile(r"\d{1,2}:\d\d(?::\d\d)?")
ZONE = re.compile(r"(?:Z|UTC|[+-]\d\d:?\d\d)$")


def _date(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    text = _text(value)
    if DATE.fullmatch(text):
        return _parsed(date.fromisoformat, text, "a date", "2023-10-25")
    raise ValueError(f"{text!r} is not a date; write for example 2023-10-25")


def _date_time(value: Any) -> Any:
    if isinstance(value, datetime):
        return _local(value)
    text = _text(value)
    if match := DATE_TIME.fullmatch(text):
        return _parsed(datetime.fromisoformat, f"{match[1]}T{match[2].zfill(_width(match[2]))}", "a date and time", "2023-10-25T15:00")
    if ZONE.search(text) and DATE_TIME.match(text):
        raise ValueError(f"{text!r} names a zone; write the local time, the zone has the field timezone")
    raise ValueError(f"{text!r} is not a date and time; write for example 2023-10-25T15:00")


def _clock_time(value: Any) -> Any:
    if isinstance(value, time):
        return value
    text = _text(value)
    if CLOCK_TIME.fullmatch(text):
        return _parsed(time.fromisoformat, text.zfill(_width(text)), "a time of day", "15:05")
    raise ValueError(f"{text!r} is not a time of day; write for example 15:05")


def _width(clock: str) -> int:
    return len("15:05:00") if clock.count(":") == 2 else len("15:05")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be one value, not a list or a mapping")  # noqa: TRY004 - pydantic turns ValueError into its own
    return value.strip()


def _parsed(parse: Any, text: str, what: str, example: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        raise ValueError(f"{text!r} is not {what}; write for example {example}") from None


def _local(value: datetime) -> datetime:
    if value.tzinfo is not None:
        raise ValueError("is written as local time; the time zone has a field of its own")
    return value


def _date_or_date_time(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and DATE.fullmatch(value.strip())):
        return _local(value) if isinstance(value, datetime) else _date(value)
    return _date_time(value)


def _year_month(value: Any) -> Any:
    text = _text(value)
    if re.fullmatch(r"\d{4}-(?:0[1-9]|1[0-2])", text):
        return text
    raise ValueError(f"{text!r} is not a month; write for example 2023-06")


def _without_idle_seconds(value: date | time) -> str:
    """15:05, not 15:05:00: the way people write it."""
    text = value.isoformat()
    return text.removesuffix(":00") if text.count(":") == 2 else text


_Written = PlainSerializer(_without_idle_seconds, return_type=str, when_used="json")
LocalDate = Annotated[date, BeforeValidator(_date)]
#: A wall-clock time; the zone stands in the section's `timezone`.
LocalDateTime = Annotated[datetime, BeforeValidator(_date_time), _Written]
#: The whole of a day, or a moment of it.
Deadline = Annotated[date | datetime, BeforeValidator(_date_or_date_time), _Written]
ClockTime = Annotated[time, BeforeValidator(_clock_time), _Written]
YearMonth = Annotated[str, BeforeValidator(_year_month)]
