"""An issue that stopped by itself is told to whoever scheduled it and to all who may resume it, in the admin and by mail."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from admin.halt_notices import tell_of_halt
from newsroom import installation, issues
from newsroom.clock import utc_now
from newsroom.db import change
from newsroom.deliveries import Delivery
from newsroom.house import House
from newsroom.issues import OPERATOR, Actor, Issue, get_issue
from newsroom.messages import parts_of
from newsroom.notices import Notice, mark_read
from newsroom.rendering.plan import load, splice
from newsroom.renditions import Rendition
from newsroom.sendqueue.halt_round import HaltRound
from newsroom.sendqueue.tick import run_tick_forever
from tests.conftest import NOON
from tests.factories import a_list, a_user, an_issue
from tests.sending import eventually
from tests.staff import somebody

REASON = "The mail server main (127.0.0.1:2599) refuses Newsroom itself: 535 5.7.8 no (at log-in; check user and password)."


def _sending(house: House, *, by: Actor = OPERATOR) -> int:
    with house.database.transaction() as session:
        issue = an_issue(session, a_list(session, title="City Letter"), state="approved", house=house)
        issues.schedule(session, issue, at=NOON, by=by, now=NOON)
        change(session, update(Issue).where(Issue.id == issue.id).values(state="sending", started_at=NOON))
        return issue.id


def _halt(house: House, number: int, reason: str = REASON) -> None:
    with house.database.transaction() as session:
        issues.halt(session, get_issue(session, number), now=utc_now(), reason=reason)


def _resume(house: House, number: int) -> None:
    with house.database.transaction() as session:
        issues.resume(session, get_issue(session, number), by=OPERATOR, now=utc_now())


def _told(house: House) -> list[Notice]:
    with house.database.reading() as session:
        return list(session.scalars(select(Notice).where(Notice.says == "halted").order_by(Notice.id)))


def _round(house: House) -> HaltRound:
    return HaltRound(house, tell_of_halt)


def test_an_issue_that_stopped_by_itself_is_told_to_whoever_may_resume_it_and_who_scheduled_it(house: House) -> None:
    with house.database.transaction() as session:
        chief = a_user(session, role="publisher", email="chief@example.org", language="fr").id
        writer = a_user(session, role="author", email="writer@example.org")
        author = Actor(name=writer.name, user_id=writer.id)
        a_user(session, role="author", email="another@example.org")
    number = _sending(house, by=author)
    _halt(house, number)
    _round(house).step()
    assert [(one.user_id, one.issue_id, one.facts["text"]) for one in _told(house)] == [
        (chief, number, REASON),
        (writer.id, number, REASON),
    ]
    with house.database.reading() as session:
        letters = session.scalars(select(Delivery).where(Delivery.kind == "notice").order_by(Delivery.id)).all()
        assert [letter.address for letter in letters] == ["chief@example.org", "writer@example.org"]
        read = parts_of(splice(load(session.get_one(Rendition, letters[0].rendition_id).plan), {}, None))
        assert "s’est arrêté" in read.subject
        assert f"/admin/issues/{number}" in read.text


def test_the_notice_stands_in_the_admin_with_its_reason_and_a_badge(house: House) -> None:
    staff, _ = somebody(house)
    number = _sending(house)
    assert "Nothing waits for you" in staff.get("/admin/notices").text
    _halt(house, number)
    _round(house).step()
    page = staff.get("/admin/notices").text
    assert "It has stopped before everybody had it" in page
    assert "535 5.7.8 no" in page
    assert f'href="/admin/issues/{number}"' in page


def test_a_halt_is_told_once_however_many_clocks_look(house: House) -> None:
    with house.database.transaction() as session:
        a_user(session, role="publisher")
    _halt(house, _sending(house))
    first, second = _round(house), _round(house)
    for each in (first, second, first, second):
        each.step()
    assert len(_told(house)) == 1


def test_halting_again_for_the_same_reason_does_not_pile_up_notices(house: House) -> None:
    with house.database.transaction() as session:
        chief = a_user(session, role="publisher").id
    number, watch = _sending(house), _round(house)
    for _ in range(3):
        _halt(house, number)
        watch.step()
        with house.database.transaction() as session:
            mark_read(session, chief, now=utc_now() + timedelta(seconds=1))
        _resume(house, number)
    _halt(house, number)
    watch.step()
    (notice,) = _told(house)
    assert notice.read_at is None


@pytest.mark.parametrize("way", ["resume", "cancel"])
def test_what_goes_on_or_is_over_waits_for_nobody(house: House, way: str) -> None:
    with house.database.transaction() as session:
        a_user(session, role="publisher")
    number = _sending(house)
    _halt(house, number)
    _round(house).step()
    with house.database.transaction() as session:
        getattr(issues, way)(session, get_issue(session, number), by=OPERATOR, now=utc_now())
    assert _told(house) == []
    with house.database.reading() as session:
        assert session.scalars(select(Delivery.state).where(Delivery.kind == "notice")).all() == ["cancelled"]
    _round(house).step()
    assert _told(house) == []


def test_a_pause_that_a_person_made_is_no_news_of_a_halt(house: House) -> None:
    with house.database.transaction() as session:
        a_user(session, role="publisher")
    number = _sending(house)
    _halt(house, number)
    _resume(house, number)
    with house.database.transaction() as session:
        issues.pause(session, get_issue(session, number), by=OPERATOR, now=utc_now())
    _round(house).step()
    assert _told(house) == []


def test_a_copy_of_the_database_writes_to_nobody(house: House) -> None:
    with house.database.transaction() as session:
        a_user(session, role="publisher")
    number = _sending(house)
    _halt(house, number)
    with house.database.transaction() as session:
        installation.distrust(session, "This database is a copy, or was restored from a backup.", now=utc_now())
    _round(house).step()
    assert _told(house) == []


def test_the_clock_tells_it(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        a_user(session, role="publisher")
    _halt(sqlite_house, _sending(sqlite_house))
    stop = threading.Event()
    clock = threading.Thread(target=run_tick_forever, args=(sqlite_house, stop), kwargs={"tell_halt": tell_of_halt})
    clock.start()
    try:
        eventually(lambda: len(_told(sqlite_house)) == 1)
    finally:
        stop.set()
        clock.join()
