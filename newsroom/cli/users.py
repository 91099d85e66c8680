"""newsroom user: people of the staff."""

import click

from admin.accounts import ROLES, add_user
from newsroom.cli.opening import opened_house
from newsroom.clock import utc_now


@click.group()
def group() -> None:
    """People of the staff."""


@group.command()
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What they may do.")
@click.option("--name", default="", help="What colleagues call them.")
def add(email: str, role: str, name: str) -> None:
    """Give a person an account; prints its password, once."""
    with opened_house() as house, house.database.transaction() as session:
        user, password = add_user(session, email, role, name=name, now=utc_now())
        added = user.email
    click.echo(f"Added {added} as {role}.\nPassword (shown this once): {password}")
