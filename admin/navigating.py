"""The ways through the admin: the rail, and the tabs over the pages of an issue and of the settings. What has no page yet is not shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request, url_for

from admin.context import person
from admin.permissions import ANYONE
from newsroom.issues import Issue

EXTENSION = "newsroom_ways"
ISSUE = "/admin/issues/<int:issue_id>"
#: Words key and picture -> the page's path.
RAIL = (
    ("issues", "issue", "/admin/issues"),
    ("calendar", "calendar", "/admin/calendar"),
    ("pictures", "picture", "/admin/media"),
    ("outbox", "outbox", "/admin/outbox"),
    ("lists", "list", "/admin/lists"),
    ("subscribers", "people", "/admin/subscribers"),
    ("notices", "bell", "/admin/notices"),
    ("settings", "settings", "/admin/settings"),
)
TABS = (
    ("overview", ISSUE),
    ("write", f"{ISSUE}/write"),
    ("languages", f"{ISSUE}/languages"),
    ("review", f"{ISSUE}/review"),
    ("history", f"{ISSUE}/history"),
    ("plan", f"{ISSUE}/plan"),
)
SETTINGS = (
    ("general", "/admin/settings"),
    ("relays", "/admin/settings/mail-servers"),
    ("limits", "/admin/settings/limits"),
    ("people", "/admin/settings/people"),
    ("health", "/admin/settings/health"),
    ("audit", "/admin/settings/audit"),
)
#: Pages of a tab whose address does not stand below the tab's own.
BESIDE = {"review": ("checks", "guests", "sign"), "write": ("proposals",)}


@dataclass(frozen=True, kw_only=True)
class Way:
    """One entry; `current` is what aria-current says: page, true (a page below it), or nothing."""

    key: str
    url: str
    picture: str = ""
    current: str = ""


def install(app: Flask) -> None:
    """After every view is mounted: which of the paths above there are, and what their views ask for."""
    by_path = {rule.rule: rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    wanted = [path for _, _, path in RAIL] + [path for _, path in TABS + SETTINGS]
    endpoints = {path: by_path[path].endpoint for path in wanted if path in by_path}
    app.extensions[EXTENSION] = {path: (name, getattr(app.view_functions[name], "permission", ANYONE)) for path, name in endpoints.items()}
    app.jinja_env.globals.update(rail_ways=rail_ways, issue_ways=issue_ways, settings_ways=settings_ways)


def rail_ways() -> list[Way]:
    return [
        Way(key=key, picture=picture, url=url, current=_current(url))
        for key, picture, path in RAIL
        for url in _open(path)
    ]  # fmt: skip


def issue_ways(issue: Issue) -> list[Way]:
    return _tabs([(key, url) for key, path in TABS for url in _open(path, issue.list_id, issue_id=issue.id)])


def settings_ways() -> list[Way]:
    return _tabs([(key, url) for key, path in SETTINGS for url in _open(path)])


def _tabs(found: list[tuple[str, str]]) -> list[Way]:
    """The tabs this person may open; none where there is only one. A page that is below none of the others is one of the first's."""
    if len(found) < 2:
        return []
    (first, top), *others = found
    here = next((key for key, url in others if any(map(_current, _addresses(key, url, top)))), first)
    return [Way(key=key, url=url, current=("page" if request.path == url else "true") if key == here else "") for key, url in found]


def _addresses(key: str, url: str, top: str) -> list[str]:
    return [url, *(f"{top}/{name}" for name in BESIDE.get(key, ()))]


def _open(path: str, list_id: int | None = None, **parts: Any) -> Iterator[str]:
    """Its address, where there is such a page and this person may see it (on this list)."""
    endpoint, permission = current_app.extensions[EXTENSION].get(path, ("", ""))
    if endpoint and person().may(permission, list_id):
        yield url_for(endpoint, **parts)


def _current(url: str) -> str:
    return "page" if request.path == url else "true" if request.path.startswith(f"{url}/") else ""
