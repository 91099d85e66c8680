"""A desk to import issue files at: a house with one list, a folder with pictures, and counts of what is stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from newsroom.drafting.importing import import_issue
from newsroom.events import Event
from newsroom.house import House
from newsroom.issues import OPERATOR, Actor, Issue, IssueSection
from newsroom.media import Media, MediaStore
from tests.conftest import NOON
from tests.factories import a_list
from tests.section_samples import write_pictures

LANGUAGES = ["en", "fr", "es", "ar"]


@dataclass(frozen=True)
class Desk:
    house: House
    folder: Path

    @property
    def store(self) -> MediaStore:
        return MediaStore(self.house.media_dir)

    def take(self, session: Session, text: str, *, folder: Path | None = None, now: datetime = NOON, by: Actor = OPERATOR) -> Issue:
        return import_issue(session, text, folder=folder or self.folder, store=self.store, by=by, now=now)

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self.house.database.transaction() as session:
            yield session

    def stored(self) -> tuple[int, ...]:
        """How many issues, sections, pictures, events and files there are."""
        with self.session() as session:
            rows = [session.scalar(select(func.count()).select_from(model)) or 0 for model in (Issue, IssueSection, Media, Event)]
        return (*rows, len(list(self.store.folder.glob("*"))) if self.store.folder.exists() else 0)


def a_desk(house: House, folder: Path) -> Desk:
    with house.database.transaction() as session:
        a_list(session, slug="mayors-mechanism", languages=LANGUAGES, timezone="Europe/Madrid")
    return Desk(house, write_pictures(folder))


def a_file(*sections: dict[str, Any], **front: Any) -> str:
    """An issue file of these sections; the front is valid unless said otherwise."""
    facts = {"list": "mayors-mechanism", "slug": "spring", "languages": ["en", "fr"], "subject": {"en": "Hello", "fr": "Bonjour"}}
    return yaml.safe_dump({**facts, **front, "sections": list(sections)}, allow_unicode=True, sort_keys=False)


def content_of(issue: Issue) -> dict[str, Any]:
    sections = [(row.uid, row.kind, row.content) for row in issue.sections]
    return {"languages": issue.languages, "subject": issue.subject, "preview_text": issue.preview_text, "sections": sections}
