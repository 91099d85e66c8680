"""Every route of the admin: what it asks for and of what, and that it refuses who lacks it. The expectation comes from the table alone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise, product

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from admin import guard
from admin.app import create_admin_app
from admin.list_roles import ListRole
from admin.permissions import ANYONE, GUEST, INSTALLATION, PERMISSIONS, ROLE_PERMISSIONS, SETUP, Rights, asked_of, permission
from admin.security import FRAME_POLICY
from admin.who_may import who_may
from newsroom import comments
from newsroom.bench.page_paths import Places, path_of
from newsroom.comments import Comment
from newsroom.deliveries import Delivery
from newsroom.guests import GuestLink
from newsroom.house import House
from newsroom.issues import ISSUE_LIFECYCLE, OPERATOR, IssueSection, get_issue
from newsroom.mailing_lists import get_list
from tests.conftest import NOON
from tests.factories import a_delivery, a_list, a_subscriber, a_user, an_issue
from tests.guest_factories import a_link
from tests.staff import Staff, somebody

METHODS = ("GET", "POST")
#: What stands in a path for the list of one's own, and for a foreign one.
OWN = Places()
FOREIGN = replace(OWN, issue_id=2, slug="hills", delivery_id=2)


@dataclass(frozen=True)
class Route:
    method: str
    own: str
    foreign: str
    permission: str
    of: str

    def __str__(self) -> str:
        return f"{self.method} {self.own} ({self.permission} of {self.of})"


def routes(app: Flask) -> Iterator[Route]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        needed = view.permission  # type: ignore[attr-defined]
        of = asked_of(view, rule.rule, rule.arguments) if needed in PERMISSIONS else ""
        for method in set(METHODS) & set(rule.methods or ()):
            yield Route(method, path_of(rule, OWN), path_of(rule, FOREIGN), needed, of)


@pytest.fixture
def furnished(sqlite_house: House) -> House:
    """Two lists, rivers and hills, each with an issue and a letter; what stands in them are words found nowhere else."""
    with sqlite_house.database.transaction() as session:
        for slug, title, number in (("rivers", "Rivertide", 1), ("hills", "Hilltopper", 2)):
            mailing_list = a_list(session, slug=slug, title=title)
            issue = an_issue(session, mailing_list, slug=f"{slug}-one", subject=f"{title} news")
            reader = a_subscriber(session, sqlite_house, mailing_list, address=f"{title.lower()}@example.org")
            letter = a_delivery(session, issue, to=reader, kind="test", relay="outbox")
            assert (issue.id, letter.id) == (number, number)
    return sqlite_house


def bound(house: House, role: str) -> Staff:
    """Somebody with this role on the list rivers alone."""
    staff, user = somebody(house, role, all_lists=False)
    with house.database.transaction() as session:
        session.add(ListRole(user_id=user.id, list_id=get_list(session, "rivers").id, role=role))
    return staff


def behind_doors(app: Flask) -> list[str]:
    """Every view replaced by a note that it was reached, so that the guard alone is asked; the endpoints reached."""
    reached: list[str] = []

    def room(endpoint: str) -> object:
        def view(**_: object) -> str:
            reached.append(endpoint)
            return "in"

        view.__dict__.update(app.view_functions[endpoint].__dict__)
        return view

    for endpoint in list(app.view_functions):
        app.view_functions[endpoint] = room(endpoint)  # type: ignore[assignment]
    app.config["WTF_CSRF_ENABLED"] = False
    return reached


def expected(route: Route, role: str, *, all_lists: bool, foreign: bool) -> int:
    included = ROLE_PERMISSIONS[role] - (frozenset() if all_lists else INSTALLATION)
    if foreign and not all_lists and route.of in ("issue", "list", "delivery"):
        return 404
    if route.of == "everywhere" and not all_lists:
        return 403
    return 200 if route.permission in included else 403


@pytest.mark.parametrize("role", sorted(ROLE_PERMISSIONS))
@pytest.mark.parametrize("all_lists", [True, False], ids=["on all lists", "on one list"])
def test_every_route_lets_in_whom_the_table_allows_and_nobody_else(furnished: House, role: str, *, all_lists: bool) -> None:
    staff = somebody(furnished, role)[0] if all_lists else bound(furnished, role)
    reached = behind_doors(staff.app)
    wrong = []
    for route, foreign in product(routes(staff.app), (False, True)):
        if route.permission not in PERMISSIONS:
            continue
        reached.clear()
        answer = staff.client.open(route.foreign if foreign else route.own, method=route.method)
        wanted = expected(route, role, all_lists=all_lists, foreign=foreign)
        if answer.status_code != wanted or bool(reached) != (wanted == 200):
            wrong.append(f"{route}, {'foreign' if foreign else 'own'}: {answer.status_code} instead of {wanted}")
        if answer.status_code == 403:
            assert guard.NOT_ALLOWED in answer.text
    assert not wrong, "\n".join(wrong)


def test_what_is_foreign_looks_like_what_does_not_exist(furnished: House) -> None:
    staff = bound(furnished, "publisher")
    for foreign, nowhere in (("issues/2", "issues/99"), ("outbox/2", "outbox/99"), ("issues/2/deliveries.csv", "issues/99/deliveries.csv")):
        one, other = staff.get(f"/admin/{foreign}"), staff.get(f"/admin/{nowhere}")
        assert one.status_code == other.status_code == 404
        assert _plain(one).replace("2", "99") == _plain(other).replace("2", "99")


def _plain(answer: TestResponse) -> str:
    """The page's own words: tokens of forms differ from page to page."""
    return answer.text.partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize("role", ["author", "administrator"])
def test_the_pages_of_somebody_bound_to_one_list_hold_no_word_of_another(furnished: House, role: str) -> None:
    staff = bound(furnished, role)
    read = 0
    for route in routes(staff.app):
        if route.method == "GET" and route.permission in PERMISSIONS and "<" not in route.own:
            answer = staff.get(route.own)
            read += answer.status_code == 200
            assert "hilltopper" not in answer.text.lower(), route
            assert "hills" not in answer.text.lower(), route
    assert read > 5


def test_filters_do_not_lead_to_what_is_foreign(furnished: House) -> None:
    staff = bound(furnished, "administrator")
    for path in ("/admin/issues?list=hills", "/admin/subscribers?list=hills", "/admin/subscribers?q=hilltopper", "/admin/outbox?issue=2"):
        answer = staff.get(path)
        assert answer.status_code == 200
        assert "Hilltopper" not in answer.text, path
        assert "hilltopper@example.org" not in answer.text, path


def test_nobody_imports_people_into_a_foreign_list(furnished: House) -> None:
    staff = bound(furnished, "administrator")
    for slug, status in (("hills", 404), ("rivers", 200)):
        file = (BytesIO(b"email\nada@example.org\n"), "people.csv")
        assert staff.post("/admin/subscribers/import/check", files={"file": file}, list=slug, mode="active").status_code == status


def test_what_is_of_one_issue_is_not_reached_through_another(furnished: House) -> None:
    """Comments, letters and sections of the second issue, named behind the number of the first one."""
    with furnished.database.transaction() as session:
        foreign = {
            "comment_id": comments.comment(session, get_issue(session, 2), text="Look here", by=OPERATOR, now=NOON).id,
            "delivery_id": 2,
            "uid": get_issue(session, 2).sections[0].uid,
        }
    foreign["guest_id"], _ = a_link(furnished, 2, "comment")
    staff, _ = somebody(furnished)
    staff.app.config["WTF_CSRF_ENABLED"] = False
    before, asked = _of_the_second(furnished), 0
    for rule in list(staff.app.url_map.iter_rules()):
        if "issue_id" not in rule.arguments or not (named := rule.arguments & foreign.keys()):
            continue
        path = path_of(rule, OWN, **{name: foreign[name] for name in named})
        for method in {"GET", "POST"} & set(rule.methods or ()):
            patch = {"base": 1, "changes": [], "path": ["title"], "language": "en"}
            body = {"json": patch} if method == "POST" and "uid" in named else {"data": {"text": "x", "evidence": "x"}}
            answer = staff.client.open(path, method=method, **body)
            assert answer.status_code in (302, 400, 404, 409, 422), (method, path, answer.status_code)
            asked += 1
    assert asked > 5
    assert _of_the_second(furnished) == before


def _of_the_second(house: House) -> list[tuple[object, ...]]:
    with house.database.reading() as session:
        tables = (Comment.__table__, Delivery.__table__, IssueSection.__table__, GuestLink.__table__)
        return [tuple(row) for table in tables for row in session.execute(select(table).where(table.c.issue_id == 2))]


def test_a_role_on_a_list_adds_to_the_role_on_all_lists() -> None:
    rights = Rights(role="author", all_lists=True, list_roles={7: "publisher"})
    assert rights.may("approve", 7)
    assert not rights.may("approve", 8)
    assert rights.may("write", 8)
    assert rights.lists("approve") == {7}
    assert rights.lists("write") is None
    assert rights.may_anywhere("approve")
    assert not rights.may_everywhere("approve")


def test_without_any_list_there_is_only_the_own_account() -> None:
    rights = Rights(role="administrator", all_lists=False)
    assert {name for name in PERMISSIONS if rights.may_anywhere(name)} == {"own_account"}


def test_a_role_on_a_list_says_nothing_about_the_installation() -> None:
    rights = Rights(role="author", all_lists=False, list_roles={7: "administrator"})
    assert not any(rights.may(name, 7) or rights.may_anywhere(name) for name in INSTALLATION)


def test_who_may_is_what_their_rights_say(house: House) -> None:
    with house.database.transaction() as session:
        rivers, hills = a_list(session, slug="rivers"), a_list(session, slug="hills")
        ada = a_user(session, role="publisher", name="Ada")
        ben = a_user(session, role="author", name="Ben", all_lists=False)
        a_user(session, role="publisher", name="Cleo", deactivated_at=ada.created_at)
        session.add(ListRole(user_id=ben.id, list_id=rivers.id, role="publisher"))
        session.flush()
        assert who_may(session, "approve", rivers.id) == [ada, ben]
        assert who_may(session, "approve", hills.id) == [ada]
        assert who_may(session, "manage_users", rivers.id) == []


def test_every_route_that_changes_something_asks_for_a_permission(sqlite_house: House) -> None:
    app = create_admin_app(sqlite_house, ring=lambda _: None)
    posts = [route for route in routes(app) if route.method == "POST"]
    assert {route.own for route in posts if route.permission == ANYONE} <= {"/admin/login", "/admin/logout", *BY_LETTER}
    assert {route.permission for route in posts} <= PERMISSIONS | {ANYONE, GUEST, SETUP}


#: What is opened by a link in a letter, or asked for before anybody is known.
BY_LETTER = frozenset({"/admin/welcome/x", "/admin/forgot", "/admin/reset/x", "/admin/login/code"})


def test_what_anyone_may_see_is_a_short_list(sqlite_house: House) -> None:
    app = create_admin_app(sqlite_house, ring=lambda _: None)
    seen = {route.own for route in routes(app) if route.method == "GET" and route.permission == ANYONE}
    assert seen - BY_LETTER == {"/admin/", "/admin/login", "/admin/session", "/admin/static/x", "/admin/media/x"}


def test_what_needs_no_log_in_stands_behind_a_link_of_its_own(sqlite_house: House) -> None:
    app = create_admin_app(sqlite_house, ring=lambda _: None)
    for route in routes(app):
        if route.permission in (GUEST, SETUP):
            assert route.own.startswith(f"/admin/{route.permission}/x"), route


def test_anonymous_people_are_sent_to_the_log_in(furnished: House) -> None:
    staff = Staff(furnished)
    for route in routes(staff.app):
        if route.permission in PERMISSIONS:
            answer = staff.client.open(route.own, method=route.method, headers={"Sec-Fetch-Dest": "document"})
            assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/admin/login"), route


def test_a_script_is_told_where_to_log_in_and_gets_a_new_token_afterwards(furnished: House) -> None:
    staff = Staff(furnished)
    answer = staff.client.post("/admin/issues/1/submit", json={})
    assert (answer.status_code, answer.json["login"]) == (401, "/admin/login")
    assert staff.get("/admin/session").json["user_id"] is None
    staff, user = somebody(furnished, "author")
    facts = staff.get("/admin/session").json
    assert facts["user_id"] == user.id
    answer = staff.client.post("/admin/issues/1/approve", json={}, headers={"X-CSRFToken": facts["csrf"]})
    assert (answer.status_code, answer.json["sentence"]) == (403, guard.NOT_ALLOWED)
    answer = staff.client.post("/admin/issues/1/submit", headers={"X-CSRFToken": facts["csrf"]})
    assert answer.status_code == 302


def test_pages_open_to_whom_they_are_allowed(furnished: House) -> None:
    for staff in (somebody(furnished)[0], bound(furnished, "administrator")):
        for route in routes(staff.app):
            if route.method == "GET" and route.permission in PERMISSIONS:
                assert staff.get(route.own).status_code in (200, 302, 403, 404), route


def test_nothing_is_changed_without_the_token_of_our_own_page(furnished: House) -> None:
    staff, _ = somebody(furnished)
    for route in routes(staff.app):
        for data in ({}, {"csrf_token": "made-up"}) if route.method == "POST" else ():
            answer = staff.client.post(route.own, data=data)
            assert answer.status_code == 400, route
            assert "load it again" in answer.text


def test_a_view_says_of_what_it_asks_where_its_path_does_not() -> None:
    view = permission("read", of="any")(lambda: "")
    assert asked_of(view, "/admin/things", ()) == "any"
    for declared, path, arguments in (
        ("", "/admin/things", ()),
        ("any", "/admin/issues/<int:issue_id>", ("issue_id",)),
        ("list", "/x", ()),
    ):
        with pytest.raises(AssertionError):
            asked_of(permission("read", of=declared)(lambda: ""), path, arguments)
    assert asked_of(permission("read")(lambda: ""), "/admin/issues/<int:issue_id>", ("issue_id",)) == "issue"


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


def test_polling_after_the_session_ended_moves_the_whole_page_to_the_log_in_and_back(furnished: House) -> None:
    here = {"HX-Request": "true", "HX-Current-URL": "http://localhost/admin/issues/1?language=en"}
    answer = Staff(furnished).get("/admin/issues/1/progress/issue", headers=here)
    assert answer.headers["HX-Redirect"] == "/admin/login?next=/admin/issues/1?language%3Den"


IN_A_FRAME = {"Sec-Fetch-Dest": "iframe"}


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/admin/issues/1/write/letter/en/letter", IN_A_FRAME), ("/admin/issues/1/write/letter/en/text", {}),
     ("/admin/issues/1/preview/en/letter", IN_A_FRAME), ("/admin/outbox/1/letter", IN_A_FRAME), ("/admin/issues", IN_A_FRAME)],
)  # fmt: skip
def test_a_frame_without_a_log_in_says_so_in_place_of_a_page_that_no_frame_may_show(
    furnished: House, path: str, headers: dict[str, str]
) -> None:
    answer = Staff(furnished).get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["Content-Security-Policy"] == FRAME_POLICY
    assert "You are logged out" in answer.text
    assert 'href="/admin/login" target="_blank"' in answer.text


def test_a_letter_that_is_opened_as_a_page_leads_to_the_log_in(furnished: House) -> None:
    answer = Staff(furnished).get("/admin/outbox/1/letter", headers={"Sec-Fetch-Dest": "document"})
    assert answer.headers["Location"] == "/admin/login?next=/admin/outbox/1/letter"


def test_a_frame_whose_letter_is_not_there_says_so_where_it_stands(furnished: House) -> None:
    staff, _ = somebody(furnished)
    answer = staff.get("/admin/issues/1/preview/ar/letter", headers=IN_A_FRAME)
    assert answer.status_code == 404
    assert answer.headers["Content-Security-Policy"] == FRAME_POLICY
    gone = Staff(furnished).get("/admin/guest/nobody/letter/en", headers=IN_A_FRAME)
    assert (gone.status_code, gone.headers["Content-Security-Policy"]) == (404, FRAME_POLICY)
    assert "This link is closed" in gone.text


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
