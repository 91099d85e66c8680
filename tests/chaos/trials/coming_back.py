"""T17: a backup of mid-send comes back. Its own tests conduct it (tests/chaos/test_coming_back.py); here they run with more people."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass

from tests.chaos.lab import Lab
from tests.chaos.trials.road import Figures
from tests.processes import ROOT


@dataclass(frozen=True, kw_only=True)
class Return:
    """How many people."""

    people: int


def from_a_backup(_: Lab, size: Return) -> Figures:
    """T17, in a pytest of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/chaos/test_coming_back.py"],
        cwd=ROOT, env={**os.environ, "CHAOS_PEOPLE": str(size.people)}, capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    return {"audience": size.people, "tests_passed": int(passed[1]) if passed else 0}
