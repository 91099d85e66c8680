"""What every verb begins with: the house it works in."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from newsroom.house import House, open_house
from newsroom.settings import load_settings, unknown_settings

OTHERS = 0o007

log = logging.getLogger(__name__)


@contextmanager
def opened_house(**overrides: Any) -> Iterator[House]:
    """The house that the environment describes, closed at the end."""
    # Addresses, letters and log-ins are written from here on: whatever the operator's habit, nothing for everybody to read.
    os.umask(os.umask(OTHERS) | OTHERS)
    for name in unknown_settings():
        log.warning("%s is no setting of Newsroom and is ignored; docs/operations.md names them all", name)
    house = open_house(load_settings(**overrides))
    try:
        yield house
    finally:
        house.database.close()
