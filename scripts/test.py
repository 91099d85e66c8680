"""make test: the environment with the tests' packages, the services they use, then pytest with the given arguments."""

import os
import sys

import environment
import services
from system import exit_with


def main() -> int:
    environment.prepare("dev")
    services.prepare()
    os.chdir(environment.ROOT)
    os.execv(environment.PYTHON, [str(environment.PYTHON), "-m", "pytest", *sys.argv[1:]])


exit_with(main)
