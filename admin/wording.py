"""How the admin says things: states, counts, times, texts of several languages. The English is kept here for the catalogue."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_time
from babel.numbers import format_decimal
from flask import Flask, request, url_for
from markupsafe import Markup

from admin.context import desk, visitor
from admin.freshness import stamp
from newsroom.local_times import spoken
from newsroom.localized import NATIVE_NAMES, best_wording, direction_of, native_name

ISSUE_STATES: Mapping[str, tuple[str, str]] = {
    "draft": ("Draft", "tone-hollow"),
    "in_review": ("In review", "tone-work"),
    "approved": ("Approved", "tone-accent"),
    "scheduled": ("Scheduled", "tone-accent"),
    "starting": ("Starting", "tone-work"),
    "sending": ("Sending", "tone-work"),
    "paused": ("Paused", "tone-bad"),
    "sent": ("Sent", "tone-good"),
    "cancelled": ("Cancelled", "tone-bad"),
    "discarded": ("Discarded", "tone-hollow"),
}
DELIVERY_STATES: Mapping[str, tuple[str, str]] = {
    "queued": ("Waiting", "tone-hollow"),
    "claimed": ("Next in line", "tone-hollow"),
    "handed_over": ("Being handed over", "tone-work"),
    "deferred": ("Will be tried again", "tone-work"),
    "accepted": ("Handed to the mail server", "tone-good"),
    "uncertain": ("Uncertain", "tone-bad"),
    "failed": ("Failed", "tone-bad"),
    "bounced": ("Came back", "tone-bad"),
    "suppressed": ("Left out", "tone-hollow"),
    "cancelled": ("Cancelled", "tone-hollow"),
}
#: Of a rehearsal, no mail server hears.
REHEARSAL_STATES = {**DELIVERY_STATES, "handed_over": ("Being kept", "tone-work"), "accepted": ("Kept in the outbox", "tone-good")}
CONSENT = {"given": ("Given", "tone-good"), "unknown": ("Not known", "tone-hollow"), "withdrawn": ("Withdrawn", "tone-bad")}
SUBSCRIPTION = {"active": ("Active", "tone-good"), "paused": ("Paused", "tone-work"), "left": ("Left", "tone-hollow")}
DELIVERABILITY = {"deliverable": ("Deliverable", "tone-good"), "undeliverable": ("Undeliverable", "tone-bad")}
DELIVERY_KINDS = {"issue": "Issue", "rehearsal": "Rehearsal", "test": "Test", "confirmation": "Confirmation", "notice": "Notice"}
ROLES = {"author": "Author", "editor": "Editor", "publisher": "Publisher", "administrator": "Administrator"}
THEMES = {"auto": "As the system", "light": "Light", "dark": "Dark"}
#: What the ledger says of a delivery, for people who do not speak of dots.
REASONS = {
    "no readable reply after the final dot": "the whole letter was handed over, and no answer came back",
    "refused by the mail server": "",
    "put off by the mail server": "",
}
KILOBYTE = 1024


def install(app: Flask) -> None:
    app.jinja_env.filters.update(
        when=when, hour=hour, words=words, native=native_name, direction=direction_of, number=number, kilobytes=kilobytes, kind=kind,
        original=original, zip_same=zip_same, spoken=spoken, commands=commands, reason=reason,
    )  # fmt: skip
    app.jinja_env.globals.update(
        asset=asset, ISSUE_STATES=ISSUE_STATES, DELIVERY_STATES=DELIVERY_STATES, REHEARSAL_STATES=REHEARSAL_STATES,
        DELIVERY_KINDS=DELIVERY_KINDS, CONSENT=CONSENT, SUBSCRIPTION=SUBSCRIPTION, DELIVERABILITY=DELIVERABILITY, ROLES=ROLES,
        THEMES=THEMES, stamp=stamp, LANGUAGES=NATIVE_NAMES,
    )  # fmt: skip
    app.context_processor(_surroundings)


def _surroundings() -> dict[str, Any]:
    asked = request.cookies.get("newsroom_theme", "auto")
    direction = "rtl" if request.args.get("dir") == "rtl" else "ltr"
    return {"person": visitor(), "theme": asked if asked in THEMES else "auto", "direction": direction, "desk": desk()}


def asset(name: str) -> str:
    return url_for("static", filename=f"dist/{desk().assets.get(name, name)}")


def when(moment: datetime | None, zone: str = "UTC") -> str | Markup:
    """A moment in this zone, with the zone named: 2 Mar 2026, 13:00 CET."""
    if moment is None:
        return ""
    local = moment.astimezone(ZoneInfo(zone))
    shown = format_datetime(local, "d MMM y, HH:mm", locale="en_GB")
    return _time(local, f"{shown} {local.tzname() if zone != 'UTC' else 'UTC'}", zone)


def hour(moment: datetime, zone: str = "UTC") -> Markup:
    local = moment.astimezone(ZoneInfo(zone))
    return _time(local, format_time(local, "HH:mm", locale="en_GB"), zone)


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
    return format_decimal(value or 0, locale="en_GB")


def reason(said: str) -> str:
    """Why a delivery is where it is; nothing where its state says it already."""
    return REASONS.get(said, said)


def commands(sentence: str) -> Markup:
    """A sentence whose `commands` are set as such."""
    parts = sentence.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(parts))


def kilobytes(size: int) -> str:
    return f"{size / KILOBYTE:.0f} KB" if size >= KILOBYTE else f"{size} bytes"


def kind(name: str) -> str:
    return name.replace("_", " ").capitalize()


def zip_same(values: list[str]) -> list[tuple[str, str]]:
    """Options of a choice whose values are their own labels."""
    return [(value, value.replace("_", " ")) for value in values]
