"""make check: what a change must pass before it is shown to anyone; every check runs, the first failure does not hide the next."""

import environment
from system import exit_with, run, say

CHECKS = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("mypy",),
    ("pytest", "-q", "tests/test_architecture.py"),
)


def main() -> int:
    environment.prepare("dev")
    return 0 if all([_passes(*check) for check in CHECKS]) else 1  # noqa: C419 - a list: all of them run


def _passes(module: str, *arguments: str) -> bool:
    say(" ".join([module, *arguments]))
    return run(str(environment.PYTHON), "-m", module, *arguments, cwd=str(environment.ROOT))


exit_with(main)
