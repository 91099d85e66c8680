"""The form of a sending limit: from a rule to fields, and back."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from admin.forms import text
from admin.speaking import tp
from newsroom.errors import InvalidInput, Problem
from newsroom.issues import Actor
from newsroom.sendqueue.buckets import Rule
from newsroom.sendqueue.throttle import set_throttle

#: Seconds.
SPANS = ("1", "60", "3600")
FIELDS = ("what", "domain", "rate", "per", "burst", "daily")
ONE_DOMAIN = "domain:"
LONGEST_NUMBER = 12
#: Where the rule's own names are called otherwise in the form.
PLACES = {"key": "domain"}


def spans() -> dict[str, str]:
    """A second, a minute, an hour, with their words."""
    return {span: tp(f"limits.span.{span}") for span in SPANS}


def shown(scope: str, key: str, rule: Rule) -> dict[str, Any]:
    """The rule as the values of its form."""
    is_one = scope == "domain" and key != "*"
    return {
        "what": ONE_DOMAIN if is_one else f"{scope}:{key}",
        "domain": key if is_one else "",
        "rate": "" if rule.rate is None else f"{rule.rate:g}",
        "per": str(rule.per),
        "burst": "" if rule.rate is None else rule.burst,
        "daily": "" if rule.daily is None else rule.daily,
    }


def target_of(given: MultiDict[str, str]) -> tuple[str, str]:
    """Scope and key."""
    scope, _, key = text(given, "what").partition(":")
    if not scope:
        raise InvalidInput.of(tp("limits.choose_what"), place="what")
    return (scope, key) if scope != "domain" or key else (scope, text(given, "domain"))


def apply(session: Session, scope: str, key: str, given: MultiDict[str, str], *, by: Actor, now: datetime) -> None:
    """Set the rule as the form says; InvalidInput beside the form's own fields."""
    numbers = {name: text(given, name).replace(" ", "") for name in ("rate", "burst", "daily")}
    problems = [
        Problem(place=name, message=tp("limits.whole_number"))
        for name, value in numbers.items()
        if value and not (value.isdecimal() and len(value) <= LONGEST_NUMBER)
    ]
    if text(given, "per") not in SPANS:
        problems.append(Problem(place="per", message=tp("limits.choose_span")))
    if problems:
        raise InvalidInput(problems)
    rate, burst, daily = (int(value) if value else None for value in numbers.values())
    try:
        set_throttle(
            session, scope, key, rate=rate, per=int(text(given, "per")), burst=burst if rate else None, daily=daily, by=by, now=now
        )
    except InvalidInput as error:
        moved = [Problem(place=PLACES.get(one.place, one.place), message=one.message, hint=one.hint) for one in error.problems]
        raise InvalidInput(moved) from None
