"""Whom a verb works for: the operator, who may do all, or a person of the staff with what their role allows."""

from collections.abc import Callable
from typing import Any

import click
from sqlalchemy.orm import Session

from admin.accounts import find_user
from admin.permissions import permissions_of
from newsroom.errors import NotFound, Refused
from newsroom.issues import OPERATOR, Actor


def as_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--as", "email", metavar="EMAIL", help="Act as this person of the staff. Default: the operator.")(command)


def acting(session: Session, email: str | None, permission: str) -> Actor:
    """The operator where nobody is named; else that person, if they exist and their role allows it."""
    if email is None:
        return OPERATOR
    user = find_user(session, email)
    if user is None or user.deactivated_at is not None:
        raise NotFound(f"There is no account for {email}.")
    if permission not in permissions_of(user.role):
        raise Refused(f"{user.email} is {user.role}, and may not {permission.replace('_', ' ')}.")
    return Actor(name=user.name or user.email, user_id=user.id)
