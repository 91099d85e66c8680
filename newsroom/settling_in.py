"""A process that has started spares the garbage collector what it made by then: it lives as long as the process."""

import gc


def settle_in() -> None:
    """Call it once, when everything is loaded.

    Looked through again and again, all that stopped every page of a server for a fifth of a second now and then, and took a
    sixth of a sender's time.
    """
    gc.collect()
    gc.freeze()
