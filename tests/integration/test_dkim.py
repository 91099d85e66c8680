"""Signing, from the operator's first command to the bytes that arrive: keys kept, rotated, and letters verified at the other end."""

import dataclasses
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import dkim
import pytest
from markupsafe import escape
from pydantic import SecretStr
from sqlalchemy import text

from newsroom import dkim_keys
from newsroom.clock import utc_now
from newsroom.dkim_keys import DkimKey
from newsroom.errors import ConfigurationError, InvalidInput, NotFound
from newsroom.house import House
from newsroom.issues import OPERATOR, get_issue
from newsroom.keys import KeyRing, Secret
from newsroom.relay_urls import parse_relays
from newsroom.sendqueue import event_loop
from newsroom.sendqueue.fanout import start_issue
from newsroom.sendqueue.rehearsing import rehearse, send_test
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.transports.base import Accepted, Envelope, NotSent, Offered
from newsroom.sendqueue.transports.outbox import read_captured
from newsroom.sendqueue.transports.smtp import SmtpTransport
from tests.conftest import NOON
from tests.factories import a_list
from tests.processes import newsroom
from tests.sending import eventually, make_sendable_issue, states
from tests.smtp_server import SmtpServer
from tests.staff import somebody

DOMAIN = "example.org"  # of the From address in tests.sending


def add_key(house: House, *, active: bool = True, domain: str = DOMAIN, selector: str = "") -> DkimKey:
    with house.database.transaction() as session:
        key = dkim_keys.add_key(session, house.keys, domain, selector=selector, now=utc_now())
        if active:
            dkim_keys.activate(session, domain, selector=key.selector, now=utc_now())
        return key


def verifies(data: bytes, *keys: DkimKey) -> bool:
    """As a receiver does, who finds these records in the DNS."""
    records = {f"{key.record.name}.": "".join(key.record.strings).encode() for key in keys}
    return bool(dkim.verify(data, dnsfunc=lambda name, timeout=5: records.get(name.decode())))


def selector_of(data: bytes) -> str:
    found = re.search(rb"\bs=(\S+);", data.partition(b"\r\nDate:")[0])
    assert found is not None
    return found[1].decode()


@contextmanager
def sending_house(house: House, server: SmtpServer) -> Iterator[Sender]:
    there = house.settings.model_copy(update={"transport_url": SecretStr(f"{server.url}?connections=3")})
    sender = Sender(dataclasses.replace(house, settings=there), stop_grace=5)
    sender.start()
    try:
        yield sender
    finally:
        sender.stop()


def test_what_arrives_at_a_mail_server_verifies(house: House) -> None:
    key = add_key(house)
    with house.database.transaction() as session:
        issue = make_sendable_issue(session, house, people=25, now=utc_now(), topics=("water",), padding=3000)
        start_issue(session, issue, now=utc_now())
    with SmtpServer() as server, sending_house(house, server):
        eventually(lambda: len(server.stored) == 25)
    assert all(verifies(letter.data, key) for letter in server.stored)


def test_dots_at_the_beginning_of_lines_survive_the_wire(house: House) -> None:
    """Our letters have none; the transport doubles and the server undoubles them all the same, after the signature."""
    key = add_key(house)
    with house.database.reading() as session:
        signer = dkim_keys.load_signers(session, house.keys)[DOMAIN]
    written = b"Date: now\r\nFrom: a@example.org\r\nTo: b@example.org\r\nSubject: dots\r\n\r\n.\r\n..two\r\n.one\r\n\r\n.\r\n"
    envelope = Envelope(delivery_id=1, sender="a@example.org", recipient="b@example.org", data=signer.signed(written, NOON))

    async def hand_over(url: str) -> object:
        address = parse_relays(url)[0].smtp
        assert address is not None
        line = await SmtpTransport(address).connect()
        assert not isinstance(line, NotSent)
        assert isinstance(await line.offer(envelope), Offered)
        return await line.finish()

    with SmtpServer() as server:
        assert isinstance(event_loop.run(hand_over(server.url)), Accepted)
    assert server.stored[0].data == envelope.data
    assert verifies(server.stored[0].data, key)


def test_a_domain_without_an_active_key_sends_unsigned(sqlite_house: House) -> None:
    add_key(sqlite_house, active=False)
    add_key(sqlite_house, domain="other.example.org")
    with sqlite_house.database.transaction() as session:
        start_issue(session, make_sendable_issue(session, sqlite_house, people=2, now=utc_now()), now=utc_now())
    with SmtpServer() as server, sending_house(sqlite_house, server):
        eventually(lambda: len(server.stored) == 2)
    assert not any(b"DKIM-Signature" in letter.data for letter in server.stored)


def test_rehearsals_and_test_letters_are_signed_as_well(sqlite_house: House) -> None:
    house, key = sqlite_house, add_key(sqlite_house)
    with house.database.transaction() as session:
        issue_id = make_sendable_issue(session, house, people=2, now=utc_now(), state="approved").id
    with house.database.transaction() as session:
        facts = {"keys": house.keys, "public_url": house.settings.public_url, "by": OPERATOR, "now": utc_now()}
        rehearse(session, get_issue(session, issue_id), **facts)  # type: ignore[arg-type]
        send_test(session, get_issue(session, issue_id), "en", ["colleague@example.org"], **facts)  # type: ignore[arg-type]
    with SmtpServer() as server, sending_house(house, server):
        eventually(lambda: len(server.stored) == 1 and len(list(house.outbox_dir.glob("**/*.eml"))) == 2)
    kept = [read_captured(house.outbox_dir, number) for number in (1, 2)]
    assert [verifies(data, key) for data in (server.stored[0].data, *kept) if data] == [True, True, True]


def test_of_several_keys_the_one_activated_last_signs(house: House) -> None:
    old, new = add_key(house), add_key(house, active=False)
    assert signing(house) == old.selector
    with house.database.transaction() as session:
        dkim_keys.activate(session, DOMAIN, now=utc_now() + timedelta(seconds=1))
    assert signing(house) == new.selector
    with house.database.transaction() as session:
        dkim_keys.remove(session, DOMAIN, selector=new.selector)
    assert signing(house) == old.selector


def signing(house: House) -> str:
    with house.database.reading() as session:
        chosen = dkim_keys.signing_key(dkim_keys.keys_of(session, DOMAIN))
        signer = dkim_keys.load_signers(session, house.keys)[DOMAIN]
    assert chosen is not None
    assert signer.selector == chosen.selector
    return signer.selector


def test_a_private_key_is_not_readable_in_the_database_and_not_in_another_place(house: House) -> None:
    key = add_key(house)
    with house.database.reading() as session:
        stored = str(session.execute(text("SELECT * FROM dkim_keys")).one())
    assert "PRIVATE" not in stored
    with house.database.transaction() as session:
        session.execute(text("UPDATE dkim_keys SET domain = 'mallory.example'"))
    with house.database.reading() as session, pytest.raises(ConfigurationError, match=f"{key.selector}.*mallory.example"):
        dkim_keys.load_signers(session, house.keys)


def test_a_key_that_cannot_be_read_keeps_letters_back_instead_of_sending_them_unsigned(
    sqlite_house: House, caplog: pytest.LogCaptureFixture
) -> None:
    add_key(sqlite_house)
    with sqlite_house.database.transaction() as session:
        issue = make_sendable_issue(session, sqlite_house, people=2, now=utc_now())
        start_issue(session, issue, now=utc_now())
        issue_id = issue.id
    stranger = dataclasses.replace(sqlite_house, keys=KeyRing((Secret(9, b"9" * 32),)))
    with SmtpServer() as server, sending_house(stranger, server):
        eventually(lambda: "restore its key ring" in caplog.text)
    assert server.stored == []
    with sqlite_house.database.reading() as session:
        assert states(session, issue_id) == {"queued": 2}


@pytest.mark.parametrize("domain", ["", "two words", "a@b.example", "-", "exa mple.org"])
def test_what_is_no_domain_gets_no_key(sqlite_house: House, domain: str) -> None:
    with pytest.raises(InvalidInput, match="is not a domain"):
        add_key(sqlite_house, domain=domain)


@pytest.mark.parametrize("selector", ["two words", "a_b", "-a", "ä", "x" * 64, "a..b"])
def test_what_is_no_selector_makes_no_key(sqlite_house: House, selector: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be a selector"):
        add_key(sqlite_house, selector=selector)


def test_a_domain_beyond_ascii_is_kept_as_its_letters_carry_it(sqlite_house: House) -> None:
    assert add_key(sqlite_house, domain="Straße.example").domain == "xn--strae-oqa.example"


def test_a_selector_is_given_once(sqlite_house: House) -> None:
    assert [add_key(sqlite_house).selector for _ in range(2)] == ["newsroom1", "newsroom2"]
    with pytest.raises(InvalidInput, match="already"):
        add_key(sqlite_house, selector="NEWSROOM1")


def test_a_missing_key_is_neither_activated_nor_removed(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        with pytest.raises(NotFound):
            dkim_keys.activate(session, DOMAIN, now=NOON)
        with pytest.raises(NotFound):
            dkim_keys.remove(session, DOMAIN, selector="s1")


def test_a_record_is_cut_into_strings_that_the_dns_can_hold(sqlite_house: House) -> None:
    record = add_key(sqlite_house).record
    assert max(len(part) for part in record.strings) <= 255
    assert "".join(record.strings) == record.value
    assert "".join(re.findall(r'"([^"]*)"', record.zone_line)) == record.value


def test_an_operator_makes_shows_activates_and_removes_a_key(sqlite_house: House) -> None:
    settings = {"data_dir": sqlite_house.settings.data_dir}

    def says(*arguments: str) -> str:
        done = newsroom("dkim", *arguments, settings=settings)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "newsroom1._domainkey.example.org" in says("add", DOMAIN)
    assert "not activated yet" in says("show")
    assert "dig +short TXT newsroom1._domainkey.example.org" in says("activate", DOMAIN)
    assert "signs since" in says("show", DOMAIN)
    assert "leave unsigned" in says("remove", DOMAIN, "--selector", "newsroom1")
    assert "letters are not signed" in says("show")


def test_the_settings_of_a_list_tell_what_signs_and_what_to_publish(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        a_list(session, slug="rivers", from_address="news@Exämple.org")
    domain = "xn--exmple-cua.org"
    staff, _ = somebody(sqlite_house)
    assert f"newsroom dkim add {domain}" in staff.get("/admin/lists/rivers").text
    old = add_key(sqlite_house, domain=domain, active=False)
    waiting = staff.get("/admin/lists/rivers").text
    assert "are not signed here" in waiting
    assert old.record.name in waiting
    assert escape(old.record.value) in waiting
    assert f"dkim activate {domain} --selector newsroom1" in waiting
    with sqlite_house.database.transaction() as session:
        dkim_keys.activate(session, domain, now=utc_now())
    signed = staff.get("/admin/lists/rivers").text
    assert "are signed with the key <b>newsroom1</b>" in signed
    assert "dkim activate" not in signed
