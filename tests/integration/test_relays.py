"""Mail servers kept in the admin: sealed, in their order, and never in the way of what the environment says."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from newsroom.errors import ConfigurationError, InvalidInput, Refused
from newsroom.house import House, open_house
from newsroom.issues import Actor
from newsroom.keys import parse_key_ring
from newsroom.relay_urls import CAPTURE, OAuth, SmtpAddress
from newsroom.relays import (
    KeptRelay,
    Relay,
    add_relay,
    change_relay,
    disable_relay,
    enable_relay,
    get_relay,
    list_relays,
    load_relays,
    relays_version,
    remove_relay,
)
from newsroom.settings import Settings
from tests.sending import make_sendable_issue

AMINA = Actor(name="Amina")
FAR = SmtpAddress(host="mail.example.org", port=587, user="news", password="hush-hush", tls="starttls")
NEAR = SmtpAddress(host="127.0.0.1", port=25)


def add(house: House, name: str, address: SmtpAddress, now: datetime, weight: int = 1) -> int:
    with house.database.transaction() as session:
        return add_relay(session, name=name, address=address, weight=weight, keys=house.keys, by=AMINA, now=now).id


def loaded(house: House) -> tuple[Relay, ...]:
    with house.database.reading() as session:
        return load_relays(session, house.settings, house.keys)


def version(house: House) -> str:
    with house.database.reading() as session:
        return relays_version(session, house.settings)


def with_environment(house: House, url: str) -> House:
    return replace(house, settings=house.settings.model_copy(update={"transport_url": SecretStr(url)}))


def test_without_any_mail_server_mail_is_captured(house: House) -> None:
    assert loaded(house) == (CAPTURE,)


def test_mail_servers_come_back_whole_in_their_order(house: House, now: datetime) -> None:
    add(house, "far", FAR, now, weight=3)
    add(house, "near", NEAR, now)
    far, near = loaded(house)
    assert (far.name, far.weight, far.smtp) == ("far", 3, FAR)
    assert (near.name, near.weight, near.smtp) == ("near", 1, NEAR)


def test_a_connection_reads_them_as_well_as_a_session(house: House, now: datetime) -> None:
    add(house, "far", FAR, now)
    with house.database.engine.connect() as connection:
        assert [relay.name for relay in load_relays(connection, house.settings, house.keys)] == ["far"]
        assert relays_version(connection, house.settings) == version(house)


def test_where_the_environment_decides_nothing_kept_counts(house: House, now: datetime) -> None:
    add(house, "far", FAR, now)
    decided = with_environment(house, "smtp://a.example smtp://b.example?name=b&weight=2")
    assert [(relay.name, relay.weight) for relay in loaded(decided)] == [("main", 1), ("b", 2)]
    assert loaded(with_environment(house, "outbox:")) == (CAPTURE,)
    assert version(decided) == version(with_environment(house, "outbox:")) == "environment"


def test_no_secret_stands_in_the_database_in_clear(house: House, now: datetime) -> None:
    add(house, "far", FAR, now)
    tokens = OAuth(token_url="https://t.example/t", client_id="c", client_secret="hush-app", refresh_token="hush-refresh")
    add(house, "tokens", replace(FAR, password="", auth="xoauth2", oauth=tokens), now)
    with house.database.reading() as session:
        rows = session.execute(text("SELECT * FROM relays")).all()
        assert "hush" not in repr(rows)
        assert "hush" not in repr(list_relays(session))
    assert loaded(house)[1].smtp is not None
    assert "hush" not in repr(loaded(house))


def test_other_keys_cannot_read_them_and_say_which_and_what_to_do(house: House, now: datetime) -> None:
    add(house, "far", FAR, now)
    stranger = replace(house, keys=parse_key_ring("x" * 32))
    with pytest.raises(ConfigurationError, match=r"The mail server far: .* Type the password again"):
        loaded(stranger)


def test_an_address_bent_in_the_database_does_not_get_the_password(house: House, now: datetime) -> None:
    add(house, "far", FAR, now)
    with house.database.engine.begin() as connection:
        connection.execute(text("UPDATE relays SET url = replace(url, 'mail.example.org', 'thief.example')"))
    with pytest.raises(ConfigurationError, match="The mail server far"):
        loaded(house)


def test_a_rotated_key_ring_still_reads_them(house: House, now: datetime) -> None:
    old = replace(house, keys=parse_key_ring("o" * 32))
    add(old, "far", FAR, now)
    rotated = replace(house, keys=parse_key_ring(f"{'n' * 32},{'o' * 32}"))
    assert loaded(rotated)[0].smtp == FAR


def test_every_change_is_noticed_by_the_version(house: House, now: datetime) -> None:
    seen = [version(house)]
    relay_id = add(house, "far", FAR, now)
    seen.append(version(house))
    add(house, "near", NEAR, now)
    seen.append(version(house))
    with house.database.transaction() as session:
        kept = get_relay(session, relay_id)
        change_relay(session, kept, name="far", address=FAR, weight=2, keys=house.keys, by=AMINA, now=now)
    seen.append(version(house))
    with house.database.transaction() as session:
        disable_relay(session, get_relay(session, relay_id), by=AMINA, now=now)
    seen.append(version(house))
    with house.database.transaction() as session:
        enable_relay(session, get_relay(session, relay_id), by=AMINA, now=now)
    seen.append(version(house))
    with house.database.transaction() as session:
        remove_relay(session, get_relay(session, relay_id))
    seen.append(version(house))
    assert all(before != after for before, after in pairwise(seen))
    assert version(house) == seen[-1]


def test_a_mail_server_in_the_place_of_a_removed_one_is_noticed(house: House, now: datetime) -> None:
    """SQLite gives the number of the last row again."""
    with house.database.transaction() as session:
        assert list_relays(session) == []
    before = version(house)
    add(house, "far", FAR, now)
    first = version(house)
    with house.database.transaction() as session:
        remove_relay(session, list_relays(session)[0])
    add(house, "far", replace(FAR, host="other.example"), now)
    assert len({before, first, version(house)}) == 3


def test_a_password_left_empty_stays_for_the_same_server(house: House, now: datetime) -> None:
    relay_id = add(house, "far", FAR, now)
    with house.database.transaction() as session:
        kept = get_relay(session, relay_id)
        again = replace(FAR, password="", connections=4)
        change_relay(session, kept, name="renamed", address=again, weight=5, keys=house.keys, by=AMINA, now=now)
    (relay,) = loaded(house)
    assert (relay.name, relay.weight, relay.smtp) == ("renamed", 5, replace(FAR, connections=4))


@pytest.mark.parametrize("change", [{"host": "thief.example"}, {"port": 25}, {"tls": "none"}, {"user": "other"}, {"ca_file": __file__}])
def test_a_password_is_not_taken_along_to_another_server(sqlite_house: House, now: datetime, change: dict[str, object]) -> None:
    relay_id = add(sqlite_house, "far", FAR, now)
    elsewhere = replace(FAR, password="", **change)  # type: ignore[arg-type]
    with sqlite_house.database.transaction() as session, pytest.raises(InvalidInput, match="Type it again"):
        change_relay(
            session, get_relay(session, relay_id), name="far", address=elsewhere, weight=1, keys=sqlite_house.keys, by=AMINA, now=now
        )
    assert loaded(sqlite_house)[0].smtp == FAR


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"name": "far"}, "name"),
        ({"name": "Not A Slug"}, "name"),
        ({"weight": 0}, "weight"),
        ({"address": replace(NEAR, host="no..host")}, "host"),
        ({"address": replace(NEAR, ca_file="/no/where.pem")}, "ca_file"),
        ({"address": replace(NEAR, password="x")}, "user"),
    ],
)
def test_what_is_wrong_is_told_by_its_field_and_not_kept(sqlite_house: House, now: datetime, wrong: dict[str, Any], place: str) -> None:
    add(sqlite_house, "far", FAR, now)
    facts = {"name": "new", "address": NEAR, "weight": 1, **wrong}
    with sqlite_house.database.transaction() as session:
        with pytest.raises(InvalidInput) as refused:
            add_relay(session, **facts, keys=sqlite_house.keys, by=AMINA, now=now)
        assert [problem.place for problem in refused.value.problems] == [place]
    assert len(loaded(sqlite_house)) == 1


def test_the_last_mail_server_in_use_cannot_be_put_out_of_use(house: House, now: datetime) -> None:
    relay_id, other_id = add(house, "far", FAR, now), add(house, "near", NEAR, now)
    with house.database.transaction() as session:
        disable_relay(session, get_relay(session, other_id), by=AMINA, now=now)
    with house.database.transaction() as session, pytest.raises(Refused, match="only mail server in use"):
        disable_relay(session, get_relay(session, relay_id), by=AMINA, now=now)
    assert [relay.name for relay in loaded(house)] == ["far"]


@pytest.mark.postgresql
def test_two_who_each_put_one_of_the_last_two_out_of_use_do_not_both_succeed(postgresql_settings: Settings, now: datetime) -> None:
    house = open_house(postgresql_settings)
    ids = [add(house, "far", FAR, now), add(house, "near", NEAR, now)]

    def disable(relay_id: int) -> bool:
        try:
            with house.database.transaction() as session:
                disable_relay(session, get_relay(session, relay_id), by=AMINA, now=now)
        except Refused:
            return False
        return True

    try:
        for _ in range(5):
            with ThreadPoolExecutor(2) as pool:
                assert sorted(pool.map(disable, ids)) == [False, True]
            with house.database.transaction() as session:
                for relay_id in ids:
                    enable_relay(session, get_relay(session, relay_id), by=AMINA, now=now)
    finally:
        house.database.close()


def test_one_new_secret_leaves_the_other_as_it_was(sqlite_house: House, now: datetime) -> None:
    tokens = OAuth(token_url="https://t.example/t", client_id="c", client_secret="app", refresh_token="old")
    address = replace(FAR, password="", auth="xoauth2", oauth=tokens)
    relay_id = add(sqlite_house, "tokens", address, now)
    changed = replace(address, oauth=replace(tokens, client_secret="", refresh_token="new"))
    with sqlite_house.database.transaction() as session:
        kept = get_relay(session, relay_id)
        change_relay(session, kept, name="tokens", address=changed, weight=1, keys=sqlite_house.keys, by=AMINA, now=now)
    (relay,) = loaded(sqlite_house)
    assert relay.smtp == replace(address, oauth=replace(tokens, refresh_token="new"))


def test_the_last_mail_server_is_not_removed_from_under_an_issue_that_is_being_sent(house: House, now: datetime) -> None:
    """It would stand still without anybody having stopped it."""
    relay_id = add(house, "far", FAR, now)
    with house.database.transaction() as session:
        slug = make_sendable_issue(session, house, people=1, now=now).slug
    with house.database.transaction() as session, pytest.raises(Refused, match=slug):
        remove_relay(session, get_relay(session, relay_id))
    other_id = add(house, "near", NEAR, now)
    with house.database.transaction() as session:
        remove_relay(session, get_relay(session, relay_id))
    with house.database.reading() as session:
        assert [kept.id for kept in session.query(KeptRelay)] == [other_id]


def test_the_last_mail_server_may_go_when_nothing_waits_for_it(house: House, now: datetime) -> None:
    relay_id = add(house, "far", FAR, now)
    with house.database.transaction() as session:
        remove_relay(session, get_relay(session, relay_id))
    assert loaded(house) == (CAPTURE,)


def test_who_changed_a_mail_server_is_written_down(house: House, now: datetime) -> None:
    relay_id = add(house, "far", FAR, now)
    with house.database.reading() as session:
        kept = get_relay(session, relay_id)
        assert (kept.changed_by, kept.changed_at) == ("Amina", now)
