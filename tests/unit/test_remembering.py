"""What is remembered is made once, and the oldest goes."""

import pytest

from newsroom.remembering import Remembered


def test_what_is_asked_for_again_is_not_made_again_and_the_least_wanted_goes_first() -> None:
    known: Remembered[str, str] = Remembered(2)
    made: list[str] = []

    def ask(key: str) -> str:
        return known.of(key, lambda: made.append(key) or key.upper())  # type: ignore[func-returns-value]

    assert [ask(key) for key in "aabacab"] == list("AABACAB")
    assert made == ["a", "b", "c", "b"]


def test_nothing_found_is_remembered_too_and_what_failed_is_tried_again() -> None:
    known: Remembered[int, tuple[int, ...]] = Remembered(1)
    answers = iter([(), (1,)])
    with pytest.raises(ZeroDivisionError):
        known.of(1, lambda: (1 // 0,))
    assert known.of(1, lambda: next(answers)) == known.of(1, lambda: next(answers)) == ()
