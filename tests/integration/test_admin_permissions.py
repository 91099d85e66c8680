"""Every route of the admin: what it asks for, and that it refuses who lacks it."""

from io import BytesIO
from itertools import pairwise

import pytest
from flask import Flask
from werkzeug.routing import Rule

from admin import guard
from admin.app import create_admin_app
from admin.permissions import ANYONE, PERMISSIONS, ROLE_PERMISSIONS, permission
from newsroom.house import House
from newsroom.issues import ISSUE_LIFECYCLE
from tests.factories import a_list, an_issue
from tests.staff import Staff, somebody

FILLERS = {
    "issue_id": "1",
    "slug": "rivers",
    "delivery_id": "1",
    "relay_id": "1",
    "language": "en",
    "kind": "issue",
    "action": "cancel",
    "name": "x.png",
    "filename": "x",
}


def routes(app: Flask, method: str) -> list[tuple[str, str]]:
    """(path, permission) of every rule that answers this method."""
    return [
        (path_of(rule), app.view_functions[rule.endpoint].permission) for rule in app.url_map.iter_rules() if method in (rule.methods or ())
    ]  # type: ignore[attr-defined]


def path_of(rule: Rule) -> str:
    values = {name: FILLERS[name] for name in rule.arguments}
    return (
        str(rule.build(values)[1])
        if not rule.arguments
        else "".join(values[part] if dynamic else part for dynamic, part in rule._trace).lstrip("|")
    )


@pytest.fixture
def furnished(sqlite_house: House) -> House:
    with sqlite_house.database.transaction() as session:
        an_issue(session, a_list(session, slug="rivers"))
    return sqlite_house


def test_every_route_that_changes_something_asks_for_a_permission(sqlite_house: House) -> None:
    app = create_admin_app(sqlite_house, ring=lambda _: None)
    open_ones = {path for path, permission in routes(app, "POST") if permission == ANYONE}
    assert open_ones == {"/admin/login", "/admin/logout"}
    assert {permission for _, permission in routes(app, "POST")} - {ANYONE} <= PERMISSIONS


def test_what_anyone_may_see_is_a_short_list(sqlite_house: House) -> None:
    app = create_admin_app(sqlite_house, ring=lambda _: None)
    assert {path for path, permission in routes(app, "GET") if permission == ANYONE} == {
        "/admin/", "/admin/login", "/admin/static/x", "/admin/media/x.png",
    }  # fmt: skip


def test_anonymous_people_are_sent_to_the_log_in(furnished: House) -> None:
    staff = Staff(furnished)
    for method in ("GET", "POST"):
        for path, needed in routes(staff.app, method):
            if needed != ANYONE:
                answer = staff.client.open(path, method=method)
                assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/admin/login"), f"{method} {path}"


@pytest.mark.parametrize("role", sorted(ROLE_PERMISSIONS))
def test_a_role_without_the_permission_gets_a_sentence(furnished: House, role: str) -> None:
    staff, _ = somebody(furnished, role)
    for method in ("GET", "POST"):
        for path, needed in routes(staff.app, method):
            if needed != ANYONE and needed not in ROLE_PERMISSIONS[role]:
                answer = staff.client.get(path) if method == "GET" else staff.post(path)
                assert answer.status_code == 403, f"{method} {path}"
                assert guard.NOT_ALLOWED in answer.text


@pytest.mark.parametrize("role", sorted(ROLE_PERMISSIONS))
def test_a_role_with_the_permission_is_let_in(furnished: House, role: str) -> None:
    staff, _ = somebody(furnished, role)
    for path, needed in routes(staff.app, "GET"):
        if needed in ROLE_PERMISSIONS[role]:
            assert staff.get(path).status_code in (200, 404), path


def test_nothing_is_changed_without_the_token_of_our_own_page(furnished: House) -> None:
    staff, _ = somebody(furnished)
    for path, _permission in routes(staff.app, "POST"):
        for data in ({}, {"csrf_token": "made-up"}):
            answer = staff.client.post(path, data=data)
            assert answer.status_code == 400, path
            assert "load it again" in answer.text


def test_the_moves_of_an_issue_are_permissions_by_the_same_name() -> None:
    own = {"start", "fanned_out", "refuse", "halt", "finish", "extend", "correct"}
    assert ISSUE_LIFECYCLE.actions - own <= PERMISSIONS


def test_roles_only_grow() -> None:
    steps = [ROLE_PERMISSIONS[role] for role in ("author", "editor", "publisher", "administrator")]
    assert all(less < more for less, more in pairwise(steps))


@pytest.mark.parametrize(
    "path",
    ["/admin/issues/99", "/admin/issues/99/send", "/admin/issues/99/test", "/admin/issues/99/deliveries", "/admin/issues/99/deliveries.csv",
     "/admin/issues/99/progress/issue", "/admin/issues/99/preview/en/letter", "/admin/issues/1/preview/xx/letter", "/admin/outbox/99",
     "/admin/outbox/99/letter", "/admin/lists/nowhere", "/admin/media/nothing.png", "/admin/media/..%2Fkeys.json", "/admin/nothing"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(furnished: House, path: str) -> None:
    staff, _ = somebody(furnished)
    assert staff.get(path).status_code == 404


@pytest.mark.parametrize("action", ["submit", "approve", "send", "rehearse", "cancel", "pause", "request-changes", "test"])
def test_acting_on_an_issue_that_is_not_there_is_not_found(furnished: House, action: str) -> None:
    staff, _ = somebody(furnished)
    assert staff.post(f"/admin/issues/99/{action}", reason="x", addresses="a@example.org", language="en").status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [("/admin/issues/{}", 404), ("/admin/issues/{}/preview/en/letter", 404), ("/admin/outbox/{}", 404),
     ("/admin/issues/{}/progress/issue", 404), ("/admin/issues?before={}", 200), ("/admin/subscribers?after={}", 200),
     ("/admin/outbox?after={}&issue={}", 200), ("/admin/issues/1/deliveries?after={}", 200)],
)  # fmt: skip
def test_a_number_that_no_table_can_hold_breaks_nothing(furnished: House, path: str, status: int) -> None:
    staff, _ = somebody(furnished)
    assert staff.get(path.replace("{}", "9" * 40)).status_code == status


def test_a_nul_in_an_address_or_a_form_breaks_nothing(house: House) -> None:
    staff, _ = somebody(house)
    for path in ("/admin/subscribers?q=%00", "/admin/issues?list=%00", "/admin/lists/%00"):
        assert staff.get(path).status_code in (200, 400, 404), path


def test_polling_after_the_session_ended_moves_the_whole_page_to_the_log_in(furnished: House) -> None:
    answer = Staff(furnished).get("/admin/issues/1/progress/issue", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"].startswith("/admin/login")


def test_what_breaks_is_a_page_with_a_sentence_and_without_a_trace(furnished: House) -> None:
    def break_down() -> str:
        raise RuntimeError("the innards")

    staff, _ = somebody(furnished)
    staff.app.view_functions["settings.index"] = permission("see_settings")(break_down)
    staff.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = staff.get("/admin/settings")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "innards" not in answer.text


def test_a_file_that_is_too_large_is_told_so(furnished: House) -> None:
    staff, _ = somebody(furnished)
    staff.app.config["MAX_CONTENT_LENGTH"] = 1000
    answer = staff.post("/admin/subscribers/import/check", files={"file": (BytesIO(b"x" * 5000), "people.csv")}, list="rivers")
    assert answer.status_code == 413
    assert "too large" in answer.text


def test_the_start_stops_where_a_view_declares_nothing(sqlite_house: House) -> None:
    app = create_admin_app(sqlite_house, ring=lambda _: None)
    app.add_url_rule("/admin/secret", "secret", lambda: "open")
    with pytest.raises(AssertionError, match="secret"):
        guard.check_every_view_declares(app)
