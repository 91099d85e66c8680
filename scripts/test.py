"""make test: the environment with the tests' packages, the services they use, then pytest with the given arguments.

Without arguments every test is run, on two processes: see tests/conftest.py for what shares one.
"""

import os
import sys

import environment
import services
from system import exit_with

EVERYTHING = ("--numprocesses", "2", "--dist", "loadgroup")


def main() -> int:
    environment.prepare("dev")
    services.prepare()
    os.chdir(environment.ROOT)
    os.execv(environment.PYTHON, [str(environment.PYTHON), "-m", "pytest", *(sys.argv[1:] or EVERYTHING)])


exit_with(main)
