"""An invitation: its link, opened by a person who has no password yet, makes the first one."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from admin import accounts, one_time_links
from admin.context import note, reading, transaction
from admin.entering import let_in
from admin.forms import Form, text
from admin.new_passwords import closed, page_for, wanted_password
from admin.one_time_links import INVITE
from admin.permissions import ANYONE, permission
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput
from newsroom.issues import Actor

routes = Blueprint("invitations", __name__)

PAGE = "people/welcome.html"
FIELDS = ("name", "new", "again")


@routes.get("/welcome/<token>")
@permission(ANYONE)
def show(token: str) -> str | tuple[str, int]:
    """Looking changes nothing: mail programs fetch links by themselves."""
    with reading() as session:
        user = one_time_links.open_(session, token, INVITE, now=utc_now())
    return page_for(user, PAGE, Form(values={"name": user.name})) if user else closed(again=False)


@routes.post("/welcome/<token>")
@permission(ANYONE)
def accept(token: str) -> Response | tuple[str, int]:
    with reading() as session:
        asked = one_time_links.open_(session, token, INVITE, now=utc_now())
    if asked is None:
        return closed(again=False)
    try:
        with transaction() as session:
            user = one_time_links.use(session, token, INVITE, now=utc_now())
            if user is None:
                return closed(again=False)
            user.name = text(request.form, "name")[:200]
            accounts.set_password(session, user, wanted_password())
            note(session, "invitations.accept", by=Actor(name=user.name or user.email, user_id=user.id), person=user.email)
    except InvalidInput as error:
        return page_for(asked, PAGE, Form(values=request.form.to_dict()).refused(error, FIELDS)), 422
    return let_in(user, "")
