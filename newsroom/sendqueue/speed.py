"""At what pace letters are handed over, from a few counts of the last minutes; and how long the rest takes at that pace."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

#: Letters that the sender still has to try now; a deferred one has been tried and waits for its moment.
TO_TRY = ("queued", "claimed", "handed_over")
WINDOW = 180.0
SHORTEST = 4.0
MOST_SAMPLES = 40
Sample = Sequence[float]


def tried(counts: Mapping[str, int]) -> int:
    return sum(number for state, number in counts.items() if state not in TO_TRY)


def with_sample(samples: Sequence[Sample], at: float, counts: Mapping[str, int]) -> list[list[float]]:
    """The samples of the window with this one; a count that fell (letters were put back) begins anew."""
    mine = [at, float(tried(counts))]
    kept = [list(sample) for sample in samples if at - WINDOW <= sample[0] < at]
    if kept and kept[-1][1] > mine[1]:
        kept = []
    return [*kept, mine][-MOST_SAMPLES:]


def rate_of(samples: Sequence[Sample]) -> float | None:
    """Letters per minute; None while there is too little to go by."""
    if len(samples) < 2 or samples[-1][0] - samples[0][0] < SHORTEST:
        return None
    (began, first), (ended, last) = samples[0], samples[-1]
    return (last - first) * 60 / (ended - began)


def remaining(counts: Mapping[str, int], rate: float | None) -> timedelta | None:
    """None when nothing moves, or nothing is left."""
    left = sum(counts.get(state, 0) for state in TO_TRY)
    return timedelta(minutes=left / rate) if rate and left else None
