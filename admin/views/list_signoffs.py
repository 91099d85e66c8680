"""Which sign-offs the issues of a list need, and from whom."""

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import signoff_forms
from admin.approving import shown_name
from admin.context import reading, tell, transaction
from admin.forms import Form
from admin.permissions import permission
from admin.speaking import tp
from admin.who_may import who_may
from newsroom.errors import InvalidInput
from newsroom.mailing_lists import MailingList, get_list

routes = Blueprint("list_signoffs", __name__)


@routes.get("/lists/<slug>/signoffs")
@permission("manage_lists", of="list")
def show(slug: str) -> str:
    with reading() as session:
        mailing_list = get_list(session, slug)
        return _page(session, mailing_list, mailing_list.signoffs, Form(values={}))


@routes.post("/lists/<slug>/signoffs")
@permission("manage_lists", of="list")
def save(slug: str) -> Response | tuple[str, int]:
    try:
        with transaction() as session:
            mailing_list = get_list(session, slug)
            mailing_list.signoffs = signoff_forms.read(request.form, _people(session, mailing_list))
    except InvalidInput as error:
        fields = [f"{number}.name" for number in range(signoff_forms.MOST)]
        with reading() as session:
            mailing_list = get_list(session, slug)
            return _page(session, mailing_list, _as_given(), Form(values={}).refused(error, fields)), 422
    tell(tp("signoff_form.saved"))
    return redirect(url_for("list_signoffs.show", slug=slug))


def _as_given() -> list[signoff_forms.Spec]:
    return [
        {
            "key": request.form.get(f"{number}.key", ""), "name": request.form.get(f"{number}.name", ""),
            "per_language": f"{number}.per_language" in request.form,
            "user_ids": [int(one) for one in request.form.getlist(f"{number}.people") if one.isdecimal()],
        }
        for number in range(signoff_forms.MOST)
        if request.form.get(f"{number}.name", "").strip()
    ]  # fmt: skip


def _people(session: Session, mailing_list: MailingList) -> dict[int, str]:
    return {user.id: shown_name(user) for user in who_may(session, "approve", mailing_list.id)}


def _page(session: Session, mailing_list: MailingList, specs: list[signoff_forms.Spec], form: Form) -> str:
    rows = signoff_forms.rows_of(specs)
    return render_template("review/list_signoffs.html", list=mailing_list, rows=rows, people=_people(session, mailing_list), form=form)
