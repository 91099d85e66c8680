"""Processes that run for long: what their start made is left out of the rounds of the garbage collector."""

import json
from pathlib import Path

import pytest

from newsroom.settling_in import ROUNDS_OF_A_SERVER
from tests.processes import Role, newsroom
from tests.services import free_port

#: Written by the process itself as it ends: how many things its collector leaves alone, and how often it makes its rounds.
TOLD = """
import atexit, gc, json, pathlib
atexit.register(lambda: pathlib.Path({file!r}).write_text(json.dumps([gc.get_freeze_count(), gc.get_threshold()])))
"""


@pytest.mark.parametrize(
    ("arguments", "words", "answers"),
    [(("worker",), "The worker is running.", False), (("admin", "--port", "{port}"), "The admin listens", True)],
)
def test_what_the_start_made_is_not_looked_through_again(tmp_path: Path, arguments: tuple[str, ...], words: str, answers: bool) -> None:
    """It took a tenth of a long sending, and stopped every page for a fifth of a second now and then."""
    settings, file = {"data_dir": tmp_path / "data"}, tmp_path / "told.json"
    (tmp_path / "sitecustomize.py").write_text(TOLD.format(file=str(file)), encoding="utf-8")
    assert newsroom("db", "upgrade", settings=settings).returncode == 0
    role = Role(
        *(each.format(port=free_port()) for each in arguments), settings=settings, log=tmp_path / "log",
        environment={"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    try:
        role.wait_for_words(words)
    finally:
        role.stop()
    frozen, threshold = json.loads(file.read_text())
    assert frozen > 10_000
    assert (threshold == [*ROUNDS_OF_A_SERVER]) is answers
