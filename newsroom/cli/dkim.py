"""newsroom dkim: the keys that sign what a domain sends."""

import click

from newsroom import dkim_keys
from newsroom.cli.noting import noted
from newsroom.cli.opening import opened_house
from newsroom.clock import utc_now
from newsroom.dkim_keys import DkimKey


@click.group()
def group() -> None:
    """Sign letters: DKIM keys of sender domains."""


@group.command()
@click.argument("domain")
@click.option("--selector", default="", help="The key's name in the DNS. Default: newsroom1, newsroom2 ...")
def add(domain: str, selector: str) -> None:
    """Make a key for DOMAIN, the part of the From address after the @, and print its DNS record. It signs once it is activated."""
    with opened_house() as house, house.database.transaction() as session:
        key = dkim_keys.add_key(session, house.keys, domain, selector=selector, now=utc_now())
        noted(session, about=f"{key.domain} {key.selector}")
    click.echo(f"Made the key {key.selector!r} of {key.domain}. Publish this TXT record:\n")
    _tell_record(key)
    click.echo(f"Then: newsroom dkim activate {key.domain} --selector {key.selector}")


@group.command()
@click.argument("domain", default="")
def show(domain: str) -> None:
    """The keys of DOMAIN, or of every domain, with their DNS records."""
    with opened_house() as house, house.database.reading() as session:
        keys = dkim_keys.keys_of(session, dkim_keys.checked_domain(domain)) if domain else dkim_keys.all_keys(session)
    if not keys:
        click.echo("There is no DKIM key: letters are not signed. Make one with: newsroom dkim add DOMAIN")
    for key in keys:
        signing = dkim_keys.signing_key(other for other in keys if other.domain == key.domain)
        click.echo(f"{key.domain}, key {key.selector!r}: {_standing(key, signing)}")
        _tell_record(key)


@group.command()
@click.argument("domain")
@click.option("--selector", default="", help="Which key. Default: the newest.")
def activate(domain: str, selector: str) -> None:
    """From now on this key signs what DOMAIN sends; an older one rests. Publish its record first."""
    with opened_house() as house, house.database.transaction() as session:
        key = dkim_keys.activate(session, domain, selector=selector, now=utc_now())
        noted(session, about=f"{key.domain} {key.selector}")
    click.echo(f"Letters from {key.domain} are signed with {key.selector!r}; workers notice within ten seconds.")
    click.echo(f"Receivers look it up here, and so can you: dig +short TXT {key.record.name}")


@group.command()
@click.argument("domain")
@click.option("--selector", required=True, help="Which key.")
def remove(domain: str, selector: str) -> None:
    """Delete a key for good. Leave its DNS record for a week: letters under way are checked against it."""
    with opened_house() as house, house.database.transaction() as session:
        dkim_keys.remove(session, domain, selector=selector)
        noted(session, about=f"{domain} {selector}")
        signing = dkim_keys.signing_key(dkim_keys.keys_of(session, dkim_keys.checked_domain(domain)))
    now = f"{signing.selector!r} signs." if signing else "no key signs: letters leave unsigned."
    click.echo(f"Removed the key {selector!r} of {domain}; from now on {now}")


def _standing(key: DkimKey, signing: DkimKey | None) -> str:
    if key is signing:
        return f"signs since {key.activated_at:%Y-%m-%d %H:%M} UTC"
    return "rests, a newer one signs" if key.activated_at else "made, not activated yet"


def _tell_record(key: DkimKey) -> None:
    click.echo(f"  name   {key.record.name}\n  type   TXT\n  value  {key.record.value}")
    click.echo(f"  as a line of a zone file:\n  {key.record.zone_line}\n")
