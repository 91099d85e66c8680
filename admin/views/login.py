"""Logging in and out: a password, then a code where the account asks for one."""

import hashlib
from datetime import UTC, datetime, timedelta

from flask import Blueprint, redirect, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import accounts, guard, login_sessions, second_factor
from admin.accounts import User
from admin.context import desk, note, reading, transaction, visitor
from admin.entering import let_in
from admin.permissions import ANYONE, permission
from admin.speaking import tp
from newsroom.clock import utc_now
from newsroom.issues import Actor

routes = Blueprint("login", __name__)

#: In the cookie of the forms, signed: whose password was right, until when, and what it was right for.
HALFWAY = "halfway"
PATIENCE = timedelta(minutes=10)


@routes.get("/login")
@permission(ANYONE)
def show() -> Response | str:
    target = guard.safe_next(request.args.get("next", ""))
    return redirect(target) if visitor() else render_template("login.html", email="", target=target, error="")


@routes.post("/login")
@permission(ANYONE)
def submit() -> Response | tuple[str, int]:
    email, target = request.form.get("email", ""), guard.safe_next(request.form.get("next", ""))
    with reading() as session_:
        user = accounts.authenticate(session_, email, request.form.get("password", ""))
    if user is None:
        return render_template("login.html", email=email, target=target, error=tp("login.wrong")), 401
    if not second_factor.is_on(user):
        return let_in(user, target)
    session[HALFWAY] = [user.id, (utc_now() + PATIENCE).timestamp(), _print_of(user)]
    return redirect(url_for("login.code", next=target))


@routes.get("/login/code")
@permission(ANYONE)
def code() -> Response | str:
    if session.get(HALFWAY) is None:
        return redirect(url_for("login.show"))
    return render_template("people/code.html", target=guard.safe_next(request.args.get("next", "")), error="")


@routes.post("/login/code")
@permission(ANYONE)
def check_code() -> Response | tuple[str, int]:
    target = guard.safe_next(request.form.get("next", ""))
    with transaction() as session_:
        user = _halfway(session_)
        if user is None:
            session.pop(HALFWAY, None)
            return redirect(url_for("login.show"))
        right = second_factor.check_code(session_, user, request.form.get("code", ""), keys=desk().house.keys, now=utc_now())
        if not right:
            note(session_, "login.wrong_code", by=Actor(name=user.name or user.email, user_id=user.id))
    if right:
        return let_in(user, target)
    return render_template("people/code.html", target=target, error=tp("login.wrong_code")), 401


@routes.post("/logout")
@permission(ANYONE)
def leave() -> Response:
    with transaction() as session_:
        login_sessions.end_session(session_, request.cookies.get(guard.COOKIE, ""))
    session.clear()
    response = redirect(url_for("login.show"))
    guard.forget(response)
    return response


def _halfway(session_: Session) -> User | None:
    """Whose password was right a moment ago, if nothing of the account has changed since."""
    user_id, until, print_ = session.get(HALFWAY) or (0, 0.0, "")
    user = session_.get(User, user_id) if datetime.fromtimestamp(until, UTC) > utc_now() else None
    usable = user is not None and user.deactivated_at is None and second_factor.is_on(user) and _print_of(user) == print_
    return user if usable else None


def _print_of(user: User) -> str:
    return hashlib.sha256(f"{user.password_hash} {user.totp_secret}".encode()).hexdigest()[:16]
