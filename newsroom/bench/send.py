"""The benchmark of sending: smtp-source and Newsroom in turn, to the same mail server on the same machine in one run.

One run of either says little on a machine that others use too: the report is of the round whose ratio is the median.
"""

from dataclasses import dataclass, replace

from newsroom.bench.installation import add_readers, approved_issue, letter_size, open_scratch, sign_letters
from newsroom.bench.programs import postfix_program
from newsroom.bench.report import Round, sending_report
from newsroom.bench.scratch import Scratch, scratch
from newsroom.bench.sending import Load, Run, hand_over
from newsroom.bench.sink import Rival, Sink, again, best_rival, running_sink
from newsroom.house import House

RIVAL_LETTERS = 4_000


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What to measure."""

    load: Load
    database_url: str = ""
    sqlite: bool = False
    sink_delay_ms: int = 0
    dkim: bool = False
    rounds: int = 1


def bench_send(wish: Wish) -> dict[str, object]:
    """One report. Everything it starts has ended when it returns or raises."""
    for name in ("smtp-sink", "smtp-source"):
        postfix_program(name)
    with scratch(database_url=wish.database_url, sqlite=wish.sqlite) as made, running_sink(made.folder, wish.sink_delay_ms) as sink:
        house = open_scratch(made)
        try:
            return _measured(wish, house, made, sink)
        finally:
            house.database.close()


def _measured(wish: Wish, house: House, made: Scratch, sink: Sink) -> dict[str, object]:
    list_id = add_readers(house, wish.load.audience)
    size = letter_size(house, list_id)
    if wish.dkim:
        sign_letters(house)
    ground = _Ground(wish=wish, house=house, made=made, sink=sink, list_id=list_id, size=size)
    return sending_report(
        wish.load, ground.rounds(), database=made.label, letter_bytes=size, sink_delay_ms=wish.sink_delay_ms, dkim=wish.dkim
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Ground:
    """Where the rounds are run; `size` is that of a letter, in octets."""

    wish: Wish
    house: House
    made: Scratch
    sink: Sink
    list_id: int
    size: int

    def rounds(self) -> list[Round]:
        # A sink that takes its time would be measured, not smtp-source.
        best = None if self.wish.sink_delay_ms else best_rival(self.sink, letters=self._rival_letters, size=self.size)
        return [self._round(number, best) for number in range(self.wish.rounds)]

    def _round(self, number: int, best: Rival | None) -> Round:
        """Everybody once, one right after the other."""
        load = self.wish.load
        rival = again(self.sink, best, letters=self._rival_letters, size=self.size) if best else None
        alone = self._sent(replace(load, workers=1), f"alone-{number}") if load.workers > 1 else None
        return Round(run=self._sent(load, f"spring-{number}"), rival=rival, one_worker=alone)

    def _sent(self, load: Load, slug: str) -> Run:
        return hand_over(self.house, self.made, self.sink, approved_issue(self.house, self.list_id, slug), load)

    @property
    def _rival_letters(self) -> int:
        return min(RIVAL_LETTERS, self.wish.load.recipients)
