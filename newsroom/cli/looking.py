"""newsroom issue: the verbs that only look: the letter as a file, how far it is, who got it."""

import csv
import json
import sys
from pathlib import Path

import click

from admin.previews import Preview, preview_of
from newsroom.cli.acting import acting, as_option
from newsroom.cli.changing import issue_id_argument
from newsroom.cli.opening import opened_house
from newsroom.clock import utc_now
from newsroom.deliveries import DELIVERY_LIFECYCLE
from newsroom.errors import InvalidInput, Refused
from newsroom.issues import get_issue
from newsroom.sendqueue.delivery_table import delivery_table
from newsroom.sendqueue.progress import status_json

STATES = tuple(sorted(DELIVERY_LIFECYCLE.states))


@click.command()
@issue_id_argument
@click.option("--language", metavar="L", help="The version to show. Default: the issue's first language.")
@click.option("--output", type=click.Path(path_type=Path), help="A file ending in .html, .txt or .eml. Default: print the text part.")
@as_option
def preview(*, issue_id: int, language: str | None, output: Path | None, email: str | None) -> None:
    """The letter as a reader without a name gets it."""
    with opened_house() as house, house.database.reading() as session:
        issue = get_issue(session, issue_id)
        acting(session, email, "read", issue.list_id)
        shown = preview_of(session, issue, language or issue.original, house=house, now=utc_now())
    if shown.fault:
        raise Refused(shown.fault)
    for number in shown.unfinished:
        click.echo(f"Section {number} is not finished and not shown.", err=True)
    if output is None:
        click.echo(_as_bytes(shown, ".txt"), nl=False)
        return
    output.write_bytes(_as_bytes(shown, output.suffix))
    click.echo(f"Wrote {output}.")


@click.command()
@issue_id_argument
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@as_option
def status(*, issue_id: int, as_json: bool, email: str | None) -> None:
    """How far an issue is."""
    with opened_house() as house, house.database.reading() as session:
        acting(session, email, "read", get_issue(session, issue_id).list_id)
        found = status_json(session, issue_id)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    counts = ", ".join(f"{number} {state.replace('_', ' ')}" for state, number in sorted(found["deliveries"].items()))
    click.echo(
        f"Issue {issue_id} is {found['state'].replace('_', ' ')}; audience {found['audience']}" + (f": {counts}." if counts else ".")
    )
    if found["notice"]:
        click.echo(found["notice"])


@click.command()
@issue_id_argument
@click.option("--state", type=click.Choice(STATES), help="Only deliveries in this state.")
@click.option("--format", "form", type=click.Choice(["csv"]), default="csv", show_default=True)
@as_option
def deliveries(*, issue_id: int, state: str | None, form: str, email: str | None) -> None:
    """Who got it, who did not, and why."""
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    rows = csv.writer(sys.stdout, lineterminator="\r\n")
    with opened_house() as house, house.database.reading() as session:
        acting(session, email, "see_people", get_issue(session, issue_id).list_id)
        rows.writerows(delivery_table(session, issue_id, state))


def _as_bytes(shown: Preview, suffix: str) -> bytes:
    if shown.parts is None or suffix == ".eml":
        return shown.data
    if suffix not in (".html", ".txt"):
        raise InvalidInput.of(f"{suffix!r} is not a kind of preview.", place="--output", hint="Name a file ending in .html, .txt or .eml.")
    return (shown.parts.html if suffix == ".html" else shown.parts.text).encode()


VERBS = (preview, status, deliveries)
