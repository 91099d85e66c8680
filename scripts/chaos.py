"""make chaos: the trials of tests/chaos at full size, with the services that the tests use; ARGS="--only T1 --seed 7" chooses."""

import os
import sys

import environment
import services
from system import exit_with


def main() -> int:
    environment.prepare("dev")
    services.prepare()
    os.chdir(environment.ROOT)
    os.execv(environment.PYTHON, [str(environment.PYTHON), "-m", "tests.chaos.run", *sys.argv[1:]])


exit_with(main)
