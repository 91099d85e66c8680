"""Every order of events that Hypothesis finds, over the ledger alone: the state machine with far more runs than the tests have time for."""

from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.chaos.lab import Lab
from tests.chaos.ledger_machine import LedgerMachine
from tests.chaos.trials.road import Figures


@dataclass(frozen=True, kw_only=True)
class Orders:
    """How many runs of how many steps."""

    runs: int
    steps: int = 50


def any_order(lab: Lab, size: Orders) -> Figures:
    """The invariants hold after every step."""
    machine = seed(lab.seed)(type("Machine", (LedgerMachine,), {"house": lab.house}))
    wanted = settings(
        max_examples=size.runs, stateful_step_count=size.steps, deadline=None, database=None,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate,),
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=wanted)
    return {"runs": size.runs, "steps_at_most": size.runs * size.steps}
