"""make run: the environment, then Newsroom with its demo data, in this very process."""

import os
import sys

import environment
from system import exit_with


def main() -> int:
    environment.prepare("base")
    command = [str(environment.PYTHON), "-m", "newsroom", "up", "--demo", *sys.argv[1:]]
    os.chdir(environment.ROOT)
    os.execv(command[0], command)


exit_with(main)
