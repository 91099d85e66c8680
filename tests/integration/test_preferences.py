"""What people change themselves, and that letters under way notice it."""

from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import select

from newsroom.deliveries import DELIVERY_LIFECYCLE, Delivery
from newsroom.errors import InvalidInput, Refused
from newsroom.house import House
from newsroom.issues import OPERATOR
from newsroom.mailing_lists import get_list
from newsroom.renditions import Rendition
from subscribers.audience import audience
from subscribers.consent import history_of, record
from subscribers.models import Subscriber
from subscribers.preferences import change_language, change_name, choose_topics, subscription_of, withdraw
from subscribers.suppression import address_hash, suppress, suppressed_among
from tests.factories import a_delivery, a_subscriber, an_issue, cities

BEFORE_THE_MARK = DELIVERY_LIFECYCLE.sources("suppress")
PAST_THE_MARK = tuple(sorted(DELIVERY_LIFECYCLE.states - set(BEFORE_THE_MARK)))


@dataclass(frozen=True)
class Reader:
    id: int
    list_id: int
    delivery_id: int


@pytest.fixture
def reader(house: House, now: datetime) -> Reader:
    """A reader with a queued letter."""
    return _reader(house, now, "queued")


def _reader(house: House, now: datetime, state: str) -> Reader:
    with house.database.transaction() as session:
        mailing_list = cities(session, topics=("climate", "finance"))
        subscriber = a_subscriber(session, house, mailing_list, address="amina@example.org", name="Amina")
        issue = an_issue(session, mailing_list, house=house, state="sending")
        return Reader(subscriber.id, mailing_list.id, a_delivery(session, issue, to=subscriber, state=state).id)


def _leave(house: House, reader: Reader, now: datetime) -> bool:
    with house.database.transaction() as session:
        return withdraw(session, session.get_one(Subscriber, reader.id), reader.list_id, source="one_click", now=now)


@pytest.mark.parametrize("state", BEFORE_THE_MARK)
def test_a_withdrawn_subscriber_is_not_mailed(house: House, now: datetime, state: str) -> None:
    reader = _reader(house, now, state)
    assert _leave(house, reader, now)
    with house.database.reading() as session:
        delivery = session.get_one(Delivery, reader.delivery_id)
        assert (delivery.state, delivery.reason, delivery.worker_token) == ("suppressed", "the person left the list", None)
        assert session.get_one(Subscriber, reader.id).version == 2, "a letter being marked must notice"
        assert not session.execute(audience(reader.list_id, languages=["en"], original="en")).all()


@pytest.mark.parametrize("state", PAST_THE_MARK)
def test_leaving_does_not_rewrite_what_already_happened_to_a_letter(house: House, now: datetime, state: str) -> None:
    reader = _reader(house, now, state)
    _leave(house, reader, now)
    with house.database.reading() as session:
        assert session.get_one(Delivery, reader.delivery_id).state == state


def test_leaving_twice_records_it_once(house: House, reader: Reader, now: datetime) -> None:
    assert [_leave(house, reader, now), _leave(house, reader, now)] == [True, False]
    with house.database.reading() as session:
        _, *records = history_of(session, reader.id)
        assert [(one.action, one.source, one.purpose, one.actor) for one in records] == [("withdrawn", "one_click", "mail", "the person")]


def test_leaving_one_list_leaves_the_letters_of_another_alone(house: House, reader: Reader, now: datetime) -> None:
    with house.database.transaction() as session:
        issue = an_issue(session, cities(session, slug="other"), house=house, state="sending")
        delivery = a_delivery(session, issue, to=session.get_one(Subscriber, reader.id), state="queued")
    _leave(house, reader, now)
    with house.database.reading() as session:
        assert session.get_one(Delivery, delivery.id).state == "queued"


def test_a_new_language_turns_the_letters_under_way(house: House, reader: Reader, now: datetime) -> None:
    with house.database.transaction() as session:
        assert change_language(session, session.get_one(Subscriber, reader.id), "ar", now=now)
    with house.database.reading() as session:
        delivery = session.get_one(Delivery, reader.delivery_id)
        arabic = session.scalar(select(Rendition.id).where(Rendition.language == "ar"))
        assert (delivery.language, delivery.rendition_id, delivery.state) == ("ar", arabic, "queued")
        assert session.get_one(Subscriber, reader.id).version == 2


def test_a_language_the_issue_lacks_falls_back_to_its_original(house: House, reader: Reader, now: datetime) -> None:
    with house.database.transaction() as session:
        change_language(session, session.get_one(Subscriber, reader.id), "de", now=now)
    with house.database.reading() as session:
        assert session.get_one(Delivery, reader.delivery_id).language == "en"
        assert session.get_one(Subscriber, reader.id).language == "de"


def test_new_topics_cut_the_letters_under_way_anew(house: House, reader: Reader, now: datetime) -> None:
    with house.database.transaction() as session:
        cities = get_list(session, "cities")
        assert choose_topics(session, session.get_one(Subscriber, reader.id), cities, ["finance"], now=now)
    with house.database.reading() as session:
        assert session.get_one(Delivery, reader.delivery_id).cut == ("finance",)
        assert session.get_one(Subscriber, reader.id).version == 2


def test_a_topic_the_list_does_not_have_is_refused(house: House, reader: Reader, now: datetime) -> None:
    with house.database.transaction() as session, pytest.raises(InvalidInput, match="no topic sport"):
        choose_topics(session, session.get_one(Subscriber, reader.id), get_list(session, "cities"), ["sport"], now=now)


def test_a_new_name_is_noticed_by_a_letter_under_way(house: House, reader: Reader, now: datetime) -> None:
    with house.database.transaction() as session:
        person = session.get_one(Subscriber, reader.id)
        assert change_name(session, person, "  Amina   B. ", now=now)
        assert not change_name(session, person, "Amina B.", now=now), "the same name again changes nothing"
    with house.database.reading() as session:
        person = session.get_one(Subscriber, reader.id)
        assert (person.name, person.version) == ("Amina B.", 2)


def test_a_suppressed_address_is_written_to_by_no_list_and_the_letter_under_way_is_stopped(
    house: House, reader: Reader, now: datetime
) -> None:
    with house.database.transaction() as session:
        assert suppress(session, house.keys, "Amina@Example.org", reason="complaint", now=now)
        assert not suppress(session, house.keys, "amina@example.org", reason="again", now=now)
    with house.database.reading() as session:
        assert suppressed_among(session, [address_hash(house.keys, "amina@example.org")])
        assert session.get_one(Delivery, reader.delivery_id).state == "suppressed"
        assert session.get_one(Subscriber, reader.id).version >= 2
        assert not session.execute(audience(reader.list_id, languages=["en"], original="en")).all()


def test_an_address_nobody_has_yet_can_be_suppressed(house: House, reader: Reader, now: datetime) -> None:
    with house.database.transaction() as session:
        assert suppress(session, house.keys, "nobody@example.org", reason="asked by letter", now=now)
        assert suppressed_among(session, [address_hash(house.keys, "nobody@example.org")])


def test_a_consent_record_cannot_be_rewritten(house: House, reader: Reader, now: datetime) -> None:
    with house.database.transaction() as session:
        record(session, session.get_one(Subscriber, reader.id), reader.list_id, action="given", source="operator", by=OPERATOR, now=now)
    with pytest.raises(Refused, match="never changed"), house.database.transaction() as session:
        history_of(session, reader.id)[0].wording = "something else"


def test_a_person_who_is_gone_can_be_asked_to_leave_without_an_error(house: House, reader: Reader, now: datetime) -> None:
    with house.database.transaction() as session:
        person = session.get_one(Subscriber, reader.id)
        session.delete(subscription_of(session, reader.id, reader.list_id))
        session.flush()
        assert not withdraw(session, person, reader.list_id, source="one_click", now=now)
