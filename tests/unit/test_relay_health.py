"""When a relay is given up, and when not."""

from newsroom.sendqueue.relay_health import AWAY_FOR, MOST_FAULTS, MOST_LOSSES, RelayHealth
from newsroom.sendqueue.transports.base import NotSent, Reply

FAULT = NotSent(reply=Reply(code=535, text="wrong password"), fault=True)
AWAY = NotSent(reply=Reply(text="connection refused"))


def test_three_refusals_of_ourselves_in_a_row_are_enough_and_their_words_are_told() -> None:
    health = RelayHealth("relay.example:25")
    for number in range(MOST_FAULTS):
        assert health.verdict(float(number)) is None
        health.not_sent(FAULT, float(number))
    assert "wrong password" in (health.verdict(9.0) or "")


def test_a_success_in_between_begins_the_count_anew() -> None:
    health = RelayHealth("relay.example:25")
    for number in range(MOST_FAULTS * 3):
        health.not_sent(FAULT, float(number))
        health.served()
    assert health.verdict(99.0) is None
    assert health.pause() == 0


def test_a_relay_that_is_away_is_waited_for_two_minutes_with_growing_pauses() -> None:
    health = RelayHealth("relay.example:25")
    pauses = []
    for _ in range(8):
        health.not_sent(AWAY, 10.0)
        pauses.append(health.pause())
    assert pauses == sorted(pauses)
    assert health.verdict(10.0 + AWAY_FOR - 1) is None
    assert "connection refused" in (health.verdict(10.0 + AWAY_FOR) or "")


def test_lines_that_break_together_count_as_one_loss() -> None:
    health = RelayHealth("relay.example:25")
    for _ in range(16):
        health.reply_lost(dot_at=1.0, now=2.0)
    assert health.verdict(3.0) is None


def test_replies_lost_again_and_again_are_told() -> None:
    health = RelayHealth("relay.example:25")
    for number in range(MOST_LOSSES):
        health.reply_lost(dot_at=number * 10.0 + 1, now=number * 10.0 + 2)
    assert health.verdict(99.0) is not None


def test_once_told_it_counts_anew() -> None:
    health = RelayHealth("relay.example:25")
    for number in range(MOST_FAULTS):
        health.not_sent(FAULT, float(number))
    health.told()
    assert health.verdict(99.0) is None
