"""What stood in a section last time, for who writes it anew."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_date

from admin.speaking import locale
from newsroom.issues import IssueSection

DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d))?.*")


@dataclass(frozen=True, kw_only=True)
class LastTime:
    """`untouched`: nobody has written in it since; `cleared`: field and what it held, where it is empty still."""

    untouched: bool
    cleared: tuple[tuple[str, str], ...]


def last_time(row: IssueSection) -> LastTime | None:
    """Nothing of a section that came from nowhere, or is written anew."""
    if row.skeleton is None:
        return None
    cleared = tuple((name, told(value)) for name, value in row.skeleton["cleared"].items() if not row.content.get(name))
    return LastTime(untouched=row.is_untouched, cleared=cleared) if row.is_untouched or cleared else None


def told(value: Any) -> str:
    """27 June 2023 10:00 – 27 June 2023 11:30; words and addresses as they are."""
    return " – ".join(_scalars(value))


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _scalars(each)
    elif isinstance(value, list):
        yield ", ".join(told(each) for each in value)
    elif match := DAY.fullmatch(str(value)):
        yield " ".join(filter(None, (_day(match[1]), match[2])))
    else:
        yield str(value)


def _day(text: str) -> str:
    try:
        return format_date(date.fromisoformat(text), "long", locale=locale())
    except ValueError:
        return text
