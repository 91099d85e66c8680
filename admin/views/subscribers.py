"""Subscribers: who is on which list, on which terms; and a file of them brought in."""

from pathlib import Path

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin import people_pages, uploads
from admin.context import desk, note, person, reading, tell, transaction
from admin.forms import Form
from admin.own_lists import own_list, own_lists
from admin.permissions import permission
from admin.row_numbers import row_number
from admin.speaking import tp
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput
from subscribers.importing import ImportReport, import_subscribers

routes = Blueprint("subscribers", __name__)

FILTERS = ("list", "q", "consent", "subscription", "deliverability")
FIELDS = ("file", "list", "mode")


@routes.get("/subscribers")
@permission("see_people", of="any")
def index() -> str:
    wanted = {name: request.args.get(name, "").strip() for name in FILTERS}
    with reading() as session:
        mine = person().lists("see_people")
        page = people_pages.page_of_people(session, wanted, lists=mine, after=request.args.get("after", 0, row_number))
        return render_template("subscribers/index.html", page=page, wanted=wanted, lists=own_lists(session, "see_people"))


@routes.get("/subscribers/import")
@permission("import_people", of="any")
def ask() -> str:
    return _form_page(Form(values={"list": request.args.get("list", ""), "mode": "active"}))


@routes.post("/subscribers/import/check")
@permission("import_people", of="any")
def check() -> str | tuple[str, int]:
    """The dry run: what the file would do, before it does anything."""
    try:
        ticket = uploads.keep(_folder(), request.files.get("file"), user_id=person().id)
        report = _run(uploads.find(_folder(), ticket, user_id=person().id), dry_run=True)
    except InvalidInput as error:
        return _refused(error), 422
    name = request.files["file"].filename
    with reading() as session:
        list_ = own_list(session, request.form.get("list", ""), "import_people")
        return render_template("subscribers/report.html", report=report, ticket=ticket, chosen=request.form, list=list_, name=name)


@routes.post("/subscribers/import")
@permission("import_people", of="any")
def bring_in() -> Response | str | tuple[str, int]:
    try:
        path = uploads.find(_folder(), request.form.get("ticket", ""), user_id=person().id)
        report = _run(path, dry_run=False)
    except InvalidInput as error:
        return _refused(error), 422
    uploads.drop(path)
    with transaction() as session:
        note(session, "subscribers.bring_in", list=request.form.get("list", ""), added=report.added, updated=report.updated)
    sums = {"added": report.added, "updated": report.updated, "unchanged": report.unchanged, "rejected": report.rejected_count}
    tell(tp("subscribers.imported", **sums))
    return redirect(url_for("subscribers.index", list=request.form.get("list", "")))


def _run(path: Path, *, dry_run: bool) -> ImportReport:
    given = request.form
    with reading() as session:
        own_list(session, given.get("list", ""), "import_people")
    upload = request.files.get("file")
    name = given.get("name") or (upload.filename if upload else None) or "an uploaded file"
    return import_subscribers(
        desk().house, path, list_slug=given.get("list", ""), mode=given.get("mode", "active"), dry_run=dry_run, rejects=None,
        name=name[:200], by=person().actor, now=utc_now(),
    )  # fmt: skip


def _refused(error: InvalidInput) -> str:
    return _form_page(Form(values=request.form.to_dict()).refused(error, FIELDS))


def _form_page(form: Form) -> str:
    with reading() as session:
        lists = own_lists(session, "import_people")
        return render_template("subscribers/import.html", form=form, lists=lists)


def _folder() -> Path:
    return desk().house.settings.data_dir / "uploads"
