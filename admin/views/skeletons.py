"""A section of an earlier issue that goes out again as it is."""

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from admin import issue_pages
from admin.context import tell, transaction
from admin.permissions import permission
from admin.speaking import tp
from newsroom.section_writing import lock_draft
from newsroom.skeletons import keep_as_it_is

routes = Blueprint("skeletons", __name__)


@routes.post("/issues/<int:issue_id>/sections/<uid>/keep")
@permission("write", of="issue")
def keep(issue_id: int, uid: str) -> Response:
    with transaction() as session:
        lock_draft(session, issue_id)
        keep_as_it_is(session, issue_pages.load_issue(session, issue_id), uid)
    tell(tp("new_issue.kept"))
    return redirect(url_for("composer.page", issue_id=issue_id))
