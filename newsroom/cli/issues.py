"""newsroom issue: from a file to approval. The verbs that move mail stand in sending.py, those that only look in looking.py."""

from pathlib import Path

import click
from sqlalchemy.orm import Session

from admin.who_may import who_may
from newsroom.approval import approve_issue
from newsroom.checks.gathering import findings_of
from newsroom.cli import checking, looking, repeating, scheduling, sending
from newsroom.cli.acting import acting, as_option, named
from newsroom.cli.changing import issue_id_argument
from newsroom.cli.checking import AT_THE_COMMAND_LINE, settle_warnings
from newsroom.cli.noting import noted
from newsroom.cli.opening import opened_house
from newsroom.clock import utc_now
from newsroom.drafting.exporting import export_issue
from newsroom.drafting.importing import import_issue
from newsroom.drafting.reading import decoded
from newsroom.errors import InvalidInput
from newsroom.house import House
from newsroom.issues import Actor, Issue, get_issue, submit
from newsroom.media import MediaStore
from newsroom.signoffs import Signed, Unaccepted, sign


@click.group()
def group() -> None:
    """The life of an issue."""


@group.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@as_option
def import_(file: Path, email: str | None) -> None:
    """Bring in an issue from one YAML file; prints its id. A draft of the same list and name is replaced."""
    text = _read(file)
    with opened_house() as house, house.database.transaction() as session:
        by = named(session, email)
        issue = import_issue(session, text, folder=file.parent, store=MediaStore(house.media_dir), by=by, now=utc_now())
        acting(session, email, "write", issue.list_id)
        noted(session, by=by, issue=issue)
        issue_id = issue.id
    click.echo(issue_id)


@group.command()
@issue_id_argument
@click.option("--output", type=click.Path(path_type=Path), required=True, help="The file to write; pictures go beside it.")
@as_option
def export(issue_id: int, output: Path, email: str | None) -> None:
    """Write an issue as a file that imports to the same issue."""
    with opened_house() as house, house.database.reading() as session:
        issue = get_issue(session, issue_id)
        acting(session, email, "read", issue.list_id)
        output.parent.mkdir(parents=True, exist_ok=True)
        text = export_issue(session, issue, output.parent, MediaStore(house.media_dir))
    output.write_text(text, encoding="utf-8")
    click.echo(f"Wrote {output}.")


@group.command(name="submit")
@issue_id_argument
@as_option
def submit_(issue_id: int, email: str | None) -> None:
    """Give a draft to those who approve."""
    with opened_house() as house, house.database.transaction() as session:
        issue = get_issue(session, issue_id)
        by = acting(session, email, "submit", issue.list_id)
        submit(session, issue, by=by, now=utc_now())
        noted(session, by=by, issue=issue)
    click.echo(f"Issue {issue_id} is in review.")


@group.command()
@issue_id_argument
@click.option("--accept-warnings", is_flag=True, help="Let the warnings of the checks pass; what they say is kept with the reason.")
@click.option("--reason", metavar="TEXT", help="Why they may pass.")
@as_option
def approve(*, issue_id: int, accept_warnings: bool, reason: str | None, email: str | None) -> None:
    """Approve an issue in review: compile every language and keep these very bytes.

    A person whom --as names gives every sign-off they may give, and has to accept the warnings of `issue check`; the operator, who
    is told them, gives all.
    """
    with opened_house() as house, house.database.transaction() as session:
        issue = get_issue(session, issue_id)
        by = acting(session, email, "approve", issue.list_id)
        noted(session, by=by, issue=issue)
        wanted = (reason or AT_THE_COMMAND_LINE) if accept_warnings else ""
        said = _sign(session, house, issue, by, wanted) if by.user_id is not None else _approve(session, house, issue, by, wanted)
    click.echo(said)


def _approve(session: Session, house: House, issue: Issue, by: Actor, reason: str) -> str:
    found = findings_of(
        session, issue, keys=house.keys, public_url=house.settings.public_url, now=utc_now(), inside_hosts=house.settings.inside_hosts
    )
    approve_issue(session, issue, keys=house.keys, public_url=house.settings.public_url, by=by, now=utc_now())
    settle_warnings(issue, found, by=by, reason=reason, wanted=bool(reason))
    return f"Issue {issue.id} is approved."


def _sign(session: Session, house: House, issue: Issue, by: Actor, reason: str) -> str:
    people = {user.id for user in who_may(session, "approve", issue.list_id)}
    done = sign(
        session, issue, approvers=people, keys=house.keys, public_url=house.settings.public_url, by=by, now=utc_now(), reason=reason
    )  # fmt: skip
    if isinstance(done, Unaccepted):
        settle_warnings(issue, done.findings, by=by, reason=None, wanted=False)
    if isinstance(done, Signed):
        lacking = [" ".join(filter(None, (one.required.name or one.required.key, one.required.language))) for one in done.standing
                   if not one.is_complete]  # fmt: skip
        return f"Signed. Issue {issue.id} is not approved yet; it waits for somebody else: {', '.join(lacking)}."
    return f"Issue {issue.id} is approved."


def _read(file: Path) -> str:
    try:
        return decoded(file.read_bytes())
    except OSError as error:
        raise InvalidInput.of(f"The file {file} cannot be read: {error.strerror}.") from None


for verb in (*sending.VERBS, *scheduling.VERBS, *looking.VERBS, *checking.VERBS, *repeating.VERBS):
    group.add_command(verb)
