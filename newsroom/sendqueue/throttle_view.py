"""Throttles as people look at them: each rule with the buckets it fills."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from newsroom.sendqueue.throttle import ThrottleRow, ThrottleState, list_throttles, throttle_state


@dataclass(frozen=True, kw_only=True)
class RuleInUse:
    """`states`: those that hold letters back first. The rule of a list fills the buckets of its issues, which show them."""

    row: ThrottleRow
    states: Sequence[ThrottleState]


def rules_in_use(session: Session, *, now: datetime) -> list[RuleInUse]:
    rows, states = list_throttles(session), throttle_state(session, now)
    own = {(row.scope, row.key) for row in rows}
    return [RuleInUse(row=row, states=[state for state in states if _fills(row, state, own)]) for row in rows]


def _fills(row: ThrottleRow, state: ThrottleState, own: set[tuple[str, str]]) -> bool:
    """A domain's bucket is filled by its own rule, else by the one for every domain."""
    if (row.scope, row.key) == ("domain", "*"):
        return state.scope == "domain" and ("domain", state.key) not in own
    return (row.scope, row.key) == (state.scope, state.key)
