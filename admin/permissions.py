"""Who may do what: the one table. Moves of an issue are named as in ISSUE_LIFECYCLE."""

from collections.abc import Callable, Mapping
from typing import TypeVar

View = TypeVar("View", bound=Callable[..., object])

#: For pages that a person sees before logging in.
ANYONE = "anyone"

_AUTHOR = frozenset({"own_account", "read", "test", "rehearse", "submit", "recall", "discard"})
_EDITOR = _AUTHOR | {"see_people", "request_changes", "reopen"}
_PUBLISHER = _EDITOR | {"approve", "schedule", "unschedule", "pause", "resume", "cancel", "extend", "copy", "limit_issue"}
_ADMINISTRATOR = _PUBLISHER | {"manage_lists", "import_people", "see_settings", "manage_relays", "manage_limits", "manage_alerts"}

ROLE_PERMISSIONS: Mapping[str, frozenset[str]] = {
    "author": _AUTHOR,
    "editor": _EDITOR,
    "publisher": _PUBLISHER,
    "administrator": _ADMINISTRATOR,
}
PERMISSIONS = _ADMINISTRATOR


def permissions_of(role: str) -> frozenset[str]:
    return ROLE_PERMISSIONS.get(role, frozenset())


def permission(name: str) -> Callable[[View], View]:
    """Declare what a view asks of the person; the application refuses to start with a view that declares nothing."""
    if name not in PERMISSIONS | {ANYONE}:
        raise AssertionError(f"unknown permission {name!r}")

    def declare(view: View) -> View:
        view.permission = name  # type: ignore[attr-defined]
        return view

    return declare
