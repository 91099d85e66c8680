"""Who has which role on which list."""

from collections.abc import Mapping

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from admin.accounts import ROLES, User, end_sessions, lock_administrators, refuse_without_administrator
from admin.permissions import Rights
from newsroom.db import Base, BigId, PrimaryKey, Word
from newsroom.errors import InvalidInput


class ListRole(Base):
    """A role on one list; it adds to the role that somebody has on all lists."""

    __tablename__ = "list_roles"
    __table_args__ = (UniqueConstraint("user_id", "list_id"), CheckConstraint(f"role IN {ROLES}", name="role"))

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    list_id: Mapped[int] = mapped_column(BigId, ForeignKey("mailing_lists.id"), index=True)
    role: Mapped[Word]


def roles_of(session: Session, user: User) -> Rights:
    found = select(ListRole.list_id, ListRole.role).where(ListRole.user_id == user.id)
    on_lists = dict(session.execute(found).all())
    return Rights(role=user.role, all_lists=user.all_lists, list_roles=on_lists)


def set_rights(session: Session, user: User, *, role: str, all_lists: bool, list_roles: Mapping[int, str]) -> bool:
    """Give exactly these rights and end every session of this person; False where they had them already.

    An administrator is one of all lists. Without "all lists" the role counts nowhere, and the plainest one is kept.
    """
    if role not in ROLES or not set(list_roles.values()) <= set(ROLES):
        raise InvalidInput.of("Choose one of the roles.", place="role")
    everywhere = all_lists or role == "administrator"
    wanted = Rights(role=role if everywhere else ROLES[0], all_lists=everywhere, list_roles=dict(list_roles))
    if roles_of(session, user) == wanted:
        return False
    lock_administrators(session)
    was_administrator = user.role == "administrator"
    user.role, user.all_lists = wanted.role, wanted.all_lists
    session.execute(delete(ListRole).where(ListRole.user_id == user.id))
    session.add_all(ListRole(user_id=user.id, list_id=list_id, role=name) for list_id, name in list_roles.items())
    end_sessions(session, user)
    if was_administrator:
        refuse_without_administrator(session)
    return True
