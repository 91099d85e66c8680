"""How a verb changes an issue: one transaction for somebody, then the words, the bell, and a warning where nobody sends."""

from collections.abc import Callable

import click
from sqlalchemy.orm import Session

from newsroom.cli.acting import acting
from newsroom.cli.noting import noted
from newsroom.cli.opening import opened_house
from newsroom.clock import utc_now
from newsroom.data_folder import recall
from newsroom.house import House
from newsroom.installation import look
from newsroom.issues import Actor, Issue, get_issue
from newsroom.sendqueue.broker import ring
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.progress import sender_is_alive

NO_SENDER = "No sender is running. Start `newsroom worker` and `newsroom tick`, or `newsroom up`: it goes out as soon as they run."
Change = Callable[[House, Session, Issue, Actor], str]
# No database holds a greater number.
issue_id_argument = click.argument("issue_id", metavar="ID", type=click.IntRange(max=2**63 - 1))


def change_issue(issue_id: int, email: str | None, permission: str, change: Change, *, needs_sender: bool = False) -> None:
    """Change an issue for somebody, say what was done, and ring the sender once it is committed."""
    with opened_house() as house:
        with house.database.transaction() as session:
            issue = get_issue(session, issue_id)
            by = acting(session, email, permission, issue.list_id)
            said = change(house, session, issue, by)
            noted(session, by=by, issue=issue)
        ring(issue_id)
        click.echo(said)
        if needs_sender:
            _warn_without_sender(house)


def _warn_without_sender(house: House) -> None:
    with house.database.reading() as session:
        doubt = look(session, recall(house.settings.data_dir), house.keys, now=read_clock(session)).doubt
        if doubt is not None:
            click.echo(str(doubt), err=True)
        elif not sender_is_alive(session, utc_now()):
            click.echo(NO_SENDER, err=True)
