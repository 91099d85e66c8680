"""What every verb begins with: the house it works in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from newsroom.house import House, open_house
from newsroom.settings import load_settings

OTHERS = 0o007


@contextmanager
def opened_house(**overrides: Any) -> Iterator[House]:
    """The house that the environment describes, closed at the end."""
    # Addresses, letters and log-ins are written from here on: whatever the operator's habit, nothing for everybody to read.
    os.umask(os.umask(OTHERS) | OTHERS)
    house = open_house(load_settings(**overrides))
    try:
        yield house
    finally:
        house.database.close()
