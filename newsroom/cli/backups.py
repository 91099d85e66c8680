"""newsroom backup, newsroom restore: everything in one file, and back."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from newsroom.backups.making import back_up, write_backup
from newsroom.backups.restoring import restore as put_back
from newsroom.cli.adopting import told
from newsroom.cli.noting import noted
from newsroom.cli.opening import keep_from_others, opened_house
from newsroom.clock import utc_now
from newsroom.data_folder import recall
from newsroom.db import said_by
from newsroom.errors import InvalidInput, Refused
from newsroom.house import House
from newsroom.sendqueue.adopting import survey
from newsroom.sendqueue.database_clock import read_clock
from newsroom.settings import load_settings

PIPE = Path("-")
KEYS_ELSEWHERE = "The key ring is in NEWSROOM_SECRET_KEY, not in this file: keep it with the backup, or no link in a letter works again."
NOT_NOTED = "That is done; only the audit log could not be told of it:"
IN_DOUBT = "Nothing is sent and no issue is started before `newsroom adopt`. What that would do:"


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def backup(file: Path) -> None:
    """Write database, pictures and keys into one FILE (- for a pipe), while everything goes on."""
    with opened_house(patience=None) as house:
        if file == PIPE:
            _to_pipe(house)
            _note(house, "-")
            return
        made = back_up(house, file, now=utc_now())
        _note(house, file.name)
    counts = ", ".join(f"{number} {what}" for what, number in made.counts.items())
    click.echo(f"Wrote {file}, {made.size / 1e6:.1f} MB, and read it back: {counts}.")
    if not made.has_keys:
        click.echo(KEYS_ELSEWHERE)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--evidence", type=click.Path(path_type=Path, file_okay=False, exists=True), multiple=True,
              help="The data folder that was in use before: tells who was handed a letter after the backup.")  # fmt: skip
def restore(file: Path, evidence: tuple[Path, ...]) -> None:
    """Bring a backup back into an empty database and data folder; sends nothing before `newsroom adopt`."""
    keep_from_others()
    settings = load_settings()
    with _readable(file) as source:
        restored = put_back(settings, source, now=utc_now())
    counts = ", ".join(f"{number} {what}" for what, number in restored.counts.items())
    click.echo(f"Restored, as of {restored.made_at:%Y-%m-%d %H:%M:%S} UTC: {counts}.\n\n{IN_DOUBT}")
    with opened_house() as house:
        with house.database.reading() as session:
            memory = recall(house.settings.data_dir)
            click.echo("\n".join(told(survey(session, memory, evidence, house.keys, now=read_clock(session)))))
        _note(house, f"{file.name}, {restored.made_at:%Y-%m-%d %H:%M:%S} UTC")


def _note(house: House, name: str) -> None:
    """What was done is good whatever becomes of its line: before an upgrade there may be no log, and a full disk takes none."""
    try:
        with house.database.transaction() as session:
            noted(session, about=name)
    except SQLAlchemyError as error:
        click.echo(f"{NOT_NOTED} {said_by(error)}", err=True)


def _to_pipe(house: House) -> None:
    if sys.stdout.isatty():
        raise Refused("A backup does not go to a terminal; write `newsroom backup - > FILE`, or name a file.")
    write_backup(house, sys.stdout.buffer, beside=house.settings.data_dir, now=utc_now())
    sys.stdout.buffer.flush()
    if house.settings.secret_key.get_secret_value():
        click.echo(KEYS_ELSEWHERE, err=True)


@contextmanager
def _readable(file: Path) -> Iterator[Path]:
    """The file, or what comes through the pipe as one."""
    if file != PIPE:
        if not file.is_file():
            raise InvalidInput.of(f"There is no file {file}.")
        yield file
        return
    with tempfile.NamedTemporaryFile(suffix=".backup") as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept, 1 << 20)
        kept.flush()
        try:
            yield Path(kept.name)
        except InvalidInput as error:
            raise InvalidInput.of(str(error).replace(kept.name, "What came through the pipe")) from None
