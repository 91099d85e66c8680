"""The pictures of all letters: uploaded, described once, chosen anywhere."""

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from admin.answers import wants_json
from admin.context import desk, person, reading, tell, transaction
from admin.forms import per_language
from admin.permissions import permission
from admin.retelling import retold
from admin.row_numbers import row_number
from admin.speaking import tp
from newsroom import media
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput
from newsroom.localized import NATIVE_NAMES
from newsroom.mailing_lists import MailingList
from newsroom.media import MediaStore

routes = Blueprint("library", __name__)


@routes.get("/media")
@permission("upload", of="any")
def index() -> str:
    with reading() as session:
        shelf = media.shelf(session, before=request.args.get("before", None, row_number), like=request.args.get("q", ""))
        return render_template("library/index.html", shelf=shelf, asked=request.args.get("q", ""), languages=_languages(session))


@routes.get("/media/choose")
@permission("upload", of="any")
def choose() -> str:
    """The library as a choice, for the composer's dialog."""
    with reading() as session:
        shelf = media.shelf(session, before=request.args.get("before", None, row_number), like=request.args.get("q", ""))
        return render_template("library/choose.html", shelf=shelf, asked=request.args.get("q", ""))


@routes.post("/media")
@permission("upload", of="any")
def upload() -> AnyResponse | tuple[Response, int]:
    """One picture, made fit for mail; scripts get its name, people the library."""
    try:
        name, alt = _kept(request.files.get("file"))
    except InvalidInput as error:
        if wants_json():
            return jsonify(sentence=retold(str(error))), 422
        tell(str(error), "bad")
        return redirect(url_for("library.index"))
    if wants_json():
        return jsonify(name=name, alt=alt)
    tell(tp("library.uploaded"))
    return redirect(url_for("library.index"))


@routes.post("/media/<int:media_id>/alt")
@permission("upload", of="any")
def describe(media_id: int) -> AnyResponse:
    """What the picture shows; sections that choose it begin with these words."""
    with transaction() as session:
        media.describe(session, media_id, per_language(request.form, "alt", tuple(NATIVE_NAMES)))
    tell(tp("library.saved"))
    return redirect(url_for("library.index", _anchor=f"picture-{media_id}"))


def _kept(given: FileStorage | None) -> tuple[str, object]:
    if given is None or not given.filename:
        raise InvalidInput.of("Choose a picture first.")
    data = given.read()
    with transaction() as session:
        kept = media.store_picture(session, MediaStore(desk().house.media_dir), data, original_name=given.filename, now=utc_now())
        kept.uploaded_by = kept.uploaded_by or person().id
        return kept.name, kept.alt


def _languages(session: Session) -> list[str]:
    """Of all lists, in the order in which Newsroom knows them."""
    used = {language for languages in session.scalars(select(MailingList.languages)) for language in languages}
    return [language for language in NATIVE_NAMES if language in used] or ["en"]
