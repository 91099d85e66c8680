"""Promise 5: unsubscribes taken while the database is away act within 60 seconds of its return."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from admin.public import create_public_app
from newsroom import schema
from newsroom.house import House, open_house
from newsroom.public_links import PublicLinks
from newsroom.settings import load_settings
from subscribers.consent import history_of
from subscribers.preferences import subscription_of
from subscribers.spool import Spool
from tests.conftest import NOON
from tests.factories import a_subscriber, cities
from tests.sending import eventually
from tests.services import PostgreSQL, running_postgresql

pytestmark = pytest.mark.postgresql
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def outage(tmp_path: Path) -> Iterator[tuple[PostgreSQL, House]]:
    """A house whose PostgreSQL the test may stop."""
    with running_postgresql() as server:
        url = server.create("newsroom")
        house = open_house(load_settings({}, data_dir=tmp_path, database_url=url, public_url="https://news.example.org"))
        schema.upgrade(house.database)
        yield server, house
        house.database.close()


def consent_of(house: House, person: int, list_id: int) -> str:
    with house.database.reading() as session:
        subscription = subscription_of(session, person, list_id)
        return subscription.consent if subscription else ""


def test_who_leaves_while_the_database_is_away_is_off_the_list_within_a_minute_of_its_return(outage: tuple[PostgreSQL, House]) -> None:
    server, house = outage
    with house.database.transaction() as session:
        mailing_list = cities(session)
        people = [a_subscriber(session, house, mailing_list).id for _ in range(3)]
        list_id = mailing_list.id
    client = create_public_app(house).test_client()
    links = PublicLinks(house.keys, "")
    server.stop()
    mail_program = client.post(links.unsubscribe(people[0], list_id), data=ONE_CLICK)
    browser = client.post(links.unsubscribe(people[1], list_id), headers={"Accept-Language": "ar"})
    server.start()
    eventually(lambda: "given" not in {consent_of(house, person, list_id) for person in people[:2]}, seconds=60)
    assert (mail_program.status_code, mail_program.text, browser.status_code) == (200, "OK\n", 200)
    assert 'dir="rtl"' in browser.text
    assert [consent_of(house, person, list_id) for person in people] == ["withdrawn", "withdrawn", "given"]
    with house.database.reading() as session:
        assert [record.source for record in history_of(session, people[0])][-1] == "one_click"


def test_a_request_kept_by_a_web_process_that_died_is_carried_out_by_the_next_one(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        mailing_list = cities(session)
        list_id, person = mailing_list.id, a_subscriber(session, sqlite_house, mailing_list).id
    links = PublicLinks(sqlite_house.keys, "")
    folder = sqlite_house.settings.data_dir / "unsubscribes"
    who = links.read_unsubscribe(links.unsubscribe(person, list_id).rpartition("/")[2])
    Spool(sqlite_house).keep(who, source="one_click", agent="", at=NOON)
    (folder / "20260101T000000-torn.json").write_text('{"subscriber_id": 1')
    create_public_app(sqlite_house)
    eventually(lambda: not list(folder.glob("*.json")))
    assert consent_of(sqlite_house, person, list_id) == "withdrawn"
    assert [path.name for path in folder.iterdir()] == ["20260101T000000-torn.unreadable"]
