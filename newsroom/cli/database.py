"""newsroom db: the schema."""

import click

from newsroom import schema
from newsroom.cli.opening import opened_house


@click.group()
def group() -> None:
    """The database."""


@group.command()
def upgrade() -> None:
    """Bring the schema to this version; safe to repeat."""
    with opened_house(patience=None) as house:
        schema.upgrade(house.database)
    click.echo("The database is up to date.")
