"""Letters made some in a row: each is its own person's, of this moment, and nobody's waits for another's fault."""

from datetime import UTC, datetime, timedelta

import pytest

from newsroom.errors import CompileError
from newsroom.house import House
from newsroom.messages import parts_of
from newsroom.public_links import PublicLinks
from newsroom.sendqueue.claiming import Claimer
from newsroom.sendqueue.ledger import Claim
from newsroom.sendqueue.letters import LetterMaker
from newsroom.sendqueue.letters_ahead import LettersAhead
from newsroom.sendqueue.room import Room
from newsroom.sendqueue.sessions import open_session
from newsroom.sendqueue.transports.base import Envelope
from tests.sending import started_issue

NOW = datetime(2026, 3, 2, 12, 0, 0, 500_000, tzinfo=UTC)
NEXT_SECOND = NOW + timedelta(seconds=0.7)


class Desk:
    """Claims of an issue that is being sent, and what makes their letters."""

    def __init__(self, house: House) -> None:
        started_issue(house, people=5)
        self.letters = LetterMaker(PublicLinks(house.keys, house.settings.public_url))
        with house.database.engine.begin() as connection:
            token = open_session(connection, host="here", process=1)
        claimer = Claimer(house.database, token, self.letters)
        self.claims = claimer.claim_round(Room(express=0, rehearsal=0, bulk={"main": 100}), [])
        self.ahead = LettersAhead(self.letters)

    def all_at(self, first: datetime, later: datetime) -> list[Envelope]:
        """The first asked for at one moment, the others at another."""
        return [self.ahead.make(claim, self.claims[place + 1 :], now=later if place else first) for place, claim in enumerate(self.claims)]


@pytest.fixture
def desk(sqlite_house: House) -> Desk:
    return Desk(sqlite_house)


def seconds_of(letters: list[Envelope]) -> list[int]:
    return [datetime.strptime(parts_of(letter.data).header("Date"), "%a, %d %b %Y %H:%M:%S %z").second for letter in letters]


def test_a_letter_made_ahead_is_the_letter_made_alone(desk: Desk) -> None:
    assert desk.all_at(NOW, NOW) == [desk.letters.make(claim, now=NOW) for claim in desk.claims]
    assert len({letter.data for letter in desk.all_at(NOW, NOW)}) == 5


def test_what_a_log_says_of_a_letter_is_its_number_alone(desk: Desk) -> None:
    claim = desk.claims[0]
    assert repr(desk.letters.make(claim, now=NOW)) == f"Envelope(delivery_id={claim.delivery_id})"


def test_those_that_follow_are_made_with_the_first(desk: Desk) -> None:
    assert seconds_of(desk.all_at(NOW, NEXT_SECOND)) == [0, 0, 0, 0, 0]


def test_who_changed_their_address_meanwhile_gets_no_letter_to_the_old_one(desk: Desk) -> None:
    first, second, *_ = desk.claims
    desk.ahead.make(first, [second], now=NOW)
    again = second._replace(address="nadia@new.example", domain="new.example", name="Nadia", subscriber_version=9)
    letter = desk.ahead.make(again, [], now=NOW)
    assert letter.recipient == "nadia@new.example"
    assert "Nadia" in parts_of(letter.data).header("To")


def test_a_delivery_claimed_once_more_has_its_letter_made_once_more(desk: Desk) -> None:
    first, second, *_ = desk.claims
    desk.ahead.make(first, [second], now=NOW)
    assert seconds_of([desk.ahead.make(Claim(*second), [], now=NEXT_SECOND)]) == [1]


@pytest.mark.parametrize("later", [timedelta(minutes=5, seconds=3), timedelta(seconds=-57)], ids=["slow server", "clock set back"])
def test_a_letter_that_waited_is_dated_anew(desk: Desk, later: timedelta) -> None:
    letters = desk.all_at(NOW, NOW + later)
    assert seconds_of(letters) == [0, 3, 3, 3, 3]


def test_a_letter_that_cannot_be_made_keeps_nobody_else_from_theirs(desk: Desk) -> None:
    first, second, third, *_ = desk.claims
    broken = second._replace(rendition_id=None)
    desk.ahead.make(first, [broken, third], now=NOW)
    with pytest.raises(CompileError):
        desk.ahead.make(broken, [third], now=NOW)
    assert desk.ahead.make(third, [], now=NOW) == desk.letters.make(third, now=NOW)


def test_large_letters_are_not_heaped_up_in_memory(desk: Desk) -> None:
    size = len(desk.letters.make(desk.claims[0], now=NOW).data)
    desk.ahead = LettersAhead(desk.letters, most_bytes=size * 3 // 2)
    assert seconds_of(desk.all_at(NOW, NEXT_SECOND)) == [0, 0, 0, 1, 1]


def test_no_more_than_so_many_are_made_at_once(desk: Desk) -> None:
    desk.ahead = LettersAhead(desk.letters, most=1)
    assert seconds_of(desk.all_at(NOW, NEXT_SECOND)) == [0, 0, 1, 1, 1]


def test_an_urgent_letter_leaves_the_row_as_it_is(desk: Desk) -> None:
    first, second, urgent, *_ = desk.claims
    desk.ahead.make(first, [second], now=NOW)
    desk.ahead.make(urgent, [], now=NEXT_SECOND)
    assert seconds_of([desk.ahead.make(second, [], now=NEXT_SECOND)]) == [0]


def test_for_a_slow_server_next_to_nothing_is_made_in_vain_and_a_fast_one_has_whole_rows_again(desk: Desk) -> None:
    first, second, *others = desk.claims
    desk.ahead.make(first, [second, *others], now=NOW)
    a_minute_later = NOW + timedelta(minutes=1)
    desk.ahead.make(second, others, now=a_minute_later)
    soon = a_minute_later + timedelta(seconds=0.7)
    letters = [desk.ahead.make(claim, others[place + 1 :], now=soon) for place, claim in enumerate(others)]
    assert seconds_of(letters) == [0, 1, 1]
    again = [Claim(*claim) for claim in desk.claims]
    later = soon + timedelta(seconds=0.9)
    desk.ahead.make(again[0], again[1:], now=soon)
    assert seconds_of([desk.ahead.make(claim, again[place + 2 :], now=later) for place, claim in enumerate(again[1:])]) == [1, 1, 1, 1]
