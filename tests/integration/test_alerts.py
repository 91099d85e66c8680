"""The second road: each trouble told once, again every hour, and when it is over; written with its cause, delivered until it is taken."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from newsroom.alert_hook import keep_hook, kept_host, load_hook
from newsroom.alerts import Alarm, AlertMessage, Trouble, clear_alarm, raise_alarm, report, settle
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput
from newsroom.house import House
from newsroom.issues import OPERATOR, get_issue, halt, resume
from newsroom.sendqueue.alerting import Messenger, send_test
from newsroom.sendqueue.tick import run_tick_forever, tick_once
from newsroom.sendqueue.watching import Watch
from newsroom.settings import Settings
from tests.conftest import NOON
from tests.sending import eventually, make_sendable_issue
from tests.web_hook import WebHook, redirect_to, web_hook

STUCK = Trouble(text="Issue 7 has not moved.", issue_id=7)


def told(house: House) -> list[tuple[str, str]]:
    with house.database.reading() as session:
        return [(message.kind, message.key) for message in session.scalars(select(AlertMessage).order_by(AlertMessage.id))]


def do(house: House, how: object, *arguments: object, minutes: float = 0) -> None:
    with house.database.transaction() as session:
        how(session, *arguments, now=NOON + timedelta(minutes=minutes))  # type: ignore[operator]


def hooked(house: House, hook: WebHook) -> House:
    settings = house.settings.model_copy(update={"alert_url": SecretStr(hook.url), "inside_hosts": ("127.0.0.1",)})
    return House(settings=settings, database=house.database, keys=house.keys)


def freshen(house: House) -> None:
    """As if every message had been written this moment."""
    with house.database.transaction() as session:
        session.execute(update(AlertMessage).values(due_at=utc_now() - timedelta(seconds=1), created_at=utc_now()))


def a_sending_issue(house: House, state: str = "sending", slug: str = "spring") -> int:
    with house.database.transaction() as session:
        return make_sendable_issue(session, house, people=3, now=utc_now(), state=state, slug=slug).id


def test_a_trouble_is_told_once_however_often_it_is_found(house: House) -> None:
    for minute in range(50):
        do(house, settle, {"stuck:7": STUCK}, minutes=minute)
    assert told(house) == [("trouble", "stuck:7")]


def test_a_trouble_that_lasts_is_told_again_every_hour(house: House) -> None:
    for minute in range(0, 190, 5):
        do(house, settle, {"stuck:7": STUCK}, minutes=minute)
    assert told(house) == [("trouble", "stuck:7"), *[("reminder", "stuck:7")] * 3]


def test_its_end_is_told_once(house: House) -> None:
    do(house, settle, {"stuck:7": STUCK})
    do(house, settle, {}, minutes=5)
    do(house, settle, {}, minutes=6)
    assert told(house) == [("trouble", "stuck:7"), ("recovery", "stuck:7")]


def test_a_trouble_that_comes_and_goes_is_not_told_more_than_hourly(house: House) -> None:
    for minute in range(0, 60, 2):
        do(house, settle, {"stuck:7": STUCK} if minute % 4 == 0 else {}, minutes=minute)
    assert told(house) == [("trouble", "stuck:7"), ("recovery", "stuck:7")]
    do(house, settle, {"stuck:7": STUCK}, minutes=61)
    assert told(house)[-1] == ("trouble", "stuck:7")


def test_what_happens_again_within_the_hour_is_counted_and_told_together(house: House) -> None:
    for minute in (0, 10, 20):
        do(house, report, "worker-died", Trouble(text="A sending process died."), minutes=minute)
    do(house, settle, {}, minutes=30)
    assert told(house) == [("event", "worker-died")]
    do(house, settle, {}, minutes=61)
    assert told(house) == [("event", "worker-died")] * 2
    with house.database.reading() as session:
        assert session.scalars(select(AlertMessage).order_by(AlertMessage.id.desc())).first().facts["times"] == 2  # type: ignore[union-attr]
    for minute in (130, 140):
        do(house, settle, {}, minutes=minute)
    assert len(told(house)) == 2


def test_many_who_find_the_same_at_once_tell_it_once(house: House) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: do(house, settle, {"stuck:7": STUCK}), range(12)))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: do(house, clear_alarm, "stuck:7", minutes=1), range(12)))
    assert told(house) == [("trouble", "stuck:7"), ("recovery", "stuck:7")]


def test_an_alarm_is_undone_with_the_transaction_of_its_cause(house: House) -> None:
    def broken() -> None:
        with house.database.transaction() as session:
            raise_alarm(session, "stuck:7", STUCK, now=NOON)
            raise RuntimeError("the cause did not happen")

    with pytest.raises(RuntimeError):
        broken()
    assert told(house) == []


def test_a_halted_issue_is_told_in_the_same_transaction_and_its_going_on_too(house: House) -> None:
    issue_id = a_sending_issue(house)
    with house.database.transaction() as session:
        halt(session, get_issue(session, issue_id), now=utc_now(), reason="The mail server refuses Newsroom itself: 535 5.7.8 no.")
        assert session.scalars(select(Alarm.key).where(Alarm.cleared_at.is_(None))).all() == [f"halted:{issue_id}"]
    Watch(house).look(utc_now())
    assert told(house) == [("trouble", f"halted:{issue_id}")]
    with house.database.transaction() as session:
        resume(session, get_issue(session, issue_id), by=OPERATOR, now=utc_now())
    Watch(house).look(utc_now())
    assert told(house)[:2] == [("trouble", f"halted:{issue_id}"), ("recovery", f"halted:{issue_id}")]


def test_a_schedule_that_was_missed_is_told(house: House) -> None:
    issue_id = a_sending_issue(house, state="scheduled")
    tick_once(house, utc_now() + timedelta(hours=4))
    assert told(house) == [("event", f"refused:{issue_id}")]


def test_the_hook_gets_json_with_a_text_and_no_readers_address(house: House) -> None:
    words = "The mail server said: 550 <ana.lopez@city.example> unknown <!channel>"
    do(house, raise_alarm, "halted:7", Trouble(text=words, issue_id=7))
    freshen(house)
    with web_hook() as hook:
        assert Messenger(hooked(house, hook)).step()
    (body,) = [json.loads(body) for body in hook.bodies]
    assert "ana.lopez" not in json.dumps(body)
    assert "<" not in body["text"]
    assert body["text"].startswith("Newsroom, Trouble: The mail server said: 550 ‹…@city.example› unknown")
    assert body["link"] == "https://news.example.org/admin/issues/7"
    assert {name: body[name] for name in ("version", "kind", "key", "issue")} == {
        "version": 1, "kind": "trouble", "key": "halted:7", "issue": 7,
    }  # fmt: skip


def test_a_hook_that_is_away_is_tried_again_in_order_until_it_takes_them(house: House) -> None:
    do(house, raise_alarm, "a", STUCK)
    do(house, raise_alarm, "b", STUCK)
    freshen(house)
    with web_hook() as hook:
        hook.answers = [b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", redirect_to("http://127.0.0.1:1/")]
        messenger = Messenger(hooked(house, hook))
        for _ in range(2):
            assert not messenger.step()  # the first is refused
            assert not messenger.step()  # and waits, the second behind it
            freshen(house)
        assert messenger.step()
        assert messenger.step()
        assert not messenger.step()
    assert [json.loads(body)["key"] for body in hook.bodies] == ["a", "a", "a", "b"]
    assert len({json.loads(body)["id"] for body in hook.bodies}) == 2


def test_several_messengers_deliver_each_message_once(house: House) -> None:
    for number in range(8):
        do(house, raise_alarm, f"trouble-{number}", STUCK)
    freshen(house)
    with web_hook() as hook:
        messengers = [Messenger(hooked(house, hook)) for _ in range(3)]

        def deliver(messenger: Messenger) -> None:
            eventually(lambda: not messenger.step() and not _open(house))

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(deliver, messengers))
    assert sorted(json.loads(body)["key"] for body in hook.bodies) == [f"trouble-{number}" for number in range(8)]


def _open(house: House) -> int:
    with house.database.reading() as session:
        return len(session.scalars(select(AlertMessage.id).where(AlertMessage.closed_at.is_(None))).all())


def test_news_of_yesterday_and_news_for_nobody_are_dropped(house: House) -> None:
    with web_hook() as hook:
        do(house, raise_alarm, "a", STUCK)
        with house.database.transaction() as session:
            session.execute(update(AlertMessage).values(created_at=utc_now() - timedelta(hours=25)))
        assert not Messenger(hooked(house, hook)).step()
        do(house, raise_alarm, "b", STUCK)
        freshen(house)
        assert not Messenger(house).step()
        assert not Messenger(hooked(house, hook)).step()
    assert (hook.asked, _open(house)) == ([], 0)


def test_a_slow_hook_does_not_hold_up_the_clock(house: House) -> None:
    """The hook answers one byte a second; the clock beats and starts what is due meanwhile."""
    do(house, raise_alarm, "a", STUCK)
    freshen(house)
    stop = threading.Event()
    with web_hook() as hook:
        hook.dripping = 1
        clock = threading.Thread(target=run_tick_forever, args=(hooked(house, hook), stop))
        clock.start()
        try:
            eventually(lambda: hook.asked)
            issue_id = a_sending_issue(house, state="scheduled")
            eventually(lambda: _state(house, issue_id) != "scheduled")
        finally:
            stop.set()
            clock.join(60)
    assert not clock.is_alive()


def _state(house: House, issue_id: int) -> str:
    with house.database.reading() as session:
        return get_issue(session, issue_id).state


def test_an_alert_never_goes_to_an_inside_address_unless_that_is_named(house: House) -> None:
    with web_hook() as hook:
        assert "leads to an address inside" in send_test(house, hook.url, now=NOON)
        assert send_test(hooked(house, hook), hook.url, now=NOON) == ""
    assert len(hook.asked) == 1


def test_the_address_kept_in_the_database_is_sealed_and_the_environment_wins(house: House) -> None:
    secret = "https://hooks.example.org/services/T0/S3CRET"
    with house.database.transaction() as session:
        keep_hook(session, secret, keys=house.keys, by=OPERATOR, now=NOON)
    with house.database.transaction() as session:
        assert kept_host(session) == "hooks.example.org"
        assert load_hook(session, house.settings, house.keys) == secret
        assert "S3CRET" not in str(session.connection().exec_driver_sql("SELECT * FROM alert_hook").all())
        locked: Settings = house.settings.model_copy(update={"alert_url": SecretStr("https://other.example.org/")})
        assert load_hook(session, locked, house.keys) == "https://other.example.org/"
        with pytest.raises(InvalidInput, match="web address"):
            keep_hook(session, "ftp://x", keys=house.keys, by=OPERATOR, now=NOON)
        keep_hook(session, "", keys=house.keys, by=OPERATOR, now=NOON)
        assert load_hook(session, house.settings, house.keys) == ""


def test_an_old_alarm_row_is_used_again(house: House) -> None:
    for minute in (0, 120, 240):
        do(house, settle, {"stuck:7": STUCK}, minutes=minute)
        do(house, settle, {}, minutes=minute + 1)
    with house.database.reading() as session:
        assert len(session.scalars(select(Alarm)).all()) == 1
    assert [kind for kind, _ in told(house)] == ["trouble", "recovery"] * 3
