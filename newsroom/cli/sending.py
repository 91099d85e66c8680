"""newsroom issue: the verbs that move mail, from the rehearsal to the end."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from newsroom import issues
from newsroom.cli.acting import acting, as_option
from newsroom.cli.opening import opened_house
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput, Refused
from newsroom.house import House
from newsroom.issues import Actor, Issue, get_issue
from newsroom.sendqueue.broker import ring
from newsroom.sendqueue.progress import sender_is_alive
from newsroom.sendqueue.rehearsing import rehearse
from newsroom.sendqueue.way_out import refuse_without_way_out

NO_SENDER = "No sender is running. Start `newsroom worker` and `newsroom tick`, or `newsroom up`: it goes out as soon as they run."
Change = Callable[[House, Session, Issue, Actor], str]
# No database holds a greater number.
issue_id_argument = click.argument("issue_id", metavar="ID", type=click.IntRange(max=2**63 - 1))


@click.command(name="rehearse")
@issue_id_argument
@as_option
def rehearse_(issue_id: int, email: str | None) -> None:
    """Make everybody's letter and keep it in the Outbox; nothing leaves the machine."""

    def change(house: House, session: Session, issue: Issue, by: Actor) -> str:
        people = rehearse(session, issue, keys=house.keys, public_url=house.settings.public_url, by=by, now=utc_now())
        return f"Rehearsing issue {issue.id} with {people} people; their letters appear in the Outbox."

    _change(issue_id, email, "rehearse", change, needs_sender=True)


@click.command()
@issue_id_argument
@click.option("--at", "text", required=True, metavar="TIME", help="2027-06-10T09:00 in the list's time zone, or with an offset.")
@as_option
def schedule(issue_id: int, text: str, email: str | None) -> None:
    """Send an approved issue at a time."""

    def change(house: House, session: Session, issue: Issue, by: Actor) -> str:
        at, now = parse_time(text, issue.mailing_list.timezone), utc_now()
        if at < now:
            raise Refused(f"{at:%Y-%m-%d %H:%M %Z} has passed. `newsroom issue send {issue.id}` sends it now.")
        refuse_without_way_out(session, house)
        issues.schedule(session, issue, at=at, by=by, now=now)
        return f"Issue {issue.id} is scheduled for {at:%A %Y-%m-%d %H:%M %Z}."

    _change(issue_id, email, "schedule", change, needs_sender=True)


@click.command()
@issue_id_argument
@as_option
def send(issue_id: int, email: str | None) -> None:
    """Send an approved issue now."""

    def change(house: House, session: Session, issue: Issue, by: Actor) -> str:
        refuse_without_way_out(session, house)
        now = utc_now()
        issues.schedule(session, issue, at=now, by=by, now=now)
        return f"Issue {issue.id} is due now. `newsroom issue status {issue.id}` tells how far it is."

    _change(issue_id, email, "schedule", change, needs_sender=True)


@click.command()
@issue_id_argument
@as_option
def pause(issue_id: int, email: str | None) -> None:
    """Begin no further mail; those already past the mark may still leave."""

    def change(_: House, session: Session, issue: Issue, by: Actor) -> str:
        issues.pause(session, issue, by=by, now=utc_now())
        return f"Issue {issue.id} is paused."

    _change(issue_id, email, "pause", change)


@click.command()
@issue_id_argument
@as_option
def resume(issue_id: int, email: str | None) -> None:
    """Go on where the issue was paused."""

    def change(house: House, session: Session, issue: Issue, by: Actor) -> str:
        refuse_without_way_out(session, house)
        issues.resume(session, issue, by=by, now=utc_now())
        return f"Issue {issue.id} goes on."

    _change(issue_id, email, "resume", change, needs_sender=True)


@click.command()
@issue_id_argument
@as_option
def cancel(issue_id: int, email: str | None) -> None:
    """Stop for good: nobody who has not got it will."""

    def change(_: House, session: Session, issue: Issue, by: Actor) -> str:
        spared = issues.cancel(session, issue, by=by, now=utc_now())
        return f"Issue {issue.id} is cancelled; {spared} people will not get it."

    _change(issue_id, email, "cancel", change)


def parse_time(text: str, timezone: str) -> datetime:
    """An instant: with its own offset, or as a wall clock in this zone would show it."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput.of(f"{text!r} is not a time.", place="--at", hint="Write for example 2027-06-10T09:00.") from None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(timezone))


def _change(issue_id: int, email: str | None, permission: str, change: Change, *, needs_sender: bool = False) -> None:
    """Change an issue for somebody, say what was done, and ring the sender once it is committed."""
    with opened_house() as house:
        with house.database.transaction() as session:
            by = acting(session, email, permission)
            said = change(house, session, get_issue(session, issue_id), by)
        ring(issue_id)
        click.echo(said)
        if needs_sender:
            _warn_without_sender(house)


def _warn_without_sender(house: House) -> None:
    with house.database.reading() as session:
        if not sender_is_alive(session, utc_now()):
            click.echo(NO_SENDER, err=True)


VERBS = (rehearse_, schedule, send, pause, resume, cancel)
