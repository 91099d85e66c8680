"""What part of the next round of claims each relay may take: by weight where weights differ, else whatever it has room for."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Shares:
    """Counts what each relay was given. A relay that keeps no step with its weight slows the others down; one that stands still
    does not: leave it out of `moving`."""

    _given: dict[str, int] = field(default_factory=dict)
    _together: frozenset[str] = frozenset()

    def gave(self, relay: str) -> None:
        self._given[relay] = self._given.get(relay, 0) + 1

    def of(self, space: Mapping[str, int], weights: Mapping[str, int], moving: frozenset[str]) -> dict[str, int]:
        """How many letters each of these relays may be given now, never more than its space."""
        if len(set(weights.values())) < 2:
            return dict(space)
        self._begin_anew_unless(moving)
        levels = [(self._given.get(name, 0) + space[name]) / weights[name] for name in space if name in moving]
        level = min(levels, default=float("inf"))
        return {name: self._up_to(name, level * weights[name], space[name]) for name in space}

    def _up_to(self, relay: str, share: float, space: int) -> int:
        return int(max(0.0, min(space, share - self._given.get(relay, 0))))

    def _begin_anew_unless(self, moving: frozenset[str]) -> None:
        """Who comes back has nothing to catch up with: otherwise the others would stand still meanwhile."""
        if moving != self._together:
            self._given, self._together = {}, moving
