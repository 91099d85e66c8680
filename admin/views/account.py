"""One's own account: password and theme."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from admin import accounts, guard
from admin.context import person, tell, transaction
from admin.forms import Form
from admin.permissions import permission
from admin.speaking import LANGUAGE_COOKIE
from admin.wording import THEMES
from admin.words.catalogue import INTERFACE
from newsroom.errors import InvalidInput, NotFound

routes = Blueprint("account", __name__)

FIELDS = ("current", "new", "again")
A_YEAR = 365 * 24 * 3600


@routes.get("/account")
@permission("own_account", of="self")
def show() -> str:
    return render_template("account.html", form=Form(values={}))


@routes.post("/account/password")
@permission("own_account", of="self")
def change_password() -> Response | tuple[str, int]:
    try:
        _change(request.form.get("current", ""), request.form.get("new", ""), request.form.get("again", ""))
    except InvalidInput as error:
        return render_template("account.html", form=Form(values={}).refused(error, FIELDS)), 422
    session.clear()
    tell("Your password is changed, and every session of yours has ended. Log in with the new one.")
    response = redirect(url_for("login.show"))
    guard.forget(response)
    return response


@routes.post("/account/theme")
@permission("own_account", of="self")
def choose_theme() -> Response:
    theme = request.form.get("theme", "auto")
    response = redirect(guard.safe_next(request.form.get("next", "")))
    chosen = theme if theme in THEMES else "auto"
    response.set_cookie("newsroom_theme", chosen, max_age=A_YEAR, path="/admin", samesite="Lax", httponly=True)
    return response


@routes.post("/account/language")
@permission("own_account")
def choose_language() -> Response:
    chosen = request.form.get("language", "")
    response = redirect(guard.safe_next(request.form.get("next", "")))
    if chosen in INTERFACE:
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=A_YEAR, path="/admin", samesite="Lax", httponly=True)
    return response


def _change(current: str, new: str, again: str) -> None:
    if new != again:
        raise InvalidInput.of("The two do not match.", place="again")
    with transaction() as session_:
        user = session_.get(accounts.User, person().id)
        if user is None:
            raise NotFound("This account is gone.")
        accounts.change_password(session_, user, current=current, new=new)
