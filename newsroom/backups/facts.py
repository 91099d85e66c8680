"""What a backup says of itself, looked at before anything else believes it."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

SQLITE = "database.sqlite3"
TABLES = "tables/"
KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
COUNTED = frozenset({"people", "issues"})


def fault_of(facts: Mapping[str, Any], entries: Collection[str]) -> str:
    """What is missing or cannot be, in words; "" where all is as a backup of ours has it."""
    for name, sound in _FACTS.items():
        if not sound(facts.get(name)):
            return f"what it says of its {name.replace('_', ' ')} cannot be"
    if facts["database"] == "sqlite":
        return "" if SQLITE in entries else "its database is missing"
    return _fault_of_tables(facts, entries)


def _fault_of_tables(facts: Mapping[str, Any], entries: Collection[str]) -> str:
    tables, columns = facts.get("tables"), facts.get("columns")
    if not _are_words(tables) or not tables:
        return "its tables are missing"
    if not isinstance(columns, Mapping) or not all(isinstance(columns.get(name), str) for name in tables):
        return "it does not say what its tables hold"
    if not _are_numbers(facts.get("sequences")):
        return "what it says of its sequences cannot be"
    return next((f"its table {name} is missing" for name in tables if f"{TABLES}{name}" not in entries), "")


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _are_words(value: object) -> bool:
    return isinstance(value, list) and all(_is_word(one) for one in value)


def _are_numbers(value: object) -> bool:
    return isinstance(value, Mapping) and all(type(number) is int for number in value.values())


def _are_counts(value: object) -> bool:
    return isinstance(value, Mapping) and _are_numbers(value) and value.keys() >= COUNTED


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


_FACTS: Mapping[str, Callable[[object], bool]] = {
    "database": lambda value: isinstance(value, str) and value in KINDS, "revision": _is_word, "newsroom": _is_word, "made_at": _is_date,
    "counts": _are_counts, "keys": lambda value: _are_words(value) and bool(value), "keys_in_file": lambda value: isinstance(value, bool),
}  # fmt: skip
