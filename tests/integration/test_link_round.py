"""Just before an issue leaves its links are tried once more: what is broken is told to whoever may stop it, and nothing is stopped."""

import dataclasses
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin.link_notices import tell_of_links
from newsroom.alerts import Alarm
from newsroom.clock import utc_now
from newsroom.db import change
from newsroom.deliveries import Delivery
from newsroom.house import House, open_house
from newsroom.issues import Issue
from newsroom.link_asking import LinkAnswer
from newsroom.link_states import LastRound, LinkState, keep_round
from newsroom.messages import parts_of
from newsroom.notices import Notice
from newsroom.rendering.plan import load, splice
from newsroom.renditions import Rendition
from newsroom.sendqueue.belonging import doubt_about
from newsroom.sendqueue.link_round import LinkWatch
from newsroom.sendqueue.tick import run_tick_forever, tick_once
from newsroom.settings import load_settings
from tests.factories import a_list, a_user, an_issue
from tests.sending import eventually
from tests.staff import with_relay
from tests.web_hook import WebHook, redirect_to, web_hook

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
SOON = timedelta(minutes=10)


@pytest.fixture
def hook() -> Iterator[WebHook]:
    with web_hook() as served:
        yield served


def _open(house: House) -> House:
    """The pages of these tests stand on this machine."""
    settings = house.settings.model_copy(update={"inside_hosts": ("pages.intranet", "other.intranet")})
    return dataclasses.replace(house, settings=settings)


def _local(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def _watch(house: House) -> LinkWatch:
    return LinkWatch(_open(house), tell=tell_of_links, resolve=_local)


def _scheduled(house: House, *urls: str, leaves_in: timedelta = SOON, state: str = "scheduled") -> int:
    links = "".join(f'<a href="{url}">page {place}</a> ' for place, url in enumerate(urls))
    with house.database.transaction() as session:
        mailing_list = a_list(session, title="City Letter")
        issue = an_issue(
            session, mailing_list, state="approved", house=house, sections=[("text", {"title": "Links", "text": f"<p>{links}</p>"})]
        )
        change(session, update(Issue).where(Issue.id == issue.id).values(state=state, scheduled_at=utc_now() + leaves_in))
        return issue.id


def _states(house: House) -> dict[str, str]:
    with house.database.reading() as session:
        return dict(session.execute(select(LinkState.url, LinkState.state)).all())


def _alarms(session: Session) -> list[str]:
    return list(session.scalars(select(Alarm.text).where(Alarm.key.like("links:%"))))


def test_a_link_that_has_gone_since_the_checks_is_told_to_whoever_may_stop_it(house: House, hook: WebHook) -> None:
    page = f"http://pages.intranet:{hook.port}/report"
    number = _scheduled(house, page)
    with house.database.transaction() as session:
        a_user(session, role="author", email="writer@example.org")
        may = a_user(session, role="publisher", email="chief@example.org", language="fr").id
        keep_round(session, number, {page: LinkAnswer(state="good")}, is_offline=False, now=utc_now())
    hook.answer = NOT_FOUND
    assert _watch(house).step() == (number,)
    with house.database.reading() as session:
        (alarm,) = _alarms(session)
        assert f"{page} (answers 404 (not found))" in alarm
        assert "unschedule and reopen it" in alarm
        (notice,) = session.scalars(select(Notice))
        assert (notice.user_id, notice.says, notice.issue_id, notice.facts["text"]) == (may, "links_broken", number, page)
        letter = session.scalars(select(Delivery).where(Delivery.kind == "notice")).one()
        plan = load(session.get_one(Rendition, letter.rendition_id).plan)
        read = parts_of(splice(plan, {}, None))
        assert (letter.address, session.get_one(Issue, number).state) == ("chief@example.org", "scheduled")
        assert "Des liens ne s’ouvrent pas" in read.subject
        assert page in read.text
        assert f"/admin/issues/{number}" in read.text


def test_a_broken_link_stops_nothing_and_is_told_once(house: House, hook: WebHook) -> None:
    number = _scheduled(house, f"http://pages.intranet:{hook.port}/report", leaves_in=timedelta(seconds=-1))
    hook.answer = NOT_FOUND
    watch = _watch(house)
    assert (watch.step(), watch.step()) == ((number,), ())
    assert tick_once(with_relay(house), utc_now()).started == (number,)
    with house.database.reading() as session:
        assert len(_alarms(session)) == 1


def test_what_staff_knew_when_they_approved_is_not_told_again(house: House, hook: WebHook) -> None:
    page = f"http://pages.intranet:{hook.port}/report"
    number = _scheduled(house, page)
    with house.database.transaction() as session:
        a_user(session, role="publisher")
        keep_round(session, number, {page: LinkAnswer(state="unreachable", detail="answers 404")}, is_offline=False, now=utc_now())
    hook.answer = NOT_FOUND
    assert _watch(house).step() == (number,)
    with house.database.reading() as session:
        assert (_alarms(session), list(session.scalars(select(Notice)))) == ([], [])


def test_each_answer_is_kept(house: House, hook: WebHook) -> None:
    pages = [f"http://pages.intranet:{hook.port}/{place}" for place in "abcde"]
    hook.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", NOT_FOUND]
    hook.answer = redirect_to("/again")
    _scheduled(house, *pages)
    _watch(house).step()
    assert sorted(_states(house).values()) == ["good", "login", "unreachable", "unreachable", "unreachable"]


def test_an_issue_that_leaves_later_is_not_asked_for_yet(house: House, hook: WebHook) -> None:
    _scheduled(house, f"http://pages.intranet:{hook.port}/a", leaves_in=timedelta(minutes=20))
    assert _watch(house).step() == ()
    assert hook.asked == []


def test_what_was_sent_at_once_is_tried_while_it_leaves(house: House, hook: WebHook) -> None:
    number = _scheduled(house, f"http://pages.intranet:{hook.port}/a", leaves_in=timedelta(seconds=-20), state="sending")
    hook.answer = NOT_FOUND
    assert _watch(house).step() == (number,)
    with house.database.reading() as session:
        assert "pause it" in _alarms(session)[0]


def test_of_two_clocks_at_once_one_asks(house: House, hook: WebHook) -> None:
    _scheduled(house, f"http://pages.intranet:{hook.port}/a")
    tried: list[tuple[int, ...]] = []
    together = threading.Barrier(2)

    def clock() -> None:
        together.wait()
        tried.append(_watch(house).step())

    threads = [threading.Thread(target=clock) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hook.asked) == 1
    assert sum(map(len, tried)) == 1


def test_stand_ins_and_our_own_pages_are_never_asked(house: House, hook: WebHook) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    urls = ("https://www.example.org/a", "https://cities.test/b", "http://localhost:1/c", "https://news.example.org/d", "mailto:a@uclg.org")
    _scheduled(house, *urls, f"http://pages.intranet:{hook.port}/a")
    LinkWatch(_open(house), tell=tell_of_links, resolve=resolve).step()
    assert asked == ["pages.intranet"]


def test_without_a_network_nothing_is_said_and_it_is_tried_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    number = _scheduled(house, "https://www.uclg.org/a")

    def nowhere(host: str, port: int) -> Sequence[str]:
        raise OSError(101, "Network is unreachable")

    watch = LinkWatch(_open(house), tell=tell_of_links, resolve=nowhere)
    assert (watch.step(), watch.step()) == ((number,), ())
    with house.database.transaction() as session:
        assert (_alarms(session), _states(house)) == ([], {"https://www.uclg.org/a": "unasked"})
        assert session.scalars(select(LastRound)).one().is_offline
        change(session, update(LastRound).values(ended_at=utc_now() - timedelta(minutes=3)))
    assert watch.step() == (number,)


def test_a_start_does_not_wait_for_a_server_that_hangs(sqlite_house: House, hook: WebHook) -> None:
    """The round is under way in its own thread; the issue starts on time all the same."""
    number = _scheduled(sqlite_house, f"http://pages.intranet:{hook.port}/a", leaves_in=timedelta(seconds=-1))
    hook.dripping = 0.5
    rounds = threading.Thread(target=_watch(sqlite_house).step)
    rounds.start()
    while not hook.asked:
        time.sleep(0.01)
    assert tick_once(with_relay(sqlite_house), utc_now()).started == (number,)
    assert rounds.is_alive()
    rounds.join(60)
    assert not rounds.is_alive()


def test_the_clock_tries_the_links_beside_its_work(sqlite_house: House, hook: WebHook) -> None:
    """As `newsroom up` and `newsroom tick` run it."""
    settings = sqlite_house.settings.model_copy(update={"inside_hosts": ("127.0.0.1",)})
    number = _scheduled(sqlite_house, f"http://127.0.0.1:{hook.port}/a")
    hook.answer, stop = NOT_FOUND, threading.Event()
    with sqlite_house.database.transaction() as session:
        a_user(session, role="publisher")
    clock = threading.Thread(target=run_tick_forever, args=(dataclasses.replace(sqlite_house, settings=settings), stop, tell_of_links))
    clock.start()
    try:
        eventually(lambda: _told(sqlite_house) == [number])
    finally:
        stop.set()
        clock.join()


def _told(house: House) -> list[int | None]:
    with house.database.reading() as session:
        return list(session.scalars(select(Notice.issue_id).where(Notice.says == "links_broken")))


def test_a_copy_of_the_database_asks_nobody(sqlite_house: House, hook: WebHook, tmp_path: Path) -> None:
    _scheduled(sqlite_house, f"http://pages.intranet:{hook.port}/a")
    assert doubt_about(sqlite_house) is None
    sqlite_house.database.close()
    shutil.copytree(sqlite_house.settings.data_dir, tmp_path / "copy", copy_function=shutil.copy2)
    copy = open_house(load_settings({}, data_dir=tmp_path / "copy", public_url="https://news.example.org"))
    assert (_watch(copy).step(), hook.asked) == ((), [])
    copy.database.close()
