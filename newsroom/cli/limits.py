"""newsroom limits: how fast letters may leave, and how many in a day."""

import json
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from newsroom.cli.acting import acting, as_option
from newsroom.cli.noting import noted
from newsroom.cli.opening import opened_house
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput, NotFound
from newsroom.house import House
from newsroom.issues import Actor, Issue, get_issue
from newsroom.mailing_lists import MailingList, get_list
from newsroom.relays import load_relays
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.throttle import SCOPES, ThrottleState, in_words, list_throttles, remove_throttle, set_throttle
from newsroom.sendqueue.throttle_view import rules_in_use

SPANS = {"second": 1, "minute": 60, "hour": 3600}
scope_argument = click.argument("scope", type=click.Choice(SCOPES))
key_argument = click.argument("key")


@click.group()
def group() -> None:
    """Sending limits: of a mail server, of readers' domains (* is each by itself), of each issue of a list, of one issue."""


@group.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
@as_option
def show(*, as_json: bool, email: str | None) -> None:
    """Every limit, what is used of it today, and when the next letter may go."""
    with opened_house() as house, house.database.reading() as session:
        acting(session, email, "manage_limits")
        shown = _shown(session)
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    for limit in shown:
        click.echo(f"{limit['scope']} {limit['name']}: at most {limit['words']}")
        for use in limit["uses"]:
            waits = f"letters wait until {use['next_at']}" if use["waits"] else "the next one may go now"
            click.echo(f"    {use['key']}: {use['used_today']} today; {waits}")
    if not shown:
        click.echo("There are no limits: letters leave as fast as the mail servers take them.")


@group.command(name="set")
@scope_argument
@key_argument
@click.option("--rate", type=click.IntRange(min=1), help="At most so many letters ...")
@click.option("--per", type=click.Choice(list(SPANS)), default="minute", show_default=True, help="... in each of these.")
@click.option("--burst", type=click.IntRange(min=1), help="How many may leave together. Default: one second's worth.")
@click.option("--daily", type=click.IntRange(min=1), help="At most so many in a day of UTC.")
@as_option
def set_(*, scope: str, key: str, rate: int | None, per: str, burst: int | None, daily: int | None, email: str | None) -> None:
    """Set a limit, or replace all of it. KEY: a mail server's name, a domain or *, a list's short name, an issue's number."""
    with opened_house() as house, house.database.transaction() as session:
        number = _key(session, house, scope, key)
        by = _acting(session, email, scope, number)
        before = _words(session, scope, number)
        set_throttle(session, scope, number, rate=rate, per=SPANS[per], burst=burst if rate else None, daily=daily, by=by, now=utc_now())
        words = _words(session, scope, number)
        noted(session, by=by, about=f"{scope} {key}: {words}")
    click.echo(f"The limit is set: at most {words}{f' (until now: {before})' if before else ''}. It holds from the next letter on.")


@group.command()
@scope_argument
@key_argument
@as_option
def remove(*, scope: str, key: str, email: str | None) -> None:
    """Take a limit away."""
    with opened_house() as house, house.database.transaction() as session:
        number = _key(session, house, scope, key, known_only=False)
        by = _acting(session, email, scope, number)
        if not remove_throttle(session, scope, number, by=by, now=utc_now()):
            raise NotFound("There is no such limit. `newsroom limits show` lists them.")
        noted(session, by=by, about=f"{scope} {key}")
    click.echo("The limit is removed.")


def _acting(session: Session, email: str | None, scope: str, key: str) -> Actor:
    """A limit of one issue is a matter of its list; every other one of the installation."""
    issue = session.get(Issue, int(key)) if scope == "issue" else None
    return acting(session, email, "limit_issue", issue.list_id) if issue else acting(session, email, "manage_limits")


def _key(session: Session, house: House, scope: str, key: str, *, known_only: bool = True) -> str:
    """As the throttles know it. A slip of the pen would be a limit that never holds anything."""
    if scope == "list":
        return str(get_list(session, key).id)
    if scope == "issue":
        if not key.isdecimal() or len(key) > 18:
            raise InvalidInput.of(f"{key!r} is not an issue's number.", place="KEY")
        return str(get_issue(session, int(key)).id) if known_only else key
    names = [relay.name for relay in load_relays(session, house.settings, house.keys)]
    if scope == "relay" and known_only and key not in names:
        raise NotFound(f"There is no mail server {key!r}. Known are {', '.join(names)}.")
    return key


def _words(session: Session, scope: str, key: str) -> str:
    """What holds: a limit that replaces another one drops what is not named anew, and that must be seen."""
    kept = key.strip().lower() if scope == "domain" else key.strip()
    return next((in_words(row.rule) for row in list_throttles(session) if (row.scope, row.key) == (scope, kept)), "")


def _shown(session: Session) -> list[dict[str, Any]]:
    slugs = {str(number): slug for number, slug in session.execute(select(MailingList.id, MailingList.slug)).all()}
    return [
        {
            "scope": row.scope, "key": row.key, "name": slugs.get(row.key, row.key) if row.scope == "list" else row.key,
            "rate": row.rule.rate, "per": row.rule.per, "burst": row.rule.burst, "daily": row.rule.daily, "words": in_words(row.rule),
            "uses": [_use(state) for state in states],
        }
        for row, states in ((rule.row, rule.states) for rule in rules_in_use(session, now=read_clock(session)))
    ]  # fmt: skip


def _use(state: ThrottleState) -> dict[str, Any]:
    next_at = state.opens_at.isoformat(timespec="seconds")
    return {"key": state.key, "used_today": state.used_today, "waits": state.room == 0, "next_at": next_at}
