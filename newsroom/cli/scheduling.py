"""newsroom issue: the verbs that decide when an issue goes out."""

import click
from sqlalchemy.orm import Session

from newsroom.cli.acting import as_option
from newsroom.cli.changing import change_issue, issue_id_argument
from newsroom.clock import utc_now
from newsroom.house import House
from newsroom.issues import Actor, Issue
from newsroom.local_times import read_instant, spoken
from newsroom.mailing_lists import LONGEST_HOLD
from newsroom.scheduling import schedule_at, send_soon, take_back
from newsroom.sendqueue.way_out import refuse_without_way_out


@click.command()
@issue_id_argument
@click.option("--at", "text", required=True, metavar="TIME", help="2027-06-10T09:00 in the list's time zone, or with an offset.")
@as_option
def schedule(issue_id: int, text: str, email: str | None) -> None:
    """Send an approved issue at a time; one that is scheduled already is moved."""

    def change(house: House, session: Session, issue: Issue, by: Actor) -> str:
        zone, now = issue.mailing_list.timezone, utc_now()
        at = read_instant(text, zone, place="--at")
        refuse_without_way_out(session, house)
        schedule_at(session, issue, at=at, by=by, now=now, place="--at", instead=f"`newsroom issue send {issue.id}` sends it now.")
        return f"Issue {issue.id} is scheduled for {spoken(at, zone)}."

    change_issue(issue_id, email, "schedule", change, needs_sender=True)


@click.command()
@issue_id_argument
@click.option(
    "--hold", type=click.IntRange(0, LONGEST_HOLD), default=0, show_default=True, metavar="SECONDS",
    help="Wait so long before the first letter; until then `newsroom issue unschedule` takes it back.",
)  # fmt: skip
@as_option
def send(issue_id: int, hold: int, email: str | None) -> None:
    """Send an approved issue now."""

    def change(house: House, session: Session, issue: Issue, by: Actor) -> str:
        refuse_without_way_out(session, house)
        at = send_soon(session, issue, hold=hold, by=by, now=utc_now())
        if hold:
            left = f"Until then `newsroom issue unschedule {issue.id}` takes it back."
            return f"Issue {issue.id} starts in {hold} seconds, {spoken(at, issue.mailing_list.timezone)}. {left}"
        return f"Issue {issue.id} is due now. `newsroom issue status {issue.id}` tells how far it is."

    change_issue(issue_id, email, "schedule", change, needs_sender=True)


@click.command()
@issue_id_argument
@as_option
def unschedule(issue_id: int, email: str | None) -> None:
    """Take back what is scheduled or about to start: nothing is sent until somebody says so again."""

    def change(_: House, session: Session, issue: Issue, by: Actor) -> str:
        take_back(session, issue, by=by, now=utc_now())
        return f"Issue {issue.id} is not scheduled any more; nothing was sent."

    change_issue(issue_id, email, "unschedule", change)


VERBS = (schedule, send, unschedule)
