"""newsroom db: the schema."""

import click

from newsroom import schema, schema_version
from newsroom.cli.noting import noted
from newsroom.cli.opening import opened_house
from newsroom.house import House


@click.group()
def group() -> None:
    """The database."""


@group.command()
def upgrade() -> None:
    """Bring the schema to this version; safe to repeat."""
    with opened_house(patience=None) as house:
        before = _version(house)
        schema.upgrade(house.database)
        _note(house, before, _version(house))
    click.echo("The database is up to date.")


def _version(house: House) -> str:
    with house.database.engine.connect() as connection:
        return schema_version.applied(connection)


def _note(house: House, before: str, after: str) -> None:
    """What was empty before has nobody's deeds in it, and stays a place that a backup may be restored into."""
    if before and before != after:
        with house.database.transaction() as session:
            noted(session, about=f"{before} → {after}")
