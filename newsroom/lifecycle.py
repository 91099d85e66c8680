"""A life as one visible table: (state, action) -> state."""

from collections.abc import Mapping
from dataclasses import dataclass

from newsroom.errors import TransitionRefused


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """Every state a thing may be in, and the one action that leads to the next."""

    thing: str
    table: Mapping[tuple[str, str], str]

    @property
    def states(self) -> frozenset[str]:
        return frozenset(state for state, _ in self.table) | frozenset(self.table.values())

    @property
    def actions(self) -> frozenset[str]:
        return frozenset(action for _, action in self.table)

    def after(self, state: str, action: str) -> str:
        try:
            return self.table[state, action]
        except KeyError:
            raise TransitionRefused(self.thing, state, action, self.ways(state)) from None

    def ways(self, state: str) -> tuple[str, ...]:
        """The actions possible from this state, in the table's order."""
        return tuple(action for origin, action in self.table if origin == state)

    def sources(self, action: str) -> tuple[str, ...]:
        """The states this action may start from: the WHERE of a bulk update."""
        return tuple(state for state, name in self.table if name == action)

    def target(self, action: str) -> str:
        """The one state this action leads to, whatever it starts from: the SET of a bulk update."""
        (target,) = {after for (_, name), after in self.table.items() if name == action}
        return target
