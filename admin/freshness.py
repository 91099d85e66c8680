"""What a page showed is what is decided on: nobody approves or sends what came after it was loaded."""

import hashlib
import json

from flask import request
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session, object_session

from newsroom.errors import Refused
from newsroom.events import Event
from newsroom.issues import Issue, hold

CHANGED = "This issue was changed while your page was open. Read it as it is now, then decide."


def stamp(issue: Issue) -> str:
    """Moves with each step of the issue's life, and no text changes without one; in review, with what else its letters are made from."""
    moved = issue.updated_at.isoformat()
    return f"{moved} {_beside(issue)}" if issue.state == "in_review" else moved


def refuse_if_changed(session: Session, issue: Issue) -> None:
    """Refused when the form carries the stamp of an older page; from here on nobody else moves the issue."""
    hold(session, issue)
    standing = stamp(issue)
    if request.form.get("seen", standing) != standing:
        raise Refused(CHANGED)


def _beside(issue: Issue) -> str:
    """What the list, and others who write of the same events, add to the letters."""
    mailing_list = issue.mailing_list
    facts = {column.key: getattr(mailing_list, column.key) for column in inspect(type(mailing_list)).column_attrs}
    topics = [(topic.slug, topic.title) for topic in mailing_list.topics]
    said = json.dumps([facts, topics, _told(issue)], default=str, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _told(issue: Issue) -> object:
    """When somebody last told of an event that this issue speaks of."""
    keys = {str(row.content["event"]) for row in issue.sections if row.content.get("event")}
    session = object_session(issue)
    if not keys or session is None:
        return None
    return session.scalar(select(func.max(Event.updated_at)).where(Event.list_id == issue.list_id, Event.key.in_(keys)))
