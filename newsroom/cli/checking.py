"""newsroom issue check: what the checks find in an issue, for people and for scripts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import click

from newsroom.checks.accepting import accept, errors, open_warnings
from newsroom.checks.base import Finding, Material
from newsroom.checks.gathering import gather
from newsroom.checks.links import to_ask
from newsroom.checks.registry import run_checks
from newsroom.checks.saying import as_json, hint, message
from newsroom.checks.translations import field_name
from newsroom.cli.acting import acting, as_option
from newsroom.cli.changing import issue_id_argument
from newsroom.cli.opening import opened_house
from newsroom.clock import utc_now
from newsroom.errors import Refused
from newsroom.house import House
from newsroom.issues import Actor, Issue, get_issue
from newsroom.link_asking import ask_all
from newsroom.link_states import keep_round, trouble_of
from newsroom.local_times import read_instant

AT_THE_COMMAND_LINE = "approved at the command line"


@click.command()
@issue_id_argument
@click.option("--json", "json_wanted", is_flag=True, help="Print a JSON list, one object per finding.")
@click.option("--send-at", metavar="T", help="Judge dates as if it left then. Default: when it is scheduled, else now.")
@click.option("--no-links", is_flag=True, help="Do not try whether links can be opened.")
@as_option
def check(*, issue_id: int, json_wanted: bool, send_at: str | None, no_links: bool, email: str | None) -> None:
    """What to look at before this issue leaves. The exit code is 1 when something stops it, 0 when nothing does."""
    with opened_house() as house:
        with house.database.reading() as session:
            issue = get_issue(session, issue_id)
            acting(session, email, "read", issue.list_id)
            material = gather(
                session, issue, keys=house.keys, public_url=house.settings.public_url, now=utc_now(),
                send_at=_instant(send_at, issue.mailing_list.timezone), inside_hosts=house.settings.inside_hosts, links={},
            )  # fmt: skip
        found = run_checks(material if no_links else replace(material, links=_asked(house, issue_id, material)))
    click.echo(json.dumps([as_json(one) for one in found], ensure_ascii=False, indent=1) if json_wanted else told(found))
    if any(one.severity == "error" for one in found):
        raise click.exceptions.Exit(1)


def _asked(house: House, issue_id: int, material: Material) -> Mapping[str, tuple[str, str]]:
    """What readers cannot open; where this machine cannot ask at all a remark, and what was known before.

    Other servers take their time: nothing of the database is held while they do.
    """
    asked = ask_all(to_ask(material), inside_hosts=material.inside_hosts)
    if asked.is_offline:
        click.echo("Links were not tried: no server can be reached from here.", err=True)
    with house.database.transaction() as session:
        now = utc_now()
        keep_round(session, issue_id, asked.answers, is_offline=asked.is_offline, now=now)
        return trouble_of(session, issue_id, now=now)


def _instant(text: str | None, zone: str) -> datetime | None:
    return read_instant(text, zone, place="--send-at") if text else None


def told(found: Sequence[Finding]) -> str:
    """A line per finding, and the number of them."""
    stops = sum(one.severity == "error" for one in found)
    lines = [line_of(one) for one in found]
    if not found:
        return "Nothing found."
    return "\n".join([*lines, f"{len(found)} to look at; " + (f"{stops} stop the issue." if stops else "nothing stops the issue.")])


def settle_warnings(issue: Issue, found: Sequence[Finding], *, by: Actor, reason: str | None, wanted: bool) -> None:
    """Open warnings are let pass where that is wanted, and by the operator, who reads them; anybody else is refused."""
    if stops := errors(found):
        raise Refused("\n".join(["Something stops this issue:", *(line_of(one) for one in stops)]))
    if not (left := open_warnings(issue, found)):
        return
    listed = [line_of(one) for one in left]
    if not wanted and by.user_id is not None:
        raise Refused(
            "\n".join(["Nobody has accepted these warnings yet:", *listed, "Correct them, or add --accept-warnings --reason TEXT."])
        )
    accept(issue, left, reason=reason or AT_THE_COMMAND_LINE, by=by, now=utc_now())
    if not wanted:
        click.echo("\n".join(["Approved with these warnings:", *listed]), err=True)


def line_of(finding: Finding) -> str:
    return f"{place_of(finding)}: {message(finding)} {hint(finding)}"


def place_of(finding: Finding) -> str:
    """error: Section 3, text, ar (differs)"""
    place = [f"Section {finding.number}" if finding.number else "The issue", field_name(finding.path), finding.language or ""]
    return f"{finding.severity}: {', '.join(filter(None, place))} ({finding.check})"


VERBS = (check,)
