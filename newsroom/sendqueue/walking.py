"""How far a claimer has walked over an issue's people: every fresh row is met once, and none is lost for long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newsroom.sendqueue.claims import Picked

FIRST_PAUSE = 15.0
LONGEST_PAUSE = 300.0


@dataclass
class Walk:
    """At the end it rests, and then begins anew: a row that another claimer held at the wrong moment is found the next time.

    `moved_at` is when the issue last moved in its life: after that there may be new people anywhere.
    """

    moved_at: datetime
    reached: int = 0
    _found: bool = False
    _pause: float = FIRST_PAUSE
    _rests_until: float = float("-inf")

    def rests(self, now: float) -> bool:
        return now < self._rests_until

    def stepped(self, rows: Sequence[Picked], asked: int, now: float) -> None:
        """What the step behind `reached` brought; fewer than asked for: that was the end."""
        if rows:
            self._found = True
            self.reached = max(row.subscriber_id or 0 for row in rows)
        if len(rows) < asked:
            self._pause = FIRST_PAUSE if self._found else min(LONGEST_PAUSE, 2 * self._pause)
            self._rests_until = now + self._pause
            self.reached, self._found = 0, False
