"""One's own account: name, language, password, colours, and the places one is logged in."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import accounts, guard, login_sessions, second_factor
from admin.accounts import User
from admin.browsers import browser_name
from admin.context import person, reading, tell, transaction
from admin.forms import Form, text
from admin.permissions import permission
from admin.speaking import LANGUAGE_COOKIE, tp
from admin.wording import THEMES
from admin.words.catalogue import INTERFACE
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput, NotFound

routes = Blueprint("account", __name__)

FIELDS = ("current", "new", "again")
A_YEAR = 365 * 24 * 3600


@routes.get("/account")
@permission("own_account", of="self")
def show() -> str:
    return _page(Form(values={"name": person().name}))


@routes.post("/account/name")
@permission("own_account", of="self")
def change_name() -> Response:
    with transaction() as session_:
        own_account(session_).name = text(request.form, "name")[:200]
    tell(tp("common.saved"))
    return redirect(url_for("account.show"))


@routes.post("/account/notices")
@permission("own_account", of="self")
def choose_notices() -> Response:
    with transaction() as session_:
        own_account(session_).notices_by_mail = request.form.get("by_mail") == "1"
    tell(tp("common.saved"))
    return redirect(url_for("account.show"))


@routes.post("/account/password")
@permission("own_account", of="self")
def change_password() -> Response | tuple[str, int]:
    try:
        _change(request.form.get("current", ""), request.form.get("new", ""), request.form.get("again", ""))
    except InvalidInput as error:
        return _page(Form(values={"name": person().name}).refused(error, FIELDS)), 422
    session.clear()
    tell(tp("account.password_changed"))
    response = redirect(url_for("login.show"))
    guard.forget(response)
    return response


@routes.post("/account/sessions/<int:session_id>/end")
@permission("own_account", of="self")
def end_session(session_id: int) -> Response:
    with transaction() as session_:
        if not login_sessions.end_one(session_, session_id, user_id=person().id):
            raise NotFound("This session is over already.")
    tell(tp("account.session_ended"))
    return redirect(url_for("account.show"))


@routes.post("/account/sessions/end")
@permission("own_account", of="self")
def end_other_sessions() -> Response:
    with transaction() as session_:
        login_sessions.end_others(session_, person())
    tell(tp("account.sessions_ended"))
    return redirect(url_for("account.show"))


@routes.post("/account/theme")
@permission("own_account", of="self")
def choose_theme() -> Response:
    theme = request.form.get("theme", "auto")
    response = redirect(guard.safe_next(request.form.get("next", "")))
    chosen = theme if theme in THEMES else "auto"
    response.set_cookie("newsroom_theme", chosen, max_age=A_YEAR, path="/admin", samesite="Lax", httponly=True)
    return response


@routes.post("/account/language")
@permission("own_account", of="self")
def choose_language() -> Response:
    """Kept with the account, and in this browser for the pages before the log-in."""
    chosen = request.form.get("language", "")
    response = redirect(guard.safe_next(request.form.get("next", "")))
    if chosen in INTERFACE:
        with transaction() as session_:
            own_account(session_).language = chosen
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=A_YEAR, path="/admin", samesite="Lax", httponly=True)
    return response


def own_account(session_: Session) -> User:
    user = session_.get(User, person().id)
    if user is None:
        raise NotFound("This account is gone.")
    return user


def _page(form: Form) -> str:
    now = utc_now()
    with reading() as session_:
        found = login_sessions.sessions_of(session_, person().id, now=now)
        user = own_account(session_)
        return render_template(
            "account.html", form=form, sessions=found, user=user, protected=second_factor.is_on(user), languages=INTERFACE,
            browser_name=browser_name,
        )  # fmt: skip


def _change(current: str, new: str, again: str) -> None:
    if new != again:
        raise InvalidInput.of(tp("account.not_the_same"), place="again")
    with transaction() as session_:
        accounts.change_password(session_, own_account(session_), current=current, new=new)
