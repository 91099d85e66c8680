"""Log-ins: a random cookie in the browser, its digest in the database, an end by idleness, by age, or by choice."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from admin.accounts import User, UserSession
from admin.list_roles import ListRole
from admin.permissions import Rights
from newsroom.db import change
from newsroom.issues import Actor

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
# Being seen is written down at most this often: reading a page should not cost a write.
NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """The person behind a request."""

    id: int
    email: str
    name: str
    rights: Rights
    session_id: int
    seen_at: datetime
    language: str = ""

    @property
    def shown_name(self) -> str:
        return self.name or self.email.partition("@")[0]

    @property
    def actor(self) -> Actor:
        return Actor(name=self.shown_name, user_id=self.id)

    @property
    def role(self) -> str:
        return self.rights.role

    def may(self, permission: str, list_id: int | None = None) -> bool:
        """On this list; on any, where none is named."""
        return self.rights.may_anywhere(permission) if list_id is None else self.rights.may(permission, list_id)

    def may_everywhere(self, permission: str) -> bool:
        return self.rights.may_everywhere(permission)

    def lists(self, permission: str) -> frozenset[int] | None:
        """The lists on which this is allowed; None for all of them."""
        return self.rights.lists(permission)


def open_session(session: Session, user: User, *, agent: str, now: datetime) -> str:
    """Log this person in; the cookie's value, which is kept nowhere. Sessions long over are swept on the way."""
    session.execute(delete(UserSession).where(UserSession.expires_at < now))
    cookie = secrets.token_urlsafe(32)
    session.add(
        UserSession(digest=digest_of(cookie), user_id=user.id, created_at=now, seen_at=now, expires_at=now + LONGEST, agent=agent[:200])
    )
    session.flush()
    return cookie


def find_session(session: Session, cookie: str, *, now: datetime) -> SignedIn | None:
    """Who this cookie belongs to, unless the session is idle too long, too old, ended, or its person deactivated."""
    rows = session.execute(
        select(User, UserSession.id, UserSession.seen_at, ListRole.list_id, ListRole.role)
        .join(UserSession.user)
        .outerjoin(ListRole, ListRole.user_id == User.id)
        .where(
            UserSession.digest == digest_of(cookie),
            UserSession.expires_at > now,
            UserSession.seen_at > now - IDLE,
            User.deactivated_at.is_(None),
        )
    ).all()
    if not rows:
        return None
    user, session_id, seen_at, _, _ = rows[0]
    on_lists = {list_id: role for _, _, _, list_id, role in rows if list_id is not None}
    rights = Rights(role=user.role, all_lists=user.all_lists, list_roles=on_lists)
    return SignedIn(
        id=user.id, email=user.email, name=user.name, rights=rights, session_id=session_id, seen_at=seen_at, language=user.language
    )


def note_seen(session: Session, signed_in: SignedIn, *, now: datetime) -> None:
    session.execute(update(UserSession).where(UserSession.id == signed_in.session_id).values(seen_at=now))


def end_session(session: Session, cookie: str) -> None:
    session.execute(delete(UserSession).where(UserSession.digest == digest_of(cookie)))


def digest_of(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def sessions_of(session: Session, user_id: int, *, now: datetime) -> list[UserSession]:
    """The log-ins of this person that still count, the one last seen first."""
    chosen = select(UserSession).where(UserSession.user_id == user_id, UserSession.expires_at > now, UserSession.seen_at > now - IDLE)
    return list(session.scalars(chosen.order_by(UserSession.seen_at.desc(), UserSession.id.desc())))


def end_one(session: Session, session_id: int, *, user_id: int) -> bool:
    """End one log-in, if it is this person's."""
    return change(session, delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == user_id)) == 1


def end_others(session: Session, signed_in: SignedIn) -> int:
    """End every log-in of this person but the present one; how many."""
    others = delete(UserSession).where(UserSession.user_id == signed_in.id, UserSession.id != signed_in.session_id)
    return change(session, others)
