"""Pages behind a link that lets a person choose a password: the two fields, the page in their language, and a link that is over."""

from flask import render_template, request

from admin.accounts import User
from admin.forms import Form
from admin.speaking import page_language, speak, tp
from newsroom.errors import InvalidInput


def wanted_password() -> str:
    """What was typed twice; InvalidInput where the two differ."""
    given = request.form.get("new", "")
    if given != request.form.get("again", ""):
        raise InvalidInput.of(tp("account.not_the_same"), place="again")
    return given


def page_for(user: User, template: str, form: Form) -> str:
    """In the language that the letter was written in."""
    speak(user.language or page_language())
    return render_template(template, user=user, form=form)


def closed(*, again: bool) -> tuple[str, int]:
    """The same for a link that is unknown, used, replaced or too old. `again`: another one can be asked for here."""
    return render_template("people/closed.html", again=again), 404
