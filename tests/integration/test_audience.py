"""Who is written to, and who is not."""

from datetime import datetime

import pytest

from newsroom.house import House
from newsroom.issues import Issue
from subscribers.audience import audience, count_left_out, count_reach
from tests.factories import a_list, a_subscriber, an_issue, cities


@pytest.fixture
def list_id(house: House, now: datetime) -> int:
    """A list with two readers and one person for each reason not to write."""
    with house.database.transaction() as session:
        mailing_list = cities(session)
        for address, facts in PEOPLE.items():
            a_subscriber(session, house, mailing_list, address=address, **facts)
        a_subscriber(session, house, mailing_list, address="barred@example.org", suppressed=True)
        a_subscriber(session, house, cities(session, slug="other"), address="elsewhere@example.org")
        return mailing_list.id


PEOPLE = {
    "amina@example.org": {"language": "fr", "topics": ("climate",)},
    "bo@example.org": {"language": "de"},
    "withdrawn@example.org": {"consent": "withdrawn"},
    "unknown@example.org": {"consent": "unknown"},
    "left@example.org": {"state": "left"},
    "paused@example.org": {"state": "paused"},
    "dead@example.org": {"deliverability": "undeliverable"},
}


def test_only_people_who_consented_and_can_be_reached_are_written_to(house: House, list_id: int) -> None:
    with house.database.reading() as session:
        rows = session.execute(audience(list_id, languages=["en", "fr"], original="en").order_by("address")).all()
    assert [row.address for row in rows] == ["amina@example.org", "bo@example.org"]


def test_a_person_gets_their_own_language_where_the_issue_has_it_and_else_the_original(house: House, list_id: int) -> None:
    with house.database.reading() as session:
        rows = session.execute(audience(list_id, languages=["en", "fr"], original="en").order_by("address")).all()
    assert [(row.language, row.topics, row.subscriber_version, row.domain) for row in rows] == [
        ("fr", ("climate",), 1, "example.org"),
        ("en", None, 1, "example.org"),
    ]


def test_the_audience_is_counted_for_every_language_of_the_issue(house: House, list_id: int, now: datetime) -> None:
    issue = Issue(list_id=list_id, slug="x", languages=["en", "fr", "ar"], subject="x", created_at=now, updated_at=now)
    with house.database.reading() as session:
        assert count_reach(session, issue, ()).by_language == {"en": 1, "fr": 1, "ar": 0}


def test_everybody_left_out_is_counted_once_with_a_reason(house: House, list_id: int) -> None:
    with house.database.reading() as session:
        reasons = count_left_out(session, list_id)
    assert reasons == {"withdrawn": 1, "no_consent": 1, "left": 1, "paused": 1, "suppressed": 1, "undeliverable": 1}


def test_reach_is_told_by_language_and_by_topic_and_who_chose_nothing_of_it(house: House) -> None:
    with house.database.transaction() as session:
        mailing_list = a_list(session, languages=("en", "fr"), topics=("water", "waste", "water-and-waste"))
        issue = an_issue(session, mailing_list)
        for language, topics in (("en", None), ("en", ("water",)), ("fr", ("waste", "water")), ("tr", ("water-and-waste",)), ("fr", ())):
            a_subscriber(session, house, mailing_list, language=language, topics=topics)
        a_subscriber(session, house, mailing_list, state="left")
        reach = count_reach(session, issue, ("water", "waste"))
        assert (reach.by_language, reach.by_topic, reach.nothing_chosen) == ({"en": 2, "fr": 1}, {"water": 3, "waste": 2}, 2)
        assert count_reach(session, issue, ()).by_language == {"en": 3, "fr": 2}
