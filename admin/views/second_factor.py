"""A second factor for one's own account: scanned, confirmed by a code, with recovery codes, and switched off again."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from admin import accounts, second_factor
from admin.context import desk, person, reading, tell, transaction
from admin.forms import Form
from admin.permissions import permission
from admin.speaking import tp
from admin.views.account import own_account
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput

routes = Blueprint("second_factor", __name__)

FIELDS = ("code", "current")
#: After the log-in by a session cookie, the password is asked once more for what would lock its owner out.
BEGUN = "second_factor_begun"


@routes.get("/account/second-factor")
@permission("own_account", of="self")
def show() -> str:
    return _page(Form(values={}))


@routes.post("/account/second-factor")
@permission("own_account", of="self")
def begin() -> Response | tuple[str, int]:
    try:
        with transaction() as session_:
            user = own_account(session_)
            accounts.check_password(user, request.form.get("current", ""))
            if second_factor.is_on(user):
                raise InvalidInput.of(tp("second_factor.is_on_already"))
            second_factor.begin(user, keys=desk().house.keys)
    except InvalidInput as error:
        return _page(Form(values={}).refused(error, FIELDS)), 422
    session[BEGUN] = True
    return redirect(url_for("second_factor.show"))


@routes.post("/account/second-factor/confirm")
@permission("own_account", of="self")
def confirm() -> str | tuple[str, int]:
    with transaction() as session_:
        user = own_account(session_)
        codes = second_factor.confirm(session_, user, request.form.get("code", ""), keys=desk().house.keys, now=utc_now())
    if codes is None:
        return _page(Form(values={}).refused(InvalidInput.of(tp("second_factor.wrong"), place="code"), FIELDS)), 422
    session.pop(BEGUN, None)
    return render_template("people/recovery_codes.html", codes=codes, fresh=True)


@routes.post("/account/second-factor/codes")
@permission("own_account", of="self")
def new_codes() -> str | tuple[str, int]:
    try:
        with transaction() as session_:
            user = own_account(session_)
            accounts.check_password(user, request.form.get("current", ""))
            if not second_factor.is_on(user):
                raise InvalidInput.of(tp("second_factor.is_off"))
            codes = second_factor.recovery_codes(user)
    except InvalidInput as error:
        return _page(Form(values={}).refused(error, FIELDS)), 422
    return render_template("people/recovery_codes.html", codes=codes, fresh=False)


@routes.post("/account/second-factor/off")
@permission("own_account", of="self")
def switch_off() -> Response | tuple[str, int]:
    try:
        with transaction() as session_:
            user = own_account(session_)
            accounts.check_password(user, request.form.get("current", ""))
            second_factor.switch_off(session_, user)
    except InvalidInput as error:
        return _page(Form(values={}).refused(error, FIELDS)), 422
    tell(tp("second_factor.switched_off"))
    return redirect(url_for("account.show"))


def _page(form: Form) -> str:
    """The secret is shown in the browser that asked for it with the password, in no other one that is logged in."""
    with reading() as session_:
        user = own_account(session_)
        enrolment = second_factor.enrolment_of(user, keys=desk().house.keys) if session.get(BEGUN) else None
        return render_template(
            "people/second_factor.html", form=form, enrolment=enrolment, is_on=second_factor.is_on(user), left=len(user.recovery_codes),
            email=person().email,
        )  # fmt: skip
