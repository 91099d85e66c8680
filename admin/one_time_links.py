"""Links that open an account once: an invitation for seven days, a reset for one hour. Only their digests are kept."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from admin.accounts import User
from newsroom.db import Base, BigId, PrimaryKey, Word
from newsroom.issues import Actor
from newsroom.one_time import digest_of, fresh_token

INVITE, RESET = "invite", "reset"
GOOD_FOR: Mapping[str, timedelta] = {INVITE: timedelta(days=7), RESET: timedelta(hours=1)}
PATHS: Mapping[str, str] = {INVITE: "/admin/welcome/{}", RESET: "/admin/reset/{}"}


class OneTimeLink(Base):
    __tablename__ = "one_time_links"

    id: Mapped[PrimaryKey]
    purpose: Mapped[Word]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime]


def make(session: Session, user: User, purpose: str, *, by: Actor, now: datetime) -> str:
    """The token of a new link; every earlier one of this person is void from now on."""
    void(session, user)
    token = fresh_token()
    session.add(
        OneTimeLink(
            purpose=purpose, user_id=user.id, digest=digest_of(token), created_at=now, created_by=by.name[:200],
            expires_at=now + GOOD_FOR[purpose],
        )
    )  # fmt: skip
    session.flush()
    return token


def address_of(admin: str, token: str, purpose: str) -> str:
    """What is sent or handed over; `admin` is where the admin can be reached."""
    return f"{admin.rstrip('/')}{PATHS[purpose].format(token)}"


def open_(session: Session, token: str, purpose: str, *, now: datetime) -> User | None:
    """Whose account it opens; None for one that is unknown, used, replaced, too old, or of somebody who is deactivated."""
    chosen = (
        select(User)
        .join(OneTimeLink, OneTimeLink.user_id == User.id)
        .where(OneTimeLink.digest == digest_of(token), OneTimeLink.purpose == purpose, OneTimeLink.expires_at > now)
        .where(User.deactivated_at.is_(None))
    )
    return session.scalar(chosen)


def use(session: Session, token: str, purpose: str, *, now: datetime) -> User | None:
    """The same, and the link opens nothing any more: of two who come at once, one gets in."""
    user = open_(session, token, purpose, now=now)
    gone = delete(OneTimeLink).where(OneTimeLink.digest == digest_of(token)).returning(OneTimeLink.id)
    return user if user is not None and session.scalar(gone) is not None else None


def void(session: Session, user: User) -> None:
    session.execute(delete(OneTimeLink).where(OneTimeLink.user_id == user.id))
