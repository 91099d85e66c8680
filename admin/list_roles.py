"""Who has which role on which list."""

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from admin.accounts import ROLES, User
from admin.permissions import Rights
from newsroom.db import Base, BigId, PrimaryKey, Word


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
