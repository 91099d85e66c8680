"""The front of an issue, its own words and languages, with the handles of a section: written and versioned as one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from newsroom.issues import Issue

#: The uid and the kind of the front.
FRONT = ""


class Front:
    """The issue's own words, with the handles of a section."""

    uid = kind = FRONT
    position = -1

    def __init__(self, issue: Issue) -> None:
        self._issue = issue

    @property
    def content(self) -> dict[str, Any]:
        issue = self._issue
        told = {"subject": issue.subject, "preview_text": issue.preview_text, "languages": list(issue.languages)}
        return {name: value for name, value in told.items() if value}

    @content.setter
    def content(self, content: Mapping[str, Any]) -> None:
        issue = self._issue
        issue.subject, issue.preview_text = content.get("subject", ""), content.get("preview_text", "")
        issue.languages = list(content["languages"])

    @property
    def version(self) -> int:
        return self._issue.front_version

    @version.setter
    def version(self, version: int) -> None:
        self._issue.front_version = version

    @property
    def sources(self) -> dict[str, Any] | None:
        return self._issue.front_sources

    @sources.setter
    def sources(self, sources: dict[str, Any] | None) -> None:
        self._issue.front_sources = sources

    @property
    def updated_at(self) -> datetime:
        return self._issue.updated_at

    @updated_at.setter
    def updated_at(self, at: datetime) -> None:
        self._issue.updated_at = at

    @property
    def updated_by(self) -> int | None:
        return self._issue.front_by

    @updated_by.setter
    def updated_by(self, user_id: int | None) -> None:
        self._issue.front_by = user_id
