"""Comments as pages show them: under the section they are about."""

from collections.abc import Sequence
from dataclasses import dataclass

from admin import issue_pages
from newsroom.comments import WHOLE, Thread
from newsroom.issues import Issue


@dataclass(frozen=True, kw_only=True)
class Place:
    """A section (number 0: the whole issue, -1: one that is gone) and what is said about it."""

    uid: str
    number: int
    title: str
    kind: str
    threads: tuple[Thread, ...]


def places(issue: Issue) -> list[Place]:
    """All that can be commented on: the issue, then its sections."""
    entries = zip(issue.sections, issue_pages.outline(issue), strict=True)
    sections = [Place(uid=row.uid, number=entry.number, title=entry.title, kind=entry.kind, threads=()) for row, entry in entries]
    return [Place(uid=WHOLE, number=0, title="", kind="", threads=()), *sections]


def by_section(threads: Sequence[Thread], issue: Issue) -> list[Place]:
    """Only places with something to read; what was said of a section that is gone comes last."""
    known = places(issue)
    placed = [_with(place, [thread for thread in threads if thread.comment.uid == place.uid]) for place in known]
    lost = [thread for thread in threads if all(thread.comment.uid != place.uid for place in known)]
    gone = Place(uid=WHOLE, number=-1, title="", kind="", threads=tuple(lost))
    return [place for place in [*placed, gone] if place.threads]


def _with(place: Place, threads: Sequence[Thread]) -> Place:
    return Place(uid=place.uid, number=place.number, title=place.title, kind=place.kind, threads=tuple(threads))
