"""What every verb begins with: the house it works in."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from newsroom.cli.patience import PATIENCE, waiting_at_most
from newsroom.house import House, open_house
from newsroom.settings import load_settings, unknown_settings

OTHERS = 0o007

log = logging.getLogger(__name__)


def keep_from_others() -> None:
    """Addresses, letters and log-ins are written from here on: whatever the operator's habit, nothing for everybody to read."""
    os.umask(os.umask(OTHERS) | OTHERS)


@contextmanager
def opened_house(*, patience: float | None = PATIENCE, **overrides: Any) -> Iterator[House]:
    """The house that the environment describes, closed at the end. `patience` None: for what runs as long as it takes."""
    keep_from_others()
    for name in unknown_settings():
        log.warning("%s is no setting of Newsroom and is ignored; docs/operations.md names them all", name)
    house = open_house(load_settings(**overrides))
    try:
        with nullcontext() if patience is None else waiting_at_most(house.database, patience):
            yield house
    finally:
        house.database.close()
