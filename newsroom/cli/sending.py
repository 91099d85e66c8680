"""newsroom issue: the verbs that move mail, from the rehearsal to the end."""

import click
from sqlalchemy.orm import Session

from newsroom import issues
from newsroom.cli.acting import as_option
from newsroom.cli.changing import change_issue, issue_id_argument
from newsroom.clock import utc_now
from newsroom.house import House
from newsroom.issues import Actor, Issue
from newsroom.sendqueue.rehearsing import rehearse
from newsroom.sendqueue.way_out import refuse_without_way_out


@click.command(name="rehearse")
@issue_id_argument
@as_option
def rehearse_(issue_id: int, email: str | None) -> None:
    """Make everybody's letter and keep it in the Outbox; nothing leaves the machine."""

    def change(house: House, session: Session, issue: Issue, by: Actor) -> str:
        people = rehearse(session, issue, keys=house.keys, public_url=house.settings.public_url, by=by, now=utc_now())
        return f"Rehearsing issue {issue.id} with {people} people; their letters appear in the Outbox."

    change_issue(issue_id, email, "rehearse", change, needs_sender=True)


@click.command()
@issue_id_argument
@click.option("--reason", default="", metavar="TEXT", help="Shown to colleagues until the issue goes on.")
@as_option
def pause(issue_id: int, reason: str, email: str | None) -> None:
    """Begin no further mail; those already past the mark may still leave."""

    def change(_: House, session: Session, issue: Issue, by: Actor) -> str:
        issues.pause(session, issue, by=by, now=utc_now(), reason=reason.strip())
        return f"Issue {issue.id} is paused."

    change_issue(issue_id, email, "pause", change)


@click.command()
@issue_id_argument
@as_option
def resume(issue_id: int, email: str | None) -> None:
    """Go on where the issue was paused."""

    def change(house: House, session: Session, issue: Issue, by: Actor) -> str:
        # The state first: of an issue that cannot be resumed at all nobody looks for a way out.
        issues.resume(session, issue, by=by, now=utc_now())
        refuse_without_way_out(session, house)
        return f"Issue {issue.id} goes on."

    change_issue(issue_id, email, "resume", change, needs_sender=True)


@click.command()
@issue_id_argument
@as_option
def cancel(issue_id: int, email: str | None) -> None:
    """Stop for good: nobody who has not got it will."""

    def change(_: House, session: Session, issue: Issue, by: Actor) -> str:
        spared = issues.cancel(session, issue, by=by, now=utc_now())
        return f"Issue {issue.id} is cancelled; {spared} people will not get it."

    change_issue(issue_id, email, "cancel", change)


VERBS = (rehearse_, pause, resume, cancel)
