"""The first set-up: a printed link makes the account, the steps make a list that can be written for and sent."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from admin import setup_link
from admin.accounts import User, add_user
from admin.organisation import organisation
from newsroom.clock import utc_now
from newsroom.house import House
from newsroom.issues import Issue
from newsroom.mailing_lists import MailingList
from newsroom.relays import list_relays
from newsroom.sections.registry import parse_section
from tests.factories import PASSWORD, a_user
from tests.staff import Staff

ACCOUNT = {"name": "Ana Ferreira", "email": "ana@cities.example.org", "password": PASSWORD, "again": PASSWORD, "language": "fr"}
NAMED = {"name": "City Network", "postal_address": "1 Quay Street\r\n1000 Riverton"}
SENDER = {"list_title": "Cities by the Water", "from_name": "City Network", "from_address": "news@cities.example.org"}
TONGUES = {"original": "fr", "languages": ["en", "ar"], "timezone": "Europe/Madrid"}
STEPS = "/admin/setup/steps"


def the_link(house: House, *, age: timedelta = timedelta()) -> str:
    return setup_link.path_of(house.keys, now=utc_now() - age)


def as_up_leaves(house: House) -> House:
    """One account with a printed password."""
    with house.database.transaction() as session:
        add_user(session, setup_link.FIRST_USER, "administrator", password=PASSWORD, name="Administrator", now=utc_now())
    return house


@pytest.fixture
def fresh(sqlite_house: House) -> House:
    return as_up_leaves(sqlite_house)


def taken(house: House) -> Staff:
    """Somebody who has used the link."""
    staff, link = Staff(house), the_link(house)
    answer = staff.post(link, page=link, **ACCOUNT)
    assert (answer.status_code, answer.location) == (302, f"{STEPS}/organisation")
    return staff


def go(staff: Staff, *names: str) -> None:
    given = {"organisation": NAMED, "sender": SENDER, "mail": {"way": "capture"}, "languages": TONGUES}
    for name in names:
        assert staff.post(f"{STEPS}/{name}", page=f"{STEPS}/{name}", **given[name]).status_code == 302, name


def test_the_link_gives_the_first_account_to_who_follows_it(fresh: House) -> None:
    with_the_printed_password = Staff(fresh)
    with_the_printed_password.log_in(setup_link.FIRST_USER)
    staff = taken(fresh)
    with fresh.database.reading() as session:
        (user,) = session.scalars(select(User)).all()
    assert (user.email, user.name, user.role) == ("ana@cities.example.org", "Ana Ferreira", "administrator")
    assert "Votre organisation" in staff.get(f"{STEPS}/organisation").text
    assert with_the_printed_password.get("/admin/issues").status_code == 302
    assert Staff(fresh).log_in(setup_link.FIRST_USER).status_code == 401
    assert Staff(fresh).log_in("ana@cities.example.org").status_code == 302


def test_where_there_is_no_account_at_all_the_link_makes_one(sqlite_house: House) -> None:
    taken(sqlite_house)
    with sqlite_house.database.reading() as session:
        assert session.scalars(select(User.email)).all() == ["ana@cities.example.org"]


def test_a_used_link_is_over(fresh: House) -> None:
    link = the_link(fresh)
    taken(fresh)
    late = Staff(fresh)
    assert late.get(link).status_code == 404
    assert late.post(link, page="/admin/login", **{**ACCOUNT, "email": "other@example.org"}).status_code == 404
    with fresh.database.reading() as session:
        assert session.scalars(select(User.email)).all() == ["ana@cities.example.org"]


@pytest.mark.parametrize("age", [timedelta(hours=25), timedelta(hours=-1)])
def test_a_link_is_good_for_a_day(fresh: House, age: timedelta) -> None:
    assert Staff(fresh).get(the_link(fresh, age=age)).status_code == 404


@pytest.mark.parametrize("token", ["x", "AAAA", "%C3%A9", "steps"])
def test_a_forged_link_opens_nothing(fresh: House, token: str) -> None:
    assert Staff(fresh).get(f"/admin/setup/{token}").status_code == 404


def test_a_newsroom_with_an_account_of_its_own_is_not_given_away(fresh: House) -> None:
    with fresh.database.transaction() as session:
        a_user(session, role="author")
    assert Staff(fresh).get(the_link(fresh)).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"email": "nobody"}, "pas une adresse électronique"),
        ({"password": "short", "again": "short"}, "Un mot de passe a besoin d’au moins"),
        ({"again": "x"}, "Les deux ne correspondent pas."),
    ],
)
def test_a_wrong_account_is_told_and_leaves_the_link_good(fresh: House, wrong: dict[str, str], sentence: str) -> None:
    staff, link = Staff(fresh), the_link(fresh)
    answer = staff.post(link, page=link, **{**ACCOUNT, **wrong})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert PASSWORD not in answer.text
    taken(fresh)


def test_from_the_link_to_a_list_that_can_be_sent_in_capture_mode(house: House) -> None:
    fresh = as_up_leaves(house)
    staff = taken(fresh)
    go(staff, "organisation", "sender", "mail", "languages")
    answer = staff.post(f"{STEPS}/sample", page=f"{STEPS}/sample", way="sample")
    assert answer.status_code == 302, answer.text
    with fresh.database.reading() as session:
        (made,) = session.scalars(select(MailingList)).all()
        (issue,) = session.scalars(select(Issue)).all()
        sections = [parse_section(row.kind, row.content) for row in issue.sections]
        ours = organisation(session)
    assert (made.slug, made.title, made.languages, made.timezone) == (
        "cities-by-the-water",
        SENDER["list_title"],
        ["fr", "en", "ar"],
        "Europe/Madrid",
    )
    assert (made.postal_address, made.from_address) == ("1 Quay Street\n1000 Riverton", "news@cities.example.org")
    assert (issue.languages, [section.kind for section in sections]) == (
        ["fr", "en", "ar"],
        ["welcome", "update", "workshop", "other_news"],
    )
    assert ours is not None
    assert ours.done_at
    assert f"/admin/issues/{issue.id}" in answer.location
    assert staff.post(f"/admin/issues/{issue.id}/submit", page="/admin/account").status_code == 302
    assert staff.get(f"{STEPS}/sender").status_code == 302


def test_a_set_up_that_was_left_is_found_again_on_the_first_page(fresh: House) -> None:
    staff = taken(fresh)
    go(staff, "organisation")
    assert f'href="{STEPS}/sender"' in staff.get("/admin/issues").text
    go(staff, "sender", "mail", "languages")
    staff.post(f"{STEPS}/sample", page=f"{STEPS}/sample", way="empty")
    assert STEPS not in staff.get("/admin/issues").text


def test_who_wants_an_empty_page_comes_to_a_new_issue(fresh: House) -> None:
    staff = taken(fresh)
    go(staff, "organisation", "sender", "mail", "languages")
    answer = staff.post(f"{STEPS}/sample", page=f"{STEPS}/sample", way="empty")
    assert answer.location == "/admin/issues/new?list=cities-by-the-water"


def test_a_step_keeps_what_was_typed_and_can_be_done_again(fresh: House) -> None:
    staff = taken(fresh)
    go(staff, "organisation", "sender", "mail", "languages", "sender")
    assert "Cities by the Water" in staff.get(f"{STEPS}/sender").text
    staff.post(f"{STEPS}/languages", page=f"{STEPS}/languages", **{**TONGUES, "original": "ar"})
    with fresh.database.reading() as session:
        assert [made.languages for made in session.scalars(select(MailingList))] == [["ar", "en"]]


@pytest.mark.parametrize(
    ("name", "form", "sentence"),
    [
        ("organisation", {"name": "", "postal_address": "x"}, "Remplissez ceci."),
        ("organisation", {"name": "n" * 201, "postal_address": "x"}, "caractères au plus"),
        ("sender", {**SENDER, "from_address": "nobody"}, "pas une adresse électronique"),
        ("mail", {"way": "smtp", "host": "", "tls": "starttls"}, "nom du serveur"),
        ("languages", {**TONGUES, "timezone": "Mars"}, "pas un fuseau horaire"),
    ],
)
def test_what_is_wrong_in_a_step_is_told_beside_its_field(fresh: House, name: str, form: dict[str, str], sentence: str) -> None:
    staff = taken(fresh)
    go(staff, "organisation", "sender")
    answer = staff.post(f"{STEPS}/{name}", page=f"{STEPS}/{name}", **form)
    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_password_that_a_refused_step_lost_is_asked_for(fresh: House) -> None:
    staff = taken(fresh)
    go(staff, "organisation", "sender")
    form = {"way": "smtp", "host": "", "port": "", "tls": "none", "user": "news", "password": "hush-hush"}
    answer = staff.post(f"{STEPS}/mail", page=f"{STEPS}/mail", **form)
    assert answer.status_code == 422
    assert "Saisissez-le une fois de plus" in answer.text
    assert "hush-hush" not in answer.text


def test_a_mail_server_that_does_not_answer_is_kept_and_told(fresh: House) -> None:
    staff = taken(fresh)
    go(staff, "organisation", "sender")
    form = {"way": "smtp", "host": "127.0.0.1", "port": "9", "tls": "none", "user": "", "password": ""}
    answer = staff.post(f"{STEPS}/mail", page=f"{STEPS}/mail", **form)
    assert answer.status_code == 200
    assert "Continuer quand même" in answer.text
    with fresh.database.reading() as session:
        assert [relay.url for relay in list_relays(session)] == ["smtp://127.0.0.1:9?tls=none&connections=16"]


def test_a_mail_server_that_the_environment_names_is_told_and_not_asked(fresh: House) -> None:
    decided = replace(fresh, settings=fresh.settings.model_copy(update={"transport_url": SecretStr("smtp://127.0.0.1:2525")}))
    staff = taken(decided)
    go(staff, "organisation", "sender")
    assert 'name="host"' not in staff.get(f"{STEPS}/mail").text
    go(staff, "mail")


def test_without_the_guide_its_steps_are_not_there(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        user = a_user(session)
    staff = Staff(sqlite_house)
    staff.log_in(user.email)
    assert staff.get(f"{STEPS}/sender").status_code == 404
