"""How a verb is written into the audit log: by its own name, in the transaction of what it does."""

import click
from sqlalchemy.orm import Session

from admin import audit
from newsroom.clock import utc_now
from newsroom.issues import OPERATOR, Actor, Issue


def noted(session: Session, *, by: Actor = OPERATOR, issue: Issue | None = None, list_id: int | None = None, about: str = "") -> None:
    """`newsroom issue pause 7` is the deed `issue pause` on issue 7."""
    context = click.get_current_context()
    # The program may be called `newsroom` or `python -m newsroom`.
    verb = context.command_path.removeprefix(context.find_root().info_name or "").strip()
    audit.note(
        session, verb or context.command_path, by=by, now=utc_now(), issue_id=issue.id if issue else None,
        list_id=issue.list_id if issue else list_id, about=about,
    )  # fmt: skip
