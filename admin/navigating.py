"""The ways through the admin: the rail, and the tabs over an issue's pages. What has no page yet is not shown."""

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
    wanted = [path for _, _, path in RAIL] + [path for _, path in TABS]
    endpoints = {path: by_path[path].endpoint for path in wanted if path in by_path}
    app.extensions[EXTENSION] = {path: (name, getattr(app.view_functions[name], "permission", ANYONE)) for path, name in endpoints.items()}
    app.jinja_env.globals.update(rail_ways=rail_ways, issue_ways=issue_ways)


def rail_ways() -> list[Way]:
    return [
        Way(key=key, picture=picture, url=url, current=_current(url))
        for key, picture, path in RAIL
        for url in _open(path)
    ]  # fmt: skip


def issue_ways(issue: Issue) -> list[Way]:
    """The tabs this person may open; none where there is only one."""
    found = [
        Way(key=key, url=url, current=_current_tab(path, url))
        for key, path in TABS
        for url in _open(path, issue.list_id, issue_id=issue.id)
    ]
    return found if len(found) > 1 else []


def _open(path: str, list_id: int | None = None, **parts: Any) -> Iterator[str]:
    """Its address, where there is such a page and this person may see it (on this list)."""
    endpoint, permission = current_app.extensions[EXTENSION].get(path, ("", ""))
    if endpoint and person().may(permission, list_id):
        yield url_for(endpoint, **parts)


def _current(url: str) -> str:
    return "page" if request.path == url else "true" if request.path.startswith(f"{url}/") else ""


def _current_tab(path: str, url: str) -> str:
    return ("page" if request.path == url else "") if path == ISSUE else _current(url)
