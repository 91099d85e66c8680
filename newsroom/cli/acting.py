"""Whom a verb works for: the operator, who may do all, or a person of the staff with what their role allows."""

from collections.abc import Callable
from typing import Any

import click
from sqlalchemy.orm import Session

from admin.accounts import find_user
from admin.list_roles import roles_of
from newsroom.errors import NotFound, Refused
from newsroom.issues import OPERATOR, Actor


def as_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--as", "email", metavar="EMAIL", help="Act as this person of the staff. Default: the operator.")(command)


def named(session: Session, email: str | None) -> Actor:
    """Who acts, where what they may do can be asked only afterwards: ask it with `acting` in the same transaction."""
    if email is None:
        return OPERATOR
    user = find_user(session, email)
    if user is None or user.deactivated_at is not None:
        raise NotFound(f"There is no account for {email}.")
    return Actor(name=user.name or user.email, user_id=user.id)


def acting(session: Session, email: str | None, permission: str, list_id: int | None = None) -> Actor:
    """The operator where nobody is named; else that person, if they may do it: on this list, or everywhere where none is named."""
    by, user = named(session, email), find_user(session, email) if email else None
    if user is None:
        return by
    rights = roles_of(session, user)
    if not (rights.may_everywhere(permission) if list_id is None else rights.may(permission, list_id)):
        role = user.role if user.all_lists else "bound to single lists"
        raise Refused(f"{user.email} is {role}, and may not {permission.replace('_', ' ')} here.")
    return by
