"""The `newsroom` command: its groups of verbs, and how it tells what went wrong."""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from newsroom.cli.logs import speak_plainly
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
        commands()
    except NewsroomError as error:
        _fail(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        _fail(f"{error.filename} cannot be used: {error.strerror}.")
    except DBAPIError as error:
        _fail(f"The database refused: {said_by(error)}")


def _fail(sentences: str) -> None:
    print(sentences, file=sys.stderr)
    sys.exit(1)
