"""People of the staff: invited, given rights, logged out, deactivated; passwords forgotten; a second factor; all of it in the audit log."""

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin import accounts, one_time_links, second_factor
from admin.accounts import User, UserSession
from admin.audit import AuditEntry
from admin.list_roles import roles_of, set_rights
from admin.one_time_links import INVITE, RESET
from newsroom.deliveries import Delivery
from newsroom.errors import InvalidInput, Refused
from newsroom.house import House
from newsroom.issues import OPERATOR
from newsroom.messages import Recipient, address_letter, parts_of
from newsroom.public_links import PublicLinks
from newsroom.rendering.plan import Plan, load
from newsroom.renditions import load_plans
from newsroom.staff_letters import is_staff_letter
from tests.conftest import NOON
from tests.factories import PASSWORD, a_list, a_user, an_issue
from tests.staff import Staff, somebody, with_relay

NEW = "another four plain words"


def letters(house: House) -> list[tuple[str, str]]:
    """(address, text) of the letters to the staff that wait to be sent."""
    with house.database.reading() as session:
        found = session.scalars(select(Delivery).where(is_staff_letter()).order_by(Delivery.id)).all()
        plans = load_plans(session, [one.rendition_id for one in found if one.rendition_id])
    return [(one.address, _text_of(house, load(plans[one.rendition_id]))) for one in found if one.rendition_id in plans]


def _text_of(house: House, plan: Plan) -> str:
    nobody = Recipient(subscriber_id=0, address="x@example.org", name="", language="en", list_id=0)
    links = PublicLinks(keys=house.keys, public_url=house.settings.public_url)
    return parts_of(address_letter(plan, nobody, delivery_id=0, kind="notice", cut=None, links=links, now=NOON).data).text


def link_in(text: str) -> str:
    found = re.search(r"https?://\S+(/admin/\S+)", text)
    assert found, text
    return found[1]


def deeds(house: House, **facts: object) -> list[str]:
    with house.database.reading() as session:
        return [row.action for row in session.scalars(select(AuditEntry).filter_by(**facts).order_by(AuditEntry.id))]


def sessions_of(house: House, user: User) -> int:
    with house.database.reading() as session:
        return len(session.scalars(select(UserSession).where(UserSession.user_id == user.id)).all())


@pytest.fixture
def manned(sqlite_house: House) -> House:
    with sqlite_house.database.transaction() as session:
        an_issue(session, a_list(session, slug="rivers"))
    return sqlite_house


def rights_form(role: str = "author", **more: str) -> dict[str, str]:
    return {"role": role, "all_lists": "1", "name": "Ben", "language": "fr", **more}


def test_somebody_invited_by_letter_chooses_a_password_and_is_in(manned: House) -> None:
    staff, _ = somebody(manned)
    answer = staff.post("/admin/settings/people/invite", email="ben@example.org", **rights_form("editor"))
    assert answer.location == "/admin/settings/people"
    assert staff.rung == [0]
    [(address, text)] = letters(manned)
    assert (address, "vous invite" in text) == ("ben@example.org", True)
    guest = Staff(manned)
    path = link_in(text)
    assert "Ben" in guest.get(path).text
    assert guest.post(path, page=path, name="Ben", new=NEW, again="something else entirely").status_code == 422
    answer = guest.post(path, page=path, name="Ben B.", new=NEW, again=NEW)
    assert (answer.status_code, answer.location) == (302, "/admin/issues")
    assert "Ben B." in guest.get("/admin/account").text
    assert Staff(manned).log_in("ben@example.org", NEW).status_code == 302
    for closed in (guest.get(path), guest.post(path, page="/admin/account", new=NEW, again=NEW)):
        assert closed.status_code == 404
    with manned.database.reading() as session:
        ben = accounts.find_user(session, "ben@example.org")
        assert ben is not None
        assert (ben.role, ben.all_lists, ben.language, ben.name) == ("editor", True, "fr", "Ben B.")
    assert deeds(manned, user_id=ben.id) == ["invitations.accept", "login", "login"]


def test_nobody_waits_for_an_invitation_that_was_only_captured(manned: House) -> None:
    staff, _ = somebody(manned)
    invited = staff.post("/admin/settings/people/invite", email="ben@example.org", **rights_form())
    assert "kept in the Outbox" in staff.client.get(invited.location).text
    staff, _ = somebody(with_relay(manned))
    invited = staff.post("/admin/settings/people/invite", email="zoe@example.org", **rights_form())
    assert "on its way to" in staff.client.get(invited.location).text


def test_an_invitation_that_cannot_be_posted_is_handed_over_by_hand(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house)
    page = staff.client.get(staff.post("/admin/settings/people/invite", email="ben@example.org", **rights_form()).location).text
    assert Staff(sqlite_house).get(link_in(page.replace("<", " <"))).status_code == 200


def test_who_is_invited_twice_or_wrongly_is_told_beside_the_field(manned: House) -> None:
    staff, user = somebody(manned)
    for email, role in ((user.email, "author"), ("no address", "author"), ("ben@example.org", "emperor")):
        assert staff.post("/admin/settings/people/invite", email=email, **rights_form(role)).status_code == 422
    with manned.database.reading() as session:
        assert accounts.find_user(session, "ben@example.org") is None


def test_links_die_with_time_use_and_newer_ones(house: House) -> None:
    with house.database.transaction() as session:
        user = a_user(session)
        first = one_time_links.make(session, user, INVITE, by=OPERATOR, now=NOON)
        second = one_time_links.make(session, user, RESET, by=OPERATOR, now=NOON)
        assert one_time_links.open_(session, first, INVITE, now=NOON) is None
        assert one_time_links.open_(session, second, INVITE, now=NOON) is None
        assert one_time_links.open_(session, second, RESET, now=NOON + timedelta(hours=1)) is None
        assert one_time_links.open_(session, second, RESET, now=NOON + timedelta(minutes=59)) is user
        assert one_time_links.use(session, second, RESET, now=NOON) is user
        assert one_time_links.use(session, second, RESET, now=NOON) is None
        third = one_time_links.make(session, user, RESET, by=OPERATOR, now=NOON)
        user.deactivated_at = NOON
        session.flush()
        assert one_time_links.open_(session, third, RESET, now=NOON) is None


def test_a_change_of_rights_ends_every_session_at_once(manned: House) -> None:
    staff, _ = somebody(manned)
    other, user = somebody(manned, "editor")
    path = f"/admin/settings/people/{user.id}"
    assert staff.post(path, **rights_form("editor")).status_code == 302
    assert other.get("/admin/issues").status_code == 200
    assert staff.post(path, **{"role": "author", "all_lists": "", "name": "Ben", "list.1": "publisher"}).status_code == 302
    assert other.get("/admin/issues").location.startswith("/admin/login")
    with manned.database.reading() as session:
        kept = session.get(User, user.id)
        assert kept is not None
        assert (kept.all_lists, kept.name, dict(roles_of(session, kept).list_roles)) == (False, "Ben", {1: "publisher"})


def test_a_new_password_ends_every_session_at_once(manned: House) -> None:
    staff, user = somebody(manned)
    other = staff.another_browser()
    other.log_in(user.email)
    assert staff.post("/admin/account/password", current=PASSWORD, new=NEW, again=NEW).status_code == 302
    assert sessions_of(manned, user) == 0
    assert other.get("/admin/issues").location.startswith("/admin/login")


def test_who_is_deactivated_is_out_at_once_and_stays_out(manned: House) -> None:
    staff, _ = somebody(manned)
    other, user = somebody(manned, "author")
    path = f"/admin/settings/people/{user.id}"
    assert staff.post(f"{path}/deactivate").status_code == 302
    assert other.get("/admin/issues").status_code == 302
    assert other.log_in(user.email).status_code == 401
    assert staff.post(f"{path}/reset").status_code == 400
    assert "Deactivated" in staff.get("/admin/settings/people").text
    staff.post(f"{path}/activate")
    assert other.log_in(user.email).status_code == 302


def test_the_last_administrator_cannot_be_taken_away(house: House) -> None:
    with house.database.transaction() as session:
        ada = a_user(session)
        a_user(session, role="administrator", password_hash="", email="invited@example.org")
        for attempt in (_demote, _deactivate):
            with pytest.raises(Refused, match="Nobody would be left"), session.begin_nested():
                attempt(session, ada)
        session.refresh(ada)
        a_user(session)
        _demote(session, ada)
        assert (ada.role, ada.all_lists) == ("editor", True)


def _demote(session: Session, user: User) -> None:
    set_rights(session, user, role="editor", all_lists=True, list_roles={})


def _deactivate(session: Session, user: User) -> None:
    accounts.deactivate(session, user, now=NOON)


Attempt = Callable[[Session, User], None]


@pytest.mark.parametrize("first", [_demote, _deactivate])
@pytest.mark.parametrize("second", [_demote, _deactivate])
def test_of_two_administrators_who_take_each_other_away_at_once_one_is_left(house: House, first: Attempt, second: Attempt) -> None:
    with house.database.transaction() as session:
        ada, ben = a_user(session).id, a_user(session).id
    begun = threading.Event()

    def take_away(attempt: Attempt, user_id: int, *, leads: bool) -> bool:
        """The second begins while the first has done its deed and not yet said so to anybody."""
        assert leads or begun.wait(60)
        try:
            with house.database.transaction() as session:
                attempt(session, session.get_one(User, user_id))
                if leads:
                    begun.set()
                    time.sleep(0.3)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(take_away, first, ben, leads=True), pool.submit(take_away, second, ada, leads=False)]
        assert [one.result(60) for one in both] == [True, False]
    with house.database.reading() as session:
        left = [user.id for user in session.scalars(select(User)) if user.role == "administrator" and user.deactivated_at is None]
        assert left == [ada]


def test_the_last_administrator_reads_why(manned: House) -> None:
    staff, user = somebody(manned)
    answer = staff.post(f"/admin/settings/people/{user.id}", **rights_form("author"))
    assert (answer.status_code, "Nobody would be left" in answer.text) == (422, True)
    staff.post(f"/admin/settings/people/{user.id}/deactivate")
    assert "Nobody would be left" in staff.get("/admin/settings/people").text


def test_an_administrator_is_one_of_all_lists_and_roles_are_known_ones(house: House) -> None:
    with house.database.transaction() as session:
        user = a_user(session, role="author")
        assert set_rights(session, user, role="administrator", all_lists=False, list_roles={})
        assert user.all_lists
        assert not set_rights(session, user, role="administrator", all_lists=True, list_roles={})
        with pytest.raises(InvalidInput):
            set_rights(session, user, role="author", all_lists=True, list_roles={1: "king"})


def test_own_sessions_are_listed_and_ended(manned: House) -> None:
    staff, user = somebody(manned)
    second, third = staff.another_browser(), staff.another_browser()
    for browser in (second, third):
        browser.client.environ_base["HTTP_USER_AGENT"] = "Telephone"
        browser.log_in(user.email)
    page = staff.get("/admin/account").text
    assert page.count("Telephone") == 2
    stranger, _ = somebody(manned, "author")
    [number, *_] = re.findall(r"/admin/account/sessions/(\d+)/end", page)
    assert stranger.post(f"/admin/account/sessions/{number}/end").status_code == 404
    assert sessions_of(manned, user) == 3
    staff.post(f"/admin/account/sessions/{number}/end")
    assert sessions_of(manned, user) == 2
    staff.post("/admin/account/sessions/end")
    assert sessions_of(manned, user) == 1
    assert staff.get("/admin/account").status_code == 200


def test_the_language_is_kept_with_the_account(manned: House) -> None:
    staff, user = somebody(manned)
    staff.post("/admin/account/language", language="es", next="/admin/account")
    other = Staff(manned)
    other.log_in(user.email)
    assert '<html lang="es"' in other.get("/admin/account").text


def test_letters_about_notices_are_a_choice(manned: House) -> None:
    staff, user = somebody(manned)
    for form, chosen in (({}, False), ({"by_mail": "1"}, True)):
        staff.post("/admin/account/notices", **form)
        with manned.database.reading() as session:
            assert session.get_one(User, user.id).notices_by_mail is chosen


def test_a_forgotten_password_is_made_anew_and_every_session_ends(manned: House) -> None:
    inside, user = somebody(manned, "author")
    outside = Staff(manned)
    assert outside.post("/admin/forgot", page="/admin/forgot", email=user.email.upper()).status_code == 302
    assert outside.rung == [0]
    [(address, text)] = letters(manned)
    path = link_in(text)
    assert address == user.email
    assert outside.post(path, page=path, new="short", again="short").status_code == 422
    assert outside.post(path, page=path, new=NEW, again=NEW).location == "/admin/login"
    assert inside.get("/admin/issues").status_code == 302
    assert outside.get(path).status_code == 404
    assert outside.log_in(user.email).status_code == 401
    assert outside.log_in(user.email, NEW).status_code == 302
    assert deeds(manned, user_id=user.id)[-3:] == ["resets.send", "resets.change", "login"]


def test_whether_an_address_has_an_account_is_not_told(manned: House) -> None:
    with manned.database.transaction() as session:
        known = a_user(session, role="author").email
        gone = a_user(session, role="author", deactivated_at=NOON).email
        invited = a_user(session, role="author", password_hash="").email
    answers = set()
    for email in (known, gone, invited, "stranger@example.org", "no address"):
        staff = Staff(manned)
        answer = staff.post("/admin/forgot", page="/admin/forgot", email=email)
        page = staff.get(answer.location).text
        answers.add((answer.status_code, answer.location, re.sub(r'value="[^"]+"', "", page), tuple(staff.rung)))
    assert len(answers) == 1
    assert [address for address, _ in letters(manned)] == [known]


def test_letters_that_reset_are_not_asked_for_without_end(manned: House) -> None:
    staff = Staff(manned)
    codes = [staff.post("/admin/forgot", page="/admin/forgot", email="ada@example.org").status_code for _ in range(4)]
    assert codes == [302, 302, 302, 429]


def second_factor_of(house: House, user: User) -> pyotp.TOTP:
    with house.database.reading() as session:
        kept = session.get(User, user.id)
        assert kept is not None
        found = second_factor.enrolment_of(kept, keys=house.keys)
    assert found is not None
    return pyotp.TOTP(found.secret)


def test_a_second_factor_is_set_up_asked_for_and_switched_off(manned: House) -> None:
    staff, user = somebody(manned)
    path = "/admin/account/second-factor"
    assert staff.post(path, current="wrong password here").status_code == 422
    staff.post(path, current=PASSWORD)
    page = staff.get(path).text
    totp = second_factor_of(manned, user)
    assert "data:image/svg+xml" in page
    assert "data:image/svg+xml" not in _other_log_in(manned, user).get(path).text
    assert staff.post(f"{path}/confirm", code="000000").status_code == 422
    codes = re.findall(r"<code>([a-z0-9-]{17})</code>", staff.post(f"{path}/confirm", code=totp.now()).text)
    assert len(codes) == second_factor.RECOVERY_CODES
    assert totp.secret not in staff.get(path).text

    outside = Staff(manned)
    assert outside.log_in(user.email).location.startswith("/admin/login/code")
    assert outside.get("/admin/issues").location.startswith("/admin/login")
    used = outside.post("/admin/login/code", page="/admin/login/code", code=totp.now())
    assert (used.status_code, "not right any more" in used.text) == (401, True)
    for code, status in ((codes[0].upper(), 302), (codes[0], 401), (codes[1].replace("-", " "), 302)):
        outside = Staff(manned)
        outside.log_in(user.email)
        assert outside.post("/admin/login/code", page="/admin/login/code", code=code).status_code == status
    assert "8 recovery codes" in outside.get(path).text
    assert deeds(manned, action="login.wrong_code") == ["login.wrong_code"] * 2
    outside.post(f"{path}/off", current=PASSWORD)
    assert Staff(manned).log_in(user.email).location == "/admin/issues"


def _other_log_in(house: House, user: User) -> Staff:
    other = Staff(house)
    other.log_in(user.email)
    return other


def test_a_code_is_good_once_and_clocks_may_drift_by_a_step(house: House) -> None:
    with house.database.transaction() as session:
        user = a_user(session)
        second_factor.begin(user, keys=house.keys)
        found = second_factor.enrolment_of(user, keys=house.keys)
        assert found is not None
        totp = pyotp.TOTP(found.secret)
        early, present, late = (totp.at(NOON + timedelta(seconds=seconds)) for seconds in (-30, 0, 30))
        far = totp.at(NOON + timedelta(seconds=90))

        def take(code: str) -> bool:
            return second_factor.check_code(session, user, code, keys=house.keys, now=NOON)

        assert second_factor.confirm(session, user, early, keys=house.keys, now=NOON)
        assert not take(early)
        assert not take(far)
        assert take(f" {present[:3]} {present[3:]}")
        assert not take(present)
        assert take(late)
        assert not take(present)
        assert second_factor.confirm(session, user, late, keys=house.keys, now=NOON) is None
        [code, *_] = second_factor.recovery_codes(user)
        session.flush()
        assert take(code)
        assert not take(code)
        assert not take("")


def test_an_administrator_helps_who_lost_the_telephone(manned: House) -> None:
    staff, _ = somebody(manned)
    with manned.database.transaction() as session:
        user = a_user(session, role="author", totp_secret="sealed", totp_confirmed_at=NOON)
    staff.post(f"/admin/settings/people/{user.id}/second-factor")
    assert Staff(manned).log_in(user.email).location == "/admin/issues"


def test_what_is_done_stands_in_the_audit_log_and_what_is_refused_does_not(manned: House) -> None:
    staff, user = somebody(manned, name="Ada")
    staff.post("/admin/issues/1/approve")
    staff.post("/admin/issues/1/submit")
    assert deeds(manned, issue_id=1) == ["moves.submit"]
    staff.post("/admin/settings/people/invite", email="ben@example.org", **rights_form())
    with manned.database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.issue_id == 1)).one()
        assert (entry.actor, entry.user_id, entry.list_id) == ("Ada", user.id, 1)
        secrets = " ".join(f"{row.about} {row.detail}" for row in session.scalars(select(AuditEntry)))
    [(_, text)] = letters(manned)
    assert link_in(text).rpartition("/")[2] not in secrets
    staff.get("/admin/issues/1/deliveries.csv")
    assert deeds(manned)[-1] == "deliveries.as_csv"


def test_the_audit_log_is_read_filtered_and_taken_along(manned: House) -> None:
    staff, user = somebody(manned, name="=Ada")
    staff.post("/admin/issues/1/submit")
    other, author = somebody(manned, "author", name="Ben")
    other.post("/admin/issues/1/recall")
    for asked, seen, hidden in (
        ("", ("Submitted for review", "Took back for writing"), ()),
        (f"?person={author.id}", ("Took back for writing",), ("<bdi>=Ada",)),
        ("?person=0", (), ("<bdi>Ben", "<bdi>=Ada")),
        ("?action=moves.recall", ("<bdi>Ben",), ("<bdi>=Ada",)),
        ("?issue=1", ("<bdi>Ben", "<bdi>=Ada"), ()),
        ("?issue=7", (), ("<bdi>Ben", "<bdi>=Ada")),
        ("?until=2020-01-01", (), ("<bdi>Ben", "<bdi>=Ada")),
        ("?since=2020-01-01", ("<bdi>Ben", "<bdi>=Ada"), ()),
        ("?since=nonsense&issue=x&person=y", ("<bdi>Ben",), ()),
    ):
        page = staff.get(f"/admin/settings/audit{asked}").text
        assert all(words in page for words in seen), asked
        assert not any(words in page for words in hidden), asked
    rows = staff.get(f"/admin/settings/audit.csv?person={user.id}").text.splitlines()
    assert rows[0].lstrip("\ufeff").startswith("at,who,user_id,action")
    assert [row.split(",")[1:4] for row in rows[1:3]] == [["'=Ada", str(user.id), "login"], ["'=Ada", str(user.id), "moves.submit"]]


def test_the_pages_speak_every_language_of_the_interface(manned: House) -> None:
    staff, user = somebody(manned)
    for language in ("fr", "es"):
        staff.post("/admin/account/language", language=language)
        for path in (
            "account",
            "account/second-factor",
            "settings/people",
            f"settings/people/{user.id}",
            "settings/people/invite",
            "settings/audit",
        ):
            assert staff.get(f"/admin/{path}").status_code == 200
    for path in ("forgot", "login", "reset/x", "welcome/x"):
        assert Staff(manned).get(f"/admin/{path}", headers={"Accept-Language": "fr"}).status_code in (200, 404)
