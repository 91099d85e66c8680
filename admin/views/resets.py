"""A forgotten password: asked for with an address, answered by a letter, made anew behind its link.

What the page answers, and how long that takes, does not tell whether there is an account.
"""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin import account_letters, accounts, guard, one_time_links
from admin.context import desk, note, reading, tell, transaction
from admin.forms import Form, text
from admin.new_passwords import closed, page_for, wanted_password
from admin.one_time_links import RESET
from admin.permissions import ANYONE, permission
from admin.speaking import tp
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput
from newsroom.issues import Actor

routes = Blueprint("resets", __name__)

PAGE = "people/reset.html"
FIELDS = ("new", "again")


@routes.get("/forgot")
@permission(ANYONE)
def ask() -> str:
    return render_template("people/forgot.html")


@routes.post("/forgot")
@permission(ANYONE)
def send() -> Response:
    email = text(request.form, "email")[:320]
    with transaction() as session:
        user = accounts.find_user(session, email)
        known = user is not None and user.deactivated_at is None and bool(user.password_hash)
        if user is not None and known:
            by = Actor(name=user.name or user.email, user_id=user.id)
            account_letters.send(session, user, RESET, by=by, now=utc_now())
            note(session, "resets.send", by=by, person=user.email)
        else:
            account_letters.compose_for_nobody(session, now=utc_now())
    desk().ring(0)
    tell(tp("forgot.sent"))
    return redirect(url_for("login.show"))


@routes.get("/reset/<token>")
@permission(ANYONE)
def show(token: str) -> str | tuple[str, int]:
    """Looking changes nothing: mail programs fetch links by themselves."""
    with reading() as session:
        user = one_time_links.open_(session, token, RESET, now=utc_now())
    return page_for(user, PAGE, Form(values={})) if user else closed(again=True)


@routes.post("/reset/<token>")
@permission(ANYONE)
def change(token: str) -> Response | tuple[str, int]:
    with reading() as session:
        asked = one_time_links.open_(session, token, RESET, now=utc_now())
    if asked is None:
        return closed(again=True)
    try:
        with transaction() as session:
            user = one_time_links.use(session, token, RESET, now=utc_now())
            if user is None:
                return closed(again=True)
            accounts.set_password(session, user, wanted_password())
            note(session, "resets.change", by=Actor(name=user.name or user.email, user_id=user.id), person=user.email)
    except InvalidInput as error:
        return page_for(asked, PAGE, Form(values={}).refused(error, FIELDS)), 422
    tell(tp("forgot.changed"))
    response = redirect(url_for("login.show"))
    guard.forget(response)
    return response
