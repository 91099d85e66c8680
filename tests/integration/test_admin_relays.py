"""Mail servers in the admin: kept, changed, tried, never showing a secret, and locked where the environment decides."""

from typing import Any

import pytest
from lxml import html

from admin import relay_forms
from newsroom.house import House
from newsroom.relays import list_relays, load_relays
from newsroom.sendqueue import relay_troubles
from newsroom.sendqueue.sessions import open_session
from tests.services import free_port
from tests.smtp_server import SmtpServer
from tests.staff import Staff, somebody, with_relay

PAGE = "/admin/settings/mail-servers"
FACTS: dict[str, Any] = {
    "name": "main", "host": "mail.example.org", "tls": "starttls", "auth": "auto", "user": "news", "password": "hush-hush", "weight": "2",
}  # fmt: skip


def add(staff: Staff, **changes: Any) -> Any:
    return staff.post(f"{PAGE}/new", page=f"{PAGE}/new", **{**FACTS, **changes})


def kept(house: House) -> list[str]:
    with house.database.reading() as session:
        return [relay.name for relay in list_relays(session)]


@pytest.fixture
def staff(sqlite_house: House) -> Staff:
    return somebody(sqlite_house, name="Amina")[0]


def test_a_mail_server_is_added_and_used_at_once(house: House) -> None:
    staff, _ = somebody(house, name="Amina")
    assert "No mail server yet" in staff.get(PAGE).text
    assert add(staff).status_code == 302
    page = staff.get(PAGE).text
    assert "mail.example.org:587" in page
    assert "In use" in page
    with house.database.reading() as session:
        (relay,) = load_relays(session, house.settings, house.keys)
    assert relay.smtp is not None
    assert (relay.name, relay.weight, relay.smtp.password, relay.smtp.port) == ("main", 2, "hush-hush", 587)
    assert "letters are captured" not in staff.get(PAGE).text


def test_no_page_ever_shows_a_secret_again(staff: Staff) -> None:
    tokens: dict[str, Any] = {
        "token_url": "https://login.example/t", "client_id": "app-id", "client_secret": "hush-app", "refresh_token": "hush-refresh",
    }  # fmt: skip
    add(staff)
    add(staff, name="tokens", auth="xoauth2", **tokens)
    for path in (PAGE, f"{PAGE}/1", f"{PAGE}/2", f"{PAGE}/1/remove", "/admin/settings"):
        assert "hush" not in staff.get(path).text, path
    assert "app-id" in staff.get(f"{PAGE}/2").text
    refused = staff.post(f"{PAGE}/2", page=f"{PAGE}/2", **{**FACTS, **tokens, "auth": "xoauth2", "weight": "none"})
    assert refused.status_code == 422
    assert "hush" not in refused.text


def test_a_change_without_a_password_keeps_it(staff: Staff) -> None:
    add(staff)
    changed = staff.post(f"{PAGE}/1", page=f"{PAGE}/1", **{**FACTS, "password": "", "weight": "7"})
    assert changed.status_code == 302
    with staff.house.database.reading() as session:
        (relay,) = load_relays(session, staff.house.settings, staff.house.keys)
    assert relay.smtp is not None
    assert (relay.weight, relay.smtp.password) == (7, "hush-hush")


def test_a_password_does_not_follow_to_another_host(staff: Staff) -> None:
    add(staff)
    answer = staff.post(f"{PAGE}/1", page=f"{PAGE}/1", **{**FACTS, "password": "", "host": "thief.example"})
    assert answer.status_code == 422
    assert "Type it again: it was given for another server" in answer.text


AGAIN = "Type it once more: it is not kept in the page."


@pytest.mark.parametrize("secret", relay_forms.SECRETS)
def test_a_secret_that_a_refused_form_lost_is_asked_for_and_never_dropped_without_a_word(staff: Staff, secret: str) -> None:
    """The server was then kept without its password, or with the old one."""
    add(staff)
    for path in ("new", "1"):
        answer = staff.post(f"{PAGE}/{path}", page=f"{PAGE}/{path}", **{**FACTS, "password": "", "port": "none", secret: "new-one"})
        assert answer.status_code == 422
        place = html.fromstring(answer.text).get_element_by_id(f"field-{secret}-error")
        assert (place.text_content(), answer.text.count(AGAIN)) == (AGAIN, 1)
        assert "Kept, and never shown" not in place.getparent().text_content()
        assert "new-one" not in answer.text


def test_a_user_without_a_password_is_not_kept(staff: Staff) -> None:
    answer = add(staff, password="")
    assert answer.status_code == 422
    assert "Type the password of this user, or leave the user empty." in answer.text
    assert kept(staff.house) == []
    assert add(staff, user="", password="").status_code == 302


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"host": ""}, "Type the name of the server"),
        ({"host": "mail..example"}, "is no host name."),
        ({"host": "mail.example:25"}, "is no host name."),
        ({"port": "99999"}, "The port can be 1 to 65535."),
        ({"weight": "0"}, "The weight can be 1 to 1000."),
        ({"connections": "many"}, "It can be 1 to 500."),
        ({"name": "Not a name"}, "is not a short name"),
        ({"tls": "maybe"}, "Choose one of these."),
        ({"auth": "ntlm"}, "Choose one of these."),
        ({"user": ""}, "Type the user to log in as."),
        ({"ca_file": "/no/where.pem"}, "There is no such file"),
        ({"auth": "xoauth2"}, "Type the address that gives tokens"),
        ({"auth": "xoauth2", "token_url": "https://t.example"}, "Type the application’s ID"),
        ({"auth": "xoauth2", "token_url": "http://t.example", "client_id": "c", "refresh_token": "r"}, "begins with https://"),
        ({"auth": "xoauth2", "token_url": "https://t.example", "client_id": "c"}, "Type a refresh token"),
        ({"user": "a\x01b"}, "Type the user"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_kept(staff: Staff, changes: dict[str, str], sentence: str) -> None:
    answer = add(staff, **changes)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "hush" not in answer.text
    assert kept(staff.house) == []


def test_everything_that_cannot_be_read_is_told_at_once(staff: Staff) -> None:
    page = add(staff, name="Not a name", host="", port="x", weight="0").text
    for sentence in ("is not a short name", "Type the name of the server", "The port can be", "The weight can be"):
        assert sentence in page


def test_a_name_is_given_once(staff: Staff) -> None:
    add(staff)
    assert "There is a mail server main already." in add(staff).text


def test_trying_tells_each_step_and_sends_nothing(staff: Staff) -> None:
    with SmtpServer(users={"news": "hush-hush"}) as server:
        add(staff, host="127.0.0.1", tls="none", port=str(server.port))
        page = staff.post(f"{PAGE}/main/try", page=PAGE).text
        assert server.stored == []
    assert "It takes the log-in as news." in page
    assert "Nothing was sent." in page


def test_trying_what_is_not_there_says_why_and_what_to_do(staff: Staff) -> None:
    add(staff, host="127.0.0.1", tls="none", port=str(free_port()))
    page = staff.post(f"{PAGE}/main/try", page=PAGE).text
    assert "Nothing answers at this address and port." in page
    assert "Check its host and port" in page


def test_trying_something_unknown_is_not_found(staff: Staff) -> None:
    assert staff.post(f"{PAGE}/nothing/try", page=PAGE).status_code == 404


def test_one_of_two_can_be_put_out_of_use_and_back(staff: Staff) -> None:
    add(staff)
    add(staff, name="second")
    staff.post(f"{PAGE}/1/disable", page=PAGE)
    assert "Not in use" in staff.get(PAGE).text
    staff.post(f"{PAGE}/2/disable", page=PAGE)
    assert "only mail server in use" in staff.get(PAGE).text
    staff.post(f"{PAGE}/1/enable", page=PAGE)
    assert "Not in use" not in staff.get(PAGE).text


def test_a_limit_below_what_is_set_stands_at_its_server_with_what_to_do(staff: Staff) -> None:
    add(staff)
    with staff.house.database.engine.begin() as connection:
        token = open_session(connection, host="test", process=2)
        relay_troubles.note(connection, token, "main", tries=0, words=relay_troubles.lets_in(5, 16))
    page = staff.get(PAGE).text
    assert "It lets in 5 connections at once; 16 are set. Lower `connections` to 5." in page
    assert "In use" in page
    assert "cannot be used since" not in page


def test_removing_asks_first_and_says_what_follows(staff: Staff) -> None:
    add(staff)
    assert "letters are captured on this machine" in staff.get(f"{PAGE}/1/remove").text
    assert kept(staff.house) == ["main"]
    staff.post(f"{PAGE}/1/remove", page=f"{PAGE}/1/remove")
    assert kept(staff.house) == []


def test_where_the_environment_decides_everything_is_shown_and_nothing_changed(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house)
    add(staff)
    environment = "smtp://news:hush@a.example?tls=starttls&weight=3 smtp://b.example?name=second"
    locked, _ = somebody(with_relay(sqlite_house, environment), email="b@x.example")
    page = locked.get(PAGE).text
    assert "The environment decides" in page
    assert "1 mail server that is kept here is not used meanwhile" in page
    assert "a.example:587" in page
    assert "3 of 4 letters" in page
    assert "hush" not in page
    for path in ("new", "1", "1/enable", "1/disable", "1/remove"):
        answer = locked.post(f"{PAGE}/{path}", page=PAGE, **FACTS)
        assert (answer.status_code, answer.location) == (302, PAGE), path
    for path in ("new", "1", "1/remove"):
        assert locked.get(f"{PAGE}/{path}").status_code == 302, path
    assert kept(sqlite_house) == ["main"]


def test_a_log_in_that_other_keys_sealed_is_told_when_tried(staff: Staff) -> None:
    add(staff)
    with staff.house.database.transaction() as session:
        list_relays(session)[0].sealed = "AAAA"
    page = staff.post(f"{PAGE}/main/try", page=PAGE).text
    assert "sealed with other keys" in page
    assert "Type the password again" in page
    assert staff.get(f"{PAGE}/1").status_code == 200


def test_the_settings_lead_here(staff: Staff) -> None:
    assert PAGE in staff.get("/admin/settings").text
