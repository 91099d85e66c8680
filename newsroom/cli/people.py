"""newsroom subscribers: people onto a list, and out into a file."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import click

from newsroom.cli.acting import acting, as_option
from newsroom.cli.noting import noted
from newsroom.cli.opening import opened_house
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput
from newsroom.house import House
from newsroom.issues import OPERATOR
from newsroom.mailing_lists import get_list
from subscribers.exporting import export_rows, write_csv
from subscribers.importing import ImportReport, import_subscribers
from subscribers.storing import MODES

PROBLEMS_SHOWN = 20


@click.group()
def group() -> None:
    """People of a list."""


@group.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--list", "list_slug", required=True, metavar="SLUG", help="The list they go onto.")
@click.option("--as", "mode", type=click.Choice(MODES), default="active", show_default=True, help="What they are from now on.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--rejects", type=click.Path(path_type=Path), help="Write the rows that were not taken here, with the reasons.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def import_(*, file: Path, list_slug: str, mode: str, dry_run: bool, rejects: Path | None, as_json: bool) -> None:
    """Import people from a CSV file; run it again and nothing is doubled.

    Rows that cannot be taken are told, each with its line, and the others go in; when no row can be taken the exit status is 1.
    """
    with opened_house(patience=None) as house:
        report = _import(house, file, list_slug, mode, dry_run=dry_run, rejects=rejects)
        if not dry_run:
            with house.database.transaction() as session:
                noted(session, list_id=get_list(session, list_slug).id, about=file.name)
    click.echo(json.dumps(_report_json(report), ensure_ascii=False) if as_json else _report_words(report))
    if report.read and report.rejected_count == report.read:
        click.get_current_context().exit(1)


@group.command()
@click.option("--list", "list_slug", required=True, metavar="SLUG", help="The list to export.")
@click.option("--output", type=click.Path(path_type=Path), help="The file to write. Default: print it.")
@as_option
def export(*, list_slug: str, output: Path | None, email: str | None) -> None:
    """Write everybody on a list as CSV, with their consent and state."""
    with opened_house() as house:
        with house.database.transaction() as session:
            list_id = get_list(session, list_slug).id
            noted(session, by=acting(session, email, "import_people", list_id), list_id=list_id)
        with house.database.reading() as session, _written(output) as target:
            write_csv(export_rows(session, list_slug), target)


def _import(house: House, file: Path, list_slug: str, mode: str, *, dry_run: bool, rejects: Path | None) -> ImportReport:
    with _written(rejects) if rejects else nullcontext() as target:
        return import_subscribers(
            house, file, list_slug=list_slug, mode=mode, dry_run=dry_run, rejects=target, by=OPERATOR, now=utc_now()
        )  # fmt: skip


@contextmanager
def _written(path: Path | None) -> Iterator[TextIO]:
    """The file to write to, or standard output."""
    if path is None:
        sys.stdout.reconfigure(newline="")  # type: ignore[union-attr]
        yield sys.stdout
        return
    try:
        target = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise InvalidInput.of(f"The file {path} cannot be written: {error.strerror}.") from None
    with target:
        yield target


def _report_json(report: ImportReport) -> dict[str, object]:
    return {**asdict(report), "rejected": [asdict(problem) for problem in report.rejected]}


def _report_words(report: ImportReport) -> str:
    verb = "would be " if report.dry_run else ""
    done = f"{report.added} {verb}added, {report.updated} {verb}updated, {report.unchanged} unchanged"
    spared = f"{report.withdrawn} left alone (withdrew), {report.suppressed} left alone (suppressed)"
    lines = [f"{report.read} rows read: {done}, {spared}, {report.rejected_count} rejected."]
    if report.ignored_columns:
        lines.append(f"Columns not used: {', '.join(report.ignored_columns)}.")
    lines += [str(problem) for problem in report.rejected[:PROBLEMS_SHOWN]]
    if report.rejected_count > PROBLEMS_SHOWN:
        lines.append(f"... and {report.rejected_count - PROBLEMS_SHOWN} more; --rejects FILE writes them all.")
    return "\n".join(lines)
