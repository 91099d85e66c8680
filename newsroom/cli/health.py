"""newsroom status, newsroom doctor: is it working now; is this set-up sound."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from admin.assets import load_manifest
from newsroom.cli.opening import opened_house
from newsroom.cli.unusable import unusable
from newsroom.db import said_by
from newsroom.errors import ConfigurationError
from newsroom.house import House
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.doctor import examine, summary_of
from newsroom.sendqueue.status import Finding, Status, disk_findings, take_status
from newsroom.settings import load_settings

MARKS = {"good": "ok", "warning": "!", "error": "WRONG"}
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command()
@json_option
def status(*, as_json: bool) -> None:
    """Is it working now? Exit status 0: yes; 1: something is wrong."""
    found = _situation()
    _tell(found.findings, {"works": found.works, "facts": found.facts}, as_json=as_json)
    sys.exit(0 if found.works else 1)


@click.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """Is this set-up sound? Asks machine, database, Redis and mail servers; sends nothing. Exit status 1: something is wrong."""
    findings = _examination()
    counts = summary_of(findings)
    _tell(findings, {"sound": not counts["error"], **counts}, as_json=as_json)
    sys.exit(1 if counts["error"] else 0)


def _situation() -> Status:
    try:
        with opened_house() as house:
            return _status_of(house)
    except (ConfigurationError, OSError) as error:
        return Status(findings=(_unopened(error),), facts={})


def _examination() -> list[Finding]:
    try:
        with opened_house() as house:
            return [*examine(house), *_assets()]
    except (ConfigurationError, OSError) as error:
        return [_unopened(error)]


def _unopened(error: ConfigurationError | OSError) -> Finding:
    """Also a house that cannot be entered is told as every other trouble is: monitoring reads the JSON."""
    if isinstance(error, ConfigurationError):
        return Finding(check="settings", level="error", message=str(error))
    # Whatever else was wrong with the settings was a ConfigurationError.
    message, hint = unusable(error, load_settings().data_dir)
    return Finding(check="data_folder", level="error", message=message, hint=hint)


def _assets() -> list[Finding]:
    if load_manifest():
        return []
    hint = "Install the wheel, or run `make setup` in the checkout."
    return [Finding(check="assets", level="warning", message="The admin's styles and scripts are not built: it looks bare.", hint=hint)]


def _status_of(house: House) -> Status:
    try:
        with house.database.reading() as session:
            return take_status(session, house, now=read_clock(session))
    except SQLAlchemyError as error:
        hint = "Is it running, and does NEWSROOM_DATABASE_URL name it rightly? `newsroom doctor` looks closer."
        refused = Finding(check="database", level="error", message=f"The database refuses: {said_by(error)}.", hint=hint)
        # SQLite on a full disk refuses as well.
        return Status(findings=(refused, *(finding for finding, _, _ in disk_findings(house))), facts={})


def _tell(findings: Sequence[Finding], summary: dict[str, Any], *, as_json: bool) -> None:
    """One line each, the worst first; as JSON everything there is."""
    if as_json:
        click.echo(json.dumps({**summary, "findings": [asdict(finding) for finding in findings]}, ensure_ascii=False))
        return
    for finding in sorted(findings, key=lambda finding: ("error", "warning", "good").index(finding.level)):
        click.echo(f"{MARKS[finding.level]:<6}{finding}")
