"""newsroom list: mailing lists."""

import re

import click

from newsroom.cli.noting import noted
from newsroom.cli.opening import opened_house
from newsroom.clock import utc_now
from newsroom.mailing_lists import add_list

SENDER = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]+)>")


@click.group()
def group() -> None:
    """Mailing lists."""


@group.command()
@click.argument("slug")
@click.option("--title", required=True, help="What readers call it.")
@click.option("--from", "sender", required=True, metavar='"NAME <ADDRESS>"', help="Whom its letters come from.")
@click.option("--postal-address", required=True, help="Where the senders can be found; it stands in every letter.")
@click.option("--languages", default="en", show_default=True, help="Parted by commas, the first one is the original.")
@click.option("--timezone", default="UTC", show_default=True, help="Where its clock hangs, such as Europe/Madrid.")
def add(*, slug: str, title: str, sender: str, postal_address: str, languages: str, timezone: str) -> None:
    """Add a mailing list."""
    name, address = _name_and_address(sender)
    chosen = [word.strip() for word in languages.split(",") if word.strip()]
    facts = {"title": title, "from_name": name or title, "from_address": address, "postal_address": postal_address}
    with opened_house() as house, house.database.transaction() as session:
        mailing_list = add_list(session, slug=slug, languages=chosen, timezone=timezone, now=utc_now(), **facts)
        noted(session, list_id=mailing_list.id, about=slug)
    click.echo(f"Added the list {slug}.")


def _name_and_address(sender: str) -> tuple[str, str]:
    """The two halves of 'Name <address>', commas and quotation marks in the name and all; a bare address has no name."""
    if written := SENDER.fullmatch(sender.strip()):
        return written["name"].strip().strip('"').strip(), written["address"]
    return "", sender.strip()
