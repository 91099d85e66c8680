"""How much a sender can take on: the room that a round of claims is made by."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Room:
    """How many more claims of each sort the sender can hold.

    `bulk` names every relay the sender knows, with 0 for one that should get no letters now. `resting` are those among them
    that cannot be used at present: their retries may go another way, while those of a relay that is merely full wait for it.
    """

    express: int
    rehearsal: int
    bulk: Mapping[str, int]
    resting: frozenset[str] = frozenset()

    @property
    def everywhere(self) -> bool:
        """No shelf in use is full, so that a round which brings nothing has found that there is nothing."""
        fit = (number for name, number in self.bulk.items() if name not in self.resting)
        return min(self.express, self.rehearsal, *fit) > 0
