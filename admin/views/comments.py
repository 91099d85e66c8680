"""Comments on an issue: all of them or those of one section, a new one, an answer, settled."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import issue_pages, notifying
from admin.comment_threads import by_section, places
from admin.context import person, reading, tell, transaction
from admin.forms import text
from admin.permissions import permission
from newsroom import comments
from newsroom.clock import utc_now
from newsroom.comments import Comment, comments_of
from newsroom.errors import InvalidInput
from newsroom.issues import Issue

routes = Blueprint("comments", __name__)


@routes.get("/issues/<int:issue_id>/comments")
@permission("comment", of="issue")
def show(issue_id: int) -> str:
    """The page, or for htmx the panel alone; `uid` narrows it to one section."""
    return _shown(issue_id, request.args.get("uid"))


@routes.post("/issues/<int:issue_id>/comments")
@permission("comment", of="issue")
def add(issue_id: int) -> Response | str:
    def say(session: Session, issue: Issue) -> Comment:
        uid, language = text(request.form, "uid"), text(request.form, "language")
        return comments.comment(
            session, issue, text=request.form.get("text", ""), uid=uid, language=language, by=person().actor, now=utc_now()
        )

    return _done(issue_id, say)


@routes.post("/issues/<int:issue_id>/comments/<int:comment_id>/answer")
@permission("comment", of="issue")
def answer(issue_id: int, comment_id: int) -> Response | str:
    def say(session: Session, issue: Issue) -> Comment:
        return comments.answer(session, issue, comment_id, text=request.form.get("text", ""), by=person().actor, now=utc_now())

    return _done(issue_id, say)


@routes.post("/issues/<int:issue_id>/comments/<int:comment_id>/resolve")
@permission("comment", of="issue")
def resolve(issue_id: int, comment_id: int) -> Response | str:
    return _done(
        issue_id,
        lambda session, issue: comments.resolve(session, issue, comment_id, by=person().actor, now=utc_now()),
        notify=False,
    )  # fmt: skip


def _done(issue_id: int, act: Callable[[Session, Issue], Comment], *, notify: bool = True) -> Response | str:
    """To the comment on the page it was written on; htmx gets its panel anew."""
    said = ""
    try:
        with transaction() as session:
            issue = issue_pages.load_issue(session, issue_id)
            made = act(session, issue)
            if notify:
                notifying.commented(session, issue, made)
            anchor = f"comment-{made.reply_to or made.id}"
    except InvalidInput as error:
        said, anchor = str(error), "comments"
    if request.headers.get("HX-Request") == "true":
        return _shown(issue_id, request.form.get("only"), said=said)
    if said:
        tell(said, "bad")
    return redirect(url_for("reviews.show", issue_id=issue_id, _anchor=anchor))


def _shown(issue_id: int, only: str | None, said: str = "") -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        found = by_section(comments_of(session, issue_id), issue)
        chosen = found if only is None else [place for place in found if place.uid == only and place.number >= 0]
        bare = request.headers.get("HX-Request") == "true"
        subject = issue_pages.plain_subject(issue.subject, issue.original, original=issue.original)
        return render_template(
            "comments/panel.html" if bare else "comments/page.html", issue=issue, sections=chosen, only=only, said=said,
            places=places(issue), subject=subject,
        )  # fmt: skip
