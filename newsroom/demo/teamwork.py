"""What the people of the demo say to each other and plan: comments, milestones, and a text that changed after it was translated."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from newsroom import milestones
from newsroom.comments import answer, comment, comments_of, resolve
from newsroom.demo.lives import EDITOR, PUBLISHER
from newsroom.issues import Actor, Issue
from newsroom.milestones import Wish
from newsroom.section_writing import FieldChange, change_section

TRANSLATOR = Actor(name="Salma Nader (demo)")
WRITTEN = "Two hundred and six ideas arrived. We have read them all, some of them aloud."
REWRITTEN = "Two hundred and nine ideas arrived, three of them by boat. We have read them all, some of them aloud."


def work_together(session: Session, slug: str, issue: Issue, *, now: datetime) -> None:
    """What happened around this issue, once."""
    if slug in TEAMWORK and not comments_of(session, issue.id) and not milestones.milestones_of(session, issue.id):
        TEAMWORK[slug](session, issue, now)


def _write_autumn(session: Session, issue: Issue, now: datetime) -> None:
    """The English welcome changed after the French was made; the rest is planned."""
    change = FieldChange(path=("text", "en"), was=f"<p>{WRITTEN}</p>", now=f"<p>{REWRITTEN}</p>")
    version = next(row.version for row in issue.sections if row.uid == "hello")
    change_section(session, issue, "hello", [change], base=version, by=EDITOR, now=now)
    comment(
        session,
        issue,
        uid="assembly",
        text="The ferry house asks whether lunch is ours or theirs. I will know on Monday.",
        by=EDITOR,
        now=now,
    )
    for days, kind, language in (
        (-2, "contributions", ""),
        (6, "translation", "es"),
        (8, "translation", "ar"),
        (11, "approval", ""),
        (14, "send", ""),
    ):
        due_at = now.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=days)
        made = milestones.plan(session, issue, Wish(kind=kind, language=language, due_at=due_at))
        if days < 0:
            milestones.finish(made, by=EDITOR, now=now)


def _review_night_buses(session: Session, issue: Issue, now: datetime) -> None:
    """One question is settled, one waits for an answer."""
    first = comment(
        session, issue, uid="count", text="Is a clock that is right a promise of the town, or a wish of the riders?", by=PUBLISHER, now=now
    )
    answer(session, issue, first.id, text="A wish. The riders said it, we only counted.", by=EDITOR, now=now)
    resolve(session, issue, first.id, by=PUBLISHER, now=now)
    comment(
        session, issue, uid="count", language="fr", by=TRANSLATOR, now=now,
        text="“Bus de nuit” or “autobus de nuit”? The operator writes the short form on its stops.",
    )  # fmt: skip


TEAMWORK: Mapping[str, Callable[[Session, Issue, datetime], None]] = {
    "autumn-2027": _write_autumn,
    "night-buses": _review_night_buses,
}
