"""What a page showed is what is decided on: nobody approves or sends what came after it was loaded."""

from flask import request

from newsroom.errors import Refused
from newsroom.issues import Issue

CHANGED = "This issue was changed while your page was open. Read it as it is now, then decide."


def stamp(issue: Issue) -> str:
    """Moves with each step of the issue's life, and no text changes without one."""
    return issue.updated_at.isoformat()


def refuse_if_changed(issue: Issue) -> None:
    """Refused when the form carries the stamp of an older page."""
    if request.form.get("seen", stamp(issue)) != stamp(issue):
        raise Refused(CHANGED)
