"""Times as people plan them: an hour on the clock of a list's zone; never one that clocks skip, none that they show twice unasked."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from newsroom.errors import InvalidInput

LONGEST_AHEAD = timedelta(days=730)
#: Where people live. What else the tables know is a name of old, of a machine, or reads as its own opposite (Etc/GMT+3 is UTC-03:00).
PLACES = ("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")


@dataclass(frozen=True, kw_only=True)
class Zone:
    """A time zone as it is at one moment: Europe/Madrid, CEST, UTC+02:00."""

    name: str
    abbreviation: str
    offset: str

    def __str__(self) -> str:
        same = self.abbreviation in ("UTC", self.offset)
        return f"{self.name} ({self.offset if same else f'{self.abbreviation}, {self.offset}'})"


@cache
def zone_names() -> tuple[str, ...]:
    """Every zone that is known here, by the alphabet: asked of the files once, which are some six hundred."""
    return tuple(sorted(available_timezones()))


@cache
def _zones() -> frozenset[str]:
    return frozenset(zone_names())


def is_zone(name: str) -> bool:
    return name in _zones()


def zones_to_choose(kept: str = "") -> list[str]:
    """The zones that a form offers, and the one that is `kept` there already, whatever it is."""
    return sorted({"UTC", *filter(None, (kept,)), *(name for name in zone_names() if name.startswith(PLACES))})


def locally(moment: datetime, zone: str) -> datetime:
    """As clocks there show it."""
    return moment.astimezone(ZoneInfo(zone))


def zone_at(moment: datetime, name: str) -> Zone:
    local = locally(moment, name)
    return Zone(name=name, abbreviation=abbreviation_of(local), offset=offset_of(local))


def offset_of(local: datetime) -> str:
    """UTC+02:00"""
    minutes = round((local.utcoffset() or timedelta()).total_seconds() / 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}" if minutes else "UTC"


def abbreviation_of(local: datetime) -> str:
    """CEST; of a zone that has none, its offset."""
    name = local.tzname() or ""
    return name if name.isalpha() else offset_of(local)


def spoken(moment: datetime, zone: str) -> str:
    """Friday 24 May 2024, 10:00 (CEST)"""
    local = locally(moment, zone)
    return f"{local:%A} {local.day} {local:%B %Y}, {local:%H:%M} ({abbreviation_of(local)})"


def read_instant(text: str, zone: str, *, place: str = "") -> datetime:
    """2027-06-10T09:00 on the clock of this zone, or with an offset of its own."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput.of(f"{text!r} is not a time.", place=place, hint="Write for example 2027-06-10T09:00.") from None
    try:
        return at.astimezone(UTC) if at.tzinfo else instant_of(at.date(), at.time(), zone, place=place)
    except OverflowError:
        raise InvalidInput.of(f"{text!r} is no time of this world.", place=place, hint="Write for example 2027-06-10T09:00.") from None


def instants_of(day: date, hour: time, zone: str) -> tuple[datetime, ...]:
    """When clocks in this zone show this hour: once; twice when they go back over it, the earlier first; never when they skip it."""
    tz = ZoneInfo(zone)
    first, second = (datetime.combine(day, hour).replace(tzinfo=tz, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return (first,)
    # Skipped hours are told by the offset before the change, which puts them after it, and by the one behind it.
    return (first, second) if first < second else ()


def instant_of(day: date, hour: time, zone: str, *, fold: int | None = None, place: str = "") -> datetime:
    """The one instant. InvalidInput for an hour that is skipped, and for one shown twice unless `fold` says which: 0 or 1."""
    instants = instants_of(day, hour, zone)
    if not instants:
        raise InvalidInput.of(
            f"On that day clocks in {zone} skip {hour:%H:%M}: they go forward, and no clock shows it.",
            place=place, hint="Take an hour before or after.",
        )  # fmt: skip
    if len(instants) == 2 and fold not in (0, 1):
        first, second = (
            f"{local.isoformat(timespec='minutes')} ({abbreviation_of(local)})"
            for local in (locally(instant, zone) for instant in instants)
        )
        raise InvalidInput.of(
            f"On that day clocks in {zone} show {hour:%H:%M} twice: they go back.",
            place=place, hint=f"Say which: {first}, or the second time {second}.",
        )  # fmt: skip
    return instants[(fold or 0) % len(instants)]


def refuse_past(at: datetime, now: datetime, zone: str, *, place: str = "", instead: str = "") -> None:
    """InvalidInput for what has passed, and for years that are slips of the pen."""
    if at < now:
        raise InvalidInput.of(f"{spoken(at, zone)} has passed.", place=place, hint=instead)
    if at - now > LONGEST_AHEAD:
        raise InvalidInput.of(f"{spoken(at, zone)} is more than two years ahead.", place=place, hint="Look at the year.")
