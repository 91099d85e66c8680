"""What staff read of a sending: each fact of its situation as a sentence, what happened and what to do, in the language of the page."""

from datetime import datetime, timedelta
from typing import assert_never

from flask import Flask, url_for
from markupsafe import Markup

from admin.context import visitor
from admin.limit_words import rule_in_words
from admin.retelling import retold
from admin.speaking import t, tn
from admin.wording import hour, spoken
from newsroom.sendqueue.situation import (
    AllTried,
    Cancelled,
    ClockSilent,
    Failed,
    HeldBack,
    NoSender,
    NothingMoves,
    Pace,
    Paused,
    PutOff,
    Remark,
    ServerAway,
    SlowDomains,
    Uncertain,
)
from newsroom.sendqueue.throttle import ThrottleState

COUNTED = {
    PutOff: "situation.put_off",
    SlowDomains: "situation.slow",
    Failed: "situation.failed",
    Uncertain: "situation.uncertain",
}


def install(app: Flask) -> None:
    app.jinja_env.filters["remark"] = remark
    app.jinja_env.tests["about_servers"] = is_about_servers


def is_about_servers(sentence: str) -> bool:
    """Whether what the core says is a mail server's matter: then the way there stands beside it."""
    return "mail server" in sentence.lower()


def remark(fact: Remark, zone: str) -> Markup:
    """Hours are those of the list's zone."""
    match fact:
        case ClockSilent(since=since):
            said = t("situation.clock_silent", since=hour(since, zone))
        case NoSender():
            said = t("issue.no_sender")
        case NothingMoves(since=since):
            said = t("situation.nothing_moves", since=hour(since, zone), try_it=_way_to_servers())
        case ServerAway():
            said = _server_away(fact, zone)
        case HeldBack(by=state):
            said = _held_back(state)
        case Paused(waiting=waiting):
            key = "situation.paused_in_doubt" if fact.in_doubt else "situation.paused"
            said = tn(key, waiting, had=_had(fact.accepted, fact.audience))
        case Cancelled(spared=spared):
            said = tn("situation.cancelled", spared, had=_had(fact.accepted, fact.audience))
        case Pace(rate=rate):
            said = tn("situation.pace", rate, rest=rest_in_words(fact.remaining))
        case AllTried():
            said = _all_tried(fact, zone)
        case PutOff() | SlowDomains() | Failed() | Uncertain():
            said = tn(COUNTED[type(fact)], fact.number)
        case _:
            assert_never(fact)
    return said


def _way_to_servers() -> Markup:
    """For who may try them; else whom to ask."""
    asking = visitor()
    if asking is None or not asking.may_everywhere("manage_relays"):
        return t("situation.ask_to_try")
    return Markup('<a href="{}">{}</a>').format(url_for("relays.index"), t("situation.try_servers"))


def rest_in_words(span: timedelta) -> Markup:
    """about 12 minutes"""
    minutes = span.total_seconds() / 60
    if minutes < 1:
        return t("rest.moment")
    if minutes < 90:
        return tn("rest.minutes", round(minutes))
    hours = round(minutes / 60)
    return tn("rest.hours", hours) if hours < 48 else tn("rest.days", round(hours / 24))


def _server_away(fact: ServerAway, zone: str) -> Markup:
    server = t("situation.server_named", name=fact.name) if fact.name else t("situation.the_server")
    trouble = retold(_as_sentence(fact.trouble.words)) or _as_sentence(str(t("situation.no_answer")))
    if fact.trouble.tries == 1:
        return t("situation.tried_once", server=server, trouble=trouble)
    return tn("situation.tried", fact.trouble.tries, server=server, trouble=trouble, since=hour(fact.trouble.since, zone))


def _held_back(state: ThrottleState) -> Markup:
    if state.is_used_up:
        return tn(f"situation.quota.{state.scope}", state.rule.daily or 0, name=state.key)
    return t(f"situation.pace_of.{state.scope}", name=state.key, limit=rule_in_words(state.rule))


def _had(accepted: int, audience: int) -> Markup:
    return tn("situation.had", accepted, all=audience) if accepted else t("situation.had_none", all=audience)


def _all_tried(fact: AllTried, zone: str) -> Markup:
    whether = t("situation.everybody_tried") if fact.some_through else t("situation.nobody_took")
    return Markup("{} {}").format(whether, _waiting(fact.waiting, fact.until, zone))


def _waiting(number: int, until: datetime | None, zone: str) -> Markup:
    if until is None:
        return tn("situation.waiting", number)
    return tn("situation.waiting_until", number, until=spoken(until, zone))


def _as_sentence(words: str) -> str:
    text = " ".join(words.split())
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."
