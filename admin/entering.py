"""The moment somebody is logged in: a new cookie, an entry in the audit log, and nothing left of whoever was there before."""

from flask import redirect, request, session
from werkzeug.wrappers import Response

from admin import guard, login_sessions
from admin.accounts import User
from admin.context import note, transaction
from newsroom.clock import utc_now
from newsroom.issues import Actor


def let_in(user: User, target: str) -> Response:
    """A new cookie at every log-in: one planted beforehand is worth nothing."""
    with transaction() as session_:
        login_sessions.end_session(session_, request.cookies.get(guard.COOKIE, ""))
        cookie = login_sessions.open_session(session_, user, agent=request.headers.get("User-Agent", ""), now=utc_now())
        note(session_, "login", by=Actor(name=user.name or user.email, user_id=user.id))
    session.clear()
    response = redirect(guard.safe_next(target))
    guard.remember(response, cookie)
    return response
