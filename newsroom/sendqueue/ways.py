"""Which relay a letter goes by: a retry by the one that knows it, everything else by the one with most room."""

from collections.abc import Callable
from dataclasses import dataclass

from newsroom.sendqueue.claims import Picked
from newsroom.sendqueue.room import Room


@dataclass
class Ways:
    """The relays' rooms during one round of claims. `fit`: those that letters may go by now, or as soon as they have room."""

    fit: dict[str, int]

    @classmethod
    def by(cls, room: Room) -> "Ways":
        return cls({name: number for name, number in room.bulk.items() if name not in room.resting})

    def narrow(self, most: Callable[[str], int]) -> None:
        """No relay gets more than its throttle allows."""
        self.fit = {name: min(number, most(name)) for name, number in self.fit.items()}

    @property
    def room(self) -> int:
        return sum(self.fit.values())

    @property
    def full(self) -> list[str]:
        """Retries that belong to these wait for them: a greylisting server knows the one that came first."""
        return [name for name, number in self.fit.items() if number <= 0]

    def place(self, row: Picked) -> str | None:
        """The relay for this letter, "" for any; None when the only one it may go by is full."""
        keeps = row.attempt > 0 and row.relay in self.fit
        if row.kind != "issue":
            return row.relay if keeps else ""
        name = row.relay if keeps else max(self.fit, key=self.fit.__getitem__, default="")
        if self.fit.get(name, 0) <= 0:
            return None
        self.fit[name] -= 1
        return name
