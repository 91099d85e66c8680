"""After the first try with a sender running: what reaches people, how often, and that the issue is sent again in the end."""

from collections import Counter
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from admin.public import create_public_app
from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.house import House
from newsroom.messages import parts_of
from newsroom.public_links import PublicLinks
from newsroom.sendqueue import copying, repeating
from newsroom.sendqueue.pace import Pace
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.tick import tick_once
from newsroom.sendqueue.transports.memory import MemoryTransport
from subscribers.models import Subscriber
from subscribers.preferences import change_name, withdraw
from tests.integration.test_repeating import Sent
from tests.sending import add_people, eventually


@pytest.fixture
def transport() -> MemoryTransport:
    return MemoryTransport()


@pytest.fixture
def sent(house: House) -> Sent:
    return Sent(house)


@pytest.fixture
def running(sent: Sent, transport: MemoryTransport) -> Iterator[Sent]:
    sender = Sender(sent.house, transport=transport, pace=Pace(stop_grace=5, look_every=0.1, quiet=0.3, poll_every=0.5))
    sender.start()
    yield sent
    sender.stop()


def is_sent(sent: Sent) -> bool:
    tick_once(sent.house, utc_now())
    return sent.issue().state == "sent"


def test_retried_letters_and_newcomers_get_it_once_and_nobody_else(running: Sent, transport: MemoryTransport) -> None:
    refused = running.row(running.failed(0)).address
    running.do(repeating.retry_failed, running.issue_id)
    eventually(lambda: is_sent(running))
    with running.house.database.transaction() as session:
        add_people(session, running.house, running.list_id, 2, now=utc_now())
    running.do(repeating.extend, running.issue_id)
    eventually(lambda: is_sent(running))
    assert running.states() == {"accepted": 8}
    assert Counter(letter.recipient for letter in transport.kept) == {refused: 1, **_newcomers(running)}


def _newcomers(sent: Sent) -> dict[str, int]:
    with sent.house.database.reading() as session:
        return dict.fromkeys(session.scalars(select(Subscriber.address).order_by(Subscriber.id.desc()).limit(2)), 1)


def test_a_copy_comes_as_the_persons_own_letter_with_their_links(running: Sent, transport: MemoryTransport) -> None:
    address = running.row(running.rows[0]).address
    number = running.do(copying.send_copy, running.issue_id, address, keys=running.house.keys)
    eventually(lambda: running.row(number).state == "accepted")
    (kept,) = transport.kept
    links, row = PublicLinks(running.house.keys, "https://news.example.org"), running.row(number)
    assert "Dear Person" in parts_of(kept.data).text
    assert links.unsubscribe(row.subscriber_id or 0, running.list_id, number) in parts_of(kept.data).text
    assert links.view(number) in parts_of(kept.data).text
    assert running.states() == {"accepted": 6}


def test_a_person_who_changes_something_before_their_copy_goes_out_gets_it_as_they_are_now(sent: Sent, transport: MemoryTransport) -> None:
    number = sent.do(copying.send_copy, sent.issue_id, sent.row(sent.rows[0]).address, keys=sent.house.keys)
    with sent.house.database.transaction() as session:
        person = session.get_one(Subscriber, sent.row(number).subscriber_id)
        change_name(session, person, "Nadia", now=utc_now())
    sender = Sender(sent.house, transport=transport, pace=Pace(stop_grace=5))
    sender.start()
    eventually(lambda: sent.row(number).state == "accepted")
    sender.stop()
    assert "Dear Nadia" in parts_of(transport.kept[0].data).text


def test_a_person_who_leaves_before_their_copy_goes_out_gets_none(sent: Sent, transport: MemoryTransport) -> None:
    number = sent.do(copying.send_copy, sent.issue_id, sent.row(sent.rows[0]).address, keys=sent.house.keys)
    with sent.house.database.transaction() as session:
        withdraw(
            session, session.get_one(Subscriber, sent.row(number).subscriber_id), sent.list_id, source="unsubscribe_page", now=utc_now()
        )
    sender = Sender(sent.house, transport=transport, pace=Pace(stop_grace=5))
    sender.start()
    eventually(lambda: sent.row(number).state == "suppressed")
    sender.stop()
    assert transport.kept == []


@pytest.fixture
def client(sent: Sent) -> FlaskClient:
    return create_public_app(sent.house).test_client()


@pytest.mark.parametrize("link", ["view", "unsubscribe", "preferences"])
def test_a_reader_who_uses_a_link_of_an_uncertain_letter_settles_it(sent: Sent, client: FlaskClient, link: str) -> None:
    number = sent.uncertain(0)
    row, links = sent.row(number), PublicLinks(sent.house.keys, "")
    person = (row.subscriber_id or 0, sent.list_id, number)
    path = links.view(number) if link == "view" else getattr(links, link)(*person)
    assert client.get(path).status_code == 200
    assert sent.row(number).state == "accepted"
    assert "view in browser" in sent.letter_events(number)[0].detail or link in sent.letter_events(number)[0].detail


def test_a_link_of_another_letter_to_the_same_person_settles_nothing(sent: Sent, client: FlaskClient) -> None:
    number = sent.uncertain(0)
    links = PublicLinks(sent.house.keys, "")
    for other in (0, sent.rows[1]):
        assert client.get(links.unsubscribe(sent.row(number).subscriber_id or 0, sent.list_id, other)).status_code == 200
    assert sent.row(number).state == "uncertain"


def test_a_link_of_a_letter_that_is_gone_still_opens_its_page(sent: Sent, client: FlaskClient) -> None:
    path = PublicLinks(sent.house.keys, "").unsubscribe(sent.row(sent.rows[0]).subscriber_id or 0, sent.list_id, sent.rows[0])
    with sent.house.database.transaction() as session:
        session.execute(delete(Delivery).where(Delivery.id == sent.rows[0]))
    assert client.get(path).status_code == 200
