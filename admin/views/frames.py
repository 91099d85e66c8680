"""What stands inside the frames: previews, captured letters, and the pictures of both."""

from flask import Blueprint, Response, abort, send_from_directory

from admin import captured_letters, framing, issue_pages, previews
from admin.context import desk, reading
from admin.permissions import ANYONE, permission
from admin.previews import Preview
from newsroom.clock import utc_now
from newsroom.errors import NotFound
from newsroom.messages import Parts, parts_of
from newsroom.sendqueue.transports.outbox import read_captured

routes = Blueprint("frames", __name__)


@routes.get("/issues/<int:issue_id>/preview/<language>/letter")
@permission("read", of="issue")
def letter(issue_id: int, language: str) -> Response:
    return framing.framed(_parts(_preview(issue_id, language)).html)


@routes.get("/issues/<int:issue_id>/preview/<language>/text")
@permission("read", of="issue")
def text(issue_id: int, language: str) -> Response:
    return framing.framed_text(_parts(_preview(issue_id, language)).text)


@routes.get("/issues/<int:issue_id>/preview/<language>/source")
@permission("read", of="issue")
def source(issue_id: int, language: str) -> Response:
    return framing.framed_source(_preview(issue_id, language).data)


@routes.get("/outbox/<int:delivery_id>/letter")
@permission("see_people", of="delivery")
def captured_letter(delivery_id: int) -> Response:
    return framing.framed(parts_of(_captured(delivery_id)).html)


@routes.get("/outbox/<int:delivery_id>/text")
@permission("see_people", of="delivery")
def captured_text(delivery_id: int) -> Response:
    return framing.framed_text(parts_of(_captured(delivery_id)).text)


@routes.get("/outbox/<int:delivery_id>/source")
@permission("see_people", of="delivery")
def captured_source(delivery_id: int) -> Response:
    return framing.framed_source(_captured(delivery_id))


@routes.get("/media/<path:name>")
@permission(ANYONE)
def media(name: str) -> Response:
    """Pictures have unguessable public names; a sandboxed frame carries no cookie that could open a closed door."""
    if "/" in name or name.startswith("."):
        abort(404)
    return send_from_directory(desk().house.media_dir.absolute(), name, max_age=31_536_000)


def _preview(issue_id: int, language: str) -> Preview:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        return previews.preview_of(session, issue, language, house=desk().house, now=utc_now())


def _parts(preview: Preview) -> Parts:
    if preview.parts is None:
        raise NotFound(preview.fault)
    return preview.parts


def _captured(delivery_id: int) -> bytes:
    with reading() as session:
        captured_letters.delivery_of(session, delivery_id)
    data = read_captured(desk().house.outbox_dir, delivery_id)
    if data is None:
        raise NotFound(f"There is no captured letter {delivery_id}.")
    return data
