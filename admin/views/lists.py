"""Mailing lists: all of them, a new one, the settings of one."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload
from werkzeug.wrappers import Response

from admin import list_forms
from admin.after_the_page import may_count
from admin.context import desk, reading, tell, transaction
from admin.forms import Form, text
from admin.own_lists import own_lists
from admin.permissions import permission
from admin.signatures import signature_of
from admin.speaking import tp
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput
from newsroom.issues import Issue
from newsroom.local_times import zones_to_choose
from newsroom.mailing_lists import MailingList, add_list, get_list
from newsroom.media import MediaStore, store_picture
from subscribers.models import Subscription

routes = Blueprint("lists", __name__)

NEW_FACTS = ("slug", "title", "from_name", "from_address", "postal_address", "timezone")


@routes.get("/lists")
@permission("read", of="any")
def index() -> str:
    with reading() as session:
        lists = own_lists(session, "read")
        return render_template(
            "lists/index.html", lists=lists, people=_people(session) if may_count(session) else None, issues=_issues(session)
        )


@routes.get("/lists/new")
@permission("manage_lists", of="everywhere")
def new() -> str:
    return _new_page(Form(values={"original": "en", "languages": ["en"], "timezone": "UTC"}))


@routes.post("/lists/new")
@permission("manage_lists", of="everywhere")
def add() -> Response | tuple[str, int]:
    form = Form(values=_given())
    try:
        with transaction() as session:
            mailing_list = _add(session)
    except InvalidInput as error:
        return _new_page(form.refused(error, list_forms.NEW_FIELDS)), 422
    tell(tp("lists.made"))
    return redirect(url_for("lists.show", slug=mailing_list.slug))


@routes.get("/lists/<slug>")
@permission("manage_lists", of="list")
def show(slug: str) -> str:
    with reading() as session:
        mailing_list = _with_topics(session, slug)
        return _page(session, mailing_list, Form(values=list_forms.shown(mailing_list)))


@routes.post("/lists/<slug>")
@permission("manage_lists", of="list")
def save(slug: str) -> Response | tuple[str, int]:
    try:
        with transaction() as session:
            mailing_list = _with_topics(session, slug)
            list_forms.apply(mailing_list, request.form)
            _take_logo(session, mailing_list)
    except InvalidInput as error:
        return _refused(slug, error), 422
    tell(tp("lists.saved"))
    return redirect(url_for("lists.show", slug=slug))


def _refused(slug: str, error: InvalidInput) -> str:
    form = Form(
        values=request.form.to_dict() | {"languages": request.form.getlist("languages"), "topics": list_forms.topic_rows(request.form)}
    )
    with reading() as session:
        return _page(session, _with_topics(session, slug), form.refused(error, list_forms.FIELDS))


def _given() -> dict[str, Any]:
    return request.form.to_dict() | {"languages": request.form.getlist("languages")}


def _page(session: Session, mailing_list: MailingList, form: Form) -> str:
    signature = signature_of(session, mailing_list)
    return render_template(
        "lists/settings.html", list=mailing_list, form=form, signature=signature, zones=zones_to_choose(mailing_list.timezone)
    )


def _new_page(form: Form) -> str:
    return render_template("lists/new.html", form=form, zones=zones_to_choose())


def _add(session: Session) -> MailingList:
    facts: dict[str, Any] = {name: text(request.form, name) for name in NEW_FACTS}
    return add_list(session, languages=list_forms.chosen_languages(request.form), now=utc_now(), **facts)


def _with_topics(session: Session, slug: str) -> MailingList:
    found = get_list(session, slug)
    session.scalars(select(MailingList).where(MailingList.id == found.id).options(selectinload(MailingList.topics))).one()
    return found


def _take_logo(session: Session, mailing_list: MailingList) -> None:
    if request.form.get("remove_logo"):
        mailing_list.logo = ""
    upload = request.files.get("logo")
    if upload is None or not upload.filename:
        return
    try:
        picture = store_picture(session, MediaStore(desk().house.media_dir), upload.read(), original_name=upload.filename, now=utc_now())
    except InvalidInput as error:
        raise InvalidInput([replace(problem, place="logo") for problem in error.problems]) from None
    mailing_list.logo = picture.name


def _people(session: Session) -> dict[int, int]:
    """By list: those who consented and are still subscribed."""
    chosen = select(Subscription.list_id, func.count()).where(Subscription.consent == "given", Subscription.state == "active")
    return dict(session.execute(chosen.group_by(Subscription.list_id)).all())


def _issues(session: Session) -> dict[int, int]:
    counted = select(Issue.list_id, func.count()).group_by(Issue.list_id)
    return dict(session.execute(counted).all())
