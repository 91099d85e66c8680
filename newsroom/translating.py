"""Texts that come from a translator are taken into their places, each with the original that it was really made from."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy.orm import Session

from newsroom.drafting.translation_papers import Placed
from newsroom.issues import Actor, Issue
from newsroom.section_writing import FRONT, FieldChange, Gone, Outcome, change_front, change_section
from newsroom.translations import made_from


def take_texts(session: Session, issue: Issue, texts: Sequence[Placed], language: str, *, by: Actor, now: datetime) -> int:
    """Take these texts, each only where nobody wrote another one since; how many were taken. Refused unless the issue is a draft."""
    by_section = groupby(sorted(texts, key=lambda text: text.uid), key=lambda text: text.uid)
    return sum(_take(session, issue, uid, list(own), language, by=by, now=now) for uid, own in by_section)


def _take(session: Session, issue: Issue, uid: str, texts: Sequence[Placed], language: str, *, by: Actor, now: datetime) -> int:
    changes = [FieldChange(path=(*text.path, language), was=text.was or None, now=text.now) for text in texts]
    outcome = _change(session, issue, uid, changes, by=by, now=now)
    saved = set() if isinstance(outcome, Gone) else {change.path[:-1] for change in outcome.saved}
    taken = [text for text in texts if text.path in saved]
    for text in taken:
        if text.is_stale:
            _note(issue, text, language)
    return len(taken)


def _change(session: Session, issue: Issue, uid: str, changes: Sequence[FieldChange], *, by: Actor, now: datetime) -> Outcome:
    """Without a version seen: each text is compared with what the paper's reader was shown."""
    if uid == FRONT:
        return change_front(session, issue, changes, base=0, by=by, now=now, how="translate")
    return change_section(session, issue, uid, changes, base=0, by=by, now=now, how="translate")


def _note(issue: Issue, text: Placed, language: str) -> None:
    """It was made from an original that has changed since: it is to be checked, with that change shown."""
    if text.uid == FRONT:
        issue.front_sources = made_from(issue.front_sources, language, text.now, text.made_from, instead_of=text.original)
        return
    row = next(row for row in issue.sections if row.uid == text.uid)
    row.sources = made_from(row.sources, language, text.now, text.made_from, instead_of=text.original)
