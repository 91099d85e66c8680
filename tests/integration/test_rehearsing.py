"""Rehearsals and test letters: ready bytes in the queue, the issue untouched, nothing in anybody's mailbox."""

import os

import pytest
from sqlalchemy import select

from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.errors import InvalidAddress, InvalidInput, Refused
from newsroom.house import House
from newsroom.issues import OPERATOR, Issue, events_of, get_issue
from newsroom.messages import parts_of
from newsroom.sendqueue.captured import CapturedSweep
from newsroom.sendqueue.rehearsing import rehearse, send_test
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.tick import tick_once
from newsroom.sendqueue.transports.memory import MemoryTransport
from newsroom.sendqueue.transports.outbox import read_captured
from tests.sending import eventually, make_sendable_issue, states


@pytest.fixture
def issue_id(house: House) -> int:
    with house.database.transaction() as session:
        return make_sendable_issue(session, house, people=6, now=utc_now(), state="approved", languages=("en", "fr")).id


def rehearsed(house: House, issue_id: int) -> int:
    with house.database.transaction() as session:
        issue = get_issue(session, issue_id)
        return rehearse(session, issue, keys=house.keys, public_url=house.settings.public_url, by=OPERATOR, now=utc_now())


def order_test(house: House, issue_id: int, *addresses: str, language: str = "fr") -> list[int]:
    with house.database.transaction() as session:
        return send_test(
            session, get_issue(session, issue_id), language, addresses, keys=house.keys, public_url=house.settings.public_url,
            by=OPERATOR, now=utc_now(),
        )  # fmt: skip


def letters(house: House, kind: str) -> list[Delivery]:
    with house.database.reading() as session:
        return list(session.scalars(select(Delivery).where(Delivery.kind == kind).order_by(Delivery.id)))


def test_a_rehearsal_has_a_letter_for_everybody_and_leaves_the_issue_as_it_was(house: House, issue_id: int) -> None:
    with house.database.reading() as session:
        before = get_issue(session, issue_id)
    assert rehearsed(house, issue_id) == 6
    with house.database.reading() as session:
        after = session.get_one(Issue, issue_id)
        assert (after.state, after.audience, after.updated_at) == (before.state, before.audience, before.updated_at)
        assert states(session, issue_id, "rehearsal") == {"queued": 6}
        assert [event.action for event in events_of(session, issue_id)] == ["rehearse"]


def test_the_next_rehearsal_replaces_the_last(house: House, issue_id: int) -> None:
    rehearsed(house, issue_id)
    first = {row.id for row in letters(house, "rehearsal")}
    assert rehearsed(house, issue_id) == 6
    second = {row.id for row in letters(house, "rehearsal")}
    assert len(second) == 6
    assert first != second


def test_a_rehearsed_issue_is_still_sent_to_everybody(house: House, issue_id: int) -> None:
    rehearsed(house, issue_id)
    with house.database.transaction() as session:
        issue = get_issue(session, issue_id)
        issue.state = "scheduled"
    transport = MemoryTransport()
    sender = Sender(house, transport=transport, stop_grace=5)
    sender.start()
    try:
        eventually(lambda: {row.state for row in letters(house, "rehearsal")} == {"accepted"})
        assert transport.kept == []
        start_over_memory(house)
        sender.ring(issue_id)
        eventually(lambda: {row.state for row in letters(house, "issue")} == {"accepted"})
    finally:
        sender.stop()
    assert len(transport.kept) == 6


def start_over_memory(house: House) -> None:
    settings = house.settings.model_copy(update={"transport_url": type(house.settings.transport_url)("memory:")})
    tick_once(House(settings=settings, database=house.database, keys=house.keys), utc_now())


def test_a_test_letter_is_marked_and_its_personal_links_are_nobodys(house: House, issue_id: int) -> None:
    (number,) = order_test(house, issue_id, "staff@example.org")
    sender = Sender(house, stop_grace=5)
    sender.start()
    try:
        eventually(lambda: [row.state for row in letters(house, "test")] == ["accepted"])
    finally:
        sender.stop()
    captured = read_captured(house.outbox_dir, number)
    assert captured is not None
    parts = parts_of(captured)
    assert "(fr)" in parts.text
    assert parts.subject.startswith("[")


def test_a_test_to_the_same_address_twice_is_two_letters_and_one_call_is_one(house: House, issue_id: int) -> None:
    order_test(house, issue_id, "staff@example.org", "staff@example.org")
    order_test(house, issue_id, "staff@example.org")
    assert len(letters(house, "test")) == 2


@pytest.mark.parametrize(
    ("addresses", "language", "error"),
    [
        (("no address",), "fr", InvalidAddress),
        (("a@b.example\r\nBcc: c@d.example",), "fr", InvalidAddress),
        ((), "fr", InvalidInput),
        (("staff@example.org",), "ar", InvalidInput),
        (tuple(f"staff{number}@example.org" for number in range(21)), "fr", Refused),
    ],
)
def test_a_wrong_test_is_refused_and_nothing_is_queued(
    house: House, issue_id: int, addresses: tuple[str, ...], language: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        order_test(house, issue_id, *addresses, language=language)
    assert letters(house, "test") == []


def test_letters_of_a_replaced_rehearsal_do_not_stay_on_the_disk(house: House, issue_id: int) -> None:
    house.outbox_dir.mkdir(parents=True)
    rehearsed(house, issue_id)
    replaced = [house.outbox_dir / f"{row.id}.eml" for row in letters(house, "rehearsal")]
    rehearsed(house, issue_id)
    current = [house.outbox_dir / f"{row.id}.eml" for row in letters(house, "rehearsal")]
    foreign, begun, torn = (house.outbox_dir / name for name in ("notes.txt", ".7.new", ".8.old"))
    for path in (*replaced, *current, foreign, begun, torn):
        path.write_text("From: the city")
    os.utime(torn, (0, 0))

    assert CapturedSweep(house).step() == len(replaced) + 1
    assert set(house.outbox_dir.iterdir()) == {*current, foreign, begun}


def test_a_missing_outbox_folder_does_not_stop_the_clock(sqlite_house: House) -> None:
    assert CapturedSweep(sqlite_house).step() == 0
