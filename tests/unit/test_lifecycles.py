"""Both lives, walked: every state and every action of an issue and of a delivery."""

import itertools

import pytest

from newsroom.deliveries import DELIVERY_LIFECYCLE, OPEN_STATES
from newsroom.errors import TransitionRefused
from newsroom.issues import ISSUE_LIFECYCLE
from newsroom.lifecycle import Lifecycle

# Written out once more by hand, from the design and not from the code: state, then each action and where it leads.
ISSUE = """
draft: submit -> in_review, discard -> discarded
in_review: approve -> approved, request_changes -> draft, recall -> draft, cancel -> cancelled
approved: schedule -> scheduled, reopen -> draft, cancel -> cancelled
scheduled: start -> starting, unschedule -> approved, reopen -> draft, refuse -> approved, cancel -> cancelled
starting: fanned_out -> sending, cancel -> cancelled
sending: pause -> paused, halt -> paused, finish -> sent, cancel -> cancelled
paused: resume -> sending, cancel -> cancelled
sent: extend -> sending, correct -> sent
cancelled:
discarded:
"""
DELIVERY = """
queued: claim -> claimed, accept -> accepted, suppress -> suppressed, cancel -> cancelled
claimed: release -> queued, mark -> handed_over, set_aside -> failed, suppress -> suppressed, cancel -> cancelled
handed_over: accept -> accepted, defer -> deferred, fail -> failed, release -> queued, lose_track -> uncertain, bounce -> bounced
deferred: requeue -> queued, give_up -> failed, suppress -> suppressed, cancel -> cancelled
failed: retry -> queued
uncertain: accept -> accepted, resend -> queued, bounce -> bounced
accepted: bounce -> bounced
bounced:
suppressed:
cancelled:
"""


def read(table: str) -> dict[str, dict[str, str]]:
    lives = {}
    for line in table.strip().splitlines():
        state, _, moves = line.partition(":")
        lives[state] = dict(tuple(move.strip().split(" -> ")) for move in moves.split(",") if move.strip())
    return lives


def walk(lifecycle: Lifecycle, table: str) -> list[object]:
    lives = read(table)
    actions = {action for moves in lives.values() for action in moves}
    return [
        pytest.param(lifecycle, state, action, lives[state].get(action), id=f"{lifecycle.thing}-{state}-{action}")
        for state, action in itertools.product(lives, sorted(actions))
    ]


@pytest.mark.parametrize(("lifecycle", "state", "action", "after"), walk(ISSUE_LIFECYCLE, ISSUE) + walk(DELIVERY_LIFECYCLE, DELIVERY))
def test_an_action_leads_where_the_table_says_or_is_refused(lifecycle: Lifecycle, state: str, action: str, after: str | None) -> None:
    if after:
        assert lifecycle.after(state, action) == after
        assert action in lifecycle.ways(state)
        assert state in lifecycle.sources(action)
        return
    with pytest.raises(TransitionRefused) as refusal:
        lifecycle.after(state, action)
    assert (refusal.value.state, refusal.value.action) == (state, action)
    assert str(refusal.value).startswith(f"The {lifecycle.thing} is {state.replace('_', ' ')}, so this is not possible now: ")


@pytest.mark.parametrize(("lifecycle", "table"), [(ISSUE_LIFECYCLE, ISSUE), (DELIVERY_LIFECYCLE, DELIVERY)], ids=["issue", "delivery"])
def test_no_state_and_no_action_is_missing_from_the_walk(lifecycle: Lifecycle, table: str) -> None:
    lives = read(table)
    assert lifecycle.states == set(lives)
    assert lifecycle.actions == {action for moves in lives.values() for action in moves}


@pytest.mark.parametrize(("lifecycle", "first"), [(ISSUE_LIFECYCLE, "draft"), (DELIVERY_LIFECYCLE, "queued")], ids=["issue", "delivery"])
def test_every_state_is_reached_from_the_first(lifecycle: Lifecycle, first: str) -> None:
    reached, ahead = set(), {first}
    while ahead:
        state = ahead.pop()
        reached.add(state)
        ahead |= {lifecycle.after(state, action) for action in lifecycle.ways(state)} - reached
    assert reached == lifecycle.states


def test_bulk_updates_take_their_states_from_the_table() -> None:
    assert set(DELIVERY_LIFECYCLE.sources("suppress")) == {"queued", "claimed", "deferred"}
    assert DELIVERY_LIFECYCLE.target("suppress") == "suppressed"
    assert DELIVERY_LIFECYCLE.target("accept") == "accepted"


def test_an_action_with_two_targets_is_no_bulk_update() -> None:
    torn = Lifecycle(thing="thing", table={("a", "go"): "b", ("b", "go"): "c"})
    with pytest.raises(ValueError, match="unpack"):
        torn.target("go")


def test_the_end_of_a_life_is_final() -> None:
    assert {state for state in ISSUE_LIFECYCLE.states if not ISSUE_LIFECYCLE.ways(state)} == {"cancelled", "discarded"}
    assert {state for state in DELIVERY_LIFECYCLE.states if not DELIVERY_LIFECYCLE.ways(state)} == {"bounced", "suppressed", "cancelled"}


def test_an_issue_waits_for_every_delivery_that_may_still_move_by_itself() -> None:
    by_itself = {"claim", "mark", "requeue", "give_up", "defer", "fail", "lose_track"}
    assert set(OPEN_STATES) == {state for state in DELIVERY_LIFECYCLE.states if by_itself & set(DELIVERY_LIFECYCLE.ways(state))}


def test_a_refusal_names_the_ways_that_are_open() -> None:
    sentence = r"The issue is in review, so this is not possible now: schedule\. Possible: approve, cancel, recall"
    with pytest.raises(TransitionRefused, match=sentence):
        ISSUE_LIFECYCLE.after("in_review", "schedule")
    with pytest.raises(TransitionRefused, match="Possible: nothing more"):
        ISSUE_LIFECYCLE.after("discarded", "submit")
