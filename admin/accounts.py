"""Accounts of the staff: who may log in, with which role and which password."""

import secrets
from datetime import datetime
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import CheckConstraint, ForeignKey, String, Text, delete, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from newsroom import notices
from newsroom.addresses import parse_address
from newsroom.db import Base, BigId, Json, PrimaryKey, Word, change
from newsroom.errors import InvalidAddress, InvalidInput, Refused

ROLES = ("author", "editor", "publisher", "administrator")
SHORTEST_PASSWORD = 12
# argon2 is meant to be slow; a password of megabytes would make it slow for everyone.
LONGEST_PASSWORD = 512
HASHER = PasswordHasher()


class User(Base):
    """One person of the staff, who reads the admin in `language`; where that is empty, in what their browser asks for.

    `password_hash` is argon2id in PHC form; empty until a first password is set. `role` holds on all lists, unless `all_lists` is
    false: then only the roles on single lists count.
    """

    __tablename__ = "users"
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role"),)

    id: Mapped[PrimaryKey]
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(16), default="", server_default="")
    role: Mapped[Word]
    all_lists: Mapped[bool] = mapped_column(default=True, server_default=text("TRUE"))
    notices_by_mail: Mapped[bool] = mapped_column(default=True, server_default=text("TRUE"))
    password_hash: Mapped[str] = mapped_column(String(255), default="")
    totp_secret: Mapped[str] = mapped_column(Text, default="", server_default="")
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None] = mapped_column(BigId)
    recovery_codes: Mapped[list[str]] = mapped_column(Json, default=list, server_default="[]")
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


def add_user(session: Session, email: str, role: str, *, password: str | None = None, name: str = "", now: datetime) -> tuple[User, str]:
    """A new account, and its password: the given one, else one made here that is shown this once."""
    chosen = secrets.token_urlsafe(15) if password is None else checked_password(password)
    user = add_account(session, email, role, name=name, now=now)
    user.password_hash = HASHER.hash(chosen)
    session.flush()
    return user, chosen


def add_account(session: Session, email: str, role: str, *, name: str = "", now: datetime) -> User:
    """A new account that has no password yet: nobody can log in to it."""
    address = parse_address(email, place="email")
    if role not in ROLES:
        raise InvalidInput.of(f"{role!r} is not a role.", place="role", hint=f"Known are {', '.join(ROLES)}.")
    if find_user(session, email):
        raise InvalidInput.of(f"There is an account for {address.addr_spec} already.", place="email")
    user = User(email=address.addr_spec, email_key=address.key, name=name.strip()[:200], role=role, created_at=now)
    session.add(user)
    session.flush()
    return user


def find_user(session: Session, email: str) -> User | None:
    try:
        key = parse_address(email).key
    except InvalidAddress:
        return None
    return session.scalar(select(User).where(User.email_key == key))


def check_password(user: User, current: str) -> None:
    if not _matches(user.password_hash or _nobodys_hash(), current):
        raise InvalidInput.of("This is not your present password.", place="current")


def set_password(session: Session, user: User, new: str, *, place: str = "new") -> None:
    """Another password, and the end of every session of this person."""
    user.password_hash = HASHER.hash(checked_password(new, place=place))
    end_sessions(session, user)


def end_sessions(session: Session, user: User) -> int:
    """Log this person out everywhere; how many sessions there were."""
    return change(session, delete(UserSession).where(UserSession.user_id == user.id))


def deactivate(session: Session, user: User, *, now: datetime) -> None:
    """They are logged out, cannot log in, and get no reminder that was on its way; what they did stays under their name."""
    lock_administrators(session)
    user.deactivated_at = now
    end_sessions(session, user)
    notices.keep_letters_back(session, user.id, now=now)
    if user.role == "administrator":
        refuse_without_administrator(session)


def lock_administrators(session: Session) -> None:
    """Two administrators who take each other's role at once follow each other, so that one is left."""
    session.execute(select(User.id).where(User.role == "administrator").order_by(User.id).with_for_update())


def refuse_without_administrator(session: Session) -> None:
    """Refused where nobody would be left who can log in and manage people."""
    session.flush()
    left = select(User.id).where(User.role == "administrator", User.all_lists, User.deactivated_at.is_(None), User.password_hash != "")
    if session.scalar(left.limit(1)) is None:
        raise Refused("Nobody would be left to manage people. Make somebody else an administrator first.")


def authenticate(session: Session, email: str, password: str) -> User | None:
    """The account these belong to, else None; an unknown address costs the same work as a wrong password."""
    user = find_user(session, email)
    known = user is not None and user.deactivated_at is None and bool(user.password_hash)
    if not _matches(user.password_hash if user and known else _nobodys_hash(), password) or not known:
        return None
    return user


def change_password(session: Session, user: User, *, current: str, new: str) -> None:
    """Set another password and end every session of this person, the present one included."""
    check_password(user, current)
    set_password(session, user, new)


def checked_password(password: str, *, place: str = "password") -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidInput.of(f"A password needs at least {SHORTEST_PASSWORD} characters.", place=place, hint="Four words will do.")
    if len(password) > LONGEST_PASSWORD:
        raise InvalidInput.of(f"A password may have {LONGEST_PASSWORD} characters at most.", place=place)
    return password


def _matches(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password[: LONGEST_PASSWORD + 1])
    except (Argon2Error, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return HASHER.hash(secrets.token_urlsafe(15))
