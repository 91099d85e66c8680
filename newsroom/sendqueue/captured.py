"""Captured mail that nobody can find any more: the letters of replaced rehearsals, and drafts of senders that were killed.

The rows go first, in their transaction; the files follow whenever the clock comes by, so that a crash between the two loses nothing.
"""

import os
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import select

from newsroom.deliveries import Delivery
from newsroom.house import House

AT_A_TIME = 500
REST_BETWEEN = 60.0
DRAFT_IS_DEAD_AFTER = 3600.0


class CapturedSweep:
    """Walks the outbox folder a few hundred files at a time, and begins anew a minute after the end."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._walk: Iterator[os.DirEntry[str]] | None = None
        self._next_walk_at = float("-inf")

    def step(self) -> int:
        """Look at the next files; how many were removed. Never fails for a folder that is missing or closed to us."""
        if self._walk is None and time.monotonic() < self._next_walk_at:
            return 0
        try:
            self._walk = self._walk or os.scandir(self._house.outbox_dir)
            entries = list(islice(self._walk, AT_A_TIME))
            removed = self._remove(entries)
        except OSError:
            entries, removed = [], 0
        if len(entries) < AT_A_TIME:
            self._walk, self._next_walk_at = None, time.monotonic() + REST_BETWEEN
        return removed

    def _remove(self, entries: list[os.DirEntry[str]]) -> int:
        letters = {int(entry.name.removesuffix(".eml")): entry for entry in entries if _is_letter(entry.name)}
        with self._house.database.reading() as session:
            known = set(session.scalars(select(Delivery.id).where(Delivery.id.in_(letters))))
        dead = [entry for number, entry in letters.items() if number not in known]
        dead += [entry for entry in entries if entry.name.startswith(".") and time.time() - entry.stat().st_mtime > DRAFT_IS_DEAD_AFTER]
        for entry in dead:
            Path(entry).unlink(missing_ok=True)
        return len(dead)


def _is_letter(name: str) -> bool:
    return name.endswith(".eml") and name.removesuffix(".eml").isdecimal()
