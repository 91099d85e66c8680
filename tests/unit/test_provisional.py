"""Refusals that may be the relay's own doing: held back, confirmed, or released with nobody marked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom.sendqueue.provisional import AT_ONE_DOMAIN, AT_THREE_DOMAINS, AT_TWO_DOMAINS, SUSPICIOUS, is_provisional, reason_of
from newsroom.sendqueue.recording import Record
from newsroom.sendqueue.relay_health import NO_LIMIT, QUIET, RelayHealth
from newsroom.sendqueue.transports.base import Accepted, Deferred, Failed, NotSent, Outcome, Reply

DENIED = Failed(reply=Reply(code=554, enhanced_status="5.7.1", text="relay access denied"))
TOO_LARGE = Failed(reply=Reply(code=552, enhanced_status="5.3.4", text="too large"))
NO_SUCH_USER = Failed(reply=Reply(code=550, enhanced_status="5.1.1", text="no such user"))
TAKEN = Accepted(reply=Reply(code=250, text="Ok"))
LATER = Deferred(reply=Reply(code=450, text="later"))


class Relay:
    """One relay's story: what was written down of each letter, in the end."""

    def __init__(self) -> None:
        self.health = RelayHealth("main", "relay.example:25")
        self.written: dict[int, Outcome] = {}
        self.told = 0

    def says(self, outcome: Outcome, domain: str = "city.example", *, times: int = 1, begun_before: int = 0) -> None:
        """Of a letter that was begun just now, or before the last few replies came."""
        for _ in range(times):
            self.told += 1
            record = Record(token="t", delivery_id=self.told, attempt=1, outcome=outcome)
            self.note(self.health.pass_on(record, domain, float(self.told), self.told - 0.5 - begun_before))

    def is_quiet(self) -> None:
        self.note(self.health.look(self.told + QUIET))

    def note(self, records: list[Record]) -> None:
        for record in records:
            assert record.delivery_id not in self.written, "an outcome is written down once"
            self.written[record.delivery_id] = record.outcome

    @property
    def marked(self) -> list[int]:
        """Who was marked as refused."""
        return [number for number, outcome in self.written.items() if isinstance(outcome, Failed)]

    @property
    def is_out(self) -> bool:
        return self.health.resting is not None


@pytest.mark.parametrize(
    ("outcome", "held"),
    [
        (DENIED, True),
        (TOO_LARGE, True),
        (Failed(reply=Reply(code=550, text="no")), True),
        (NO_SUCH_USER, False),
        (Failed(reply=Reply(code=550, enhanced_status="5.1.10", text="null MX")), False),
        (Failed(reply=Reply(code=501, enhanced_status="5.1.3", text="bad syntax")), False),
        (Failed(reply=Reply(code=504, enhanced_status="5.5.2", text="need a full name")), True),
        (Failed(reply=Reply(code=550, enhanced_status="5.1.8", text="your sender's domain is unknown")), True),
        (Failed(reply=Reply(code=553, enhanced_status="5.1.7", text="your sender's address is wrong")), True),
        (Failed(reply=Reply(text="our own: cannot be written")), False),
        (LATER, False),
        (TAKEN, False),
    ],
)
def test_what_is_held_back(outcome: Outcome, held: bool) -> None:
    assert is_provisional(outcome) is held


def test_a_refusal_of_the_address_is_written_down_at_once() -> None:
    relay = Relay()
    relay.says(NO_SUCH_USER)
    assert relay.marked == [1]


def test_any_other_refusal_waits_until_a_letter_that_began_after_it_is_taken() -> None:
    relay = Relay()
    relay.says(DENIED)
    relay.says(TAKEN, "town.example", begun_before=1)
    assert relay.marked == []
    relay.says(TAKEN, "town.example")
    assert relay.marked == [1]


def test_the_same_words_at_three_domains_mark_nobody() -> None:
    relay = Relay()
    for number in range(AT_THREE_DOMAINS):
        relay.says(DENIED, f"city{number % 3}.example")
    assert relay.is_out
    assert {type(outcome) for outcome in relay.written.values()} == {NotSent}
    assert len(relay.written) == AT_THREE_DOMAINS


def test_a_thousand_successes_before_do_not_make_it_believed() -> None:
    relay = Relay()
    for number in range(1000):
        relay.says(TAKEN, f"city{number % 7}.example")
    for number in range(20):
        relay.says(DENIED, f"city{number % 7}.example")
    assert relay.is_out
    assert relay.marked == []


def test_letters_that_were_on_their_way_at_the_first_refusal_do_not_confirm_it() -> None:
    """With many lines, replies of before and after the relay's change of mind come mixed."""
    relay = Relay()
    relay.says(DENIED, "a.example", times=2)
    relay.says(TAKEN, "b.example", times=15, begun_before=20)
    for number in range(AT_THREE_DOMAINS - 2):
        relay.says(DENIED, f"city{number}.example")
    assert relay.is_out
    assert relay.marked == []


def test_refusals_of_letters_that_were_on_their_way_make_suspicious_and_no_more() -> None:
    """However many: in a list with many bad addresses, a few in flight together prove nothing yet."""
    relay = Relay()
    for number in range(15):
        relay.says(DENIED, f"city{number}.example", begun_before=20)
    assert relay.health.most == 1
    assert not relay.is_out
    relay.says(TAKEN, "town.example")
    assert relay.health.most == NO_LIMIT
    assert len(relay.marked) == 15


def test_two_domains_need_more_of_the_same_than_three() -> None:
    relay = Relay()
    for number in range(AT_TWO_DOMAINS):
        assert not relay.is_out
        relay.says(DENIED, f"city{number % 2}.example")
    assert relay.is_out
    assert relay.marked == []


def test_a_list_with_one_domain_only_marks_nobody_when_all_are_refused() -> None:
    relay = Relay()
    relay.says(TAKEN, times=100)
    relay.says(DENIED, times=AT_ONE_DOMAIN)
    assert relay.is_out
    assert relay.marked == []


def test_one_domain_that_refuses_us_while_others_are_served_stops_nobody() -> None:
    relay = Relay()
    relay.says(TAKEN, "town.example", times=9)
    relay.says(DENIED, "corp.example", times=3 * AT_ONE_DOMAIN)
    relay.says(TAKEN, "town.example", times=9)
    assert not relay.is_out
    assert len(relay.marked) == 3 * AT_ONE_DOMAIN


def test_two_reasons_in_turn_are_counted_each_by_itself() -> None:
    relay = Relay()
    for number in range(2 * AT_THREE_DOMAINS):
        relay.says(DENIED if number % 2 else TOO_LARGE, f"city{number}.example")
    assert relay.is_out
    assert relay.marked == []


def test_after_a_few_refusals_one_letter_is_tried_at_a_time() -> None:
    relay = Relay()
    relay.says(DENIED, times=SUSPICIOUS - 1)
    assert relay.health.most == NO_LIMIT
    relay.says(DENIED)
    assert relay.health.most == 1
    relay.says(TAKEN, "town.example")
    assert relay.health.most == NO_LIMIT


def test_a_few_refusals_at_the_end_are_believed_after_a_quiet_time() -> None:
    relay = Relay()
    relay.says(TAKEN, "town.example")
    relay.says(DENIED, times=3)
    relay.note(relay.health.look(relay.told + QUIET / 2))
    assert relay.marked == []
    relay.is_quiet()
    assert relay.marked == [2, 3, 4]


def test_a_relay_that_never_served_anybody_is_not_believed_after_a_quiet_time() -> None:
    relay = Relay()
    relay.says(DENIED, times=SUSPICIOUS)
    relay.is_quiet()
    assert relay.is_out
    assert relay.marked == []


def test_a_single_refused_confirmation_takes_no_relay_out() -> None:
    relay = Relay()
    relay.says(DENIED)
    relay.is_quiet()
    assert relay.marked == [1]
    assert not relay.is_out


def test_a_relay_that_put_others_off_is_believed_after_a_quiet_time() -> None:
    relay = Relay()
    relay.says(LATER, "slow.example")
    relay.says(DENIED, times=SUSPICIOUS)
    relay.is_quiet()
    assert len(relay.marked) == SUSPICIOUS


def test_refusals_that_trickle_in_with_quiet_between_them_are_still_added_up() -> None:
    relay = Relay()
    relay.says(TAKEN)
    for number in range(AT_THREE_DOMAINS):
        relay.says(DENIED, f"city{number}.example")
        relay.is_quiet()
    assert relay.is_out
    assert len(relay.marked) < AT_THREE_DOMAINS


def test_at_the_end_of_the_sender_what_is_held_back_goes_back_into_the_queue() -> None:
    relay = Relay()
    relay.says(DENIED, times=2)
    relay.note(relay.health.end())
    assert [type(outcome) for outcome in relay.written.values()] == [NotSent, NotSent]


def test_once_out_a_relay_has_to_prove_itself_anew() -> None:
    relay = Relay()
    relay.says(TAKEN, times=50)
    relay.says(DENIED, times=AT_ONE_DOMAIN)
    relay.health.back(relay.told)
    relay.says(DENIED, times=SUSPICIOUS)
    relay.is_quiet()
    assert relay.is_out
    assert relay.marked == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("<a@x.example>: Relay access denied", "<b@y.example>: Relay access denied"),
        ("denied, id 4F3A21", "denied, id 9B77E0"),
        ("blocked; see https://help.example/?ip=192.0.2.1", "blocked; see https://help.example/?ip=192.0.2.77"),
    ],
)
def test_words_without_a_status_are_the_same_when_only_the_letters_own_parts_differ(first: str, second: str) -> None:
    assert reason_of(Reply(code=554, text=first)) == reason_of(Reply(code=554, text=second))
    assert reason_of(Reply(code=554, text=first)) != reason_of(Reply(code=554, text="message rejected as spam"))


# ---- whatever the order ------------------------------------------------------------------------------------------------

OUTCOMES = st.sampled_from([TAKEN, TAKEN, TAKEN, DENIED, DENIED, TOO_LARGE, NO_SUCH_USER, LATER, NotSent(reply=Reply(text="away"))])
DOMAINS = st.sampled_from(["a.example", "b.example", "c.example", "d.example"])
STEPS = st.lists(st.tuples(st.sampled_from(["says", "says", "says", "quiet", "back"]), OUTCOMES, DOMAINS), max_size=120)


def played(steps: list[tuple[str, Outcome, str]], in_flight: int) -> tuple[Relay, list[Outcome]]:
    relay, said = Relay(), []
    for what, outcome, domain in steps:
        if what == "says":
            said.append(outcome)
            relay.says(outcome, domain, begun_before=in_flight)
        elif what == "quiet":
            relay.is_quiet()
        elif relay.is_out:
            relay.health.back(relay.told)
    relay.note(relay.health.end())
    return relay, said


@given(steps=STEPS, in_flight=st.integers(0, 16))
def test_every_outcome_is_written_down_exactly_once_as_it_was_or_released(steps: list[tuple[str, Outcome, str]], in_flight: int) -> None:
    relay, said = played(steps, in_flight)
    assert sorted(relay.written) == list(range(1, len(said) + 1))
    for number, outcome in relay.written.items():
        was = said[number - 1]
        assert outcome == was or (is_provisional(was) and isinstance(outcome, NotSent))


@given(
    before=st.lists(DOMAINS, max_size=60),
    domains=st.lists(DOMAINS, min_size=AT_ONE_DOMAIN, max_size=80),
    late=st.lists(st.booleans(), min_size=AT_ONE_DOMAIN),
    only_one=st.booleans(),
)
def test_a_relay_that_turns_to_refusing_everybody_marks_nobody(
    before: list[str], domains: list[str], late: list[bool], only_one: bool
) -> None:
    """However many were served before, and however many replies of before come late. Where all that follow are of one domain,
    so were those before: else nobody can tell the relay from the domain, and a test above says what happens."""
    if only_one or any(len(set(domains[start : start + AT_ONE_DOMAIN])) == 1 for start in range(len(domains))):
        before, domains = ["a.example"] * len(before), ["a.example"] * len(domains)
    relay = Relay()
    for domain in before:
        relay.says(TAKEN, domain)
    for number, domain in enumerate(domains):
        relay.says(DENIED, domain)
        if number < len(late) and late[number]:
            relay.says(TAKEN, domain, begun_before=10_000)
    relay.note(relay.health.end())
    assert relay.marked == []


@given(steps=st.lists(st.tuples(st.sampled_from([TAKEN] * 5 + [NO_SUCH_USER, LATER]), DOMAINS), max_size=80))
def test_a_relay_that_never_refuses_for_its_own_sake_is_never_limited(steps: list[tuple[Outcome, str]]) -> None:
    relay = Relay()
    for outcome, domain in steps:
        relay.says(outcome, domain)
        assert relay.health.most == NO_LIMIT
    assert len(relay.written) == len(steps)
