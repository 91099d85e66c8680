"""newsroom status, newsroom doctor: is it working now; is this set-up sound."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from newsroom.cli.opening import opened_house
from newsroom.db import said_by
from newsroom.house import House
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.status import Finding, Status, take_status

MARKS = {"good": "ok", "warning": "!", "error": "WRONG"}
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command()
@json_option
def status(*, as_json: bool) -> None:
    """Is it working now? Exit status 0: yes; 1: something is wrong."""
    with opened_house() as house:
        found = _status_of(house)
    _tell(found.findings, {"works": found.works, "facts": found.facts}, as_json=as_json)
    sys.exit(0 if found.works else 1)


def _status_of(house: House) -> Status:
    try:
        with house.database.reading() as session:
            return take_status(session, house, now=read_clock(session))
    except SQLAlchemyError as error:
        hint = "Is it running, and does NEWSROOM_DATABASE_URL name it rightly? `newsroom doctor` looks closer."
        return Status(
            findings=(Finding(check="database", level="error", message=f"The database refuses: {said_by(error)}.", hint=hint),), facts={}
        )


def _tell(findings: Sequence[Finding], summary: dict[str, Any], *, as_json: bool) -> None:
    """One line each, the worst first; as JSON everything there is."""
    if as_json:
        click.echo(json.dumps({**summary, "findings": [asdict(finding) for finding in findings]}, ensure_ascii=False))
        return
    for finding in sorted(findings, key=lambda finding: ("error", "warning", "good").index(finding.level)):
        click.echo(f"{MARKS[finding.level]:<6}{finding}")
