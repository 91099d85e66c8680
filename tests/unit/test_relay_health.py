"""When a relay is taken out, how it comes back, and what staff are told."""

import dataclasses
import itertools

from newsroom.sendqueue.provisional import AT_ONE_DOMAIN
from newsroom.sendqueue.recording import Record
from newsroom.sendqueue.relay_health import (
    AWAY_FOR,
    LONGEST_PAUSE,
    MOST_ABSENCES,
    MOST_FAULTS,
    MOST_LOSSES,
    MOST_RETURNS,
    NO_LIMIT,
    RelayHealth,
)
from newsroom.sendqueue.transports.base import Accepted, Deferred, Failed, NotSent, Outcome, Reply, Uncertain

FAULT = NotSent(reply=Reply(code=535, text="wrong password"), fault=True)
AWAY = NotSent(reply=Reply(text="connection refused"))
LOST_EARLY = Deferred(reply=Reply(text="connection lost, before the final dot"))
LATER = Deferred(reply=Reply(code=450, text="later"))
TAKEN = Accepted(reply=Reply(code=250, text="Ok"))
UNWRITABLE = Failed(reply=Reply(text="this server takes no such address"))


def health(**facts: object) -> RelayHealth:
    return dataclasses.replace(RelayHealth("north", "relay.example:25"), **facts)  # type: ignore[arg-type]


clock = itertools.count(1)


def tell(relay: RelayHealth, *outcomes: Outcome, at: float | None = None) -> list[Record]:
    found: list[Record] = []
    for number, outcome in enumerate(outcomes, 1):
        now = float(next(clock)) if at is None else at
        found += relay.pass_on(Record(token="t", delivery_id=number, attempt=1, outcome=outcome), "city.example", now)
    return found


def accepted(number: int) -> Record:
    return Record(token="t", delivery_id=number, attempt=1, outcome=TAKEN)


def test_three_refusals_of_ourselves_in_a_row_are_enough_and_their_words_are_told() -> None:
    relay = health()
    tell(relay, *[FAULT] * (MOST_FAULTS - 1))
    assert relay.resting is None
    tell(relay, FAULT)
    assert relay.resting is not None
    assert relay.most == 0
    assert "north (relay.example:25) refuses Newsroom itself: 535 wrong password" in (relay.sentence(0.0) or "")


def test_a_success_or_a_word_about_a_recipient_in_between_begins_the_count_anew() -> None:
    for served in (TAKEN, LATER):
        relay = health()
        for _ in range(MOST_FAULTS * 3):
            tell(relay, FAULT, served, AWAY, served)
        assert relay.most == NO_LIMIT
        assert relay.pause() == 0


def test_a_letter_that_cannot_be_written_is_not_the_relays_fault() -> None:
    relay = health()
    assert len(tell(relay, *[UNWRITABLE] * 9)) == 9
    assert relay.most == NO_LIMIT


def test_a_relay_that_is_away_is_taken_out_at_once_and_given_up_after_two_minutes() -> None:
    relay = health()
    tell(relay, *[AWAY] * MOST_ABSENCES, at=10.0)
    assert relay.most == 0
    assert relay.sentence(10.0 + AWAY_FOR - 1) is None
    assert "connection refused" in (relay.sentence(10.0 + AWAY_FOR) or "")


def test_the_pauses_of_a_relay_that_stays_away_grow_up_to_a_limit() -> None:
    relay = health()
    tell(relay, *[AWAY] * MOST_ABSENCES)
    rests = []
    for _ in range(40):
        rests.append(relay.rest())
        relay.still_out(AWAY, 1.0)
    assert rests == sorted(rests)
    assert (rests[0], rests[-1]) == (0.5, 15)


def test_before_it_is_taken_out_a_connection_waits_a_moment() -> None:
    relay = health()
    assert relay.pause() == 0
    tell(relay, AWAY)
    assert 0 < relay.pause() <= LONGEST_PAUSE


def test_a_relay_that_comes_back_has_one_letter_at_a_time_until_one_is_taken() -> None:
    relay = health()
    tell(relay, *[AWAY] * MOST_ABSENCES)
    relay.back(0.0)
    assert (relay.most, relay.resting) == (1, None)
    tell(relay, TAKEN)
    assert relay.most == NO_LIMIT


def test_on_trial_one_failure_is_enough() -> None:
    for trouble in (FAULT, AWAY, LOST_EARLY):
        relay = health()
        tell(relay, *[AWAY] * MOST_ABSENCES)
        relay.back(0.0)
        tell(relay, trouble)
        assert relay.most == 0


def test_a_relay_that_takes_connections_and_loses_every_letter_is_given_up() -> None:
    relay = health()
    tell(relay, *[LOST_EARLY] * MOST_ABSENCES)
    for _ in range(MOST_RETURNS):
        assert relay.sentence(0.0) is None
        relay.back(0.0)
        tell(relay, LOST_EARLY)
    assert "loses them before a letter is through" in (relay.sentence(0.0) or "")


def test_a_late_success_of_another_line_does_not_bring_back_a_relay_that_was_taken_out() -> None:
    relay = health()
    tell(relay, *[FAULT] * MOST_FAULTS)
    assert len(tell(relay, TAKEN)) == 1
    assert relay.most == 0


def test_lines_that_break_together_count_as_one_loss() -> None:
    relay = health()
    for _ in range(16):
        relay.reply_lost(began=1.0, now=2.0)
    assert relay.most == NO_LIMIT


def test_single_losses_do_not_halt_an_issue_because_their_neighbours_had_been_under_way() -> None:
    """Seven letters are under way at any time. The success of one that was begun before a loss proves nothing, nor does its loss."""
    relay = health()
    for number in range(MOST_LOSSES * 3):
        at = number * 10.0
        relay.reply_lost(began=at, now=at + 1)
        relay.reply_lost(began=at + 0.9, now=at + 2)  # its dot may well have been given after the first was known
        relay.pass_on(accepted(number), "city.example", at + 3, at + 0.5)
        relay.pass_on(accepted(number), "city.example", at + 5, at + 4)
    assert relay.resting is None
    assert relay.most == NO_LIMIT


def test_replies_lost_again_and_again_take_a_relay_out_and_words_about_recipients_do_not_bring_it_back() -> None:
    relay = health()
    for number in range(MOST_LOSSES):
        relay.reply_lost(began=number * 10.0 + 1, now=number * 10.0 + 2)
        tell(relay, Uncertain(reply=Reply(text="silence")))
    assert "does not answer" in (relay.sentence(99.0) or "")
    relay.back(0.0)
    tell(relay, LATER)
    assert relay.most == 1
    relay.reply_lost(began=100.0, now=101.0)
    assert relay.most == 0


def test_staff_are_told_again_only_after_another_try() -> None:
    relay = health()
    tell(relay, *[FAULT] * MOST_FAULTS)
    relay.told()
    assert relay.sentence(99.0) is None
    relay.still_out(FAULT, 100.0)
    assert relay.sentence(100.0) is not None


def test_a_change_is_announced_where_the_limit_changes() -> None:
    announced: list[int] = []
    relay = health()
    relay.on_change = lambda: announced.append(relay.most)
    tell(relay, TAKEN, *[AWAY] * MOST_ABSENCES)
    relay.back(0.0)
    tell(relay, TAKEN, TAKEN)
    assert announced == [0, 1, NO_LIMIT]


def test_the_only_relay_is_named_by_its_address_alone() -> None:
    assert health(name="main").title == "relay.example:25"


def test_a_relay_that_somebody_called_main_keeps_its_name() -> None:
    assert health(name="main", is_named=True).title == "main (relay.example:25)"


def test_refusals_that_come_after_it_was_taken_out_mark_nobody_either() -> None:
    relay = health()
    refused = Failed(reply=Reply(code=554, enhanced_status="5.7.1", text="relay access denied"))
    found = tell(relay, *[refused] * (AT_ONE_DOMAIN + 5))
    assert [type(record.outcome) for record in found] == [NotSent] * (AT_ONE_DOMAIN + 5)
    assert len(relay.doubted) == AT_ONE_DOMAIN + 5
    assert "refuses everybody with the same words: 554 5.7.1 relay access denied" in (relay.sentence(0.0) or "")
