"""newsroom user: people of the staff."""

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin import accounts, one_time_links
from admin.accounts import ROLES, User, add_user
from admin.list_roles import roles_of, set_rights
from admin.one_time_links import INVITE, RESET
from newsroom.cli.noting import noted
from newsroom.cli.opening import opened_house
from newsroom.clock import utc_now
from newsroom.errors import NotFound, Refused
from newsroom.issues import OPERATOR
from newsroom.mailing_lists import MailingList, get_list


@click.group()
def group() -> None:
    """People of the staff."""


@group.command()
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What they may do.")
@click.option("--name", default="", help="What colleagues call them.")
@click.option("--list", "slugs", multiple=True, metavar="SLUG", help="On this list alone; may be given several times. Default: on all.")
def add(email: str, role: str, name: str, slugs: tuple[str, ...]) -> None:
    """Give a person an account; prints its password, once."""
    with opened_house() as house, house.database.transaction() as session:
        if slugs and role == "administrator":
            raise Refused("An administrator is one of all lists: leave --list away, or choose another role.")
        user, password = add_user(session, email, role, name=name, now=utc_now())
        if slugs:
            on_lists = {get_list(session, slug).id: role for slug in slugs}
            set_rights(session, user, role=role, all_lists=False, list_roles=on_lists)
        noted(session, about=user.email)
        added = user.email
    where = f" on {', '.join(slugs)}" if slugs else ""
    click.echo(f"Added {added} as {role}{where}.\nPassword (shown this once): {password}")


@group.command(name="list")
def list_() -> None:
    """Everybody who has an account, with their role."""
    with opened_house() as house, house.database.reading() as session:
        lists = {found.id: found.slug for found in session.scalars(select(MailingList))}
        for user in session.scalars(select(User).order_by(User.email_key)).all():
            rights = roles_of(session, user)
            single = [f"{role} on {lists[list_id]}" for list_id, role in sorted(rights.list_roles.items())]
            roles = ", ".join([*([user.role] if user.all_lists else []), *single]) or "no role"
            click.echo(f"{user.email}: {roles}{_standing(user)}")


@group.command()
@click.argument("email")
def deactivate(email: str) -> None:
    """Log a person out everywhere and let them in no more; what they did stays under their name."""
    with opened_house() as house, house.database.transaction() as session:
        user = _known(session, email)
        accounts.deactivate(session, user, now=utc_now())
        noted(session, about=user.email)
    click.echo(f"Deactivated {user.email}: every session has ended.")


@group.command()
@click.argument("email")
def reset(email: str) -> None:
    """Print a link with which this person chooses a new password: good once, for one hour."""
    with opened_house() as house, house.database.transaction() as session:
        user = _known(session, email)
        if user.deactivated_at is not None:
            raise Refused(f"The account of {user.email} is deactivated.")
        purpose = RESET if user.password_hash else INVITE
        token = one_time_links.make(session, user, purpose, by=OPERATOR, now=utc_now())
        noted(session, about=user.email)
        link = one_time_links.address_of(house.settings.admin, token, purpose)
    click.echo(f"For {user.email}, shown this once:\n{link}")


def _known(session: Session, email: str) -> User:
    user = accounts.find_user(session, email)
    if user is None:
        raise NotFound(f"There is no account for {email}.")
    return user


def _standing(user: User) -> str:
    if user.deactivated_at is not None:
        return " (deactivated)"
    return "" if user.password_hash else " (invited, no password yet)"
