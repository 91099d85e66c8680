"""What every verb begins with: the house it works in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from newsroom.house import House, open_house
from newsroom.settings import load_settings


@contextmanager
def opened_house(**overrides: Any) -> Iterator[House]:
    """The house that the environment describes, closed at the end."""
    house = open_house(load_settings(**overrides))
    try:
        yield house
    finally:
        house.database.close()
