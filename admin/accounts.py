"""Accounts of the staff: who may log in, with which role, and their sessions."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsroom.db import Base, BigId, PrimaryKey, Word

ROLES = ("author", "editor", "publisher", "administrator")


class User(Base):
    """One person of the staff. `password_hash` is argon2id in PHC form; empty until a first password is set."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role"),)

    id: Mapped[PrimaryKey]
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    role: Mapped[Word]
    password_hash: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]
    sessions: Mapped[list["UserSession"]] = relationship(back_populates="user", cascade="all, delete-orphan")


class UserSession(Base):
    """One log-in. Only the SHA-256 of the cookie is stored, so that a copy of the database opens no session."""

    __tablename__ = "user_sessions"

    id: Mapped[PrimaryKey]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    agent: Mapped[str] = mapped_column(String(200), default="")
    user: Mapped[User] = relationship(back_populates="sessions")
