"""Logging in and out of the admin: sessions, passwords, the brake on guessing."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from admin import accounts, guard, security
from admin.accounts import UserSession
from newsroom.errors import InvalidInput
from newsroom.house import House
from tests.conftest import NOON
from tests.factories import PASSWORD, a_user
from tests.staff import TOKEN, Staff, somebody


def test_the_right_password_opens_the_issues(house: House) -> None:
    with house.database.transaction() as session:
        user = a_user(session, name="Amina")
    staff = Staff(house)
    answer = staff.log_in(user.email)
    assert (answer.status_code, answer.location) == (302, "/admin/issues")
    assert "Amina" in staff.get("/admin/issues").text


def test_the_address_may_be_written_in_capitals(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        a_user(session, email="amina@example.org")
    assert Staff(sqlite_house).log_in("Amina@EXAMPLE.org").status_code == 302


def test_unknown_address_and_wrong_password_get_the_same_answer(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        user = a_user(session)
    staff = Staff(sqlite_house)
    wrong, unknown = staff.log_in(user.email, "not the password"), staff.log_in("nobody@example.org", "not the password")
    assert wrong.status_code == unknown.status_code == 401
    assert without_token(wrong.text, user.email) == without_token(unknown.text, "nobody@example.org")


def without_token(page: str, address: str) -> str:
    return "".join(line for line in page.splitlines() if "csrf_token" not in line).replace(address, "")


def test_unknown_addresses_cost_the_work_of_a_wrong_password(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        known, _ = accounts.add_user(session, "known@example.org", "editor", now=NOON)

    def work(address: str) -> float:
        with sqlite_house.database.reading() as session:
            begun = time.process_time()
            assert accounts.authenticate(session, address, "not the password") is None
            return time.process_time() - begun

    work("warm-up@example.org")
    for address in ("nobody@example.org", "no address at all"):
        assert work(address) > work(known.email) / 3


def test_somebody_deactivated_stays_out_and_drops_out(sqlite_house: House) -> None:
    staff, user = somebody(sqlite_house)
    with sqlite_house.database.transaction() as session:
        session.execute(update(accounts.User).where(accounts.User.id == user.id).values(deactivated_at=NOON))
    assert staff.get("/admin/issues").status_code == 302
    assert Staff(sqlite_house).log_in(user.email).status_code == 401


def test_the_cookie_is_kept_from_scripts_and_other_sites(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        user = a_user(session)
    cookies = Staff(sqlite_house).log_in(user.email).headers.getlist("Set-Cookie")
    (login,) = [cookie for cookie in cookies if cookie.startswith(guard.COOKIE)]
    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/admin"} <= {part.strip() for part in login.split(";")}


def test_the_database_holds_no_cookie(house: House) -> None:
    staff, _ = somebody(house)
    value = staff.client.get_cookie(guard.COOKIE, path="/admin").value  # type: ignore[union-attr]
    with house.database.reading() as session:
        stored = session.scalars(select(UserSession)).one()
    assert len(value) >= 43
    assert value not in (stored.digest, stored.agent)


def test_a_cookie_planted_before_the_log_in_is_worth_nothing_after(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        user = a_user(session)
    staff = Staff(sqlite_house)
    staff.client.set_cookie(guard.COOKIE, "planted-by-somebody-else", path="/admin")
    staff.log_in(user.email)
    thief = staff.another_browser()
    thief.client.set_cookie(guard.COOKIE, "planted-by-somebody-else", path="/admin")
    assert thief.get("/admin/issues").status_code == 302
    assert staff.get("/admin/issues").status_code == 200


def test_logging_out_ends_the_session_not_only_the_cookie(house: House) -> None:
    staff, _ = somebody(house)
    value = staff.client.get_cookie(guard.COOKIE, path="/admin").value  # type: ignore[union-attr]
    assert staff.post("/admin/logout").status_code == 302
    staff.client.set_cookie(guard.COOKIE, value, path="/admin")
    assert staff.get("/admin/issues").status_code == 302


@pytest.mark.parametrize(("column", "age"), [("seen_at", timedelta(hours=13)), ("expires_at", timedelta(seconds=1))])
def test_sessions_end_by_idleness_and_by_age(sqlite_house: House, column: str, age: timedelta) -> None:
    staff, _ = somebody(sqlite_house)
    with sqlite_house.database.transaction() as session:
        now = session.scalars(select(UserSession)).one().created_at
        session.execute(update(UserSession).values({column: now - age}))
    assert staff.get("/admin/issues").status_code == 302


def test_a_changed_password_ends_every_session(house: House) -> None:
    staff, user = somebody(house)
    other = staff.another_browser()
    other.log_in(user.email)
    answer = staff.post("/admin/account/password", current=PASSWORD, new="quite another sentence", again="quite another sentence")
    assert answer.status_code == 302
    assert staff.get("/admin/issues").status_code == other.get("/admin/issues").status_code == 302
    assert other.log_in(user.email).status_code == 401
    assert other.log_in(user.email, "quite another sentence").status_code == 302


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"current": "wrong wrong wrong", "new": "quite another sentence", "again": "quite another sentence"}, "not your present password"),
        ({"current": PASSWORD, "new": "short", "again": "short"}, "at least 12 characters"),
        ({"current": PASSWORD, "new": "quite another sentence", "again": "something else here"}, "do not match"),
    ],
)
def test_a_password_is_not_changed_by_a_wrong_form(sqlite_house: House, form: dict[str, str], sentence: str) -> None:
    staff, _ = somebody(sqlite_house)
    answer = staff.post("/admin/account/password", **form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert staff.get("/admin/issues").status_code == 200


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example/admin", "/\\evil.example", "/admin/../..//evil.example", "javascript:alert(1)", "/elsewhere",
     "/admin\r\nSet-Cookie: a=b", "http:/admin/issues"],
)  # fmt: skip
def test_the_log_in_leads_nowhere_outside(sqlite_house: House, target: str) -> None:
    with sqlite_house.database.transaction() as session:
        user = a_user(session)
    assert Staff(sqlite_house).log_in(user.email, next=target).location == "/admin/issues"


def test_the_log_in_leads_back_to_the_page_that_was_asked_for(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        user = a_user(session)
    staff = Staff(sqlite_house)
    assert staff.get("/admin/subscribers?q=amina&list=rivers").location == "/admin/login?next=/admin/subscribers?q%3Damina%26list%3Drivers"
    assert staff.log_in(user.email, next="/admin/subscribers?q=amina").location == "/admin/subscribers?q=amina"


def test_a_target_with_broken_brackets_does_not_break_the_log_in(sqlite_house: House) -> None:
    assert Staff(sqlite_house).get("/admin/login?next=//[").status_code == 200


def test_a_form_token_of_somebody_else_is_worth_nothing(sqlite_house: House) -> None:
    """A neighbouring host may plant its own session cookie in a victim's browser, and with it a form whose token it knows."""
    attacker, _ = somebody(sqlite_house)
    token = TOKEN.search(attacker.get("/admin/account").text).group(1)  # type: ignore[union-attr]
    planted = attacker.client.get_cookie("newsroom_admin", path="/admin").value  # type: ignore[union-attr]
    victim, _ = somebody(sqlite_house)
    victim.client.set_cookie("newsroom_admin", planted, path="/admin")
    answer = victim.client.post("/admin/logout", data={"csrf_token": token})
    assert answer.status_code == 400
    assert victim.get("/admin/issues").status_code == 200


def test_the_password_behind_a_forgotten_screen_cannot_be_guessed(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house)
    form = {"current": "wrong wrong wrong", "new": "quite another sentence", "again": "quite another sentence"}
    codes = [staff.post("/admin/account/password", **form).status_code for _ in range(11)]
    assert codes == [422] * 10 + [429]


def test_one_account_is_one_however_its_address_is_written(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        a_user(session, email="amina@example.org")
    app = Staff(sqlite_house).app
    for spelling in ("amina@example.org", " Amina@EXAMPLE.org", "amina@\uff45xample.org", "amina@example\u3002org"):
        with app.test_request_context("/admin/login", method="POST", data={"email": spelling}), sqlite_house.database.reading() as session:
            assert accounts.find_user(session, spelling) is not None
            assert security.account() == "amina@example.org"


def test_guessing_is_slowed_down_and_told_so(sqlite_house: House) -> None:
    staff = Staff(sqlite_house)
    answers = [staff.log_in("nobody@example.org", f"guess {number}") for number in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert "Wait a minute" in answers[-1].text
    assert int(answers[-1].headers["Retry-After"]) <= 61


def test_logging_in_rightly_is_never_counted_as_guessing(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        user = a_user(session)
    staff = Staff(sqlite_house)
    assert [staff.another_browser().log_in(user.email).status_code for _ in range(12)] == [302] * 12


def test_every_page_forbids_scripts_that_are_not_ours(sqlite_house: House) -> None:
    policy = Staff(sqlite_house).get("/admin/login").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_an_account_needs_a_role_an_address_and_to_be_new(house: House) -> None:
    with house.database.transaction() as session:
        user, password = accounts.add_user(session, "Amina@example.org", "editor", now=NOON)
        assert accounts.authenticate(session, "amina@example.org", password) is user
    for email, role in (("amina@EXAMPLE.org", "editor"), ("other@example.org", "king"), ("no address", "editor")):
        with pytest.raises(InvalidInput), house.database.transaction() as session:
            accounts.add_user(session, email, role, now=NOON)
