"""How the admin shows things: states, counts, times, texts of several languages; in the language of the page."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal
from flask import Flask, request, url_for
from markupsafe import Markup

from admin.context import desk, visitor
from admin.freshness import stamp
from admin.retelling import retold
from admin.speaking import locale, page_language, t
from admin.words.catalogue import CATALOGUE, FIRST
from newsroom import local_times
from newsroom.issues import OPERATOR
from newsroom.localized import NATIVE_NAMES, best_wording, direction_of, native_name


class Named(Mapping[str, tuple[str, str]]):
    """Values with the words for them, in the language of the page, and their tones; `beside` names where else the words stand."""

    def __init__(self, area: str, tones: Mapping[str, str], beside: Mapping[str, str] | None = None) -> None:
        self.area, self.tones, self.beside = area, tones, beside or {}

    def __getitem__(self, value: str) -> tuple[str, str]:
        tone = self.tones[value]
        return str(t(f"{self.beside.get(value, self.area)}.{value}")), tone

    def __iter__(self) -> Iterator[str]:
        return iter(self.tones)

    def __len__(self) -> int:
        return len(self.tones)


class Words(Mapping[str, str]):
    """Values with the words for them, in the language of the page."""

    def __init__(self, area: str, values: Sequence[str]) -> None:
        self.area, self.values_ = area, values

    def __getitem__(self, value: str) -> str:
        if value not in self.values_:
            raise KeyError(value)
        return str(t(f"{self.area}.{value}"))

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


ISSUE_STATES = Named(
    "issue_state",
    {
        "draft": "tone-hollow", "in_review": "tone-work", "approved": "tone-accent", "scheduled": "tone-accent", "starting": "tone-work",
        "sending": "tone-work", "paused": "tone-bad", "sent": "tone-good", "cancelled": "tone-bad", "discarded": "tone-hollow",
    },
)  # fmt: skip
_DELIVERY_TONES = {
    "queued": "tone-hollow", "claimed": "tone-hollow", "handed_over": "tone-work", "deferred": "tone-work", "accepted": "tone-good",
    "uncertain": "tone-bad", "failed": "tone-bad", "bounced": "tone-bad", "suppressed": "tone-hollow", "cancelled": "tone-hollow",
}  # fmt: skip
DELIVERY_STATES = Named("delivery_state", _DELIVERY_TONES)
#: Of a rehearsal, no mail server hears.
REHEARSAL_STATES = Named("delivery_state", _DELIVERY_TONES, {"handed_over": "rehearsal_state", "accepted": "rehearsal_state"})
CONSENT = Named("consent", {"given": "tone-good", "unknown": "tone-hollow", "withdrawn": "tone-bad"})
SUBSCRIPTION = Named("subscription", {"active": "tone-good", "paused": "tone-work", "left": "tone-hollow"})
DELIVERABILITY = Named("deliverability", {"deliverable": "tone-good", "undeliverable": "tone-bad"})
DELIVERY_KINDS = Words("delivery_kind", ("issue", "rehearsal", "test", "confirmation", "notice"))
ROLES = Words("role", ("author", "editor", "publisher", "administrator"))
THEMES = Words("theme", ("auto", "light", "dark"))
#: What the ledger says of a delivery, for people who do not speak of dots.
REASONS = {
    "no readable reply after the final dot": "the whole letter was handed over, and no answer came back",
    "refused by the mail server": "",
    "put off by the mail server": "",
}
KILOBYTE = 1024
LONG_DATES = {"en": "EEEE d MMMM y", "fr": "EEEE d MMMM y", "es": "EEEE d 'de' MMMM 'de' y", "ar": "EEEE d MMMM y"}


def install(app: Flask) -> None:
    app.jinja_env.filters.update(
        when=when, hour=hour, words=words, native=native_name, direction=direction_of, number=number, kilobytes=kilobytes, kind=kind,
        original=original, zip_same=zip_same, named_natively=named_natively, long_day=long_day, local_day=local_day,
        month_name=month_name, weekday_name=weekday_name, spoken=spoken, commands=commands, reason=reason, who=who, retold=retold,
    )  # fmt: skip
    app.jinja_env.globals.update(
        asset=asset, ISSUE_STATES=ISSUE_STATES, DELIVERY_STATES=DELIVERY_STATES, REHEARSAL_STATES=REHEARSAL_STATES,
        DELIVERY_KINDS=DELIVERY_KINDS, CONSENT=CONSENT, SUBSCRIPTION=SUBSCRIPTION, DELIVERABILITY=DELIVERABILITY, ROLES=ROLES,
        THEMES=THEMES, stamp=stamp, LANGUAGES=NATIVE_NAMES,
    )  # fmt: skip
    app.context_processor(_surroundings)


def _surroundings() -> dict[str, Any]:
    asked = request.cookies.get("newsroom_theme", "auto")
    return {"person": visitor(), "theme": asked if asked in THEMES else "auto", "desk": desk()}


def asset(name: str) -> str:
    return url_for("static", filename=f"dist/{desk().assets.get(name, name)}")


def when(moment: datetime | None, zone: str = "UTC") -> str | Markup:
    """A moment in this zone, with the zone named: 2 Mar 2026, 13:00 CET."""
    if moment is None:
        return ""
    local = moment.astimezone(ZoneInfo(zone))
    shown = format_datetime(local, "d MMM y, HH:mm", locale=locale())
    return _time(local, f"{shown} {local.tzname() if zone != 'UTC' else 'UTC'}", zone)


def hour(moment: datetime, zone: str = "UTC") -> Markup:
    local = moment.astimezone(ZoneInfo(zone))
    return _time(local, format_time(local, "HH:mm", locale=locale()), zone)


def _time(local: datetime, shown: str, zone: str) -> Markup:
    return Markup('<time datetime="{}" title="{}" class="number">{}</time>').format(local.isoformat(timespec="seconds"), zone, shown)


def words(value: Any, language: str = "", fallback: str = "") -> Markup:
    """A text of one or several languages as one reader sees it, isolated, in its own direction."""
    wording = best_wording(value, (language,) if language else (), original=language or "en")
    if wording is None:
        return Markup("").join([fallback])
    if isinstance(value, str):
        return Markup('<bdi dir="auto">{}</bdi>').format(value)
    return Markup('<bdi lang="{}" dir="{}">{}</bdi>').format(wording.language, wording.direction, wording.text)


def original(value: Any, language: str = "") -> str:
    """The same as bare text, for attributes and titles."""
    wording = best_wording(value, (language,) if language else (), original=language or "en")
    return wording.text if wording else ""


def number(value: int | None) -> str:
    return format_decimal(value or 0, locale=locale())


def who(actor: str) -> str:
    """Who did it; whoever worked at the command line without a name of their own is told as such."""
    return str(t("who.operator")) if actor == OPERATOR.name else actor


def reason(said: str) -> str:
    """Why a delivery is where it is; nothing where its state says it already."""
    return retold(REASONS.get(said, said))


def commands(sentence: str) -> Markup:
    """A sentence whose `commands` are set as such."""
    parts = sentence.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(parts))


def kilobytes(size: int) -> Markup:
    return t("size.kilobytes", n=round(size / KILOBYTE)) if size >= KILOBYTE else t("size.bytes", n=size)


def kind(name: str) -> str:
    """What a kind of section is called; a word that has no words of its own is shown as it is."""
    return str(t(f"kind.{name}")) if f"kind.{name}" in CATALOGUE[FIRST] else name.replace("_", " ").capitalize()


def spoken(moment: datetime, zone: str) -> str:
    """Friday 24 May 2024, 10:00 (CEST)"""
    local = local_times.locally(moment, zone)
    return f"{long_day(local)}, {local:%H:%M} ({local_times.abbreviation_of(local)})"


def zip_same(values: Sequence[str]) -> list[tuple[str, str]]:
    """Options of a choice whose values are their own labels."""
    return [(value, value.replace("_", " ")) for value in values]


def named_natively(codes: Sequence[str]) -> list[tuple[str, str]]:
    """Options of a choice of languages."""
    return [(code, native_name(code)) for code in codes]


def local_day(moment: datetime, zone: str) -> date:
    return local_times.locally(moment, zone).date()


def long_day(day: date) -> str:
    """Friday 24 May 2024"""
    return format_date(day, LONG_DATES[page_language()], locale=locale())


def month_name(day: date) -> str:
    """May 2024"""
    return format_date(day, "LLLL y", locale=locale()).capitalize()


def weekday_name(day: date) -> str:
    return format_date(day, "EEEE", locale=locale())
