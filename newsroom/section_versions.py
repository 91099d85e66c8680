"""Every version of every section, as it stood after each write: what was written is never lost, whoever wrote over it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, BigId, Json, PrimaryKey, Word
from newsroom.errors import NotFound
from newsroom.fronts import FRONT, Front
from newsroom.issues import Actor, Issue, IssueEvent, get_issue

#: Writes of one hand that follow each other within this time are one version.
ONE_SITTING = timedelta(minutes=2)
JOINED = frozenset({"write", "translate", "move"})
#: The uid and the kind of what is kept of the order of sections; no section can be called so, and no address leads to it.
ORDER = "/order"


class Sheet(Protocol):
    """What has versions: a section, or the issue's own words."""

    uid: str
    kind: str
    position: int
    version: int
    content: dict[str, Any]
    sources: dict[str, Any] | None
    updated_at: datetime
    updated_by: int | None


class SectionVersion(Base):
    """A section after a write. Writes that follow each other closely by one hand are one row, which moves on with them.

    A removal is a row too (`how` = remove) and holds what was removed; a section brought back goes on counting from there.
    `sources` is kept of a removed one only: what its translations were made from.

    Of ORDER, `content` holds the uids of all sections `before` and `after` it was changed.
    """

    __tablename__ = "section_versions"
    __table_args__ = (UniqueConstraint("issue_id", "uid", "version"),)

    id: Mapped[PrimaryKey]
    issue_id: Mapped[int] = mapped_column(BigId, ForeignKey("issues.id"))
    uid: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    kind: Mapped[Word]
    position: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    sources: Mapped[dict[str, Any] | None] = mapped_column(Json)
    began_at: Mapped[datetime]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[int | None] = mapped_column(BigId)
    guest_id: Mapped[int | None] = mapped_column(BigId)
    how: Mapped[Word]


def versions_of(session: Session, issue_id: int, uid: str, *, before: int | None = None, limit: int = 50) -> list[SectionVersion]:
    """The versions of one section, the newest first; `before` a version number, to leaf back."""
    found = select(SectionVersion).where(SectionVersion.issue_id == issue_id, SectionVersion.uid == uid)
    if before is not None:
        found = found.where(SectionVersion.version < before)
    return list(session.scalars(found.order_by(SectionVersion.version.desc()).limit(limit)))


def version_at(session: Session, issue_id: int, uid: str, version: int) -> SectionVersion:
    """The version with this number, or the one that this number has become part of; NotFound where there is neither."""
    found = select(SectionVersion).where(SectionVersion.issue_id == issue_id, SectionVersion.uid == uid, SectionVersion.version >= version)
    row = session.scalar(found.order_by(SectionVersion.version).limit(1))
    if row is None:
        raise NotFound(f"There is no version {version} of this section.")
    return row


def newest_of(session: Session, issue_id: int, uid: str) -> SectionVersion | None:
    return next(iter(versions_of(session, issue_id, uid, limit=1)), None)


def newest_of_all(session: Session, issue_id: int, *, until: datetime | None = None) -> dict[str, SectionVersion]:
    """The newest version of everything that ever stood in the issue, removed or not, by uid; `until` a moment, if given."""
    of_issue = [SectionVersion.issue_id == issue_id, SectionVersion.uid != ORDER]
    in_time = of_issue if until is None else [*of_issue, SectionVersion.at <= until]
    newest = select(func.max(SectionVersion.id)).where(*in_time).group_by(SectionVersion.uid)
    return {row.uid: row for row in session.scalars(select(SectionVersion).where(SectionVersion.id.in_(newest)))}


def newest_at(session: Session, issue_id: int, at: datetime) -> dict[str, SectionVersion]:
    """What stood in the issue at that moment, by uid; the issue's own words under FRONT.

    Exact for the moments of the issue's life (submitted, approved, ...): no version goes on past one. What has no version yet
    was never written since versions are kept: it stood as it stands now.
    """
    issue, then = get_issue(session, issue_id), newest_of_all(session, issue_id, until=at)
    known = set(session.scalars(select(SectionVersion.uid).where(SectionVersion.issue_id == issue_id)))
    sheets: list[Sheet] = [Front(issue), *issue.sections]
    never_written = {sheet.uid: image_of(issue, sheet) for sheet in sheets if sheet.uid not in known}
    return {**never_written, **{uid: row for uid, row in then.items() if row.how != "remove"}}


def image_of(issue: Issue, sheet: Sheet) -> SectionVersion:
    """A version of what stands, not yet kept; by whom is known only as a number, and of the issue's own words not since when."""
    at = issue.created_at if sheet.uid == FRONT else sheet.updated_at
    return SectionVersion(
        issue_id=issue.id, uid=sheet.uid, version=sheet.version, kind=sheet.kind, position=sheet.position, content=sheet.content,
        began_at=at, at=at, actor="", user_id=sheet.updated_by, how="add",
    )  # fmt: skip


def keep_before(session: Session, issue: Issue, sheet: Sheet, newest: SectionVersion | None) -> None:
    """Before the first write of a section that has no versions yet: what stands becomes one."""
    if sheet.version > 0 and (newest is None or newest.version < sheet.version):
        session.add(image_of(issue, sheet))


def keep_after(session: Session, issue_id: int, sheet: Sheet, newest: SectionVersion | None, *, by: Actor, now: datetime, how: str) -> None:
    """After a write: a version of its own, or the newest one moved on where it is of the same sitting."""
    if newest is not None and how in JOINED and _is_one_sitting(session, newest, by=by, now=now, how=how):
        newest.version, newest.content, newest.kind, newest.position, newest.at = (
            sheet.version, sheet.content, sheet.kind, sheet.position, now,
        )  # fmt: skip
    else:
        session.add(_version(issue_id, sheet, sheet.content, by=by, now=now, how=how))


def keep_removal(session: Session, issue_id: int, sheet: Sheet, *, by: Actor, now: datetime) -> SectionVersion:
    """The row that says who removed it; its version is one more than what stood."""
    removal = _version(issue_id, sheet, sheet.content, by=by, now=now, how="remove")
    removal.version, removal.sources = sheet.version + 1, sheet.sources
    session.add(removal)
    return removal


def keep_order(session: Session, issue_id: int, before: Sequence[str], after: Sequence[str], *, by: Actor, now: datetime, how: str) -> None:
    """After a change of order: moves of one hand that follow each other closely are one, from where the first began."""
    newest = newest_of(session, issue_id, ORDER)
    version = newest.version + 1 if newest else 1
    if newest is not None and how in JOINED and _is_one_sitting(session, newest, by=by, now=now, how=how):
        newest.version, newest.content, newest.at = version, {**newest.content, "after": list(after)}, now
        return
    content = {"before": list(before), "after": list(after)}
    session.add(
        SectionVersion(
            issue_id=issue_id, uid=ORDER, kind=ORDER, version=version, position=-1, content=content, began_at=now, at=now,
            actor=by.name, user_id=by.user_id, guest_id=by.guest_id, how=how,
        )
    )  # fmt: skip


def _version(issue_id: int, sheet: Sheet, content: Mapping[str, Any], *, by: Actor, now: datetime, how: str) -> SectionVersion:
    return SectionVersion(
        issue_id=issue_id, uid=sheet.uid, version=sheet.version, kind=sheet.kind, position=sheet.position, content=dict(content),
        began_at=now, at=now, actor=by.name, user_id=by.user_id, guest_id=by.guest_id, how=how,
    )  # fmt: skip


def _is_one_sitting(session: Session, newest: SectionVersion, *, by: Actor, now: datetime, how: str) -> bool:
    same_hand = (newest.actor, newest.user_id, newest.guest_id, newest.how) == (by.name, by.user_id, by.guest_id, how)
    if not same_hand or not newest.began_at <= now < newest.began_at + ONE_SITTING:
        return False
    moved = select(IssueEvent.id).where(IssueEvent.issue_id == newest.issue_id, IssueEvent.at >= newest.began_at).limit(1)
    return session.scalar(moved) is None
