"""An invitation: its link, opened by a person who has no password yet, makes the first one."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from admin import accounts, one_time_links
from admin.accounts import User
from admin.context import note, reading, transaction
from admin.entering import let_in
from admin.forms import Form, text
from admin.one_time_links import INVITE
from admin.permissions import ANYONE, permission
from admin.speaking import page_language, speak, tp
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput
from newsroom.issues import Actor

routes = Blueprint("invitations", __name__)

FIELDS = ("name", "new", "again")


@routes.get("/welcome/<token>")
@permission(ANYONE)
def show(token: str) -> str | tuple[str, int]:
    """Looking changes nothing: mail programs fetch links by themselves."""
    with reading() as session:
        user = one_time_links.open_(session, token, INVITE, now=utc_now())
    return _page(user, Form(values={"name": user.name})) if user else _closed()


@routes.post("/welcome/<token>")
@permission(ANYONE)
def accept(token: str) -> Response | tuple[str, int]:
    with reading() as session:
        asked = one_time_links.open_(session, token, INVITE, now=utc_now())
    if asked is None:
        return _closed()
    try:
        with transaction() as session:
            user = one_time_links.use(session, token, INVITE, now=utc_now())
            if user is None:
                return _closed()
            user.name = text(request.form, "name")[:200]
            accounts.set_password(session, user, _wanted_password())
            note(session, "invitations.accept", by=Actor(name=user.name or user.email, user_id=user.id), person=user.email)
    except InvalidInput as error:
        return _page(asked, Form(values=request.form.to_dict()).refused(error, FIELDS)), 422
    return let_in(user, "")


def _wanted_password() -> str:
    given = request.form.get("new", "")
    if given != request.form.get("again", ""):
        raise InvalidInput.of(tp("account.not_the_same"), place="again")
    return given


def _page(user: User, form: Form) -> str:
    """In the language that the letter was written in."""
    speak(user.language or page_language())
    return render_template("people/welcome.html", user=user, form=form)


def _closed() -> tuple[str, int]:
    """The same for a link that is unknown, used, replaced or too old."""
    return render_template("people/closed.html", again=False), 404
