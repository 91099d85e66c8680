"""Who may do what: the one table. Moves of an issue are named as in ISSUE_LIFECYCLE.

A view declares what it asks for and of what: `everywhere` (the installation), `any` (one list at least; the view shows the lists that
count), `issue`, `list` or `delivery` (whose list the guard looks up), `self`. Where the path names an issue, a list or a delivery, that
is what it is of, and nothing else may be declared.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

View = TypeVar("View", bound=Callable[..., object])

#: For pages that a person sees before logging in.
ANYONE = "anyone"
#: For the pages behind a guest's link and behind the first-start link: who comes is known by the token in the path alone.
GUEST, SETUP = "guest", "setup"
WITHOUT_LOG_IN = frozenset({ANYONE, GUEST, SETUP})

_AUTHOR = frozenset({"own_account", "read", "write", "comment", "upload", "test", "rehearse", "submit", "recall", "discard"})
_EDITOR = _AUTHOR | {"see_people", "request_changes", "reopen", "manage_guests", "plan"}
_PUBLISHER = _EDITOR | {
    "approve", "record_approval", "schedule", "unschedule", "pause", "resume", "cancel", "extend", "copy", "limit_issue",
}  # fmt: skip
#: What no role on a single list includes: it is about the installation.
INSTALLATION = frozenset({"see_settings", "manage_relays", "manage_limits", "manage_alerts", "manage_users", "see_audit"})
_ADMINISTRATOR = _PUBLISHER | {"manage_lists", "import_people"} | INSTALLATION

ROLE_PERMISSIONS: Mapping[str, frozenset[str]] = {
    "author": _AUTHOR,
    "editor": _EDITOR,
    "publisher": _PUBLISHER,
    "administrator": _ADMINISTRATOR,
}
PERMISSIONS = _ADMINISTRATOR

#: What a permission is asked of, and the part of the path that names it.
NAMED_BY: Mapping[str, str] = {"issue": "issue_id", "list": "slug", "delivery": "delivery_id"}
OF = frozenset(NAMED_BY) | {"everywhere", "any", "self"}


def permissions_of(role: str) -> frozenset[str]:
    return ROLE_PERMISSIONS.get(role, frozenset())


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What one person may do where: by a role on all lists, by a role on single lists, or by both together."""

    role: str
    all_lists: bool
    list_roles: Mapping[int, str] = field(default_factory=dict)

    def may(self, permission: str, list_id: int) -> bool:
        return permission in self._everywhere() | self._on(list_id)

    def may_everywhere(self, permission: str) -> bool:
        return permission in self._everywhere()

    def may_anywhere(self, permission: str) -> bool:
        return permission == "own_account" or permission in self._everywhere() or bool(self._lists(permission))

    def lists(self, permission: str) -> frozenset[int] | None:
        """The lists on which this is allowed; None for all of them."""
        return None if permission in self._everywhere() else self._lists(permission)

    def _everywhere(self) -> frozenset[str]:
        return permissions_of(self.role) if self.all_lists else frozenset()

    def _on(self, list_id: int) -> frozenset[str]:
        return permissions_of(self.list_roles.get(list_id, "")) - INSTALLATION

    def _lists(self, permission: str) -> frozenset[int]:
        return frozenset(list_id for list_id in self.list_roles if permission in self._on(list_id))


def permission(name: str, *, of: str = "") -> Callable[[View], View]:
    """Declare what a view asks of the person, and of what; the application refuses to start with a view that declares nothing."""
    if name not in PERMISSIONS | {ANYONE}:
        raise AssertionError(f"unknown permission {name!r}")
    if of not in OF | {""}:
        raise AssertionError(f"a permission is asked of one of {', '.join(sorted(OF))}; not of {of!r}")
    return _declaring(permission=name, of=of)


def guest(*purposes: str) -> Callable[[View], View]:
    """Declare a page behind a guest's link of one of these purposes."""
    return _declaring(permission=GUEST, of="", purposes=frozenset(purposes))


def setup(view: View) -> View:
    """Declare a page of the first start."""
    return _declaring(permission=SETUP, of="")(view)


def asked_of(view: object, path: str, arguments: Collection[str]) -> str:
    """What a view behind this path asks its permission of; AssertionError where that is not said, or not what the path says."""
    declared, named = getattr(view, "of", ""), _named_in(path, arguments)
    if getattr(view, "permission", "") == "own_account":
        named = named or "self"
    if declared and named and declared != named:
        raise AssertionError(f"{path} is of {named}, not of {declared}")
    found = declared or named
    if not found or NAMED_BY.get(found, found) not in {*arguments, "everywhere", "any", "self"}:
        raise AssertionError(f"{path} does not say of what its permission is asked: @permission(name, of=...)")
    return found


def _named_in(path: str, arguments: Collection[str]) -> str:
    for of, argument in NAMED_BY.items():
        if argument in arguments:
            return of
    return "everywhere" if path.startswith("/admin/settings") else ""


def _declaring(**facts: object) -> Callable[[View], View]:
    def declare(view: View) -> View:
        for name, value in facts.items():
            setattr(view, name, value)
        return view

    return declare
