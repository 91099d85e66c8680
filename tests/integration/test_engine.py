"""A worker's engine: starts whatever is missing around it, sends over a real line, ends in time."""

import time
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from newsroom.clock import utc_now
from newsroom.house import House, open_house
from newsroom.issues import get_issue
from newsroom.sendqueue.progress import progress_of, sender_is_alive
from newsroom.sendqueue.tick import tick_once
from newsroom.sendqueue.worker import Engine
from newsroom.settings import Settings, load_settings
from tests.sending import add_urgent, eventually, make_sendable_issue, states
from tests.services import free_port
from tests.smtp_server import SmtpServer, Wait


def opened(settings: Settings, **changes: str) -> House:
    return open_house(settings.model_copy(update={name: SecretStr(value) for name, value in changes.items()}))


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


def scheduled(house: House, people: int = 40) -> int:
    with house.database.transaction() as session:
        return make_sendable_issue(session, house, people=people, now=utc_now()).id


def state_of(house: House, issue_id: int) -> str:
    with house.database.reading() as session:
        return progress_of(session, issue_id).state


def test_with_its_clock_it_takes_a_due_issue_to_sent_by_itself(settings: Settings, server: SmtpServer) -> None:
    house = opened(settings, transport_url=f"{server.url}?connections=4")
    issue_id = scheduled(house)
    engine = Engine(house, tick=True)
    engine.start()
    try:
        eventually(lambda: state_of(house, issue_id) == "sent")
        with house.database.reading() as session:
            assert sender_is_alive(session, utc_now())
    finally:
        engine.stop()
        house.database.close()
    assert sorted(server.recipients) == sorted(f"person{number}@city{number % 7}.example" for number in range(1, 41))


def test_it_starts_without_redis_without_a_mail_server_and_polls(settings: Settings) -> None:
    house = opened(settings, transport_url=f"smtp://127.0.0.1:{free_port()}", redis_url=f"redis://127.0.0.1:{free_port()}/0")
    issue_id = scheduled(house, people=3)
    engine = Engine(house, tick=True)
    engine.start()
    try:
        eventually(lambda: state_of(house, issue_id) == "sending")
        with house.database.reading() as session:
            assert set(states(session, issue_id)) <= {"queued", "claimed"}
            assert get_issue(session, issue_id).state == "sending"
    finally:
        engine.stop()
        house.database.close()


def test_it_starts_before_its_database(sqlite_settings: Settings) -> None:
    away = f"postgresql+psycopg://newsroom@127.0.0.1:{free_port()}/none"
    house = open_house(load_settings({}, data_dir=sqlite_settings.data_dir, database_url=away))
    engine = Engine(house, tick=True)
    engine.start()
    time.sleep(0.5)
    began = time.monotonic()
    engine.stop()
    assert time.monotonic() - began < 50
    house.database.close()


def test_told_to_stop_it_waits_for_the_replies_under_way(settings: Settings, server: SmtpServer) -> None:
    server.each = lambda phase, _: Wait(1.0) if phase == "dot" else None
    house = opened(settings, transport_url=f"{server.url}?connections=4")
    issue_id = scheduled(house)
    engine = Engine(house, tick=True)
    engine.start()
    eventually(lambda: server.commands.count("DATA") >= 3)
    eventually(lambda: "handed_over" in states_now(house, issue_id))
    began = time.monotonic()
    engine.stop()
    took = time.monotonic() - began
    found = states_now(house, issue_id)
    house.database.close()
    assert set(found) == {"accepted", "queued"}
    assert found["accepted"] == len(server.stored)
    assert took < 50


def test_a_test_letter_does_not_wait_behind_a_newsletter_on_a_slow_server(settings: Settings, server: SmtpServer) -> None:
    server.each = lambda phase, recipient: Wait(60) if phase == "dot" and recipient.startswith("person") else None
    house = opened(settings, transport_url=f"{server.url}?connections=3")
    issue_id = scheduled(house)
    engine = Engine(house, tick=True)
    engine.start()
    try:
        eventually(lambda: states_now(house, issue_id).get("handed_over", 0) == 2)
        add_urgent(house, issue_id)
        engine.ring(issue_id)
        eventually(lambda: server.recipients == ["staff@example.org"])
    finally:
        server.each = None
        server.drop_everybody()
        engine.stop()
        house.database.close()


def states_now(house: House, issue_id: int) -> dict[str, int]:
    with house.database.reading() as session:
        return states(session, issue_id)


def test_a_second_sender_on_the_same_data_folder_waits_its_turn(sqlite_settings: Settings, server: SmtpServer) -> None:
    house = opened(sqlite_settings, transport_url=f"{server.url}?connections=2")
    first, second = Engine(house), Engine(house)
    first.start()
    eventually(lambda: alive(house))
    second.start()
    time.sleep(0.3)
    issue_id = scheduled(house)
    first.stop()
    try:
        eventually(lambda: tick_once(house, utc_now()).finished == (issue_id,), seconds=60)
    finally:
        second.stop()
        house.database.close()
    assert len(server.stored) == 40


def alive(house: House) -> bool:
    with house.database.reading() as session:
        return sender_is_alive(session, utc_now())
