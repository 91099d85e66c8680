"""Which people of the staff may do something on a list."""

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from admin.accounts import User
from admin.list_roles import ListRole
from admin.permissions import INSTALLATION, ROLE_PERMISSIONS


def who_may(session: Session, permission: str, list_id: int) -> list[User]:
    """By name, those who can log in."""
    found = select(User).where(_may(permission, list_id)).order_by(User.name, User.email_key)
    return list(session.scalars(found))


def _may(permission: str, list_id: int) -> ColumnElement[bool]:
    """As Rights.may says it, asked of the database."""
    roles = [role for role, permissions in ROLE_PERMISSIONS.items() if permission in permissions]
    on_list = exists().where(ListRole.user_id == User.id, ListRole.list_id == list_id, ListRole.role.in_(roles))
    by_list = () if permission in INSTALLATION else (on_list,)
    return and_(User.deactivated_at.is_(None), or_(and_(User.all_lists, User.role.in_(roles)), *by_list))
