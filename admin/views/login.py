"""Logging in and out."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from admin import accounts, guard, login_sessions
from admin.context import reading, transaction, visitor
from admin.permissions import ANYONE, permission
from newsroom.clock import utc_now

routes = Blueprint("login", __name__)

WRONG = "This address and password do not belong together. Passwords are told apart by small and capital letters."


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
        return render_template("login.html", email=email, target=target, error=WRONG), 401
    return _let_in(user, target)


@routes.post("/logout")
@permission(ANYONE)
def leave() -> Response:
    with transaction() as session_:
        login_sessions.end_session(session_, request.cookies.get(guard.COOKIE, ""))
    session.clear()
    response = redirect(url_for("login.show"))
    guard.forget(response)
    return response


def _let_in(user: accounts.User, target: str) -> Response:
    """A new cookie at every log-in: one planted beforehand is worth nothing."""
    with transaction() as session_:
        login_sessions.end_session(session_, request.cookies.get(guard.COOKIE, ""))
        cookie = login_sessions.open_session(session_, user, agent=request.headers.get("User-Agent", ""), now=utc_now())
    session.clear()
    response = redirect(target)
    guard.remember(response, cookie)
    return response
