"""The benchmark of sending: smtp-source first, then Newsroom, to the same mail server on the same machine in one run."""

from dataclasses import dataclass, replace

from newsroom.bench.installation import add_readers, approved_issue, letter_size, open_scratch, sign_letters
from newsroom.bench.programs import postfix_program
from newsroom.bench.report import sending_report
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
    rival = _rival(wish, sink, size)
    alone = _sent(house, made, sink, list_id, replace(wish.load, workers=1)) if wish.load.workers > 1 else None
    run = _sent(house, made, sink, list_id, wish.load)
    if rival is not None:
        rival = again(sink, rival, letters=_rival_letters(wish), size=size)
    return sending_report(
        wish.load, run, database=made.label, letter_bytes=size, sink_delay_ms=wish.sink_delay_ms, dkim=wish.dkim, rival=rival,
        one_worker=alone,
    )  # fmt: skip


def _sent(house: House, made: Scratch, sink: Sink, list_id: int, load: Load) -> Run:
    issue_id = approved_issue(house, list_id, f"spring-{load.workers}")
    return hand_over(house, made, sink, issue_id, load)


def _rival(wish: Wish, sink: Sink, size: int) -> Rival | None:
    """A sink that takes its time would be measured, not smtp-source."""
    return None if wish.sink_delay_ms else best_rival(sink, letters=_rival_letters(wish), size=size)


def _rival_letters(wish: Wish) -> int:
    return min(RIVAL_LETTERS, wish.load.recipients)
