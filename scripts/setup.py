"""make setup: the environment alone."""

import environment
from system import exit_with


def main() -> int:
    environment.prepare("base")
    return 0


exit_with(main)
