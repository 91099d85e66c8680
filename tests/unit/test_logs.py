"""The logs of a role: a trouble that lasts is told once a minute, not at every try."""

import logging

from newsroom.cli.logs import OncePerMinute


def said(held_back: OncePerMinute, words: str, *facts: object) -> str | None:
    record = logging.LogRecord("newsroom", logging.WARNING, "", 0, words, facts, None)
    return record.getMessage() if held_back.filter(record) else None


def test_the_same_words_are_told_once_while_others_pass() -> None:
    quiet = OncePerMinute()
    assert said(quiet, "delivery %d failed", 1) == "delivery 1 failed"
    assert said(quiet, "delivery %d failed", 1) is None
    assert said(quiet, "delivery %d failed", 2) == "delivery 2 failed"


def test_when_told_again_they_say_how_often_they_were_held_back() -> None:
    quiet = OncePerMinute(quiet_for=3600)
    for _ in range(4):
        said(quiet, "away, %s", "100%")
    quiet.quiet_for = 0
    assert said(quiet, "away, %s", "100%") == "away, 100% (3 times more since the last line)"
    assert said(quiet, "away, %s", "100%") == "away, 100%"
