"""What guests write, and no more: a translator the texts of one language, a contributor the fields of one section or of one proposal."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from newsroom.errors import Refused
from newsroom.field_changes import apply_changes
from newsroom.fronts import FRONT
from newsroom.issues import Actor, Issue
from newsroom.proposals import Proposal
from newsroom.section_writing import Conflict, FieldChange, Outcome, Written, change_front, change_section, lock_draft
from newsroom.sections.tidying import model_of, place_of
from newsroom.sections.walking import Path, put_at
from newsroom.translations import words_of

#: Of the section that is still to be made: what it is called until somebody accepts it.
NEW = "new"


@dataclass(frozen=True, kw_only=True)
class Stray:
    """A change of something that this guest was not asked for; nothing of the request was written."""

    path: Path


def translate(
    session: Session, issue: Issue, uid: str, changes: Sequence[FieldChange], *, language: str, by: Actor, now: datetime
) -> Outcome | Stray:
    """Write texts of this language, each compared with what the translator saw. Facts and other languages are a Stray."""
    kind = _kind_of(issue, uid)
    strays = [change.path for change in changes if kind is not None and place_of(model_of(kind), tuple(change.path)).language != language]
    if strays or language not in issue.languages[1:]:
        return Stray(path=strays[0] if strays else ())
    if uid == FRONT:
        return change_front(session, issue, changes, base=0, by=by, now=now, how="translate")
    return change_section(session, issue, uid, changes, base=0, by=by, now=now, how="translate")


def contribute(
    session: Session, issue: Issue, uid: str, changes: Sequence[FieldChange], *, fields: Collection[str], by: Actor, now: datetime
) -> Outcome | Stray:
    """Write in these fields of an existing section."""
    if stray := _outside(changes, fields):
        return stray
    return change_section(session, issue, uid, changes, base=0, by=by, now=now)


def propose(
    session: Session, issue: Issue, kind: str, changes: Sequence[FieldChange], *, fields: Collection[str], by: Actor, now: datetime
) -> Written | Conflict | Stray:
    """Write in these fields of the guest's own proposal, which begins with the first change. Refused once it is decided."""
    if stray := _outside(changes, fields):
        return stray
    lock_draft(session, issue.id)
    proposal = proposal_of(session, issue.id, by.guest_id)
    before = dict(proposal.content) if proposal else {}
    if proposal and proposal.decided_at:
        raise Refused("This section has been taken over already; it is written by the staff now.")
    applied = apply_changes(model_of(kind), before, changes, original=issue.original, trusting=False)
    if proposal:
        session.execute(update(Proposal).where(Proposal.id == proposal.id).values(content=applied.content))
    elif applied.content:
        session.add(_new(issue, kind, applied.content, by, now))
    session.flush()
    if applied.conflicts:
        return Conflict(uid=NEW, version=0, at=now, actor="", saved=applied.saved, conflicts=applied.conflicts)
    return Written(uid=NEW, version=0, at=now, saved=applied.saved, content=applied.content)


def proposal_of(session: Session, issue_id: int, guest_id: int | None) -> Proposal | None:
    """What this guest proposes, fresh; None before the first word."""
    own = select(Proposal).where(Proposal.issue_id == issue_id, Proposal.guest_id == guest_id).order_by(Proposal.id).limit(1)
    return session.scalar(own.execution_options(populate_existing=True))


def words_in(kind: str, content: Mapping[str, Any], languages: Collection[str]) -> dict[str, Any]:
    """The content as far as it is words of these languages; its lists keep their length, so that every text keeps its place."""
    leaves = list(words_of(kind, content))
    ways = {leaf.path[:at] for leaf in leaves for at in range(len(leaf.path) + 1)}
    kept: dict[str, Any] = _along(content, ways, ())
    for leaf in leaves:
        if isinstance(leaf.value, Mapping):
            put_at(kept, leaf.path, {language: text for language, text in leaf.value.items() if language in languages})
    return kept


def _along(value: Any, ways: Collection[Path], path: Path) -> Any:
    if isinstance(value, Mapping):
        return {name: _along(inner, ways, (*path, name)) for name, inner in value.items() if (*path, name) in ways}
    if isinstance(value, list):
        return [_along(inner, ways, (*path, at)) for at, inner in enumerate(value)]
    return value if path in ways else None


def _kind_of(issue: Issue, uid: str) -> str | None:
    """None for a section that is gone."""
    return FRONT if uid == FRONT else next((row.kind for row in issue.sections if row.uid == uid), None)


def _outside(changes: Sequence[FieldChange], fields: Collection[str]) -> Stray | None:
    return next((Stray(path=change.path) for change in changes if change.path[0] not in fields), None)


def _new(issue: Issue, kind: str, content: dict[str, Any], by: Actor, now: datetime) -> Proposal:
    return Proposal(
        issue_id=issue.id, source=by.name[:200], language=issue.original, position=0, kind=kind, content=content, excerpt="",
        created_at=now, actor=by.name, guest_id=by.guest_id,
    )  # fmt: skip
