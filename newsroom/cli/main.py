"""The `newsroom` command: its groups of verbs, and how it tells what went wrong."""

import errno
import os
import sqlite3
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click
import psycopg
from sqlalchemy.exc import DBAPIError

from newsroom.cli.logs import speak_plainly
from newsroom.cli.unusable import NO_ROOM, unusable
from newsroom.db import said_by
from newsroom.errors import NewsroomError


class LazyGroup(click.Group):
    """A group that loads the module of a verb when the verb is asked for: a worker does not carry what an editor uses."""

    def __init__(self, *args: Any, places: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.places:
            return None
        module, _, attribute = self.places[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"newsroom.cli.{module}"), attribute)
        return command


PLACES = {
    "up": "up:up",
    "admin": "sites:admin",
    "public": "sites:public",
    "worker": "workers:worker",
    "tick": "workers:tick",
    "db": "database:group",
    "user": "users:group",
    "list": "lists:group",
    "subscribers": "people:group",
    "issue": "issues:group",
    "doctor": "health:doctor",
    "status": "health:status",
    "limits": "limits:group",
    "dkim": "dkim:group",
    "bench": "bench:group",
    "alive": "alive:alive",
    "backup": "backups:backup",
    "restore": "backups:restore",
    "adopt": "adopting:adopt",
}


@click.group(cls=LazyGroup, places=PLACES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="newsroom")
def commands() -> None:
    """Newsletters out of typed sections, in several languages, handed over exactly as promised."""


def main() -> None:
    """The console script. What Newsroom refuses is its sentence on stderr and exit status 1, never a traceback."""
    speak_plainly()
    try:
        try:
            commands()
        finally:
            sys.stdout.flush()
    except NewsroomError as error:
        _fail(str(error))
    except OSError as error:
        if error.filename is None:
            _fail_to_write(error)
        _fail(" ".join(unusable(error, Path(error.filename))).rstrip())
    except (DBAPIError, sqlite3.Error, psycopg.Error) as error:
        _fail(f"The database refused: {said_by(error)}")


def _fail_to_write(error: OSError) -> NoReturn:
    """The disk is full, or nobody reads on; any other is a fault of ours, and keeps its traceback."""
    if error.errno not in (*NO_ROOM, errno.EPIPE):
        raise error
    # What is still to be written would fail once more when Python ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno == errno.EPIPE:
        sys.exit(1)
    _fail(f"Not everything could be written: {error.strerror}. What is there is not whole: make room, and do it again.")


def _fail(sentences: str) -> NoReturn:
    print(sentences, file=sys.stderr)
    sys.exit(1)
