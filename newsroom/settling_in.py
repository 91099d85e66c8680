"""A process that has started spares the garbage collector what it made by then: it lives as long as the process."""

import gc

#: After so many new things the newest are looked through, after ten such rounds the older ones, after a hundred of those all.
#: A page of 300 sections holds 60,000 things until it is answered: with Python's own 700, 10, 10 the collector went through them
#: seventy times for each such page, and every second page waited for a round through everything.
ROUNDS_OF_A_SERVER = (3_000, 10, 100)


def settle_in() -> None:
    """Call it once, when everything is loaded.

    Looked through again and again, all that stopped every page of a server for a fifth of a second now and then, and took a
    sixth of a sender's time.
    """
    gc.collect()
    gc.freeze()


def settle_in_to_answer() -> None:
    """The same for a server of pages, which leave next to nothing for the collector: its rounds are rare."""
    settle_in()
    gc.set_threshold(*ROUNDS_OF_A_SERVER)
